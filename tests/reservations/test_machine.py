"""Claims and blocks against a plain model: lists of who has what when, on one lane or several, shared or not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import at_local
from booking.core.period import Period, merged
from booking.reservations import blocks, service
from booking.reservations.lanes import LaneTime
from booking.reservations.refusals import ReservationRefused
from booking.reservations.taken import lane_time
from booking.reservations.verifying import faults
from booking.reservations.wishes import Wish
from booking.web.extensions import db, transaction
from models.catalogue import Instrument, InstrumentLaneGroup, Lane
from models.reservations import BlockConflict, Claim
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.reservations import BlockKind, ConflictState
from tests.factories.instruments import add_lane_group, make_instrument
from tests.factories.people import actor_for, give, make_user
from tests.machines import InEmptyDatabase, run

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
DAY = at_local(NOW.date() + timedelta(days=1))
CAPACITIES = {"own": 2, "shared": 1}
NEEDS = {"first": ("own", "shared"), "second": ("shared",), "third": ("own",)}

slots = st.builds(lambda start, length: (start, min(start + length, 24)), st.integers(0, 22), st.integers(1, 6))


def period(slot: tuple[int, int]) -> Period:
    return Period(DAY + slot[0] * timedelta(hours=1), DAY + slot[1] * timedelta(hours=1))


@dataclass
class Model:
    """What should be so: hours taken by reservations and blocked per group, no lanes and no database."""

    booked: dict[int, tuple[str, tuple[int, int]]] = field(default_factory=dict)
    blocked: dict[int, tuple[str, tuple[int, int]]] = field(default_factory=dict)

    def full_hours(self, group: str, *, without: int = 0) -> set[int]:
        """Hours in which the group is blocked or holds as many reservations as it has lanes."""
        hours = set()
        for hour in range(24):
            holders = [n for n, (who, (a, b)) in self.booked.items() if group in NEEDS[who] and a <= hour < b]
            if len([n for n in holders if n != without]) >= CAPACITIES[group]:
                hours.add(hour)
        return hours | {h for named, (a, b) in self.blocked.values() if named == group for h in range(a, b)}

    def refuses(self, who: str, slot: tuple[int, int], *, moving: int = 0) -> bool:
        """Whether some needed group is surely full in some wanted hour; one's own hours do not count."""
        own = set(range(*self.booked[moving][1])) if moving else set()
        wanted = set(range(*slot))
        held = {group: self.full_hours(group, without=moving) for group in NEEDS[who]}
        blocked = {h for g, (a, b) in self.blocked.values() if g in NEEDS[who] for h in range(a, b)}
        return any(wanted & hours - (own & blocked) for hours in held.values())


