"""Many uses at once: a contract that comes into force covers what waits for one, one that is ended leaves its uses.

However many uses there are, it takes the same number of statements.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.contracts.grounds import lacking_at, parties_of_users, resting_on
from booking.contracts.needs import Cover, local_days
from booking.contracts.used import ENDED_UNCHARGED, charged_fen, is_last, used_of
from booking.core.clock import local_date
from booking.core.period import Period
from booking.notifications.service import announce_all
from models.base import Base
from models.contracts import Contract, UseAgreement
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.contracts import NEEDY, ContractScope, ContractState, Need

KEPT = (
    "organisation_id",
    "user_id",
    "party_id",
    "reservation_id",
    "sample_order_id",
    "need",
    "amount_fen",
    "accepted_text_id",
    "accepted_at",
    "accepted_fen",
    "accepted_facts",
)
_ROWS = Base.metadata.tables["use_agreements"]
_STORE = insert(_ROWS).returning(_ROWS.c.id, _ROWS.c.need, _ROWS.c.text_id, _ROWS.c.contract_id)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A locked use by its last row: of which instrument, on which days it needs its ground, on whose contracts it may
    rest, and what it counts of an amount.
    """

    row: UseAgreement
    instrument_id: int
    days: tuple[date, date]
    parties: Set[int]
    cost_fen: int
    starts_at: datetime | None


def cover_waiting(session: Session, contract: Contract, *, now: datetime) -> int:
    """Let a locked contract that comes into force cover the uses that wait for one, the oldest first; how many."""
    waiting = _held(session, lacking_at(session, contract.organisation_id), now=now)
    made = [_renewed(one.row, cover, now=now) for one, cover in _chosen(session, waiting, [contract]) if cover]
    _store(session, made, now=now)
    return len(made)


def uncover(session: Session, contract: Contract, *, now: datetime) -> int:
    """What rested on a contract that was ended and has not begun needs something else now; how many."""
    held = _held(session, resting_on(session, contract.id), now=now)
    left = [one for one in held if one.starts_at is None or one.starts_at > now]
    others = _others(session, contract.organisation_id, {party for one in left for party in one.parties})
    made = [_renewed(one.row, cover, now=now) for one, cover in _chosen(session, left, others)]
    _store(session, made, now=now)
    return len(made)


def _held(session: Session, rows: Sequence[UseAgreement], *, now: datetime) -> list[_Waiting]:
    """The uses of these rows under lock and read again, without those for which something newer was kept meanwhile."""
    bookings, orders = _locked(session, rows)
    still = set(
        session.scalars(select(UseAgreement.id).where(UseAgreement.id.in_([one.id for one in rows]), is_last()))
    )
    parties = parties_of_users(session, {row.user_id for row in rows}, local_date(now))
    charged = charged_fen(session, bookings)
    found = []
    for row in rows:
        if row.id not in still:
            continue
        if row.reservation_id is not None:
            booking = bookings[row.reservation_id]
            expected = 0 if booking.state in ENDED_UNCHARGED else row.amount_fen or 0
            theirs, cost = parties.get(row.user_id, set()), charged.get(booking.id, expected)
            found.append(_Waiting(row, booking.instrument_id, _days_of(booking), theirs, cost, booking.starts_at))
        else:
            order = orders[row.sample_order_id or 0]
            theirs = parties.get(row.user_id, set()) if row.party_id is None else {row.party_id}
            days = local_date(now), local_date(now)
            found.append(_Waiting(row, order.instrument_id, days, theirs, row.amount_fen or 0, None))
    return found


