"""Days put over reservations: conflicts that the steward moves, cancels or keeps for a reason."""

from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.core.period import Period
from booking.directory.day_lists import read_days
from booking.directory.forms import DayForm
from booking.reservations import approval, closing, keeping, service
from booking.reservations.board_queries import open_conflicts
from booking.reservations.refusals import ConflictSettled, ReasonNeeded, ReservationRefused
from models.accounts import AuditEntry
from models.catalogue import Instrument
from models.directory import CalendarDay
from models.reservations import BlockConflict, Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import DayKind
from models.vocabulary.reservations import ChangeKind, ConflictState, ReservationState
from tests.factories.instruments import make_instrument
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.reservations.acting import TODAY, act, at, book, codes, count, fresh, kinds, steward_of

TOMORROW = TODAY + timedelta(days=1)
CLOSED = [DayForm(day=TOMORROW, name_zh="校庆")]


@pytest.fixture
def admin(session: Session, instrument: Instrument, now: datetime) -> Actor:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id)
    return actor_for(session, user, now=now)


@pytest.fixture
def platform(session: Session, now: datetime) -> Actor:
    user = make_user(session, "platform")
    give(session, user, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    return actor_for(session, user, now=now)


def states(session: Session) -> list[ConflictState]:
    session.commit()
    return list(session.scalars(select(BlockConflict.state).order_by(BlockConflict.id)))


def test_a_closing_day_makes_conflicts_of_what_it_closes_and_of_nothing_else(
    session: Session, instrument: Instrument, researcher: Actor, admin: Actor, now: datetime
) -> None:
    elsewhere = make_instrument(session)
    mine = book(session, instrument, at(10), researcher, now)
    book(session, instrument, at(10, day=2), researcher, now)
    book(session, elsewhere, at(10), researcher, now)

    closed = act(session, closing.set_days, instrument.organisation_id, CLOSED, actor=admin, now=now)

    assert [(row.reservation_id, row.calendar_day_id) for row in closed.conflicts] == [(mine.id, closed.days[0].id)]
    assert fresh(session, mine).state == ReservationState.CONFIRMED
    steward = steward_of(session, instrument, now)
    seen = open_conflicts(session, reach(steward, Permission.SEE_BOOKINGS), now=now)
    assert [row.reservation_id for row in seen] == [mine.id]
    with pytest.raises(ReservationRefused) as refused:
        book(session, instrument, at(14), researcher, now)
    assert codes(refused.value) == ["closed"]


@pytest.mark.parametrize("settled_by", ["moving", "cancelling"])
def test_moving_and_cancelling_settle_the_conflict(
    session: Session, instrument: Instrument, researcher: Actor, admin: Actor, *, now: datetime, settled_by: str
) -> None:
    mine = book(session, instrument, at(10), researcher, now)
    act(session, closing.set_days, instrument.organisation_id, CLOSED, actor=admin, now=now)

    if settled_by == "moving":
        act(session, service.move_reservation, mine.id, at(10, day=2), actor=researcher, now=now)
    else:
        act(session, service.cancel_reservation, mine.id, actor=researcher, now=now)

    assert states(session) == [ConflictState.SETTLED]


def test_a_booking_is_kept_knowingly_with_a_reason_and_a_trace(
    session: Session, instrument: Instrument, researcher: Actor, admin: Actor, now: datetime
) -> None:
    mine = book(session, instrument, at(10), researcher, now)
    closed = act(session, closing.set_days, instrument.organisation_id, CLOSED, actor=admin, now=now)
    number, steward = closed.conflicts[0].id, steward_of(session, instrument, now)

    for refused, actor, reason in ((NotFound, researcher, "想用"), (ReasonNeeded, steward, "")):
        with pytest.raises(refused):
            act(session, keeping.keep_booking, number, reason=reason, actor=actor, now=now)
    assert states(session) == [ConflictState.OPEN]
    act(session, keeping.keep_booking, number, reason="有人值守", actor=steward, now=now)
    with pytest.raises(ConflictSettled):
        act(session, keeping.keep_booking, number, reason="再来", actor=steward, now=now)

    kept = session.scalars(select(BlockConflict)).one()
    assert (kept.state, kept.reason, kept.settled_by_id) == (ConflictState.KEPT, "有人值守", steward.id)
    assert kinds(session, mine)[-1] == ChangeKind.KEPT
    noted = session.scalars(select(AuditEntry.reason).where(AuditEntry.action == "reservations.kept_in_conflict"))
    assert noted.all() == ["有人值守"]


def test_removing_the_day_takes_its_conflicts_away(
    session: Session, instrument: Instrument, researcher: Actor, admin: Actor, now: datetime
) -> None:
    book(session, instrument, at(10), researcher, now)
    closed = act(session, closing.set_days, instrument.organisation_id, CLOSED, actor=admin, now=now)

    gone = act(session, closing.remove_day, instrument.organisation_id, closed.days[0].id, actor=admin, now=now)

    assert (gone, count(session, BlockConflict), count(session, CalendarDay)) == (1, 0, 0)
    book(session, instrument, at(14), researcher, now)


def test_a_day_that_is_changed_to_run_again_settles_its_conflicts(
    session: Session, instrument: Instrument, researcher: Actor, admin: Actor, now: datetime
) -> None:
    book(session, instrument, at(10), researcher, now)
    act(session, closing.set_days, instrument.organisation_id, CLOSED, actor=admin, now=now)
    runs = [DayForm(day=TOMORROW, kind=DayKind.RUNS_AS, runs_as=1, name_zh="补周一")]

    act(session, closing.set_days, instrument.organisation_id, runs, actor=admin, now=now)
    assert states(session) == [ConflictState.SETTLED]
    act(session, closing.set_days, instrument.organisation_id, CLOSED, actor=admin, now=now)

    assert states(session) == [ConflictState.OPEN]


def test_a_day_that_runs_as_another_has_its_hours(session: Session, researcher: Actor, now: datetime) -> None:
    instrument = make_instrument(session, hours=((2, 540, 1080), (5, 540, 720)))
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id)
    admin = actor_for(session, user, now=now)
    morning, afternoon = (
        book(session, instrument, at(10), researcher, now),
        book(session, instrument, at(14), researcher, now),
    )
    friday = [DayForm(day=TOMORROW, kind=DayKind.RUNS_AS, runs_as=5, name_zh="补周五")]

    closed = act(session, closing.set_days, instrument.organisation_id, friday, actor=admin, now=now)

    assert [row.reservation_id for row in closed.conflicts] == [afternoon.id]
    assert fresh(session, morning).state == ReservationState.CONFIRMED
    with pytest.raises(ReservationRefused):
        book(session, instrument, at(15), researcher, now)
    book(session, instrument, at(11), researcher, now)


