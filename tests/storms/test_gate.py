"""The publishing gate under two hands at once: one outcome for each version, and nothing public unreviewed."""

from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue import gate, reviewing, service
from booking.catalogue.forms import InstrumentChanges
from booking.core.actors import Actor
from booking.core.clock import utcnow
from models.accounts import AuditEntry
from models.catalogue import Instrument
from models.directory import Organisation
from models.listings import InstrumentListing
from models.publishing import Review, ReviewRound
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.publishing import RoundState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.storms.conftest import token_of
from tests.storms.sending import Call
from tests.storms.weather import Storm

TIMES = 10
COMPLETE: dict[str, Any] = {
    "functions_zh": "形貌",
    "user_rules_zh": "须预约",
    "fees_zh": "面议",
    "contact_name": "陈",
    "phone": "023-1",
}
OLD, REVIEWED, LATER = "分辨率 3 nm", "分辨率 2 nm", "分辨率 1 nm"


class Hand(NamedTuple):
    """Somebody with a token."""

    actor: Actor
    token: str


class House(NamedTuple):
    owner: Organisation
    steward: Hand
    admin: Hand
    reviewer: Hand


@pytest.fixture
def house(session: Session) -> House:
    owner = make_organisation(session)
    hands = []
    for role in (Role.STEWARD, Role.INSTITUTION_ADMIN, Role.REVIEWER):
        user = make_user(session, role.value)
        give(session, user, role, ScopeKind.ORGANISATION, owner.id)
        token = token_of(session, user)
        hands.append(Hand(actor_for(session, user, now=utcnow()), token))
    return House(owner, *hands)


def drafts_in_review(session: Session, house: House, now: datetime) -> list[ReviewRound]:
    """Complete records, each with its first round open."""
    for _ in range(TIMES):
        made = make_instrument(session, house.owner, publishing_state=PublishingState.DRAFT, **COMPLETE)
        gate.submit_record(session, made.id, actor=house.steward.actor, now=now)
    session.commit()
    return list(session.scalars(select(ReviewRound).order_by(ReviewRound.id)))


def decide(hand: Hand, waiting: ReviewRound, verb: str) -> Call:
    said = {"note": "不涉密"} if verb == "approve" else {"reason": "不清楚"}
    return Call(hand.token, "POST", f"/api/v1/reviews/{waiting.id}/{verb}", said)


def published(session: Session) -> Counter[int | None]:
    session.rollback()
    facts = select(AuditEntry.subject_id).where(AuditEntry.action == "catalogue.published")
    return Counter(session.scalars(facts))


def test_two_reviewers_who_approve_at_once_publish_exactly_once(session: Session, storm: Storm, house: House) -> None:
    rounds = drafts_in_review(session, house, utcnow())

    calls = [
        decide(hand, waiting, "approve") for waiting in rounds for hand in (house.admin, house.reviewer, house.admin)
    ]
    replies = storm.volley(calls)

    by_round = [Counter(reply.status for reply in replies[i : i + 3]) for i in range(0, len(replies), 3)]
    assert by_round == [Counter({200: 2, 409: 1})] * TIMES
    assert published(session) == Counter({waiting.instrument_id: 1 for waiting in rounds})
    assert Counter(session.scalars(select(Review.round_id))) == Counter({waiting.id: 2 for waiting in rounds})
    assert set(session.scalars(select(InstrumentListing.instrument_id))) == {one.instrument_id for one in rounds}


def test_of_the_second_approval_and_a_sending_back_exactly_one_counts(
    session: Session, storm: Storm, house: House
) -> None:
    rounds = drafts_in_review(session, house, utcnow())
    for waiting in rounds:
        reviewing.approve_round(session, waiting.id, actor=house.admin.actor, now=utcnow())
    session.commit()

    pairs = [(decide(house.reviewer, one, "approve"), decide(house.admin, one, "send-back")) for one in rounds]
    replies = storm.volley([call for pair in pairs for call in pair])

    session.rollback()
    for number, waiting in enumerate(rounds):
        approved, sent_back = (reply.status for reply in replies[2 * number : 2 * number + 2])
        session.refresh(waiting)
        instrument = session.get_one(Instrument, waiting.instrument_id, populate_existing=True)
        outcome = (approved, sent_back, waiting.state, instrument.publishing_state)
        assert outcome in {
            (200, 409, RoundState.APPROVED, PublishingState.PUBLISHED),
            (409, 200, RoundState.SENT_BACK, PublishingState.DRAFT),
            (404, 200, RoundState.SENT_BACK, PublishingState.DRAFT),
        }


def test_a_text_changed_while_the_second_approves_is_never_public_unreviewed(
    session: Session, storm: Storm, house: House
) -> None:
    now, steward = utcnow(), house.steward
    for _ in range(TIMES):
        made = make_instrument(
            session,
            house.owner,
            indicators_zh=OLD,
            cleared_at=now,
            first_published_at=now,
            **COMPLETE,
        )
        service.patch_instrument(
            session, made.id, InstrumentChanges(indicators_zh=REVIEWED), actor=steward.actor, now=now
        )
    session.commit()
    rounds = list(session.scalars(select(ReviewRound).order_by(ReviewRound.id)))
    for waiting in rounds:
        reviewing.approve_round(session, waiting.id, actor=house.admin.actor, now=now)
    session.commit()

    calls = []
    for waiting in rounds:
        edit = Call(steward.token, "PATCH", f"/api/v1/instruments/{waiting.instrument_id}", {"indicators_zh": LATER})
        calls += [edit, decide(house.reviewer, waiting, "approve")]
    replies = storm.volley(calls)

    assert {reply.status for reply in replies} == {200}
    session.rollback()
    for waiting in rounds:
        session.refresh(waiting)
        text = session.get_one(Instrument, waiting.instrument_id, populate_existing=True).indicators_zh
        states = session.scalars(
            select(ReviewRound.state).where(ReviewRound.instrument_id == waiting.instrument_id).order_by(ReviewRound.id)
        ).all()
        assert (text, waiting.version, states) in [
            (REVIEWED, 1, [RoundState.APPROVED, RoundState.OPEN]),
            (OLD, 2, [RoundState.OPEN]),
        ]
