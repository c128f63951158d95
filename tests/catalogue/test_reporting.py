"""The report date: working days of the institution, reminders once each, exemptions; steps of new instruments."""

from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue import arrivals, report_queries, reporting
from booking.catalogue.arrivals import Arrival
from booking.core.actors import Actor, Reach
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput
from booking.core.pages import Page
from booking.directory.days import seed_public_days
from models.accounts import User
from models.arrivals import ArrivalTick, ReportExemption
from models.catalogue import Instrument
from models.directory import CalendarDay, Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.arrivals import ArrivalStep, ExemptionState, ReportState
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.directory import DayKind
from tests.catalogue.report_dates import TERMS, accepted, at
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.people import give, make_user, sign_in


@pytest.fixture(autouse=True)
def public_days(session: Session) -> None:
    seed_public_days(session, [2026])


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 1, 30), date(2026, 3, 19)),
        (date(2026, 2, 10), date(2026, 3, 30)),
        (date(2026, 4, 28), date(2026, 6, 11)),
        (date(2026, 9, 18), date(2026, 11, 5)),
        (date(2026, 3, 2), date(2026, 4, 14)),
    ],
)
def test_thirty_working_days_after_acceptance(
    session: Session, organisation: Organisation, day: date, due: date
) -> None:
    found = report_queries.report_date_of(session, accepted(session, organisation, day), TERMS)

    assert found is not None
    assert found.due_on == due


def test_days_on_which_the_institution_is_closed_do_not_count(session: Session, organisation: Organisation) -> None:
    closed = {"kind": DayKind.CLOSING_DAY, "name_zh": "校庆"}
    session.add(CalendarDay(organisation_id=organisation.id, day=date(2026, 3, 3), **closed))
    other = make_organisation(session)
    session.flush()

    dues = [
        report.due_on
        for owner in (organisation, other)
        if (report := report_queries.report_date_of(session, accepted(session, owner, date(2026, 3, 2)), TERMS))
    ]

    assert dues == [date(2026, 4, 15), date(2026, 4, 14)]


def test_an_approved_exemption_ends_reminders_and_only_the_platform_decides(
    session: Session, organisation: Organisation, admin: Actor, platform: Actor
) -> None:
    instrument, late = accepted(session, organisation, date(2026, 3, 2)), at(date(2026, 5, 20))
    with pytest.raises(InvalidInput):
        reporting.ask_exemption(session, instrument.id, "", actor=admin, now=late)
    made = reporting.ask_exemption(session, instrument.id, "军工配套", actor=admin, now=late)

    with pytest.raises(Forbidden):
        reporting.decide_exemption(session, made.id, ExemptionState.APPROVED, actor=admin, now=late)
    asked = report_queries.unreported(session, Reach(everywhere=True), TERMS)[0].state(date(2026, 5, 20))
    reporting.decide_exemption(session, made.id, ExemptionState.APPROVED, actor=platform, now=late)

    with pytest.raises(reporting.ExemptionDecided):
        reporting.decide_exemption(session, made.id, ExemptionState.REFUSED, "x", actor=platform, now=late)
    exempt = report_queries.unreported(session, Reach(everywhere=True), TERMS)[0].state(date(2026, 5, 20))
    assert (asked, exempt) == (ReportState.OVERDUE, ReportState.EXEMPT)
    assert report_queries.notices_due(session, TERMS, now=late) == []


def test_an_exemption_is_asked_for_once_and_again_after_a_refusal(
    session: Session, organisation: Organisation, admin: Actor, platform: Actor, now: datetime
) -> None:
    instrument = accepted(session, organisation, date(2026, 3, 2))
    made = reporting.ask_exemption(session, instrument.id, "军工配套", actor=admin, now=now)
    session.commit()

    with pytest.raises(reporting.ExemptionStands):
        reporting.ask_exemption(session, instrument.id, "再次", actor=admin, now=now)
    session.rollback()
    with pytest.raises(InvalidInput):
        reporting.decide_exemption(session, made.id, ExemptionState.REFUSED, actor=platform, now=now)
    reporting.decide_exemption(session, made.id, ExemptionState.REFUSED, "须报送", actor=platform, now=now)
    reporting.ask_exemption(session, instrument.id, "补充说明", actor=admin, now=now)

    assert [letter.recipient for letter in mailed(session, now=now)] == [admin.email, platform.email]
    states = session.scalars(select(ReportExemption.state).order_by(ReportExemption.id)).all()
    assert states == [ExemptionState.REFUSED, ExemptionState.ASKED]


