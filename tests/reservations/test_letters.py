"""Who is written to when something happens to a reservation, and that every letter can be read in both languages."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor, Target
from booking.notifications.letters import Letter, News
from booking.notifications.rendering import compose
from booking.reactions import REACTIONS
from booking.reservations import approval, service, suspensions
from models.accounts import User
from models.catalogue import Instrument
from models.notifications import Event
from models.vocabulary.accounts import Language, Role, ScopeKind
from tests.factories.letters import SETTINGS
from tests.factories.people import give, make_user
from tests.reservations.acting import act, at, book, steward_of

HOLDER, STEWARD = "researcher@example.org", "steward1@example.org"


def written(session: Session, now: datetime) -> list[Letter]:
    session.commit()
    letters: list[Letter] = []
    for event in session.scalars(select(Event).where(Event.handled_at.is_(None)).order_by(Event.id)):
        if event.name in REACTIONS:
            letters += REACTIONS[event.name](News(session, event.payload, now, SETTINGS))
        event.handled_at = now
    session.commit()
    return letters


def told(letters: list[Letter]) -> list[tuple[str, str]]:
    return [(letter.recipient, letter.template.removeprefix("reservations/")) for letter in letters]


def test_holder_and_stewards_are_told_of_each_decision(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, careful, now)
    made = book(session, careful, at(9), researcher, now)
    asked = told(written(session, now))
    act(session, approval.confirm_reservation, made.id, actor=steward, now=now)
    confirmed = told(written(session, now))
    act(session, service.move_reservation, made.id, at(14), actor=researcher, now=now)
    move_asked = told(written(session, now))
    act(session, approval.reject_reservation, made.id, reason="taken", actor=steward, now=now)
    refused = told(written(session, now))

    assert (asked, confirmed) == ([(STEWARD, "requested")], [(HOLDER, "confirmed")])
    assert (move_asked, refused) == ([(STEWARD, "move_asked")], [(HOLDER, "move_refused")])


def test_ones_own_move_and_cancellation_bring_no_mail_but_a_stewards_do(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, instrument, now)
    made = book(session, instrument, at(9), researcher, now)
    written(session, now)
    act(session, service.move_reservation, made.id, at(11), actor=researcher, now=now)
    assert written(session, now) == []
    act(session, service.move_reservation, made.id, at(13), reason="repair", actor=steward, now=now)
    act(session, service.cancel_reservation, made.id, reason="repair", actor=steward, now=now)

    assert told(written(session, now)) == [(HOLDER, "moved"), (HOLDER, "cancelled")]


def test_what_lapses_or_is_rejected_or_suspended_is_told_to_the_person(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = steward_of(session, careful, now)
    rejected, _lapsing = (book(session, careful, at(hour), researcher, now) for hour in (9, 11))
    written(session, now)
    act(session, approval.reject_reservation, rejected.id, reason="no training", actor=steward, now=now)
    act(session, approval.lapse_due, now=at(11).start)
    until = now + timedelta(days=3)
    act(
        session,
        suspensions.suspend_person,
        HOLDER,
        Target(instrument_id=careful.id),
        until,
        "mess",
        actor=steward,
        now=now,
    )

    assert told(written(session, now)) == [(HOLDER, "rejected"), (HOLDER, "lapsed"), (HOLDER, "suspended")]


def test_a_request_goes_to_the_nearest_stewards(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    admin, wide = make_user(session, "admin"), make_user(session, "wide")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, careful.organisation_id)
    book(session, careful, at(9), researcher, now)
    to_admin = told(written(session, now))
    give(session, wide, Role.STEWARD, ScopeKind.ORGANISATION, careful.organisation_id)
    book(session, careful, at(11), researcher, now)

    assert to_admin == [("admin@example.org", "requested")]
    assert told(written(session, now)) == [("wide@example.org", "requested")]


@pytest.mark.parametrize("language", list(Language))
def test_every_letter_has_a_subject_the_time_and_a_link(
    session: Session, careful: Instrument, researcher: Actor, now: datetime, language: Language
) -> None:
    steward = steward_of(session, careful, now)
    for user in session.scalars(select(User)):
        user.language = language
    made = book(session, careful, at(9), researcher, now)
    letters = written(session, now)
    act(session, approval.confirm_reservation, made.id, actor=steward, now=now)
    letters += written(session, now)
    act(session, service.move_reservation, made.id, at(14), actor=researcher, now=now)
    letters += written(session, now)
    act(session, approval.confirm_reservation, made.id, actor=steward, now=now)
    act(session, service.cancel_reservation, made.id, reason="repair", actor=steward, now=now)
    letters += written(session, now)

    composed = [compose(letter, SETTINGS.base_url) for letter in letters]

    assert [letter.template for letter in letters] == [
        f"reservations/{name}" for name in ("requested", "confirmed", "move_asked", "moved", "cancelled")
    ]
    assert all(one.subject and "%(" not in one.subject + one.text for one in composed)
    assert all("09:00–10:00" in one.text or "14:00–15:00" in one.text for one in composed)
    assert all("https://instruments.example.cn/" in one.text for one in composed)
