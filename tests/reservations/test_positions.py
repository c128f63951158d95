"""How many users at a time: lanes come and go, and blocks take the new ones."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.reservations import blocks, positions
from booking.reservations.refusals import ReservationRefused
from models.catalogue import Instrument, Lane
from models.reservations import Claim
from models.vocabulary.reservations import BlockKind
from tests.factories.instruments import add_lane_group, make_instrument
from tests.reservations.acting import act, at, book, count, steward_of


def serving(session: Session) -> list[int]:
    session.commit()
    return list(session.scalars(select(Lane.position).where(Lane.retired_at.is_(None)).order_by(Lane.position)))


def test_capacity_goes_up_and_down_and_lanes_keep_their_ids(
    session: Session, instrument: Instrument, now: datetime
) -> None:
    steward = steward_of(session, instrument, now)

    for capacity in (3, 1, 2):
        act(session, positions.set_capacity, instrument.id, capacity, actor=steward, now=now)

    stored = session.scalars(select(Lane).order_by(Lane.position)).all()
    assert [(lane.position, lane.retired_at is None) for lane in stored] == [(1, True), (2, True), (3, False)]


def test_a_lane_somebody_has_booked_is_not_retired(session: Session, researcher: Actor, now: datetime) -> None:
    instrument = make_instrument(session, capacity=2)
    book(session, instrument, at(10), researcher, now)

    act(session, positions.set_capacity, instrument.id, 1, actor=steward_of(session, instrument, now), now=now)

    assert serving(session) == [1]


def test_capacity_does_not_fall_below_what_is_booked(
    session: Session, researcher: Actor, other: Actor, now: datetime
) -> None:
    instrument = make_instrument(session, capacity=2)
    book(session, instrument, at(10), researcher, now)
    book(session, instrument, at(10), other, now)
    steward = steward_of(session, instrument, now)

    with pytest.raises(positions.LanesInUse):
        act(session, positions.set_capacity, instrument.id, 1, actor=steward, now=now)

    assert serving(session) == [1, 2]


def test_blocks_that_are_not_over_take_a_lane_that_is_added(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, instrument, now)
    first, second = (
        act(session, blocks.add_block, instrument.id, period, BlockKind.CLOSURE, "", actor=steward, now=now).block
        for period in (at(9, 120), at(10, 120))
    )

    act(session, positions.set_capacity, instrument.id, 2, actor=steward, now=now)

    with pytest.raises(ReservationRefused):
        book(session, instrument, at(11), researcher, now)
    book(session, instrument, at(12), researcher, now)
    lane = session.scalars(select(Lane.id).where(Lane.position == 2)).one()
    held = session.execute(
        select(Claim.block_id, Claim.starts_at, Claim.ends_at).where(Claim.lane_id == lane, Claim.block_id.is_not(None))
    ).all()
    assert sorted(map(tuple, held)) == [
        (first.id, at(9).start, at(9, 120).end),
        (second.id, at(11).start, at(10, 120).end),
    ]


def test_a_lane_that_comes_back_is_taken_by_a_block_and_let_go_with_it(
    session: Session, instrument: Instrument, researcher: Actor, other: Actor, now: datetime
) -> None:
    steward = steward_of(session, instrument, now)
    for capacity in (2, 1):
        act(session, positions.set_capacity, instrument.id, capacity, actor=steward, now=now)
    blocked = act(session, blocks.add_block, instrument.id, at(9, 240), BlockKind.CLOSURE, "", actor=steward, now=now)

    act(session, positions.set_capacity, instrument.id, 2, actor=steward, now=now)

    with pytest.raises(ReservationRefused):
        book(session, instrument, at(10), researcher, now)
    act(session, blocks.remove_block, blocked.block.id, actor=steward, now=now)
    book(session, instrument, at(10), researcher, now)
    book(session, instrument, at(10), other, now)


def test_a_shared_part_grows_under_a_block_of_it(session: Session, researcher: Actor, now: datetime) -> None:
    instrument = make_instrument(session)
    group = add_lane_group(session, instrument, shared=True)
    steward = steward_of(session, instrument, now)
    act(
        session,
        blocks.add_block,
        instrument.id,
        at(9),
        BlockKind.OUTAGE,
        "",
        lane_group_id=group.id,
        actor=steward,
        now=now,
    )

    act(session, positions.set_shared_capacity, instrument.id, group.id, 3, actor=steward, now=now)

    assert session.scalar(select(func.count()).select_from(Lane).where(Lane.lane_group_id == group.id)) == 3
    with pytest.raises(ReservationRefused):
        book(session, instrument, at(9), researcher, now)
    assert count(session, Claim) == 3