def test_only_unreported_instruments_within_reach_are_listed(session: Session, organisation: Organisation) -> None:
    own = accepted(session, organisation, date(2026, 3, 2))
    accepted(session, make_organisation(session), date(2026, 3, 2))
    make_instrument(session, organisation, accepted_on=date(2026, 3, 2), first_published_at=at(date(2026, 3, 9)))

    found = report_queries.unreported(session, Reach(organisation_ids=frozenset({organisation.id})), TERMS)

    assert [one.instrument.id for one in found] == [own.id]


def test_home_counts_what_is_due_and_reads_the_first_of_it(
    session: Session, organisation: Organisation, admin: Actor, platform: Actor, now: datetime
) -> None:
    days = [date(2026, 3, 2), date(2026, 2, 27), date(2020, 5, 1), date(2026, 3, 3), date(2026, 4, 1)]
    made = [accepted(session, organisation, day).id for day in days]
    spared = reporting.ask_exemption(session, made[1], "军工配套", actor=admin, now=now)
    reporting.decide_exemption(session, spared.id, ExemptionState.APPROVED, actor=platform, now=now)
    make_instrument(session, organisation, accepted_on=date(2020, 5, 1), first_published_at=now)
    make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)
    accepted(session, make_organisation(session), date(2020, 5, 1))
    ours = Reach(organisation_ids=frozenset({organisation.id}))

    def due_on(today: date, limit: int = 5) -> tuple[int, list[int]]:
        count, first = report_queries.due_now(session, ours, TERMS, today=today, limit=limit)
        return count, [one.id for one, _due_on in first]

    assert due_on(date(2020, 5, 8)) == (0, [])
    assert due_on(date(2026, 4, 6)) == (1, [made[2]])
    assert due_on(date(2026, 4, 7)) == (2, [made[2], made[0]])
    assert due_on(date(2026, 4, 20)) == (3, [made[2], made[0], made[3]])
    assert due_on(date(2026, 4, 20), limit=1) == (3, [made[2]])


def listed(session: Session, today: date, *, limit: int = 50, cursor: str = "") -> Page[Arrival]:
    return arrivals.arrivals(session, Reach(everywhere=True), today=today, limit=limit, cursor=cursor)


def complete(session: Session, instrument: Instrument) -> None:
    for name in ("functions_zh", "user_rules_zh", "fees_zh", "contact_name", "phone"):
        setattr(instrument, name, "x")
    session.flush()


