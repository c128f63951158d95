"""Two officers at one redemption at once, over HTTP: reviewed, refused or paid once, and the other is told why."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from booking.operations import proving
from models.accounts import User
from models.redemptions import Redemption, RedemptionEvent, RedemptionPayment
from models.vocabulary.redemptions import RedemptionState, RedemptionStep
from tests.factories.programmes import make_officer
from tests.redemptions.claims import Claims
from tests.storms.conftest import token_of
from tests.storms.sending import Call, Reply
from tests.storms.weather import Storm

REQUESTS, SHARE = 8, 3_000


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    """A firm whose authority publishes nothing before it pays, so that a test need not wait for days."""
    return Claims(session, now, notice_days=0)


def asked(claims: Claims) -> list[Redemption]:
    """As many requests as uses of an hour."""
    charges = [claims.used(hour, 1) for hour in range(9, 9 + REQUESTS)]
    claims.invoice()
    return [claims.ask(charge) for charge in charges]


def officers(claims: Claims, *names: str) -> list[str]:
    """Tokens of more officers of the authority."""
    session = claims.session
    people = [make_officer(session, claims.authority, name, now=claims.now) for name in names]
    return [token_of(session, session.get_one(User, one.id)) for one in people]


def decision(token: str, redemption: Redemption, step: str, **said: Any) -> Call:
    return Call(token, "POST", f"/api/v1/redemptions/{redemption.id}/{step}", said)


def ended(replies: Sequence[Reply]) -> Counter[tuple[tuple[int, str], ...]]:
    """What came of the two calls about each redemption, and how often."""
    told = [(one.status, one.body.get("code", "")) for one in replies]
    return Counter(tuple(sorted(pair)) for pair in zip(told[::2], told[1::2], strict=True))


def test_two_officers_at_one_redemption_decide_once_at_every_step_and_the_other_is_told(
    claims: Claims, storm: Storm
) -> None:
    made, paid_on = asked(claims), local_date(utcnow()).isoformat()
    one, other, third, fourth = officers(claims, "officer1", "officer2", "officer3", "officer4")
    refusal = {"reason": "材料不全", "is_final": True}

    first = storm.volley([decision(who, it, "review", version=1) for it in made for who in (one, other)])
    second = storm.volley(
        [
            decision(who, it, step, version=2, **said)
            for it in made
            for who, step, said in ((third, "review", {}), (fourth, "reject", refusal))
        ]
    )
    payment = {"paid_on": paid_on, "receipt_number": "HD-1"}
    paid = storm.volley([decision(who, it, "pay", **payment) for it in made for who in (third, fourth)])

    claims.session.rollback()
    changed, not_now = (409, "redemption_changed"), (409, "redemption_not_now")
    states = Counter(claims.session.scalars(select(Redemption.state)))
    refused = states[RedemptionState.REJECTED]
    assert states == {RedemptionState.PAID: REQUESTS - refused, RedemptionState.REJECTED: refused}
    assert ended(first) == {((200, ""), changed): REQUESTS}
    assert set(ended(second)) <= {((200, ""), changed), ((200, ""), not_now)}
    assert ended(paid) == +Counter({((200, ""), not_now): REQUESTS - refused, (not_now, not_now): refused})
    steps = Counter(claims.session.scalars(select(RedemptionEvent.step)))
    assert steps[RedemptionStep.CITY_REVIEW] == REQUESTS
    assert steps[RedemptionStep.PROVINCE_REVIEW] == steps[RedemptionStep.PAY] == REQUESTS - refused
    amounts = claims.session.scalars(select(RedemptionPayment.amount_fen)).all()
    assert list(amounts) == [SHARE] * (REQUESTS - refused)
    assert list(proving.faults(claims.session)) == []
