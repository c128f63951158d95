"""Moving an instrument: on its day, with a closure, history, and word to who has booked."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.catalogue import moves, service
from booking.catalogue.forms import InstrumentChanges
from booking.catalogue.step_forms import PlaceMove
from booking.core.actors import Actor
from booking.core.clock import at_local
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.core.period import Period
from booking.notifications.letters import News
from booking.reservations import relocating
from booking.reservations.move_letters import on_instrument_moves
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Wish
from models.accounts import AuditEntry
from models.catalogue import Instrument
from models.custody import InstrumentPlace
from models.notifications import Event
from models.reservations import Block
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_instrument
from tests.factories.letters import SETTINGS
from tests.factories.people import actor_for, give, make_user

OLD, NEW = "一号楼 101", "二号楼 202"


@pytest.fixture
def instrument(session: Session) -> Instrument:
    policy = {"closes_on_holidays": False}
    return make_instrument(session, street=OLD, in_use_since=date(2024, 1, 1), policy=policy)


@pytest.fixture
def steward(session: Session, instrument: Instrument, now: datetime) -> Actor:
    user = make_user(session, "steward")
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return actor_for(session, user, now=now)


def book(session: Session, name: str, instrument: Instrument, day: date, now: datetime) -> None:
    actor = actor_for(session, make_user(session, name), now=now)
    request_reservation(
        session, Wish(instrument.id, Period(at_local(day, 600), at_local(day, 660))), actor=actor, now=now
    )
    session.commit()


def test_a_planned_move_takes_effect_on_its_day_and_history_is_kept(
    session: Session, instrument: Instrument, steward: Actor, now: datetime
) -> None:
    move = PlaceMove(starts_on=date(2026, 12, 1), street=NEW, adcode="500109")
    before = moves.stays_of(session, instrument)
    row, _ = relocating.move_instrument(session, instrument.id, move, actor=steward, now=now)
    corrected = InstrumentChanges(street="一号楼 102")
    service.patch_instrument(session, instrument.id, corrected, actor=steward, now=now)

    early = moves.apply_move(session, row.id, now=now), moves.moves_due(session, now=now)
    day = now + timedelta(days=8)
    due = moves.moves_due(session, now=day)
    applied = [moves.apply_move(session, row.id, now=day) for _ in range(2)]

    stored = session.get_one(Instrument, instrument.id)
    assert (before, early, due, applied, stored.street) == ([], (False, []), [row.id], [True, False], NEW)
    assert [(s.starts_on, s.ends_on, s.street, s.is_current) for s in moves.stays_of(session, stored)] == [
        (date(2026, 12, 1), None, NEW, True),
        (date(2024, 1, 1), date(2026, 11, 30), "一号楼 102", False),
    ]
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["catalogue.move_planned", "catalogue.record_edited", "catalogue.moved"]


def test_moving_today_closes_the_days_named_and_tells_who_has_booked_from_then_on(
    session: Session, instrument: Instrument, steward: Actor, now: datetime
) -> None:
    today = date(2026, 11, 23)
    book(session, "tomorrow", instrument, date(2026, 11, 24), now)
    move = PlaceMove(starts_on=today, street=NEW, closed_from=today, closed_until=date(2026, 11, 24), note="换楼")

    _, blocked = relocating.move_instrument(session, instrument.id, move, actor=steward, now=now)

    assert blocked is not None
    assert len(blocked.conflicts) == 1
    assert (blocked.block.starts_at, blocked.block.ends_at) == (at_local(today), at_local(today, 2 * 1440))
    assert session.get_one(Instrument, instrument.id).street == NEW
    session.commit()
    assert mailed_moves(session, now) == [("tomorrow@example.org", NEW, False)]


def mailed_moves(session: Session, now: datetime) -> list[tuple[str, str, bool]]:
    events = session.scalars(select(Event).where(Event.name == "reservations.instrument_moves").order_by(Event.id))
    return [
        (letter.recipient, letter.values["street"], letter.values["is_off"])
        for event in events
        for letter in on_instrument_moves(News(session, event.payload, now, SETTINGS))
    ]


def test_bookings_before_the_day_are_not_written_to_and_a_move_can_be_called_off(
    session: Session, instrument: Instrument, steward: Actor, now: datetime
) -> None:
    book(session, "early", instrument, date(2026, 11, 25), now)
    book(session, "late", instrument, date(2026, 12, 2), now)
    move = PlaceMove(starts_on=date(2026, 12, 1), street=NEW)
    row, _ = relocating.move_instrument(session, instrument.id, move, actor=steward, now=now)

    relocating.call_off_move(session, instrument.id, row.id, actor=steward, now=now)

    assert mailed_moves(session, now) == [("late@example.org", NEW, False), ("late@example.org", NEW, True)]
    assert session.get_one(Instrument, instrument.id).street == OLD
    with pytest.raises(NotFound):
        relocating.call_off_move(session, instrument.id, row.id, actor=steward, now=now)


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "yesterday": ({"starts_on": date(2026, 11, 22)}, "starts_on"),
    "too far": ({"starts_on": date(2028, 11, 22)}, "starts_on"),
    "nowhere": ({"street": ""}, "street"),
    "unknown place": ({"adcode": "999999"}, "adcode"),
    "half a position": ({"latitude": 29.5}, "longitude"),
    "backwards": ({"closed_from": date(2026, 12, 2), "closed_until": date(2026, 12, 1)}, "closed_until"),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_an_impossible_move_is_refused_and_nothing_stored(
    session: Session, instrument: Instrument, steward: Actor, now: datetime, case: str
) -> None:
    values, field = IMPOSSIBLE[case]
    move = PlaceMove.model_validate({"starts_on": date(2026, 12, 1), "street": NEW} | values)

    with pytest.raises(InvalidInput) as refused:
        relocating.move_instrument(session, instrument.id, move, actor=steward, now=now)

    assert [problem.field for problem in refused.value.problems] == [field]
    assert [session.scalar(select(func.count()).select_from(t)) for t in (InstrumentPlace, Block)] == [0, 0]


def test_only_who_edits_the_record_moves_it(session: Session, instrument: Instrument, now: datetime) -> None:
    stranger = actor_for(session, make_user(session, "stranger"), now=now)

    move = PlaceMove(starts_on=date(2026, 12, 1), street=NEW)
    with pytest.raises(Forbidden):
        relocating.move_instrument(session, instrument.id, move, actor=stranger, now=now)