class Machine(InEmptyDatabase):
    """Books, moves, cancels, blocks and unblocks at random, and compares after each step."""

    bookings: Bundle[int] = Bundle("bookings")
    closures: Bundle[int] = Bundle("closures")

    @initialize()
    def arrange(self) -> None:
        with Session(db.engine, expire_on_commit=False) as session:
            self.instruments = {"first": make_instrument(session, capacity=2), "second": _bare(session)}
            self.instruments["third"] = _bare(session)
            own = session.scalars(select(InstrumentLaneGroup.lane_group_id)).first()
            assert own is not None
            session.add(InstrumentLaneGroup(instrument_id=self.instruments["third"].id, lane_group_id=own))
            shared = add_lane_group(session, self.instruments["first"], self.instruments["second"], shared=True)
            self.groups = {"own": own, "shared": shared.id}
            user = make_user(session)
            give(session, user, Role.STEWARD, ScopeKind.ORGANISATION, self.instruments["first"].organisation_id)
            self.steward = actor_for(session, user, now=NOW)
            self.holder: Actor = actor_for(session, make_user(session, "holder"), now=NOW)
        self.model = Model()

    @rule(target=bookings, who=st.sampled_from(list(NEEDS)), slot=slots)
    def book(self, who: str, slot: tuple[int, int]) -> int | MultipleResults[int]:
        wish = Wish(self.instruments[who].id, period(slot))
        free = self._fits(who, slot)
        assert not (free and self.model.refuses(who, slot))
        try:
            made = transaction(service.request_reservation, wish, actor=self.holder, now=NOW)
        except ReservationRefused:
            assert not free
            return multiple()
        assert free
        self.model.booked[made.id] = (who, slot)
        return made.id

    @rule(number=bookings, slot=slots)
    def move(self, number: int, slot: tuple[int, int]) -> None:
        if number not in self.model.booked:
            return
        who, _ = self.model.booked[number]
        refuses = self.model.refuses(who, slot, moving=number)
        try:
            transaction(service.move_reservation, number, period(slot), actor=self.holder, now=NOW)
        except ReservationRefused:
            return
        assert not refuses
        self.model.booked[number] = (who, slot)

    @rule(number=consumes(bookings))
    def cancel(self, number: int) -> None:
        transaction(service.cancel_reservation, number, actor=self.holder, now=NOW)
        del self.model.booked[number]

    @rule(target=closures, group=st.sampled_from(list(CAPACITIES)), slot=slots)
    def block(self, group: str, slot: tuple[int, int]) -> int:
        made = transaction(
            blocks.add_block,
            self.instruments["first"].id,
            period(slot),
            BlockKind.CLOSURE,
            "",
            lane_group_id=self.groups[group],
            actor=self.steward,
            now=NOW,
        )
        self.model.blocked[made.block.id] = (group, slot)
        return made.block.id

    @rule(number=consumes(closures))
    def unblock(self, number: int) -> None:
        transaction(blocks.remove_block, number, actor=self.steward, now=NOW)
        del self.model.blocked[number]

    @invariant()
    def every_claim_is_right(self) -> None:
        with Session(db.engine) as session:
            assert list(faults(session)) == []
            assert self._conflicts(session) == self._expected_conflicts()
            for group, group_id in self.groups.items():
                assert self._claimed_throughout(session, group_id) >= self._blocked_time(group)

    def _fits(self, who: str, slot: tuple[int, int]) -> bool:
        with Session(db.engine) as session:
            return self._time(session, who).fits(period(slot))

    def _time(self, session: Session, who: str) -> LaneTime:
        return lane_time(session, self.instruments[who].id, Period(DAY, DAY + timedelta(days=1)))

    def _conflicts(self, session: Session) -> set[tuple[int, int]]:
        rows = select(BlockConflict.block_id, BlockConflict.reservation_id)
        found = session.execute(rows.where(BlockConflict.state == ConflictState.OPEN))
        return {(block_id, reservation_id) for block_id, reservation_id in found if block_id is not None}

    def _expected_conflicts(self) -> set[tuple[int, int]]:
        """Open ones are among the overlaps that there are now; a later overlap cannot come to be."""
        return {
            (block_id, number)
            for block_id, (group, closed) in self.model.blocked.items()
            for number, (who, slot) in self.model.booked.items()
            if group in NEEDS[who] and period(closed).overlaps(period(slot))
        }

    def _claimed_throughout(self, session: Session, group_id: int) -> set[int]:
        """Hours in which every lane of the group is taken by something."""
        lanes = session.scalars(select(Lane.id).where(Lane.lane_group_id == group_id)).all()
        rows = session.execute(select(Claim.lane_id, Claim.starts_at, Claim.ends_at)).all()
        taken = {lane: merged(Period(a, b) for found, a, b in rows if found == lane) for lane in lanes}
        return {
            hour
            for hour in range(24)
            if all(any(one.contains(period((hour, hour + 1))) for one in taken[lane]) for lane in lanes)
        }

    def _blocked_time(self, group: str) -> set[int]:
        return {hour for named, (a, b) in self.model.blocked.values() if named == group for hour in range(a, b)}


def _bare(session: Session) -> Instrument:
    """An instrument without lanes of its own, of the same institution as the first."""
    first = session.get_one(Instrument, 1)
    made = make_instrument(session)
    made.organisation_id = first.organisation_id
    session.query(InstrumentLaneGroup).filter_by(instrument_id=made.id).delete()
    session.commit()
    return made


def test_claims_and_blocks_agree_with_a_plain_model(engine_app: Flask) -> None:
    run(engine_app, Machine, walks=10, steps=15)


def test_the_model_knows_a_full_group() -> None:
    model = Model(booked={1: ("first", (9, 11)), 2: ("third", (10, 12))})

    assert model.full_hours("own") == {10}
    assert model.refuses("third", (10, 11))
    assert not model.refuses("third", (10, 11), moving=1)
    assert not model.refuses("second", (11, 12))


@pytest.mark.parametrize("group", list(CAPACITIES))
def test_the_model_keeps_a_blocked_hour(group: str) -> None:
    assert Model(blocked={1: (group, (3, 5))}).full_hours(group) == {3, 4}
