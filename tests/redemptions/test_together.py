"""Several at once: of two requests for one amount, two reviews and two payments exactly one takes effect."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import at_local
from booking.core.errors import Refused
from booking.database.transactions import transaction
from booking.redemptions import paying, service
from booking.redemptions.forms import RedemptionPaymentForm, RedemptionRejectionForm, RedemptionReviewForm
from booking.web.extensions import db
from models.redemptions import Redemption, RedemptionEvent, RedemptionPayment
from models.vocabulary.redemptions import RedemptionState, RedemptionStep
from tests.redemptions.claims import NOTICE_OVER, Claims

Work = Callable[[Session], Any]


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    return Claims(session, now)


def at_once(works: list[Work]) -> list[str]:
    """What came of each: the code of its refusal, or nothing."""
    engine: Engine = db.engine
    gate = Barrier(len(works))

    def run(work: Work) -> str:
        gate.wait()
        try:
            transaction(engine, work)
        except Refused as refused:
            return refused.code
        return ""

    with ThreadPoolExecutor(len(works)) as pool:
        return sorted(pool.map(run, works))


def test_of_eight_requests_for_one_amount_one_is_made_and_the_others_find_nothing(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    form, (_claimant, by) = claims.form(charge), claims.claimant()

    told = at_once([lambda s: service.request_redemption(s, form, actor=by, now=claims.later)] * 8)

    assert told == ["", *["not_found"] * 7]
    claims.session.rollback()
    assert claims.session.scalars(sa.select(Redemption.number)).all() == [1]
    assert claims.books()["captured"] == 6_000


def test_of_two_officers_at_one_redemption_one_makes_the_first_review_and_the_other_learns_of_it(
    claims: Claims,
) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    form = RedemptionReviewForm(version=claims.version(made))

    def reviewing(who: Actor) -> Work:
        return lambda s: service.review(s, made.id, form, actor=who, now=claims.later)

    assert at_once([reviewing(claims.first), reviewing(claims.second)]) == ["", "redemption_changed"]
    claims.session.rollback()
    steps = claims.session.scalars(sa.select(RedemptionEvent.step).order_by(RedemptionEvent.id)).all()
    assert list(steps) == [RedemptionStep.REQUEST, RedemptionStep.CITY_REVIEW]


def test_it_is_paid_once_or_refused_never_both(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    claims.review(made, claims.first)
    claims.review(made, claims.second)
    when = at_local(NOTICE_OVER, 600)
    form = RedemptionPaymentForm(paid_on=date(2026, 12, 8), receipt_number="HD-1")
    rejection = RedemptionRejectionForm(version=claims.version(made), reason="有异议", is_final=True)
    works: list[Work] = [
        lambda s: paying.record_payment(s, made.id, form, actor=claims.first, now=when),
        lambda s: paying.record_payment(s, made.id, form, actor=claims.second, now=when),
        lambda s: service.reject(s, made.id, rejection, actor=claims.second, now=when),
    ]

    assert at_once(works) == ["", "redemption_not_now", "redemption_not_now"]
    claims.session.rollback()
    found = claims.session.get_one(Redemption, made.id, populate_existing=True)
    payments = len(claims.session.scalars(sa.select(RedemptionPayment)).all())
    books = claims.books()
    assert (found.state == RedemptionState.PAID, books["paid"], payments) in {(True, 6_000, 1), (False, 0, 0)}
    assert books["captured"] == 0