def test_a_national_holiday_concerns_instruments_that_keep_holidays(
    session: Session, instrument: Instrument, researcher: Actor, admin: Actor, *, platform: Actor, now: datetime
) -> None:
    works_on = make_instrument(session, policy={"closes_on_holidays": False})
    mine = book(session, instrument, at(10), researcher, now)
    book(session, works_on, at(10), researcher, now)
    holiday = [DayForm(day=TOMORROW, kind=DayKind.PUBLIC_HOLIDAY, name_zh="抗战胜利日")]

    with pytest.raises(Forbidden):
        act(session, closing.set_days, None, holiday, actor=admin, now=now)
    closed = act(session, closing.set_days, None, holiday, actor=platform, now=now)

    assert [row.reservation_id for row in closed.conflicts] == [mine.id]


def test_days_that_come_with_the_calendar_make_conflicts_too(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    act(session, closing.seed_public_days, [2026], now=now)
    far = make_instrument(session, policy={"horizon_days": 400})
    mine = book(session, far, at(10, day=39), researcher, now)

    act(session, closing.seed_public_days, [2027], now=now)

    assert session.scalars(select(BlockConflict.reservation_id)).all() == [mine.id]


def test_confirming_in_spite_of_the_day_keeps_the_booking(
    session: Session, careful: Instrument, researcher: Actor, platform: Actor, now: datetime
) -> None:
    asked = book(session, careful, at(10), researcher, now)
    act(session, closing.set_days, careful.organisation_id, CLOSED, actor=platform, now=now)
    steward = steward_of(session, careful, now)

    act(session, approval.confirm_reservation, asked.id, override_reason="有人值守", actor=steward, now=now)

    assert states(session) == [ConflictState.KEPT]


@pytest.mark.parametrize(
    ("days", "field"),
    [
        pytest.param([DayForm(day=TODAY - timedelta(days=1), name_zh="昨天")], "days", id="yesterday"),
        pytest.param([*CLOSED, *CLOSED], "days", id="twice the same day"),
        pytest.param([DayForm(day=TOMORROW, kind=DayKind.RUNS_AS, name_zh="补课")], "runs_as", id="runs as nothing"),
        pytest.param([DayForm(day=TOMORROW, kind=DayKind.PUBLIC_HOLIDAY, name_zh="节")], "kind", id="national kind"),
    ],
)
def test_days_that_make_no_sense_are_refused_and_not_stored(
    session: Session, instrument: Instrument, admin: Actor, *, now: datetime, days: list[DayForm], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        act(session, closing.set_days, instrument.organisation_id, days, actor=admin, now=now)

    assert [problem.field for problem in refused.value.problems] == [field]
    assert count(session, CalendarDay) == 0


def test_a_table_of_days_is_read_in_either_language_with_every_bad_line_named() -> None:
    table = (
        "日期,类别,名称,按星期几\n2027-01-04,,寒假,\n"
        "2027/2/27,按其他日子运行,补周一,星期一\n2027年1月5日,power_cut,停电,\n"
    )

    assert [(day.day, day.kind, day.runs_as) for day in read_days(table)] == [
        (date(2027, 1, 4), DayKind.CLOSING_DAY, None),
        (date(2027, 2, 27), DayKind.RUNS_AS, 1),
        (date(2027, 1, 5), DayKind.POWER_CUT, None),
    ]
    with pytest.raises(InvalidInput) as refused:
        read_days("day\tkind\tname\n2027-13-01\t\t寒假\n2027-01-04\tparty\t聚会\n2027-01-04\t\t\n")
    assert [problem.values["number"] for problem in refused.value.problems] == [2, 3, 4]
    with pytest.raises(InvalidInput):
        read_days("2027-01-04,寒假")


def test_an_admin_pastes_days_and_the_steward_finds_the_conflict_on_the_board(
    session: Session, client: FlaskClient, instrument: Instrument, researcher: Actor
) -> None:
    day = local_date(utcnow()) + timedelta(days=3)
    number = make_reservation(session, instrument, researcher, day)
    user = make_user(session, "boss")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id)
    sign_in(client, user)
    address = f"/organisations/{instrument.organisation_id}/closing-days"

    wrong = client.post(f"{address}/table", data={"table": "日期,名称\n明天,停电"})
    added = client.post(f"{address}/table", data={"table": f"日期,名称\n{day.isoformat()},停电检修"})
    page, board = (client.get(url).get_data(as_text=True) for url in (address, "/board"))
    conflict = session.scalars(select(BlockConflict.id)).one()
    blank = client.post(f"/conflicts/{conflict}/keep", data={"reason": ""})
    kept = client.post(f"/conflicts/{conflict}/keep", data={"reason": "有人值守"})

    assert (wrong.status_code, "第 2 行：日期格式应为" in wrong.get_data(as_text=True)) == (422, True)
    assert added.status_code == 303
    assert [f"/conflicts/{conflict}/keep" in text and "停电检修" in text for text in (page, board)] == [True, True]
    assert (blank.status_code, kept.headers["Location"]) == (422, f"/reservations/{number}")
    assert "有人值守" in client.get(f"/reservations/{number}").get_data(as_text=True)
    assert states(session) == [ConflictState.KEPT]


def make_reservation(session: Session, instrument: Instrument, holder: Actor, day: date) -> int:
    made: Reservation = book(session, instrument, Period(at_local(day, 600), at_local(day, 660)), holder, utcnow())
    return made.id
