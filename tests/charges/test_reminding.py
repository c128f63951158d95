"""Uses that nobody confirms and disputes that nobody answers are brought up until somebody does."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.charges import disputing, service
from booking.charges.queries import Show, Wanted, charges_at
from booking.charges.times import uses_overdue
from booking.charges.windows import Windows
from booking.core.actors import Reach
from booking.core.clock import at_local, local_date
from booking.reservations.forms import UseForm
from booking.reservations.refusals import OlderUse
from booking.reservations.use_reminding import due_to_remind, next_level, remind_of_uses
from booking.reservations.uses import uses_to_confirm
from booking.reservations.using import confirm_use
from models.reservations import Reservation, UseReminder
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.charges import ChargeState
from models.vocabulary.reservations import ReservationMode, ReservationState
from tests.charges.houses import House
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.people import make_user
from tests.reservations.acting import at

DAY = timedelta(days=1)


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    return House(session, now)


def remind(house: House, now: datetime) -> list[str]:
    """Whom the daily job writes to, once for each letter."""
    for organisation_id in due_to_remind(house.session, now=now):
        remind_of_uses(house.session, organisation_id, Windows(), now=now)
    house.session.commit()
    letters = [one for one in mailed(house.session, now=now) if "uses_unconfirmed" in one.template]
    return [f"{one.recipient.partition('@')[0]}:{one.values['count']}" for one in letters]


def test_uses_that_nobody_confirms_go_to_the_steward_the_unit_and_the_administrators_who_are_told_every_week(
    house: House,
) -> None:
    made, other = house.book(9), house.book(12)
    told = {}
    for days in range(1, 30):
        if letters := remind(house, at_local(local_date(made.ends_at) + days * DAY, 9 * 60)):
            told[days] = letters

    # The uses were on Tuesday 24 November: the next day, five and ten working days later, then every week.
    assert told == {1: ["steward:2"], 7: ["admin:2"], 14: ["admin:2"], 21: ["admin:2"], 28: ["admin:2"]}
    assert uses_overdue(house.session, Reach(organisation_ids=frozenset({house.place.id}))) == 2
    for one in (made, other):
        assert house.confirm(one, 30 * DAY).state == ChargeState.FINAL
    assert list(due_to_remind(house.session, now=made.ends_at + 40 * DAY)) == []
    assert uses_overdue(house.session, Reach(organisation_ids=frozenset({house.place.id}))) == 0


def test_institutions_whose_uses_wait_longest_come_first_however_they_are_numbered(house: House) -> None:
    places = [house.place.id]
    for day in (-3, -9):
        place = make_organisation(house.session)
        instrument = make_instrument(house.session, place)
        times = at(9, 60, day)
        user = make_user(house.session, f"user{place.id}")
        house.session.add(_confirmed(instrument.id, user.id, times.start, times.end))
        places.append(place.id)
    house.book(9)
    house.session.commit()

    assert list(due_to_remind(house.session, now=at(9, 60, 3).start)) == [places[2], places[1], places[0]]


def _confirmed(instrument_id: int, user_id: int, start: datetime, end: datetime) -> Reservation:
    return Reservation(
        instrument_id=instrument_id,
        booked_by_id=user_id,
        state=ReservationState.CONFIRMED,
        mode=ReservationMode.SELF,
        starts_at=start,
        ends_at=end,
        uid=f"{instrument_id}",
        created_at=start,
        updated_at=start,
    )


def test_a_use_that_ends_at_midnight_is_of_the_day_before() -> None:
    def every_day(_day: date) -> bool:
        return True

    ended, told = date(2026, 11, 24), date(2026, 12, 4)

    assert next_level(ended, 0, None, date(2026, 11, 25), 5, every_day) == 1
    assert next_level(ended, 1, told, told, 5, every_day) == 0
    assert next_level(ended, 3, told, date(2026, 12, 10), 5, every_day) == 0
    assert next_level(ended, 3, told, date(2026, 12, 11), 5, every_day) == 3


def test_the_night_of_a_use_until_midnight_is_reminded_of_on_the_next_working_day(house: House) -> None:
    made = house.book(22)
    next_day = at_local(local_date(made.starts_at) + DAY, 9 * 60)

    assert remind(house, next_day) == ["steward:1"]


def test_what_ended_before_uses_were_confirmed_is_no_part_of_the_list_and_is_confirmed_one_by_one(
    house: House,
) -> None:
    older, made = house.book(9), house.book(12)
    house.session.add(UseReminder(reservation_id=older.id, level=0, sent_at=older.ends_at))
    house.session.commit()
    later = made.ends_at + 30 * DAY
    steward = house.actor(house.steward)

    def listed(older: bool) -> list[int]:
        page = uses_to_confirm(house.session, steward, older=older, limit=9, now=later)
        return [one.id for one in page.items]

    assert (listed(older=False), listed(older=True)) == ([made.id], [older.id])
    assert remind(house, later) == ["steward:1"]
    with pytest.raises(OlderUse):
        house.do(confirm_use, older.id, UseForm(), windows=Windows(), is_bulk=True, by=house.steward, at_=later)
    house.session.rollback()
    assert house.charge(older) is None
    assert house.books() == (10_000, 40_000, 0)
    assert house.confirm(older, 30 * DAY).captured_fen == 20_000


def test_disputes_stand_among_the_problems_and_are_brought_up_every_week(house: House) -> None:
    made = house.book(9)
    charge = house.confirm(made)
    since = made.ends_at + DAY
    house.do(service.dispute_charge, charge.id, "只用了一小时", by=house.student, at_=since)
    mailed(house.session, now=since)
    told = []
    for days in range(1, 22):
        now = since + days * DAY
        for organisation_id in disputing.due_to_remind(house.session, now=now):
            disputing.remind_of_disputes(house.session, organisation_id, now=now)
        house.session.commit()
        told += [(days, one.recipient.partition("@")[0], one.values["count"]) for one in mailed(house.session, now=now)]
    wanted = Wanted(Show.PROBLEMS)
    problems = charges_at(house.session, house.actor(house.steward), wanted, today=local_date(since), limit=9).items

    assert told == [(7, "steward", 1), (14, "steward", 1), (21, "steward", 1)]
    assert [one.charge.id for one in problems] == [charge.id]
    later = since + 30 * DAY
    house.do(service.uphold_charge, charge.id, "记录无误", windows=Windows(), by=house.steward, at_=later)
    assert list(disputing.due_to_remind(house.session, now=later + 30 * DAY)) == []
    assert house.session.scalar(sa.select(sa.func.count(UseReminder.id))) == 0


def test_what_nobody_answers_for_any_more_is_told_to_the_finance_that_keeps_the_account(house: House) -> None:
    made = house.book(9)
    affiliate(house.session, house.lead, house.place, state=AffiliationState.ENDED, ends_on=date(2026, 11, 1))
    mailed(house.session, now=house.now)
    house.confirm(made)
    letters = mailed(house.session, now=made.ends_at + DAY)

    told = sorted(one.recipient.partition("@")[0] for one in letters if one.template == "charges/changed")
    assert told == [f"clerk{house.place.id}-52170001", "student"]
