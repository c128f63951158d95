"""A month between two provinces is closed once, whoever asks, and holds all that was posted before it."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.clearing.rules import month_before, month_of
from booking.clearing.verifying import faults
from booking.core.clock import at_local, local_date, utcnow
from models.accounts import User
from models.clearing import ClearingEvent, ClearingStatement
from models.vocabulary.clearing import ClearingStep
from tests.clearing.across import Across
from tests.storms.conftest import token_of
from tests.storms.sending import Call
from tests.storms.weather import Storm


def test_of_twenty_officers_of_both_provinces_one_closes_a_month_and_the_others_are_told(
    session: Session, storm: Storm
) -> None:
    across = Across(session, utcnow())
    month = month_before(month_of(local_date(utcnow())))
    at = at_local(month) + timedelta(days=2)
    for issuer, provider in (("50", "51"), ("51", "50")):
        use = across.captured(issuer, provider, 500, at)
        across.paid([(use, 500, 400)], at)
    colleagues = [across.officer(f"officer{n}", (across.cq, across.sc)[n % 2]) for n in range(20)]
    tokens = [token_of(session, session.get_one(User, one.id)) for one in colleagues]
    path = f"/api/v1/clearing/50-51/{month:%Y-%m}"

    closed = storm.volley([Call(token, "POST", f"{path}/close", {}) for token in tokens])
    confirmed = storm.volley([Call(token, "POST", f"{path}/confirm", {}) for token in tokens])

    session.rollback()
    statement = session.scalars(select(ClearingStatement)).one()
    steps = session.scalars(select(ClearingEvent.step)).all()
    assert Counter(reply.status for reply in closed) == {200: 1, 409: 19}
    assert {reply.body["code"] for reply in closed if reply.status == 409} == {"already_closed"}
    assert Counter(reply.status for reply in confirmed) == {403: 10, 200: 1, 409: 9}
    assert (statement.number, list(steps)) == (1, [ClearingStep.CONFIRM])
    assert list(faults(session)) == []
