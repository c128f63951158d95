"""Requests and pending changes: decided, lapsed, or withdrawn; suspensions."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor, Target
from booking.core.clock import at_local
from booking.core.errors import Forbidden
from booking.reservations import approval, service, suspensions
from booking.reservations.refusals import (
    NothingToDecide,
    ReasonNeeded,
    ReservationRefused,
)
from booking.reservations.verifying import faults
from models.accounts import AuditEntry, User
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import ShareMode
from models.vocabulary.reservations import ChangeKind, ReservationState
from tests.factories.affiliations import affiliate
from tests.factories.people import actor_for, give, make_user
from tests.reservations.acting import TODAY, act, at, book, claims_of, codes, fresh, kinds, steward_of


def test_an_instrument_with_approval_holds_the_time_until_it_is_decided(
    session: Session, careful: Instrument, researcher: Actor, other: Actor, now: datetime
) -> None:
    steward = steward_of(session, careful, now)

    made = book(session, careful, at(9, day=10), researcher, now)

    assert made.state == ReservationState.REQUESTED
    assert made.decide_by == at_local(TODAY + timedelta(days=3), 1440)
    with pytest.raises(ReservationRefused):
        book(session, careful, at(9, day=10), other, now)
    with pytest.raises(Forbidden):
        act(session, approval.confirm_reservation, made.id, actor=researcher, now=now)
    confirmed = act(session, approval.confirm_reservation, made.id, actor=steward, now=now)
    assert (confirmed.state, confirmed.decide_by) == (ReservationState.CONFIRMED, None)
    with pytest.raises(NothingToDecide):
        act(session, approval.confirm_reservation, made.id, actor=steward, now=now)


def test_a_request_is_due_at_its_start_when_that_is_sooner(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    assert book(session, careful, at(9), researcher, now).decide_by == at(9).start


def test_a_rejected_request_gives_its_time_back(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, careful, now)
    made = book(session, careful, at(9), researcher, now)

    with pytest.raises(ReasonNeeded):
        act(session, approval.reject_reservation, made.id, reason="", actor=steward, now=now)
    act(session, approval.reject_reservation, made.id, reason="no training", actor=steward, now=now)

    assert fresh(session, made).state == ReservationState.REJECTED
    assert claims_of(session, made) == []


def test_what_nobody_decides_lapses(session: Session, careful: Instrument, researcher: Actor, now: datetime) -> None:
    steward = steward_of(session, careful, now)
    made = book(session, careful, at(9), researcher, now)

    assert act(session, approval.lapse_due, now=at(8).start) == 0
    with pytest.raises(NothingToDecide):
        act(session, approval.confirm_reservation, made.id, actor=steward, now=at(9).start)
    assert act(session, approval.lapse_due, now=at(9).start) == 1

    assert fresh(session, made).state == ReservationState.LAPSED
    assert claims_of(session, made) == []


def test_a_move_that_needs_approval_holds_both_times_until_decided(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, careful, now)
    made = book(session, careful, at(9), researcher, now)
    act(session, approval.confirm_reservation, made.id, actor=steward, now=now)

    asked = act(session, service.move_reservation, made.id, at(14), actor=researcher, now=now)

    assert (asked.state, asked.starts_at) == (ReservationState.CONFIRMED, at(9).start)
    assert claims_of(session, made) == [at(9), at(14)]
    assert list(faults(session)) == []
    act(session, approval.confirm_reservation, made.id, actor=steward, now=now)
    assert claims_of(session, made) == [at(14)]
    assert fresh(session, made).starts_at == at(14).start
    assert kinds(session, made)[-2:] == [ChangeKind.MOVE_ASKED, ChangeKind.MOVED]


@pytest.mark.parametrize("how", ["rejected", "lapsed", "withdrawn"])
def test_a_pending_change_that_comes_to_nothing_leaves_the_old_time(
    session: Session, careful: Instrument, researcher: Actor, now: datetime, how: str
) -> None:
    steward = steward_of(session, careful, now)
    made = book(session, careful, at(9, 120), researcher, now)
    act(session, approval.confirm_reservation, made.id, actor=steward, now=now)
    act(session, service.move_reservation, made.id, at(10, 120), actor=researcher, now=now)
    assert claims_of(session, made) == [at(9, 180)]

    if how == "rejected":
        act(session, approval.reject_reservation, made.id, reason="no", actor=steward, now=now)
    elif how == "lapsed":
        act(session, approval.lapse_due, now=at(9).start)
    else:
        act(session, service.move_reservation, made.id, at(9, 120), actor=researcher, now=now)

    kept = fresh(session, made)
    assert (kept.state, kept.asked_starts_at) == (ReservationState.CONFIRMED, None)
    assert claims_of(session, made) == [at(9, 120)]
    assert kinds(session, made)[-1] == f"move_{how}"


def test_shortening_inside_the_old_time_keeps_the_approval(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, careful, now)
    made = book(session, careful, at(9, 120), researcher, now)
    act(session, approval.confirm_reservation, made.id, actor=steward, now=now)

    moved = act(session, service.move_reservation, made.id, at(9.5, 60), actor=researcher, now=now)

    assert (moved.state, moved.asked_starts_at) == (ReservationState.CONFIRMED, None)
    assert claims_of(session, made) == [at(9.5, 60)]


def test_lasting_rules_are_asked_again_at_approval_and_overridden_only_with_a_reason(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, careful, now)
    made = book(session, careful, at(9), researcher, now)
    until = now + timedelta(days=3)
    act(
        session,
        suspensions.suspend_person,
        researcher.email,
        Target(instrument_id=careful.id),
        until,
        "left a mess",
        actor=steward,
        now=now,
    )

    with pytest.raises(ReservationRefused) as refused:
        act(session, approval.confirm_reservation, made.id, actor=steward, now=now)
    assert codes(refused.value) == ["suspended"]
    act(session, approval.confirm_reservation, made.id, override_reason="agreed", actor=steward, now=now)

    assert "reservations.rules_overridden" in session.scalars(select(AuditEntry.action)).all()


def test_a_request_for_what_is_shared_inside_is_approved_while_the_asker_belongs_there_or_has_a_role(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    steward, owner = steward_of(session, careful, now), session.get_one(Organisation, careful.organisation_id)
    careful.share_mode = ShareMode.INTERNAL
    held = affiliate(session, session.get_one(User, researcher.id), owner)
    with_role = make_user(session, "role")
    give(session, with_role, Role.RESEARCHER, ScopeKind.ORGANISATION, owner.id)
    stayed, left = (book(session, careful, at(hour), researcher, now) for hour in (9, 11))
    by_role = book(session, careful, at(13), actor_for(session, with_role, now=now), now)

    for one in (stayed, by_role):
        act(session, approval.confirm_reservation, one.id, actor=steward, now=now)
    held.ends_on = TODAY - timedelta(days=1)
    with pytest.raises(ReservationRefused) as refused:
        act(session, approval.confirm_reservation, left.id, actor=steward, now=now)

    assert codes(refused.value) == ["not_shared"]
    states = [fresh(session, one).state for one in (stayed, by_role, left)]
    assert states == [ReservationState.CONFIRMED, ReservationState.CONFIRMED, ReservationState.REQUESTED]


def test_a_suspended_person_cannot_book_until_it_is_lifted(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, instrument, now)
    until = now + timedelta(days=3)
    made = act(
        session,
        suspensions.suspend_person,
        researcher.email,
        Target(instrument_id=instrument.id),
        until,
        "why",
        actor=steward,
        now=now,
    )

    with pytest.raises(ReservationRefused) as refused:
        book(session, instrument, at(9), researcher, now)
    assert codes(refused.value) == ["suspended"]
    act(session, suspensions.lift_suspension, made.id, actor=steward, now=now)
    book(session, instrument, at(9), researcher, now)