def test_a_new_instrument_shows_each_next_step_until_it_is_open(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    day = date(2026, 3, 2)
    instrument = session.get_one(Instrument, accepted(session, organisation, day).id)
    steps = [listed(session, day).items[0]]

    complete(session, instrument)
    steps += listed(session, day).items
    instrument.publishing_state, instrument.booking_mode = PublishingState.PUBLISHED, BookingMode.NONE
    steps += listed(session, day).items
    arrivals.tick_training(session, instrument.id, "首批用户", actor=admin, now=now)
    with pytest.raises(arrivals.AlreadyTicked):
        arrivals.tick_training(session, instrument.id, actor=admin, now=now)
    steps += listed(session, day).items
    instrument.booking_mode = BookingMode.HERE
    session.flush()

    assert [step for step, is_done in steps[0].done.items() if is_done] == [ArrivalStep.ACCEPTED]
    assert [one.next_step for one in steps] == list(ArrivalStep)[1:]
    assert steps[3].training is not None
    assert (steps[3].training.ticked_by.name, steps[3].training.note) == ("Admin", "首批用户")
    assert listed(session, day).items == []


def test_what_a_centre_brought_along_is_not_new_once_it_was_public(
    session: Session, organisation: Organisation
) -> None:
    today, old = date(2026, 11, 20), date(2020, 5, 1)
    make_instrument(session, organisation, accepted_on=old, first_published_at=at(old))
    hidden = make_instrument(
        session, organisation, publishing_state=PublishingState.WITHHELD, accepted_on=old, first_published_at=at(old)
    )
    waiting = accepted(session, organisation, old)
    recent = make_instrument(session, organisation, accepted_on=today, first_published_at=at(today))

    found = [one.instrument.id for one in listed(session, today).items]

    assert hidden.id not in found
    assert found == [recent.id, waiting.id]


def test_new_instruments_come_in_pages_the_newest_first(
    client: FlaskClient, session: Session, organisation: Organisation, admin: Actor
) -> None:
    days = [date(2026, 3, 2), date(2026, 3, 4), date(2026, 3, 3), date(2026, 3, 4)]
    made = [accepted(session, organisation, day).id for day in days]
    user = session.get_one(User, admin.id)
    sign_in(client, user)

    first = client.get("/api/v1/arrivals?limit=3").get_json()
    second = client.get(f"/api/v1/arrivals?limit=3&cursor={first['next_cursor']}").get_json()
    page = client.get(f"/arrivals?lang=zh&cursor={first['next_cursor']}").get_data(as_text=True)

    ids = [[one["instrument_id"] for one in part["items"]] for part in (first, second)]
    assert ids == [[made[1], made[3], made[2]], [made[0]]]
    assert second["next_cursor"] is None
    assert [number for number in made if f"/catalogue/{number}/edit" in page] == [made[0]]


def test_the_list_of_new_instruments_asks_no_more_for_more_of_them(
    session: Session, organisation: Organisation
) -> None:
    def asked(count: int) -> list[str]:
        for _ in range(count):
            accepted(session, organisation, date(2026, 3, 2))
        session.expunge_all()
        with counting() as statements:
            listed(session, date(2026, 3, 2))
        return statements.texts

    assert len(asked(2)) == len(asked(3))


def test_a_trainer_meets_new_instruments_at_home_and_ticks_training_without_editing(
    client: FlaskClient, session: Session, organisation: Organisation
) -> None:
    trainer, today = make_user(session, "trainer"), local_date(utcnow())
    elsewhere = make_organisation(session)
    new = make_instrument(session, organisation, accepted_on=today)
    old = make_instrument(
        session, organisation, accepted_on=today - timedelta(days=366), first_published_at=utcnow() - timedelta(300)
    )
    hidden = accepted(session, organisation, today)
    foreign = make_instrument(session, elsewhere, accepted_on=today)
    give(session, trainer, Role.TRAINER, ScopeKind.ORGANISATION, organisation.id)
    sign_in(client, trainer)

    def waiting() -> list[tuple[str, list[int]]]:
        cards = client.get("/api/v1/home").get_json()["cards"]
        return [(card["code"], [item["subject_id"] for item in card["items"]]) for card in cards]

    before, arrived = waiting(), client.get("/arrivals").get_data(as_text=True)
    address, form = f"/catalogue/{new.id}/training", {"version": "1", "training_note": "首批用户"}
    ticked, again = client.post(address, data=form), client.post(address, data={**form, "version": "2"})

    assert before == [("training", [new.id])]
    assert f'href="{address}"' in client.get("/home?lang=zh").get_data(as_text=True) + arrived
    shown = [one for one in (old, hidden, foreign) if f"/catalogue/{one.id}/training" in arrived]
    assert shown == [hidden]
    assert (ticked.status_code, ticked.location, again.status_code) == (303, address, 409)
    assert [client.get(f"/catalogue/{one.id}/edit").status_code for one in (new, foreign)] == [403, 403]
    assert client.post(f"/catalogue/{foreign.id}/training", data=form).status_code == 403
    assert waiting() == []
    tick = session.scalars(select(ArrivalTick)).one()
    assert (tick.instrument_id, tick.ticked_by_id, tick.note) == (new.id, trainer.id, "首批用户")
