"""Asking, booking, moving, editing and cancelling, as people do it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.queries import actor_by_session
from booking.affiliations.user_groups import seed_groups
from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from booking.core.period import Period
from booking.reservations import queries, service
from booking.reservations.moving import ask_move
from booking.reservations.reasons import Action
from booking.reservations.refusals import (
    AlreadyOver,
    AlreadyStarted,
    NotChangeable,
    ReasonNeeded,
    ReservationRefused,
)
from booking.reservations.verifying import faults
from booking.reservations.wishes import Details, Named, Wish
from models.accounts import AuditEntry, User
from models.catalogue import Instrument
from models.directory import CalendarDay, Organisation
from models.notifications import Event
from models.reservations import Claim, Reservation
from models.vocabulary.affiliations import AffiliationState, Audience
from models.vocabulary.catalogue import RunningState, ShareMode
from models.vocabulary.directory import DayKind
from models.vocabulary.reservations import ChangeKind, ReservationState
from tests.factories.affiliations import affiliate
from tests.factories.instruments import add_lane_group, make_instrument, make_organisation
from tests.factories.people import actor_for, make_user
from tests.reservations.acting import TODAY, act, at, book, claims_of, codes, count, fresh, kinds, revision, steward_of


def test_a_booking_is_confirmed_with_its_claims_history_event_and_feeds(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    made = book(session, instrument, at(9), researcher, now, details=Details(purpose="SEM"))

    assert (made.state, made.version, made.sequence) == (ReservationState.CONFIRMED, 1, 0)
    assert claims_of(session, made) == [at(9, 90)]
    assert kinds(session, made) == [ChangeKind.CONFIRMED]
    assert session.scalars(select(Event.name)).all() == ["reservations.confirmed"]
    assert revision(session, f"instrument:{instrument.id}") == 1
    assert revision(session, f"mine:{researcher.id}") == 1


def test_a_refused_booking_names_every_reason_and_stores_nothing(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    book(session, instrument, at(9), researcher, now)

    with pytest.raises(ReservationRefused) as refused:
        book(session, instrument, at(9.25, 20), researcher, now)

    assert codes(refused.value) == ["off_grid", "too_short", "slot_taken"]
    assert refused.value.status == 409
    assert (count(session, Reservation), count(session, Claim), count(session, Event)) == (1, 1, 1)


def test_clean_up_belongs_to_the_claim_and_may_pass_closing_time(
    session: Session, researcher: Actor, now: datetime
) -> None:
    office = make_instrument(session, hours=((2, 480, 1080),), policy={"cleanup_minutes": 60})

    made = book(session, office, at(17), researcher, now)

    assert claims_of(session, made) == [at(17, 120)]


def test_a_booking_needs_a_lane_of_every_group(session: Session, researcher: Actor, now: datetime) -> None:
    first, second = make_instrument(session), make_instrument(session)
    add_lane_group(session, first, second, shared=True)
    book(session, first, at(9), researcher, now)

    with pytest.raises(ReservationRefused) as refused:
        book(session, second, at(9), researcher, now)

    assert codes(refused.value) == ["slot_taken"]
    assert count(session, Claim) == 2


def test_three_lanes_take_three(session: Session, researcher: Actor, now: datetime) -> None:
    instrument = make_instrument(session, capacity=3)
    for _ in range(3):
        book(session, instrument, at(9), researcher, now)

    with pytest.raises(ReservationRefused):
        book(session, instrument, at(9), researcher, now)

    assert count(session, Claim) == 3


def test_holidays_and_closing_days_close_and_an_own_working_day_opens_again(
    session: Session, researcher: Actor, now: datetime
) -> None:
    owner = make_organisation(session)
    instrument = make_instrument(session, owner)
    days = [(2, DayKind.PUBLIC_HOLIDAY, None), (3, DayKind.PUBLIC_HOLIDAY, None), (4, DayKind.CLOSING_DAY, owner.id)]
    for offset, kind, owner_id in [*days, (3, DayKind.WORKING_WEEKEND, owner.id)]:
        day = TODAY + timedelta(days=offset)
        session.add(CalendarDay(organisation_id=owner_id, day=day, kind=kind, name_zh="节"))
    session.commit()

    book(session, instrument, at(9, day=3), researcher, now)
    for closed in (2, 4):
        with pytest.raises(ReservationRefused):
            book(session, instrument, at(9, day=closed), researcher, now)

    assert count(session, Reservation) == 1


def test_asking_stores_nothing_and_tells_a_stranger_to_sign_in(
    session: Session, instrument: Instrument, now: datetime
) -> None:
    answer = service.ask(session, Wish(instrument.id, at(9)), actor=None, now=now)

    assert [refusal.code for refusal in answer.refusals] == ["not_signed_in"]
    assert [remedy.action for remedy in answer.refusals[0].remedies] == [Action.SIGN_IN]
    assert count(session, Claim) == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(-24, 120), length=st.integers(1, 20))
def test_every_remedy_of_the_service_is_accepted_when_followed(
    session: Session, now: datetime, start: int, length: int
) -> None:
    instrument = _half_taken(session, now)
    actor = actor_by_session(session, 1, 1, now=now)
    wished = at(start, length * 30)

    answer = service.ask(session, Wish(instrument.id, wished), actor=actor, now=now)

    for refusal in answer.refusals:
        for remedy in refusal.remedies:
            if remedy.starts_at and remedy.ends_at:
                wish = Wish(instrument.id, Period(remedy.starts_at, remedy.ends_at), mode=remedy.mode)
                assert service.ask(session, wish, actor=actor, now=now).refusals == []


def _half_taken(session: Session, now: datetime) -> Instrument:
    """One instrument for all examples, with bookings in it and a shared detector."""
    found = session.get(Instrument, 1)
    if found:
        return found
    actor = actor_for(session, make_user(session), now=now)
    policy = {"setup_minutes": 15, "cleanup_minutes": 15, "longest_minutes": 240, "notice_minutes": 90}
    instrument = make_instrument(session, capacity=2, hours=tuple((n, 480, 1200) for n in range(1, 6)), policy=policy)
    add_lane_group(session, instrument, shared=True)
    session.commit()
    for day in (1, 2, 3):
        for hour in (9, 12, 15.5):
            book(session, instrument, at(hour, 90, day), actor, now)
    return instrument


def test_a_move_takes_the_new_time_and_gives_the_old_back(
    session: Session, instrument: Instrument, researcher: Actor, other: Actor, now: datetime
) -> None:
    made = book(session, instrument, at(9), researcher, now)

    moved = act(session, service.move_reservation, made.id, at(9.5), actor=researcher, now=now)

    assert (moved.version, moved.sequence) == (2, 1)
    assert claims_of(session, made) == [at(9.5, 90)]
    book(session, instrument, at(11), other, now)
    assert kinds(session, made) == [ChangeKind.CONFIRMED, ChangeKind.MOVED]


def test_a_move_into_taken_time_changes_nothing(
    session: Session, instrument: Instrument, researcher: Actor, other: Actor, now: datetime
) -> None:
    made = book(session, instrument, at(9), researcher, now)
    book(session, instrument, at(13), other, now)

    with pytest.raises(ReservationRefused) as refused:
        act(session, service.move_reservation, made.id, at(13.5), actor=researcher, now=now)

    assert codes(refused.value) == ["slot_taken"]
    assert claims_of(session, made) == [at(9, 90)]
    assert fresh(session, made).version == 1
    assert list(faults(session)) == []


def test_asking_to_move_does_not_count_ones_own_time(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    made = book(session, instrument, at(9), researcher, now)

    assert ask_move(session, made.id, at(9.5), actor=researcher, now=now).allowed
    assert not service.ask(session, Wish(instrument.id, at(9.5)), actor=researcher, now=now).allowed


def test_a_stale_version_is_refused(session: Session, instrument: Instrument, researcher: Actor, now: datetime) -> None:
    made = book(session, instrument, at(9), researcher, now)
    act(session, service.move_reservation, made.id, at(11), actor=researcher, now=now)

    with pytest.raises(StaleVersion):
        act(session, service.move_reservation, made.id, at(13), version=1, actor=researcher, now=now)

    assert claims_of(session, made) == [at(11, 90)]


def test_only_holder_and_stewards_change_a_reservation_and_strangers_do_not_see_it(
    session: Session, instrument: Instrument, researcher: Actor, other: Actor, now: datetime
) -> None:
    linked = actor_for(session, make_user(session, "linked"), now=now)
    details = Details(operator=Named("Linked", "Linked@example.org"))
    made = book(session, instrument, at(9), researcher, now, details=details)

    with pytest.raises(NotFound):
        act(session, service.cancel_reservation, made.id, actor=other, now=now)
    with pytest.raises(Forbidden):
        act(session, service.cancel_reservation, made.id, actor=linked, now=now)
    with pytest.raises(NotFound):
        queries.reservation_for(session, made.id, other)

    assert queries.reservation_for(session, made.id, linked).id == made.id
    assert fresh(session, made).state == ReservationState.CONFIRMED


def test_cancelling_before_the_start_frees_the_time(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    made = book(session, instrument, at(9), researcher, now)

    act(session, service.cancel_reservation, made.id, actor=researcher, now=now)

    assert fresh(session, made).state == ReservationState.CANCELLED
    assert claims_of(session, made) == []
    with pytest.raises(NotChangeable):
        act(session, service.cancel_reservation, made.id, actor=researcher, now=now)


def test_after_the_start_only_a_steward_cancels_and_after_the_end_nobody(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, instrument, now)
    made = book(session, instrument, at(9), researcher, now)
    during, after = at(9.5).start, at(10).start

    with pytest.raises(AlreadyStarted):
        act(session, service.cancel_reservation, made.id, actor=researcher, now=during)
    with pytest.raises(ReasonNeeded):
        act(session, service.cancel_reservation, made.id, actor=steward, now=during)
    with pytest.raises(AlreadyOver):
        act(session, service.cancel_reservation, made.id, reason="fault", actor=steward, now=after)
    act(session, service.cancel_reservation, made.id, reason="fault", actor=steward, now=during)

    assert [change.reason for change in queries.history_of(session, made.id)] == ["", "fault"]


def test_a_steward_overrides_rules_with_a_reason_but_never_taken_time_or_a_broken_instrument(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, instrument, now)
    long = at(9, 600)

    with pytest.raises(ReservationRefused):
        book(session, instrument, long, steward, now)
    with pytest.raises(Forbidden):
        book(session, instrument, long, researcher, now, override_reason="please")
    book(session, instrument, long, steward, now, override_reason="night run")
    with pytest.raises(ReservationRefused):
        book(session, instrument, long, steward, now, override_reason="again")
    session.get_one(Instrument, instrument.id).running_state = RunningState.TO_REPAIR
    session.commit()
    with pytest.raises(ReservationRefused):
        book(session, instrument, at(9, day=3), steward, now, override_reason="again")

    assert count(session, Reservation) == 1
    assert session.scalars(select(AuditEntry.reason)).all() == ["night run"]


def test_a_steward_books_for_somebody_who_then_holds_it(
    session: Session, instrument: Instrument, researcher: Actor, other: Actor, now: datetime
) -> None:
    steward = steward_of(session, instrument, now)

    made = book(session, instrument, at(9), steward, now, on_behalf_of=researcher.email)

    assert made.booked_by_id == researcher.id
    with pytest.raises(Forbidden):
        book(session, instrument, at(12), other, now, on_behalf_of=researcher.email)
    with pytest.raises(Forbidden):
        book(session, instrument, at(12), other, now, on_behalf_of="nobody@example.org")
    with pytest.raises(InvalidInput):
        book(session, instrument, at(12), steward, now, on_behalf_of="nobody@example.org")
    assert count(session, Reservation) == 1


def test_people_are_linked_see_it_and_may_leave(
    session: Session, instrument: Instrument, researcher: Actor, other: Actor, now: datetime
) -> None:
    people = (Named("Other", "OTHER@example.org"), Named("Nobody", "nobody@example.org"))
    made = book(session, instrument, at(9), researcher, now, details=Details(participants=people))
    seen = queries.my_reservations(session, other, queries.Filter(), limit=5, now=now)
    assert [row.id for row in seen.items] == [made.id]

    act(session, service.leave_reservation, made.id, actor=other, now=now)

    session.commit()
    assert queries.my_reservations(session, other, queries.Filter(), limit=5, now=now).items == []
    assert revision(session, f"mine:{other.id}") == 2
    with pytest.raises(NotFound):
        act(session, service.leave_reservation, made.id, actor=other, now=now)
    session.expunge_all()
    left = queries.reservation_for(session, made.id, researcher)
    assert [person.name for person in left.people] == ["Nobody"]


def test_editing_replaces_what_is_named_and_keeps_the_rest(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    details = Details(purpose="SEM", sample_count=2, operator=Named("Li"))
    made = book(session, instrument, at(9), researcher, now, details=details)
    wanted = Details(purpose="EDS")

    edited = act(session, service.edit_reservation, made.id, wanted, fields={"purpose"}, actor=researcher, now=now)

    assert (edited.purpose, edited.sample_count, [person.name for person in edited.people]) == ("EDS", 2, ["Li"])
    change = queries.history_of(session, made.id)[-1]
    assert (change.kind, change.before, change.after) == (ChangeKind.EDITED, {"purpose": "SEM"}, {"purpose": "EDS"})


def test_how_far_ahead_somebody_books_follows_from_their_user_group(
    session: Session, instrument: Instrument, researcher: Actor, other: Actor, now: datetime
) -> None:
    owner = session.get_one(Organisation, instrument.organisation_id)
    groups = {group.audience: group for group in seed_groups(session, owner.id)}
    groups[Audience.OTHERS].horizon_days = 7
    affiliate(session, session.get_one(User, other.id), owner)

    far = service.ask(session, Wish(instrument.id, at(9, day=20)), actor=researcher, now=now)
    with pytest.raises(ReservationRefused) as refused:
        book(session, instrument, at(9, day=20), researcher, now)
    made = book(session, instrument, at(9, day=20), other, now)

    assert codes(refused.value) == ["too_far_for_group"]
    [refusal] = far.refusals
    assert (refusal.values["group"].name_zh, refusal.values["days"]) == ("其他", 7)
    assert {remedy.starts_at for remedy in refusal.remedies if remedy.starts_at} != set()
    assert max(remedy.starts_at for remedy in refusal.remedies if remedy.starts_at) < at(0, day=8).start
    assert count(session, Reservation) == 1
    assert made.booked_by_id == other.id


def test_what_is_shared_inside_is_booked_by_whoever_belongs_there_up_to_their_last_day(
    session: Session, instrument: Instrument, researcher: Actor, other: Actor, now: datetime
) -> None:
    owner = session.get_one(Organisation, instrument.organisation_id)
    instrument.share_mode = ShareMode.INTERNAL
    affiliate(session, session.get_one(User, researcher.id), owner, ends_on=TODAY)
    waiting = make_user(session, "waiting")
    affiliate(session, waiting, owner, state=AffiliationState.PENDING, confirmed_by=None, decided_at=None)
    gone = make_user(session, "gone")
    affiliate(session, gone, owner, ends_on=TODAY - timedelta(days=1))
    elsewhere = make_user(session, "elsewhere")
    affiliate(session, elsewhere, make_organisation(session))
    outside = [other, *(actor_for(session, one, now=now) for one in (waiting, gone, elsewhere))]

    asked = [service.ask(session, Wish(instrument.id, at(9)), actor=one, now=now) for one in (researcher, *outside)]
    for one in outside:
        with pytest.raises(ReservationRefused) as refused:
            book(session, instrument, at(9), one, now)
        assert codes(refused.value) == ["not_shared"]
    made = book(session, instrument, at(9), researcher, now)
    with pytest.raises(ReservationRefused):
        book(session, instrument, at(13, day=2), researcher, at(0, day=1).start)

    assert [[str(one.code) for one in answer.refusals] for answer in asked] == [[], *[["not_shared"]] * 4]
    assert count(session, Reservation) == 1
    assert made.booked_by_id == researcher.id
