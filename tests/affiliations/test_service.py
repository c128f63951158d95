"""Asking, deciding, ending; domains, groups; nothing crosses from one institution to another."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.mailed import write_secret
from booking.accounts.sights import Sight
from booking.accounts.succession import SuccessorNeeded
from booking.affiliations import (
    confirming,
    group_reading,
    invitations,
    leaving,
    mail_domains,
    queries,
    service,
    user_groups,
)
from booking.affiliations.forms import (
    AffiliationDetailsForm,
    AskAffiliationForm,
    ConfirmManyForm,
    MailDomainForm,
    UserGroupForm,
)
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from booking.core.period import Period
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Wish
from models.accounts import AuditEntry, Grant, User
from models.affiliations import Affiliation, Invitation, UserGroup
from models.directory import Unit
from models.notifications import Event
from models.vocabulary.accounts import Role, ScopeKind, TokenPurpose
from models.vocabulary.affiliations import AffiliationState, Audience, ConfirmedBy, UserSide
from models.vocabulary.directory import OrganisationKind
from tests.affiliations.conftest import House
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed, path_in
from tests.factories.people import actor_for, give, make_user, sign_in

NOTHING = AffiliationDetailsForm()


def asked(session: Session, house: House, now: datetime) -> Affiliation:
    form = AskAffiliationForm(organisation_id=house.organisation.id, staff_number="2024001", message="导师 王")
    made = service.ask_affiliation(session, form, actor=house.lin_actor, now=now)
    session.commit()
    return made


def test_a_request_waits_for_the_admin_who_is_told_by_mail(session: Session, house: House, now: datetime) -> None:
    made = asked(session, house, now)

    letters = mailed(session, now=now)

    assert (made.state, made.starts_on) == (AffiliationState.PENDING, local_date(now))
    assert [(letter.recipient, letter.template) for letter in letters] == [(house.admin.email, "affiliations/asked")]
    assert path_in(letters[0]) == f"/affiliations/{made.id}"


def test_where_nobody_decides_the_platform_is_asked(session: Session, house: House, now: datetime) -> None:
    platform = make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    lonely = make_organisation(session)
    form = AskAffiliationForm(organisation_id=lonely.id)
    service.ask_affiliation(session, form, actor=house.lin_actor, now=now)

    assert [letter.recipient for letter in mailed(session, now=now)] == [platform.email]


def test_confirming_corrects_what_was_asked_and_tells_the_person(session: Session, house: House, now: datetime) -> None:
    made = asked(session, house, now)
    mailed(session, now=now)
    form = AffiliationDetailsForm(staff_number="2024002", ends_on=date(2027, 7, 1))

    service.confirm_affiliation(session, made.id, form, actor=house.admin_actor, now=now)
    session.commit()

    assert (made.state, made.confirmed_by, made.staff_number) == (
        AffiliationState.CONFIRMED,
        ConfirmedBy.ADMIN,
        "2024002",
    )
    assert [(x.recipient, x.template, x.values["ends_on"]) for x in mailed(session, now=now)] == [
        (house.lin.email, "affiliations/confirmed", date(2027, 7, 1))
    ]


def test_many_are_confirmed_at_once_and_every_one_is_accounted_for(
    session: Session, house: House, now: datetime
) -> None:
    first = asked(session, house, now)
    affiliate(session, make_user(session, "old"), house.organisation, staff_number="2024009")
    people = [make_user(session, name) for name in ("twin", "else")]
    new: dict[str, Any] = {"state": AffiliationState.PENDING, "starts_on": local_date(now), "asked_at": now}
    twin, foreign = (
        Affiliation(user_id=one.id, organisation_id=place.id, staff_number="2024009", **new)
        for one, place in zip(people, (house.organisation, make_organisation(session)), strict=True)
    )
    session.add_all([twin, foreign])
    session.commit()
    mailed(session, now=now)
    ids = [twin.id, first.id, foreign.id, first.id]
    form = ConfirmManyForm(affiliation_ids=ids, ends_on=date(2027, 7, 1))

    done = confirming.confirm_many(session, house.organisation.id, form, actor=house.admin_actor, now=now)
    session.commit()
    session.expire_all()
    again = confirming.confirm_many(session, house.organisation.id, form, actor=house.admin_actor, now=now)
    with pytest.raises(Forbidden):
        confirming.confirm_many(session, house.organisation.id, form, actor=house.lin_actor, now=now)

    seen = select(AuditEntry.subject_id).where(AuditEntry.action == Sight.PEOPLE, AuditEntry.subject_kind == "user")
    assert {house.lin.id, twin.user_id} <= set(session.scalars(seen))
    told = [(one.affiliation_id, one.name, one.refused.code if one.refused else None) for one in done]
    assert told == [(twin.id, "Twin", "invalid_input"), (first.id, "Lin", None), (foreign.id, "", "not_found")]
    assert [one.refused.code if one.refused else None for one in again] == ["invalid_input", None, "not_found"]
    session.expire_all()
    assert [one.state for one in (first, twin, foreign)] == [
        AffiliationState.CONFIRMED,
        AffiliationState.PENDING,
        AffiliationState.PENDING,
    ]
    assert (first.ends_on, first.staff_number, twin.ends_on) == (date(2027, 7, 1), "2024001", None)
    assert [letter.recipient for letter in mailed(session, now=now)] == [house.lin.email]


def test_a_refused_person_is_told_why_and_may_ask_again(session: Session, house: House, now: datetime) -> None:
    made = asked(session, house, now)
    mailed(session, now=now)

    service.refuse_affiliation(session, made.id, "查无此人", actor=house.admin_actor, now=now)
    session.commit()
    letters = mailed(session, now=now)
    again = asked(session, house, now)

    assert [(x.template, x.values["reason"]) for x in letters] == [("affiliations/refused", "查无此人")]
    assert (made.state, again.state) == (AffiliationState.REFUSED, AffiliationState.PENDING)


@pytest.mark.parametrize("how", ["taken back", "refused"])
def test_whose_asking_led_to_nothing_has_not_left(session: Session, house: House, now: datetime, how: str) -> None:
    made = asked(session, house, now)
    if how == "refused":
        service.refuse_affiliation(session, made.id, "查无此人", actor=house.admin_actor, now=now)
    else:
        service.withdraw_asking(session, made.id, actor=house.lin_actor, now=now)

    def left() -> bool | None:
        return session.scalar(select(queries.has_left(house.lin.id, house.organisation.id, local_date(now))))

    assert left() is False
    yesterday = local_date(now) - timedelta(days=1)
    affiliate(session, house.lin, house.organisation, state=AffiliationState.ENDED, ends_on=yesterday)
    assert left() is True


def test_nobody_asks_twice_or_decides_twice_or_decides_elsewhere(session: Session, house: House, now: datetime) -> None:
    made = asked(session, house, now)
    other = make_user(session, "other")
    give(session, other, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, make_organisation(session).id)
    stranger = actor_for(session, other, now=now)

    with pytest.raises(service.AlreadyOpen):
        asked(session, house, now)
    with pytest.raises(NotFound):
        service.confirm_affiliation(session, made.id, NOTHING, actor=stranger, now=now)
    service.confirm_affiliation(session, made.id, NOTHING, actor=house.admin_actor, now=now)
    with pytest.raises(Conflict):
        service.refuse_affiliation(session, made.id, "x", actor=house.admin_actor, now=now)

    assert made.staff_number == "2024001"
    assert len(session.scalars(select(Affiliation)).all()) == 1


def test_details_of_another_house_and_a_number_twice_are_refused(session: Session, house: House, now: datetime) -> None:
    made = asked(session, house, now)
    affiliate(session, make_user(session, "first"), house.organisation, staff_number="7")
    elsewhere = make_organisation(session)
    unit = Unit(organisation_id=elsewhere.id, name_zh="别处")
    session.add(unit)
    group = user_groups.seed_groups(session, elsewhere.id)[0]
    form = AffiliationDetailsForm(unit_id=unit.id, user_group_id=group.id, staff_number="7", ends_on=date(2020, 1, 1))

    with pytest.raises(InvalidInput) as refused:
        service.confirm_affiliation(session, made.id, form, actor=house.admin_actor, now=now)

    fields = [problem.field for problem in refused.value.problems]
    assert fields == ["unit_id", "user_group_id", "staff_number", "ends_on"]


def test_leaving_ends_every_grant_at_the_organisation_on_the_same_day(
    session: Session, house: House, now: datetime
) -> None:
    instrument = make_instrument(session, house.organisation)
    theirs = make_instrument(session)
    give(session, make_user(session, "deputy"), Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    member = affiliate(session, house.lin, house.organisation)
    here = [
        give(session, house.lin, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id),
        give(session, house.lin, Role.RESEARCHER, ScopeKind.ORGANISATION, house.organisation.id),
    ]
    there = give(session, house.lin, Role.STEWARD, ScopeKind.INSTRUMENT, theirs.id)
    last_day = local_date(now) + timedelta(days=7)

    leaving.end_affiliation(session, member.id, last_day, "调离", actor=house.admin_actor, now=now)
    session.commit()

    assert [session.get_one(Grant, grant.id).ends_on for grant in (*here, there)] == [last_day, last_day, None]
    assert (member.state, member.ends_on) == (AffiliationState.CONFIRMED, last_day)
    event = session.scalars(select(Event).where(Event.name == "affiliations.ended")).one()
    assert (event.name, event.payload["user_id"], event.payload["organisation_id"], event.payload["last_day"]) == (
        "affiliations.ended",
        house.lin.id,
        house.organisation.id,
        last_day.isoformat(),
    )
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["accounts.grant_ended", "accounts.grant_ended", "affiliations.ended"]


def test_bookings_that_lie_ahead_on_the_houses_instruments_are_counted(
    session: Session, house: House, now: datetime
) -> None:
    own, theirs = make_instrument(session, house.organisation), make_instrument(session)
    start = datetime(2026, 11, 25, 2, tzinfo=UTC)
    for instrument in (own, theirs):
        wish = Wish(instrument.id, Period(start, start + timedelta(hours=1)))
        request_reservation(session, wish, actor=house.lin_actor, now=now)
    session.commit()

    def ahead(at: datetime) -> int:
        return queries.future_bookings(session, house.lin.id, house.organisation.id, now=at)

    assert (ahead(now), ahead(start + timedelta(days=1))) == (1, 0)


def test_the_job_ends_what_is_over_once_and_tells_who_was_not_told(
    session: Session, house: House, now: datetime
) -> None:
    today = local_date(now)
    member = affiliate(session, house.lin, house.organisation, ends_on=today)
    grant = give(session, house.lin, Role.RESEARCHER, ScopeKind.ORGANISATION, house.organisation.id)
    tomorrow = now + timedelta(days=1)

    assert list(leaving.due_to_end(session, now=now)) == []
    assert list(leaving.due_to_end(session, now=tomorrow)) == [member.id]
    assert leaving.end_over(session, member.id, now=tomorrow)
    assert not leaving.end_over(session, member.id, now=tomorrow)
    session.commit()

    assert (member.state, session.get_one(Grant, grant.id).ends_on) == (AffiliationState.ENDED, today)
    assert [letter.template for letter in mailed(session, now=tomorrow)] == ["affiliations/ended"]


def test_an_end_that_is_past_already_has_come_at_once(session: Session, house: House, now: datetime) -> None:
    member = affiliate(session, house.lin, house.organisation)
    yesterday = local_date(now) - timedelta(days=1)

    leaving.end_affiliation(session, member.id, yesterday, "调离", actor=house.admin_actor, now=now)
    session.commit()

    assert member.state == AffiliationState.ENDED
    events = select(Event.name).where(Event.name.startswith("affiliations.")).order_by(Event.id)
    assert session.scalars(events).all() == ["affiliations.ended", "affiliations.over"]


def test_people_are_reminded_once_before_the_end(session: Session, house: House, now: datetime) -> None:
    by_address = {"confirmed_by": ConfirmedBy.MAIL_DOMAIN, "ends_on": local_date(now) + timedelta(days=5)}
    wei = make_user(session, "wei")
    early = affiliate(session, wei, house.organisation, decided_at=now - timedelta(days=4), **by_address)
    late = affiliate(session, wei, make_organisation(session), decided_at=now - timedelta(days=5), **by_address)
    assert list(leaving.due_to_remind(session, now=now)) == [late.id]
    for one in (early, late):
        one.reminded_at = now
    member = affiliate(session, house.lin, house.organisation, ends_on=local_date(now) + timedelta(days=30))

    assert list(leaving.due_to_remind(session, now=now - timedelta(days=1))) == []
    assert list(leaving.due_to_remind(session, now=now)) == [member.id]
    assert leaving.remind(session, member.id, now=now)

    assert list(leaving.due_to_remind(session, now=now)) == []
    assert [letter.template for letter in mailed(session, now=now)] == ["affiliations/ending_soon"]


def domain(name: str, *, whole: bool = False) -> MailDomainForm:
    return MailDomainForm(domain=name, includes_subdomains=whole)


def test_the_last_steward_stays_until_there_is_a_successor(session: Session, house: House, now: datetime) -> None:
    instrument = make_instrument(session, house.organisation)
    member = affiliate(session, house.lin, house.organisation)
    grant = give(session, house.lin, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)

    with pytest.raises(SuccessorNeeded) as refused:
        leaving.end_affiliation(session, member.id, local_date(now), "", actor=house.admin_actor, now=now)

    assert [lack.grant_id for lack in refused.value.lacks] == [grant.id]
    session.rollback()
    session.expire_all()
    assert (member.ends_on, grant.ends_on) == (None, None)


def test_whoever_leaves_of_their_own_accord_is_let_go_today_and_no_address_takes_them_back(
    session: Session, house: House, now: datetime
) -> None:
    platform = make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    root = actor_for(session, platform, now=now)
    mail_domains.add_domain(session, house.organisation.id, domain("cs.uni.edu.cn"), actor=root, now=now)
    member = session.scalars(select(Affiliation)).one()
    trainer = give(session, house.lin, Role.TRAINER, ScopeKind.ORGANISATION, house.organisation.id)
    mailed(session, now=now)

    with pytest.raises(NotFound):
        leaving.leave_organisation(session, member.id, actor=house.admin_actor, now=now)
    leaving.leave_organisation(session, member.id, actor=house.lin_actor, now=now)
    with pytest.raises(Conflict):
        leaving.leave_organisation(session, member.id, actor=house.lin_actor, now=now)

    today, tomorrow = local_date(now), now + timedelta(days=1)
    assert (member.ends_on, member.ended_by_id, trainer.ends_on) == (today, house.lin.id, today)
    letters = sorted((letter.template, letter.recipient) for letter in mailed(session, now=now))
    assert letters == [("affiliations/ended", house.lin.email), ("affiliations/left", house.admin.email)]
    leaving.end_over(session, member.id, now=tomorrow)
    assert mail_domains.affiliate_by_address(session, house.lin.id, now=tomorrow) is None
    assert queries.open_affiliation(session, house.lin.id, house.organisation.id) is None


def test_whoever_holds_a_last_role_reads_which_before_they_leave(
    client: FlaskClient, session: Session, house: House, now: datetime
) -> None:
    member = affiliate(session, house.admin, house.organisation)
    grant = session.scalars(select(Grant).where(Grant.user_id == house.admin.id)).one()
    sign_in(client, house.admin)
    page = f"/affiliations/{member.id}/leave"

    shown, refused = client.get(page), client.post(page)

    assert (shown.status_code, refused.status_code) == (200, 409)
    assert (f"/grants/{grant.id}/end" in shown.text, f"/grants/{grant.id}/end" in refused.text) == (False, True)
    session.refresh(member)
    assert (member.ends_on, session.get_one(Grant, grant.id).ends_on) == (None, None)


def test_an_address_alone_takes_nobody_back_whom_the_admin_has_ended(
    session: Session, house: House, now: datetime
) -> None:
    platform = make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    member = affiliate(session, house.lin, house.organisation)
    yesterday = local_date(now) - timedelta(days=1)
    leaving.end_affiliation(session, member.id, yesterday, "", actor=house.admin_actor, now=now)
    root = actor_for(session, platform, now=now)

    mail_domains.add_domain(session, house.organisation.id, domain("cs.uni.edu.cn"), actor=root, now=now)
    form = AskAffiliationForm(organisation_id=house.organisation.id)
    again = mail_domains.ask(session, form, actor=house.lin_actor, now=now)

    assert again.state == AffiliationState.PENDING


def test_renewing_by_the_mailed_link_moves_the_end(session: Session, house: House, now: datetime) -> None:
    platform = make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    root = actor_for(session, platform, now=now)
    mail_domains.add_domain(session, house.organisation.id, domain("cs.uni.edu.cn"), actor=root, now=now)
    later = now + timedelta(days=360)
    mail_domains.ask_renewal(session, actor=house.lin_actor, now=later)
    session.commit()
    secret = mailed(session, now=later)[-1].values["link"].rpartition("/")[2]

    renewed = mail_domains.renew_by_secret(session, secret, origin=None, now=later)  # type: ignore[arg-type]

    assert (renewed.ends_on, renewed.agreed_at) == (local_date(later) + timedelta(days=365), later)
    assert len(session.scalars(select(Affiliation)).all()) == 1


def test_a_secret_of_somebody_without_such_an_affiliation_renews_nothing(
    session: Session, house: House, now: datetime
) -> None:
    secret = write_secret(session, house.lin.id, TokenPurpose.RENEW_AFFILIATION, now=now)
    session.flush()

    with pytest.raises(Conflict):
        mail_domains.renew_by_secret(session, secret, origin=None, now=now)  # type: ignore[arg-type]

    assert session.scalars(select(Affiliation)).all() == []


def test_the_group_follows_from_what_is_confirmed(session: Session, house: House, now: datetime) -> None:
    today = local_date(now)
    firm = make_organisation(session, kind=OrganisationKind.ENTERPRISE)
    people = {name: make_user(session, name) for name in ("nobody", "firm", "member", "assigned", "waiting", "over")}
    affiliate(session, people["firm"], firm)
    affiliate(session, people["member"], house.organisation)
    own = user_groups.seed_groups(session, house.organisation.id)[0]
    affiliate(session, people["assigned"], house.organisation, user_group_id=own.id)
    affiliate(
        session,
        people["waiting"],
        house.organisation,
        state=AffiliationState.PENDING,
        confirmed_by=None,
        decided_at=None,
    )
    affiliate(session, people["over"], house.organisation, ends_on=today - timedelta(days=1))

    found = {
        name: group_reading.group_of(session, user.id, house.organisation.id, today).name_zh
        for name, user in people.items()
    }

    assert found == {
        "nobody": "其他",
        "firm": "企业",
        "member": "校内",
        "assigned": "本组",
        "waiting": "其他",
        "over": "其他",
    }


def test_groups_are_there_without_being_stored(session: Session, house: House, now: datetime) -> None:
    group = group_reading.group_of(session, house.lin.id, house.organisation.id, local_date(now))

    assert (group.id, group.audience) == (None, Audience.OTHERS)
    assert session.scalars(select(UserGroup)).all() == []


def test_a_new_group_takes_over_whom_it_is_for(session: Session, house: House, now: datetime) -> None:
    form = UserGroupForm(name_zh="小微企业", side=UserSide.OUTSIDE, audience=Audience.FIRMS, horizon_days=14)

    made = user_groups.add_group(session, house.organisation.id, form, actor=house.admin_actor, now=now)

    audiences = {group.name_zh: group.audience for group in group_reading.stored_groups(session, house.organisation.id)}
    assert (audiences["小微企业"], audiences["企业"]) == (Audience.FIRMS, Audience.ASSIGNED)
    assert made.position == 100


def test_the_groups_of_everybody_and_groups_with_people_stay(session: Session, house: House, now: datetime) -> None:
    groups = {group.audience: group for group in user_groups.seed_groups(session, house.organisation.id)}
    own = groups[Audience.ASSIGNED]
    affiliate(session, house.lin, house.organisation, user_group_id=own.id)
    form = UserGroupForm(name_zh="校内", side=UserSide.INSIDE, audience=Audience.ASSIGNED)

    for group in (groups[Audience.OTHERS], own):
        with pytest.raises(Conflict):
            user_groups.remove_group(session, group.id, actor=house.admin_actor, now=now)
    with pytest.raises(InvalidInput):
        user_groups.edit_group(session, groups[Audience.MEMBERS].id, form, actor=house.admin_actor, now=now)

    assert len(group_reading.stored_groups(session, house.organisation.id)) == 6


def test_a_group_that_an_open_invitation_promises_stays_until_it_is_settled(
    session: Session, house: House, now: datetime
) -> None:
    groups = user_groups.seed_groups(session, house.organisation.id)
    own = next(group for group in groups if group.audience == Audience.ASSIGNED)
    person = {"name": "号", "staff_number": "002", "user_group_id": own.id}
    [invited] = invitations.invite_all(session, house.organisation.id, [person], actor=house.admin_actor, now=now)

    with pytest.raises(Conflict, match="邀请"):
        user_groups.remove_group(session, own.id, actor=house.admin_actor, now=now)
    invitations.withdraw_invitation(session, invited, actor=house.admin_actor, now=now)
    user_groups.remove_group(session, own.id, actor=house.admin_actor, now=now)

    assert session.scalars(select(UserGroup.id).where(UserGroup.id == own.id)).all() == []
    assert session.scalars(select(Invitation.user_group_id)).all() == [None]


def test_the_list_shows_only_ones_own_people(session: Session, house: House) -> None:
    affiliate(session, house.lin, house.organisation, staff_number="2024001")
    affiliate(session, make_user(session, "stranger"), make_organisation(session), staff_number="2024001")

    page = queries.people(session, house.organisation.id, text="2024", limit=10)

    assert [row.person.email for row in page.items] == [house.lin.email]


def test_the_grants_of_somebody_else_stay(session: Session, house: House, now: datetime) -> None:
    member = affiliate(session, house.lin, house.organisation)
    leaving.end_affiliation(session, member.id, local_date(now), "", actor=house.admin_actor, now=now)

    kept = session.scalars(select(Grant).join(User, User.id == Grant.user_id)).one()

    assert (kept.user_id, kept.ends_on) == (house.admin.id, None)
