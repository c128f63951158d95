"""Contracts that come and go take many uses along, by as many statements as for one."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.contracts import grounds, steps
from booking.core.clock import local_date
from models.notifications import Event
from models.vocabulary.contracts import ContractScope, ContractSide
from tests.counting import counting
from tests.factories.requiring import HOURLY, Place

COVERING, LEAVING = 28, 20
"""However many uses there are."""


def waiting(place: Place, count: int) -> list[int]:
    """So many bookings of four hours that wait for a contract."""
    return [place.booked(4, day=day).id for day in range(2, 2 + count)]


def grounds_of(session: Session, ids: list[int]) -> list[int | None]:
    """The contracts on which these bookings rest."""
    found = [grounds.last_of(session, reservation_id=one) for one in ids]
    return [one.contract_id if one else 0 for one in found]


@pytest.mark.parametrize("count", [2, 5])
def test_a_contract_covers_and_leaves_many_uses_by_the_same_number_of_statements(
    session: Session, place: Place, count: int
) -> None:
    ids = waiting(place, count)
    contract = place.deals.sent(amount_fen=4 * HOURLY * count)
    session.commit()
    before = grounds_of(session, ids)
    with counting() as covering:
        place.deals.signed_by(contract, ContractSide.OWNER, ContractSide.PARTY)
    session.commit()
    covered = grounds_of(session, ids)
    lacking = select(Event.id).where(Event.name == "contracts.lacking")
    told = len(session.scalars(lacking).all())
    with counting() as leaving:
        steps.end_contract(session, contract.id, reason="终止", actor=place.deals.keeper, now=place.now)
    session.commit()

    assert before == [None] * count
    assert (covered, grounds_of(session, ids)) == ([contract.id] * count, [None] * count)
    assert len(session.scalars(lacking).all()) == told + count
    assert (len(covering), len(leaving)) == (COVERING, LEAVING)


def test_a_limited_contract_covers_the_oldest_uses_and_what_it_leaves_goes_to_the_next(
    session: Session, place: Place
) -> None:
    ids = waiting(place, 3)
    first = place.deals.signed(amount_fen=10 * HOURLY)
    covered = grounds_of(session, ids)
    narrow = place.deals.signed(
        amount_fen=7 * HOURLY, scope=ContractScope.INSTRUMENT, instrument_id=place.instrument.id
    )
    last = grounds_of(session, ids)
    whole = place.deals.signed()
    steps.end_contract(session, first.id, reason="终止", actor=place.deals.keeper, now=place.now)
    left = grounds_of(session, ids)
    steps.end_contract(session, whole.id, reason="终止", actor=place.deals.keeper, now=place.now)

    assert covered == [first.id, first.id, None]
    assert last == [first.id, first.id, narrow.id]
    assert left == [whole.id, whole.id, narrow.id]
    assert grounds_of(session, ids) == [None, None, narrow.id]


@pytest.mark.parametrize("count", [2, 5])
def test_what_contracts_leave_is_read_by_one_statement_for_all_of_them(
    session: Session, place: Place, count: int
) -> None:
    made = [place.deals.signed(amount_fen=10 * HOURLY).id for _ in range(count)]
    place.booked(4)
    use = grounds.Use(place.deals.place.id, place.instrument.id, place.outsider.id)
    with counting() as statements:
        covers = grounds.covers_for(session, use, today=local_date(place.now))

    assert [(one.contract_id, one.left_fen) for one in covers] == [
        (made[0], 6 * HOURLY),
        *((one, 10 * HOURLY) for one in made[1:]),
    ]
    assert len(statements) == 3
