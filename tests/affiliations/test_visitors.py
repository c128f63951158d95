"""A visitor comes and goes; the number of the document is shown to the admin alone, and each look is noted."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.affiliations import due, hosting, house_queries, visitors
from booking.affiliations.forms import HostForm, VisitChangeForm, VisitForm
from booking.affiliations.leaving import end_affiliation
from booking.affiliations.rules import masked
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from models.accounts import AuditEntry
from models.affiliations import Affiliation, Visit
from models.vocabulary.affiliations import IdentityKind, VisitState
from tests.affiliations.conftest import House
from tests.factories.affiliations import affiliate
from tests.factories.letters import mailed
from tests.factories.people import actor_for, make_user

NUMBER = "G12345678"


def form(now: datetime, **values: object) -> VisitForm:
    today = local_date(now)
    given: dict[str, object] = {
        "name": "访客甲",
        "email": "guest@other.edu.cn",
        "identity_kind": IdentityKind.PASSPORT,
        "identity_number": NUMBER,
        "starts_on": today,
        "ends_on": today + timedelta(days=2),
        "purpose": "合作测试",
    }
    return VisitForm.model_validate(given | values)


def hosted(session: Session, house: House, now: datetime) -> Visit:
    affiliate(session, house.lin, house.organisation)
    made = visitors.register_visitor(session, house.organisation.id, form(now), actor=house.lin_actor, now=now)
    session.commit()
    return made


def test_a_hosts_visitor_waits_for_the_admin_and_is_then_told(session: Session, house: House, now: datetime) -> None:
    visit = hosted(session, house, now)
    asked = [(letter.recipient, letter.template) for letter in mailed(session, now=now)]

    visitors.confirm_visit(session, visit.id, actor=house.admin_actor, now=now)
    session.commit()

    told = [(letter.recipient, letter.template) for letter in mailed(session, now=now)]
    assert asked == [(house.admin.email, "affiliations/visit_asked")]
    assert told == [
        ("guest@other.edu.cn", "affiliations/visit_confirmed"),
        (house.lin.email, "affiliations/visit_confirmed"),
    ]
    assert (visit.state, visit.host_id) == (VisitState.CONFIRMED, house.lin.id)


def test_what_the_admin_registers_is_confirmed(session: Session, house: House, now: datetime) -> None:
    affiliate(session, house.lin, house.organisation)
    wanted = form(now, host_email=house.lin.email)

    made = visitors.register_visitor(session, house.organisation.id, wanted, actor=house.admin_actor, now=now)

    assert (made.state, made.host_id, made.registered_by_id) == (
        VisitState.CONFIRMED,
        house.lin.id,
        house.admin.id,
    )


def test_whoever_is_not_confirmed_registers_nobody(session: Session, house: House, now: datetime) -> None:
    affiliate(session, house.lin, house.organisation, ends_on=local_date(now) - timedelta(days=1))

    with pytest.raises(Forbidden):
        visitors.register_visitor(session, house.organisation.id, form(now), actor=house.lin_actor, now=now)

    assert session.scalar(select(func.count()).select_from(Visit)) == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"identity_kind": "resident_id", "identity_number": "500109199001011234"}, "identity_number"),
        pytest.param({"email": None}, "email"),
        pytest.param({"host_email": "stranger@other.edu.cn"}, "host_email"),
        pytest.param({"ends_on": "2026-11-01"}, "ends_on"),
        pytest.param({"ends_on": "2029-11-01"}, "ends_on"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    session: Session, house: House, now: datetime, values: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        visitors.register_visitor(session, house.organisation.id, form(now, **values), actor=house.admin_actor, now=now)

    assert [problem.field for problem in refused.value.problems] == [field]


def test_other_documents_may_be_numbered_in_words_that_can_be_printed(now: datetime) -> None:
    officers = form(now, identity_kind="other", identity_number="南字第0123456号")

    assert officers.identity_number == "南字第0123456号"
    for kind, number in (("passport", "南字第0123456号"), ("other", "南字第\u202e0123号"), ("other", "南字1")):
        with pytest.raises(ValidationError):
            form(now, identity_kind=kind, identity_number=number)


def test_each_look_at_the_number_is_in_the_log_and_the_number_never_is(
    session: Session, house: House, now: datetime
) -> None:
    visit = hosted(session, house, now)

    seen = visitors.identity_number(session, visit.id, actor=house.admin_actor, now=now)
    with pytest.raises(NotFound):
        visitors.identity_number(session, visit.id, actor=house.lin_actor, now=now)
    session.flush()

    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert (seen, masked(seen)) == (NUMBER, "•••••••78")
    assert [entry.action for entry in entries] == ["affiliations.visit_registered", "affiliations.identity_seen"]
    assert entries[1].actor_id == house.admin.id
    assert NUMBER not in str([(entry.before, entry.after) for entry in entries])


@pytest.mark.parametrize("reached", [{}, {"email": None, "phone": "13800138000"}], ids=["by mail", "by telephone"])
def test_a_visit_ends_by_itself_and_half_a_year_later_nothing_says_who_came(
    session: Session, house: House, now: datetime, reached: dict[str, object]
) -> None:
    affiliate(session, house.lin, house.organisation)
    wanted = form(now, **reached)
    visit = visitors.register_visitor(session, house.organisation.id, wanted, actor=house.lin_actor, now=now)

    assert visitors.end_over_visits(session, now + timedelta(days=2)) == 0
    assert visitors.end_over_visits(session, now + timedelta(days=3)) == 1
    visitors.end_over_visits(session, now + timedelta(days=180))
    session.refresh(visit)
    kept = (visit.name, visit.identity_number, visit.erased_at)
    visitors.end_over_visits(session, now + timedelta(days=200))
    visitors.end_over_visits(session, now + timedelta(days=201))
    session.refresh(visit)

    assert (visit.state, kept) == (VisitState.ENDED, ("访客甲", NUMBER, None))
    assert (visit.name, visit.email, visit.phone, visit.identity_number) == ("", "", "", "")
    assert (visit.erased_at, visit.purpose) == (now + timedelta(days=200), "合作测试")
    ended = select(AuditEntry.actor_id, AuditEntry.subject_id).where(AuditEntry.action == "affiliations.visit_ended")
    assert session.execute(ended).all() == [(None, visit.id)]
    logged = str(session.scalars(select(AuditEntry.after)).all())
    assert [word for word in ("访客甲", "guest@other.edu.cn", "13800138000") if word in logged] == []


def changed(visit: Visit, **days: int) -> VisitChangeForm:
    return VisitChangeForm(
        starts_on=visit.starts_on + timedelta(days=days.get("starts_on", 0)),
        ends_on=visit.ends_on + timedelta(days=days.get("ends_on", 0)),
        purpose=visit.purpose,
    )


def told(session: Session, now: datetime) -> list[tuple[str, str]]:
    session.commit()
    return [
        (one.recipient.partition("@")[0], one.template.removeprefix("affiliations/visit_"))
        for one in mailed(session, now=now)
    ]


def test_more_days_wait_for_the_admin_and_a_refusal_leaves_those_confirmed(
    session: Session, house: House, now: datetime
) -> None:
    visit = hosted(session, house, now)
    visitors.confirm_visit(session, visit.id, actor=house.admin_actor, now=now)
    last_day, change = visit.ends_on, partial(visitors.change_visit, session, visit.id, actor=house.lin_actor, now=now)
    told(session, now)

    change(changed(visit, ends_on=2))
    asked = (visit.state, visit.ends_on, visit.confirmed_ends_on), told(session, now)
    visitors.refuse_visit(session, visit.id, "房间已满", actor=house.admin_actor, now=now)
    refused = (visit.state, visit.ends_on, visit.confirmed_ends_on), told(session, now)
    change(changed(visit, ends_on=-1))
    shorter = (visit.state, visit.ends_on), told(session, now)
    change(changed(visit))

    host, admin = (one.email.partition("@")[0] for one in (house.lin, house.admin))
    later, earlier = last_day + timedelta(days=2), last_day - timedelta(days=1)
    assert asked == ((VisitState.PENDING, later, last_day), [(admin, "asked")])
    assert refused == ((VisitState.CONFIRMED, last_day, None), [(host, "refused")])
    assert shorter == ((VisitState.CONFIRMED, earlier), [("guest", "changed"), (admin, "changed")])
    assert told(session, now) == []
    facts = select(AuditEntry.action).where(AuditEntry.action == "affiliations.visit_changed")
    assert len(session.scalars(facts).all()) == 2
    with pytest.raises(InvalidInput):
        change(changed(visit, starts_on=1))


def test_days_that_are_confirmed_stand_while_more_are_asked_for(session: Session, house: House, now: datetime) -> None:
    visit, today = hosted(session, house, now), local_date(now)
    visitors.confirm_visit(session, visit.id, actor=house.admin_actor, now=now)
    last_day, change = visit.ends_on, partial(visitors.change_visit, session, visit.id, actor=house.lin_actor, now=now)
    change(changed(visit, ends_on=5))

    shown = house_queries.visits(session, house.organisation.id, VisitState.CONFIRMED, limit=9).items
    card = due.visits_hosted(session, house.lin.id, today=today, limit=9).first
    there = session.scalars(select(Affiliation)).one()
    there.ends_on = today - timedelta(days=1)
    left = due.visits_hosted(session, house.lin.id, today=today, limit=9).first
    there.ends_on = None
    change(changed(visit, ends_on=-5))
    back = visit.state, visit.ends_on, visit.confirmed_ends_on
    change(changed(visit, ends_on=5))
    visitors.end_over_visits(session, now + timedelta(days=9))
    session.refresh(visit)

    assert (list(shown), list(card), list(left)) == ([visit], [visit], [])
    assert back == (VisitState.CONFIRMED, last_day, None)
    assert (visit.state, visit.ends_on, visit.confirmed_ends_on) == (VisitState.ENDED, last_day, None)


def test_confirmed_days_outlast_earlier_ones_that_nobody_decided(session: Session, house: House, now: datetime) -> None:
    visit, today = hosted(session, house, now), local_date(now)
    visit.starts_on, visit.ends_on = today + timedelta(days=10), today + timedelta(days=12)
    visitors.confirm_visit(session, visit.id, actor=house.admin_actor, now=now)
    earlier = changed(visit, starts_on=-5, ends_on=-6)
    visitors.change_visit(session, visit.id, earlier, actor=house.lin_actor, now=now)
    asked = (visit.state, visit.confirmed_starts_on)
    stood = [visitors.end_over_visits(session, now + timedelta(days=days)) for days in (7, 12)]
    session.refresh(visit)
    kept = (visit.state, visit.starts_on, visit.ends_on, visit.confirmed_ends_on)
    ended = visitors.end_over_visits(session, now + timedelta(days=13))

    assert asked == (VisitState.PENDING, today + timedelta(days=10))
    assert (stood, ended) == ([0, 0], 1)
    assert kept == (VisitState.CONFIRMED, today + timedelta(days=10), today + timedelta(days=12), None)


def test_a_visit_called_off_is_told_to_who_would_come_and_a_month_later_nothing_says_who(
    session: Session, house: House, now: datetime
) -> None:
    affiliate(session, house.lin, house.organisation)
    later = local_date(now) + timedelta(days=10)
    wanted = form(now, starts_on=later, ends_on=later + timedelta(days=200))
    visit = visitors.register_visitor(session, house.organisation.id, wanted, actor=house.lin_actor, now=now)
    visitors.confirm_visit(session, visit.id, actor=house.admin_actor, now=now)
    told(session, now)

    visitors.end_visit(session, visit.id, actor=house.admin_actor, now=now)

    assert told(session, now) == [("guest", "ended"), (house.lin.email.partition("@")[0], "ended")]
    for days, name in ((30, "访客甲"), (31, "")):
        visitors.end_over_visits(session, now + timedelta(days=days))
        session.refresh(visit)
        assert visit.name == name


@pytest.mark.parametrize(
    ("first", "nobody_came"),
    [
        pytest.param(0, True, id="of one day when nobody came"),
        pytest.param(0, False, id="of one day when the guest has gone"),
        pytest.param(-2, True, id="on its last day"),
    ],
)
def test_a_visit_that_is_ended_on_its_last_day_is_told_to_who_stands_at_the_gate(
    session: Session, house: House, now: datetime, first: int, *, nobody_came: bool
) -> None:
    affiliate(session, house.lin, house.organisation)
    days = {"starts_on": local_date(now) + timedelta(days=first), "ends_on": local_date(now)}
    register = partial(visitors.register_visitor, session, house.organisation.id, form(now, **days))
    visit = register(actor=house.lin_actor, now=now)
    visitors.confirm_visit(session, visit.id, actor=house.admin_actor, now=now)
    told(session, now)

    visitors.end_visit(session, visit.id, nobody_came=nobody_came, actor=house.admin_actor, now=now)
    session.commit()

    is_off, letters = nobody_came and first == 0, mailed(session, now=now)
    assert [(one.recipient, one.values["is_off"]) for one in letters] == [
        ("guest@other.edu.cn", is_off),
        (house.lin.email, is_off),
    ]
    visitors.end_over_visits(session, now + timedelta(days=31))
    session.refresh(visit)
    assert visit.name == ("" if is_off else "访客甲")


def test_only_an_erased_visit_may_hold_nothing_to_reach_the_visitor_by(
    session: Session, house: House, now: datetime
) -> None:
    visit = hosted(session, house, now)
    visit.email = ""

    with pytest.raises(IntegrityError):
        session.flush()


def test_the_host_calls_a_visit_off_and_strangers_do_not_know_it(session: Session, house: House, now: datetime) -> None:
    visit = hosted(session, house, now)
    stranger = actor_for(session, make_user(session, "stranger"), now=now)

    with pytest.raises(NotFound):
        visitors.visit_for(session, visit.id, stranger, now=now)
    visitors.end_visit(session, visit.id, actor=house.lin_actor, now=now)
    with pytest.raises(Conflict):
        visitors.confirm_visit(session, visit.id, actor=house.admin_actor, now=now)

    assert (visit.state, visit.ends_on) == (VisitState.ENDED, local_date(now))


def test_visitors_whose_host_has_left_get_another_or_go_after_a_fortnight(
    session: Session, house: House, now: datetime
) -> None:
    today, later = local_date(now), now + timedelta(days=15)
    there = affiliate(session, house.lin, house.organisation)
    wei = make_user(session, "wei")
    for person in (wei, house.admin):
        affiliate(session, person, house.organisation)
    wanted = form(now, ends_on=today + timedelta(days=60))
    kept, lost = (
        visitors.register_visitor(session, house.organisation.id, wanted, actor=house.lin_actor, now=now)
        for _ in range(2)
    )
    visitors.confirm_visit(session, kept.id, actor=house.admin_actor, now=now)
    session.commit()
    mailed(session, now=now)

    end_affiliation(session, there.id, today - timedelta(days=1), "离职", actor=house.admin_actor, now=now)
    session.commit()
    mailed(session, now=now)
    told = [(one.recipient, one.template, one.values["visitors"]) for one in mailed(session, now=now)]
    listed = house_queries.visits(session, house.organisation.id, None, without_host=True, limit=9)
    stands_until = [hosting.last_day_of(visit) for visit in (kept, lost)]
    again = hosting.miss_hosts(session, now=now)
    with pytest.raises(InvalidInput):
        hosting.name_host(session, kept.id, named("x@other.cn"), actor=house.admin_actor, now=now)
    with pytest.raises(NotFound):
        hosting.name_host(session, kept.id, named(wei.email), actor=house.lin_actor, now=now)
    with pytest.raises(Conflict):
        visitors.confirm_visit(session, lost.id, actor=house.admin_actor, now=now)
    hosting.name_host(session, kept.id, named(wei.email), actor=house.admin_actor, now=now)
    session.commit()
    news = {one.recipient for one in mailed(session, now=now)}
    hosting.name_host(session, kept.id, named(house.admin.email), actor=house.admin_actor, now=now)
    session.commit()
    changed = {one.recipient for one in mailed(session, now=now)}

    assert told == [(house.admin.email, "affiliations/visits_without_host", ["访客甲", "访客甲"])]
    assert ([visit.id for visit in listed.items], again) == ([lost.id, kept.id], 0)
    assert stands_until == [today + timedelta(days=14)] * 2
    assert (kept.host_id, kept.host_missed_on, news) == (house.admin.id, None, {wei.email, "guest@other.edu.cn"})
    assert changed == {house.admin.email, wei.email, "guest@other.edu.cn"}
    assert hosting.end_without_host(session, now=later - timedelta(days=1)) == 0
    assert hosting.end_without_host(session, now=later) == 1
    assert (kept.state, lost.state, lost.ends_on) == (
        VisitState.CONFIRMED,
        VisitState.ENDED,
        today + timedelta(days=14),
    )


def test_a_host_who_has_left_neither_reads_nor_decides_and_one_who_is_back_keeps_the_visitors(
    session: Session, house: House, now: datetime
) -> None:
    visit, today = hosted(session, house, now), local_date(now)
    visit.ends_on = today + timedelta(days=60)
    there = session.scalars(select(Affiliation).where(Affiliation.user_id == house.lin.id)).one()
    end_affiliation(session, there.id, today - timedelta(days=1), "", actor=house.admin_actor, now=now)
    hosting.miss_hosts(session, now=now)
    missed = visit.host_missed_on

    with pytest.raises(NotFound):
        visitors.visit_for(session, visit.id, house.lin_actor, now=now)
    with pytest.raises(NotFound):
        visitors.end_visit(session, visit.id, actor=house.lin_actor, now=now)
    affiliate(session, house.lin, house.organisation)
    ended = hosting.end_without_host(session, now=now + timedelta(days=15))
    still = visit.host_missed_on
    visitors.confirm_visit(session, visit.id, actor=house.admin_actor, now=now)

    assert (missed, ended, still, visit.host_missed_on) == (today, 0, today, None)
    assert visitors.visit_for(session, visit.id, house.lin_actor, now=now).state == VisitState.CONFIRMED
    visit.host_missed_on = today
    hosting.miss_hosts(session, now=now)
    assert visit.host_missed_on is None
    back = [one for one in told(session, now) if one[1] == "hosts_back"]
    assert back == [(house.admin.email.partition("@")[0], "hosts_back")]
    facts = select(AuditEntry.action).where(AuditEntry.action == "affiliations.visit_host_back")
    assert len(session.scalars(facts).all()) == 2


def test_what_the_admin_changes_before_confirming_a_visit_is_told_to_nobody(
    session: Session, house: House, now: datetime
) -> None:
    visit = hosted(session, house, now)
    told(session, now)

    visitors.change_visit(session, visit.id, changed(visit, ends_on=1), actor=house.admin_actor, now=now)
    by_admin = visit.state, told(session, now)
    visitors.change_visit(session, visit.id, changed(visit, ends_on=1), actor=house.lin_actor, now=now)

    assert by_admin == (VisitState.PENDING, [])
    assert told(session, now) == [(house.admin.email.partition("@")[0], "asked")]


def named(email: str) -> HostForm:
    return HostForm(host_email=email)
