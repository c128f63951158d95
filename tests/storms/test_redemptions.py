"""Two officers at one redemption at once, over HTTP: reviewed, refused or paid once, and the other is told why."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.operations import proving
from booking.redemptions.forms import RedemptionForm
from booking.redemptions.lapsing import due_to_lapse, lapse_voucher
from booking.redemptions.service import request_redemption
from booking.web.extensions import db
from models.accounts import User
from models.redemptions import Redemption, RedemptionEvent, RedemptionPayment
from models.vocabulary.redemptions import RedemptionState, RedemptionStep
from models.vocabulary.vouchers import CaptureKind
from models.vouchers import VoucherCapture
from tests.factories.programmes import make_officer
from tests.redemptions.claims import Claims
from tests.storms.conftest import token_of
from tests.storms.sending import Call, Reply
from tests.storms.test_vouchers import at_once
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


def test_amounts_lapse_by_many_jobs_while_they_are_claimed_each_is_one_or_the_other(
    session: Session, now: datetime
) -> None:
    """The jobs run a day after the last one to redeem, the claims on it: what is first has it, whichever that is."""
    claims = Claims(session, now)
    charges = [claims.used(hour, 1) for hour in range(9, 9 + REQUESTS)]
    claims.invoice()
    claimant, last = claims.claimant()[1], at_local(claims.voucher.redeem_by, 1_439)
    forms, voucher_id = [claims.form(one) for one in charges], claims.voucher.id
    session.rollback()

    def claiming(form: RedemptionForm) -> Callable[[Session], Any]:
        return lambda opened: request_redemption(opened, form, actor=claimant, now=last)

    def lapsing(opened: Session) -> None:
        lapse_voucher(opened, voucher_id, now=last + timedelta(hours=1))

    calls: list[Callable[[Session], Any]] = []
    for one in forms:
        calls += [claiming(one), claiming(one), lapsing]
    ended = at_once(db.engine, calls)

    session.rollback()
    claimed = session.scalars(select(Redemption.claimed_fen)).all()
    lapsed = session.scalars(select(VoucherCapture.amount_fen).where(VoucherCapture.kind == CaptureKind.LAPSED)).all()
    assert len(claimed) + len(lapsed) == REQUESTS
    assert {*claimed, *(-fen for fen in lapsed)} == {SHARE}
    assert ended["done"] == REQUESTS + len(claimed)
    assert set(ended) <= {"done", "not_found", "invalid_input"}
    assert len(lapsed) > 0 or len(claimed) == REQUESTS
    assert list(proving.faults(session)) == []
    session.rollback()
    assert due_to_lapse(session, now=last + timedelta(hours=1)) == []
