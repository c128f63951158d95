"""Uses that nobody confirms and disputes that nobody answers are brought up until somebody does."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import disputing, service
from booking.charges.forms import ChargeChangeForm
from booking.charges.queries import Show, Wanted, charges_at
from booking.charges.times import uses_overdue
from booking.charges.windows import Windows
from booking.core.actors import Reach
from booking.core.clock import at_local, local_date
from booking.core.errors import Forbidden
from booking.reservations.forms import UseForm
from booking.reservations.older_uses import held_for_older, let_off_use
from booking.reservations.refusals import NotOlder, OlderUse
from booking.reservations.use_reminding import due_to_remind, next_level, remind_of_uses
from booking.reservations.uses import uses_to_confirm, waiting_uses
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Paying
from models.accounts import AuditEntry, User
from models.reservations import Reservation, UseReminder
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.charges import ChargeState
from models.vocabulary.reservations import ReservationMode, ReservationState
from tests.charges.houses import ALONE, House
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.payers import make_payer
from tests.factories.people import give, make_user
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


def test_what_ended_before_uses_were_confirmed_is_let_off_many_at_once_or_confirmed_one_by_one(house: House) -> None:
    older, let_off, made = house.book(9), house.book(15, 1), house.book(12)
    for one in (older, let_off):
        house.session.add(UseReminder(reservation_id=one.id, level=0, sent_at=older.ends_at))
    house.session.commit()
    later = made.ends_at + 30 * DAY
    steward = house.actor(house.steward)
    free: dict[str, Any] = {"by": house.steward, "at_": later}

    def listed(older: bool) -> list[int]:
        page = uses_to_confirm(house.session, steward, older=older, limit=9, now=later)
        return [one.id for one in page.items]

    assert (listed(older=False), listed(older=True)) == ([made.id], [older.id, let_off.id])
    assert remind(house, later) == ["steward:1"]
    with pytest.raises(OlderUse):
        house.do(confirm_use, older.id, UseForm(), windows=Windows(), is_bulk=True, **free)
    house.session.rollback()
    with pytest.raises(NotOlder):
        house.do(let_off_use, made.id, **free)
    house.session.rollback()
    with pytest.raises(Forbidden):
        house.do(let_off_use, let_off.id, by=house.student, at_=later)
    house.session.rollback()
    assert (held_for_older(house.session, steward, now=later), house.books()) == (30_000, (0, 50_000, 0))
    house.do(let_off_use, let_off.id, **free)
    assert (held_for_older(house.session, steward, now=later), house.books()) == (20_000, (10_000, 40_000, 0))
    done = house.session.get_one(Reservation, let_off.id)
    assert (done.state, house.charge(let_off)) == (ReservationState.COMPLETED, None)
    noted = select(AuditEntry.after).where(AuditEntry.action == "reservations.use_let_off")
    assert house.session.scalars(noted).all() == [{"released_fen": 10_000}]
    assert house.confirm(older, 30 * DAY).captured_fen == 20_000


def test_what_a_steward_pays_is_confirmed_by_the_next_who_can(house: House) -> None:
    own = house.book(9, by=house.steward, paying=ALONE)
    next_day = at_local(local_date(own.ends_at) + DAY, 9 * 60)
    within, steward, admin = Reach(everywhere=True), house.actor(house.steward), house.actor(house.admin)

    assert remind(house, next_day) == ["admin:1"]
    assert [waiting_uses(house.session, within, one, limit=9, now=next_day)[0] for one in (steward, admin)] == [0, 1]


def test_reminding_takes_as_many_statements_for_many_uses_and_disputes_as_for_one(house: House) -> None:
    made = [house.book(hour, 1) for hour in (9, 10, 11, 12)]
    start = at_local(local_date(made[0].ends_at), 9 * 60)
    for days in (1, 7, 14):
        remind(house, start + days * DAY)
    counts = []
    for days in (21, 28):
        house.session.expire_all()
        with counting() as statements:
            assert remind(house, start + days * DAY) == [f"admin:{4 if days == 21 else 1}"]
        counts.append(len(statements))
        for one in made[1:] if days == 21 else ():
            charge = house.confirm(one, 24 * DAY)
            house.do(service.dispute_charge, charge.id, "没有来", by=house.student, at_=start + 26 * DAY)
        mailed(house.session, now=start + 27 * DAY)
    disputed = []
    for days in (34, 42):
        now = start + days * DAY
        mailed(house.session, now=now)
        disputing.remind_of_disputes(house.session, house.place.id, now=now)
        house.session.commit()
        with counting() as statements:
            letters = mailed(house.session, now=now)
        disputed.append((letters[0].values["count"], len(statements)))
        for one in made[2:] if days == 34 else ():
            house.do(service.waive_charge, house.charge(one).id, "误记", by=house.steward, at_=now)

    assert counts[0] == counts[1]
    assert disputed == [(3, disputed[0][1]), (1, disputed[0][1])]


def test_disputes_stand_among_the_problems_and_are_brought_up_every_week(house: House) -> None:
    made = house.book(9)
    charge = house.confirm(made)
    since = made.ends_at + DAY
    house.do(service.dispute_charge, charge.id, "只用了一小时", by=house.student, at_=since)
    mailed(house.session, now=since)
    told = []
    for days in range(1, 22):
        now = since + days * DAY
        if days == 3:
            house.do(service.write_about, charge.id, "还没有答复", by=house.student, at_=now)
            mailed(house.session, now=now)
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


def test_a_dispute_is_told_to_the_staff_even_by_somebody_who_has_left_and_to_who_pays(house: House) -> None:
    made = house.book(9)
    charge = house.confirm(made)
    affiliate(house.session, house.student, house.place, state=AffiliationState.ENDED, ends_on=date(2026, 11, 1))
    mailed(house.session, now=house.now)
    told = []
    for step, text in ((service.dispute_charge, "没有来用"), (service.write_about, "见附件")):
        house.do(step, charge.id, text, by=house.student, at_=made.ends_at + DAY)
        letters = mailed(house.session, now=made.ends_at + DAY)
        told.append(sorted((one.recipient.partition("@")[0], one.values["is_staff"]) for one in letters))

    assert told == [[("lead", False), ("steward", True)], [("steward", True)]]


def test_who_answers_for_a_left_account_writes_to_both_sides_where_they_are_of_both(house: House) -> None:
    made = house.book(9)
    charge, when = house.confirm(made), made.ends_at + DAY
    clerk = house.session.scalars(select(User).where(User.name.startswith("Clerk"))).one()
    other = make_user(house.session, "other")
    give(house.session, other, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, house.place.id)
    house.do(service.dispute_charge, charge.id, "没有来用", by=house.student, at_=when)

    def told(by: User) -> list[tuple[str, bool]]:
        mailed(house.session, now=when)
        house.do(service.write_about, charge.id, "请双方核对", by=by, at_=when)
        letters = mailed(house.session, now=when)
        return sorted((one.recipient.partition("@")[0], one.values["is_staff"]) for one in letters)

    assert told(clerk) == [("lead", False), ("student", False)]
    affiliate(house.session, house.lead, house.place, state=AffiliationState.ENDED, ends_on=date(2026, 11, 1))
    by_clerk, by_admin, by_student, by_steward = map(told, (clerk, house.admin, house.student, house.steward))
    assert by_clerk == [("other", False), ("steward", True), ("student", False)]
    payers = [(clerk.email.partition("@")[0], False), ("other", False), ("student", False)]
    assert by_admin == sorted([*payers, ("steward", True)])
    assert by_student == [("steward", True)]
    assert by_steward == payers


def test_the_finance_of_another_house_writes_for_the_account_that_it_keeps_alone(house: House) -> None:
    elsewhere = make_organisation(house.session)
    keeper = make_user(house.session, "keeper")
    give(house.session, keeper, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, elsewhere.id)
    payer = make_payer(house.session, elsewhere, house.lead, 50_000, [house.student], number="52170002")
    made = house.book(9, paying=Paying(payer.id))
    charge, when = house.confirm(made), made.ends_at + DAY
    affiliate(house.session, house.lead, elsewhere, state=AffiliationState.ENDED, ends_on=date(2026, 11, 1))
    house.do(service.dispute_charge, charge.id, "没有来用", by=keeper, at_=when)
    mailed(house.session, now=when)
    house.do(service.write_about, charge.id, "见附件", by=keeper, at_=when)
    letters = mailed(house.session, now=when)

    assert [(one.recipient, one.values["is_staff"]) for one in letters] == [("steward@example.org", True)]


def test_what_silence_takes_beyond_what_was_held_or_cannot_take_is_told(house: House) -> None:
    taken, short, plain = house.book(9), house.book(12), house.book(15, 1)
    for one, change_fen in ((taken, 0), (short, 60_000), (plain, -10_000)):
        charge = house.confirm(one)
        if change_fen:
            form = ChargeChangeForm(change_fen=change_fen, reason="协商")
            house.do(service.adjust_charge, charge.id, form, windows=Windows(), by=house.steward, at_=one.ends_at + DAY)
    mailed(house.session, now=house.now)
    house.go_on(house.charge(short).due_at)
    letters = [one for one in mailed(house.session, now=house.now) if one.values["step"] == "accept"]

    told = {(one.recipient.partition("@")[0], one.values["spent_fen"], one.values["missing_fen"]) for one in letters}
    assert {one.values["number"] for one in letters} == {house.charge(short).id}
    assert told == {(name, 10_000, 50_000) for name in ("lead", "student", "steward")}