def _locked(session: Session, rows: Sequence[UseAgreement]) -> tuple[dict[int, Reservation], dict[int, SampleOrder]]:
    """The bookings and the orders of these rows under lock, in order of id, by id."""
    booking_ids = {row.reservation_id for row in rows if row.reservation_id is not None}
    order_ids = {row.sample_order_id for row in rows if row.sample_order_id is not None}
    booked = select(Reservation).where(Reservation.id.in_(booking_ids)).order_by(Reservation.id)
    ordered = select(SampleOrder).where(SampleOrder.id.in_(order_ids)).order_by(SampleOrder.id)
    bookings = session.scalars(booked.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    orders = session.scalars(ordered.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    return {one.id: one for one in bookings}, {one.id: one for one in orders}


def _days_of(booking: Reservation) -> tuple[date, date]:
    """The days on which it needs its ground: those of its time, and of the one that is asked for."""
    ends = max(booking.ends_at, booking.asked_ends_at or booking.ends_at)
    starts = min(booking.starts_at, booking.asked_starts_at or booking.starts_at)
    return local_days(Period(starts, ends))


def _others(session: Session, organisation_id: int, parties: Set[int]) -> Sequence[Contract]:
    """The contracts in force of an institution with these parties, under lock, the narrowest and the oldest first.

    Uses of a contract without a limit do not wait for each other, only for who ends it.
    """
    theirs = select(Contract).where(
        Contract.organisation_id == organisation_id,
        Contract.party_id.in_(parties),
        Contract.state == ContractState.SIGNED,
    )
    ordered = theirs.order_by(Contract.id).execution_options(populate_existing=True)
    limited = session.scalars(ordered.where(Contract.amount_fen.is_not(None)).with_for_update(key_share=True)).all()
    whole = session.scalars(ordered.where(Contract.amount_fen.is_(None)).with_for_update(read=True)).all()
    by_age = sorted([*limited, *whole], key=lambda one: one.id)
    return sorted(by_age, key=lambda one: one.scope.value, reverse=True)


def _chosen(
    session: Session, waiting: Sequence[_Waiting], contracts: Sequence[Contract]
) -> list[tuple[_Waiting, Cover | None]]:
    """For each use the first of these locked contracts that covers it, whose amount shrinks by that; None for none."""
    used = used_of(session, [one.id for one in contracts if one.amount_fen is not None])
    covers = [
        Cover(one.id, one.number, one.starts_on, one.ends_on, _left(one, used.get(one.id, 0))) for one in contracts
    ]
    found: list[tuple[_Waiting, Cover | None]] = []
    for one in waiting:
        place = next(
            (
                place
                for place, contract in enumerate(contracts)
                if _is_for(contract, one) and covers[place].covers(*one.days, one.row.amount_fen)
            ),
            None,
        )
        found.append((one, None if place is None else covers[place]))
        if place is not None and (left := covers[place].left_fen) is not None:
            covers[place] = replace(covers[place], left_fen=left - one.cost_fen)
    return found


def _left(contract: Contract, used_fen: int) -> int | None:
    """What the amount of a contract leaves; None without a limit."""
    return None if contract.amount_fen is None else contract.amount_fen - used_fen


def _is_for(contract: Contract, one: _Waiting) -> bool:
    """Whether a contract is of the use's side, and about it."""
    if contract.party_id not in one.parties:
        return False
    if contract.scope == ContractScope.INSTRUMENT:
        return contract.instrument_id == one.instrument_id
    if contract.scope == ContractScope.SAMPLE_ORDER:
        return contract.sample_order_id == one.row.sample_order_id
    return True


def _renewed(row: UseAgreement, cover: Cover | None, *, now: datetime) -> dict[str, Any]:
    """The next row of the same use: it rests on the contract, else on its accepted form where a form is enough."""
    is_form = cover is None and row.need == Need.ORDER_FORM
    kept = {name: getattr(row, name) for name in KEPT}
    text_id = row.accepted_text_id if is_form else None
    return kept | {"text_id": text_id, "contract_id": cover.contract_id if cover else None, "created_at": now}


def _store(session: Session, rows: Sequence[dict[str, Any]], *, now: datetime) -> None:
    """Keep the rows at once; those who lack something are told."""
    if not rows:
        return
    stored = session.connection().execute(_STORE, rows).all()
    bare = [one for one in stored if one.text_id is None and one.contract_id is None]
    lacking = [one.id for one in bare if one.need in NEEDY]
    announce_all(session, "contracts.lacking", [{"agreement_id": one} for one in sorted(lacking)], now=now)
