"""Time in which an instrument is not to be used, and the bookings that lie in it."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Forbidden
from booking.reservations import blocks, service
from booking.reservations.refusals import (
    ReservationRefused,
)
from models.catalogue import Instrument
from models.reservations import BlockConflict, Claim
from models.vocabulary.reservations import BlockKind, ConflictState, ReservationState
from tests.factories.instruments import add_lane_group, make_instrument
from tests.reservations.acting import act, at, book, count, fresh, revision, steward_of


def test_a_block_keeps_bookings_as_conflicts_and_takes_what_they_give_back(
    session: Session, instrument: Instrument, researcher: Actor, other: Actor, now: datetime
) -> None:
    steward = steward_of(session, instrument, now)
    made = book(session, instrument, at(10), researcher, now)

    blocked = act(
        session, blocks.add_block, instrument.id, at(9, 300), BlockKind.MAINTENANCE, "filament", actor=steward, now=now
    )

    assert [conflict.reservation_id for conflict in blocked.conflicts] == [made.id]
    assert fresh(session, made).state == ReservationState.CONFIRMED
    act(session, service.cancel_reservation, made.id, reason="sorry", actor=steward, now=now)
    with pytest.raises(ReservationRefused):
        book(session, instrument, at(10), other, now)
    session.commit()
    assert session.scalars(select(BlockConflict.state)).all() == [ConflictState.SETTLED]
    act(session, blocks.remove_block, blocked.block.id, actor=steward, now=now)
    book(session, instrument, at(10), other, now)


def test_blocks_that_overlap_take_over_from_each_other(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, instrument, now)
    first, second = (
        act(session, blocks.add_block, instrument.id, period, BlockKind.CLOSURE, "", actor=steward, now=now).block
        for period in (at(9, 180), at(10, 240))
    )

    act(session, blocks.remove_block, first.id, actor=steward, now=now)

    book(session, instrument, at(9, 30), researcher, now)
    with pytest.raises(ReservationRefused):
        book(session, instrument, at(11), researcher, now)
    session.commit()
    held = session.execute(
        select(func.min(Claim.starts_at), func.max(Claim.ends_at)).where(Claim.block_id == second.id)
    )
    assert tuple(held.one()) == (at(10).start, at(10, 240).end)


def test_closing_an_instrument_never_closes_a_group_that_it_shares(
    session: Session, researcher: Actor, now: datetime
) -> None:
    first, second = make_instrument(session), make_instrument(session)
    group = add_lane_group(session, first, second, shared=True)
    steward = steward_of(session, first, now)

    act(session, blocks.add_block, first.id, at(9), BlockKind.CLOSURE, "", actor=steward, now=now)
    book(session, second, at(9), researcher, now)
    act(
        session,
        blocks.add_block,
        first.id,
        at(12),
        BlockKind.OUTAGE,
        "",
        lane_group_id=group.id,
        actor=steward,
        now=now,
    )

    with pytest.raises(ReservationRefused):
        book(session, second, at(12), researcher, now)
    assert revision(session, f"instrument:{second.id}") == 2


def test_only_those_who_manage_blocks_set_them(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    with pytest.raises(Forbidden):
        act(session, blocks.add_block, instrument.id, at(9), BlockKind.CLOSURE, "", actor=researcher, now=now)

    assert count(session, Claim) == 0
