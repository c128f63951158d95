"""Redemptions beside what happens to the charges that they ask for."""

import threading
import time
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.database.transactions import transaction
from booking.payers.holds import for_reservation
from booking.redemptions import service
from booking.redemptions.forms import RedemptionRejectionForm
from booking.redemptions.paying import ChargeOpen
from booking.vouchers.capturing import capture
from booking.web.extensions import db
from models.charges import Charge
from models.vocabulary.charges import ChargeState
from tests.redemptions.claims import Claims


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    return Claims(session, now)


def test_a_charge_that_is_let_off_while_its_claim_is_refused_for_good_gives_nothing_back_twice(claims: Claims) -> None:
    charge, _other = claims.used(9), claims.used(12)
    claims.invoice()
    made, refused = claims.ask(charge), threading.Event()
    form = RedemptionRejectionForm(reason="重复", is_final=True, version=made.version)

    def rejecting(session: Session) -> None:
        service.reject(session, made.id, form, actor=claims.first, now=claims.later)
        refused.set()
        time.sleep(0.5)

    def letting_off(session: Session) -> Any:
        found = session.scalars(select(Charge).where(Charge.id == charge.id).with_for_update(key_share=True)).one()
        purpose, day = for_reservation(found.reservation_id or 0), local_date(found.booked_ends_at)
        return capture(session, purpose, found, 0, day, now=claims.later)

    first = threading.Thread(target=transaction, args=(db.engine, rejecting))
    first.start()
    assert refused.wait(10)
    told = transaction(db.engine, letting_off)
    first.join()
    claims.session.rollback()

    assert [(one.amount_fen, one.rejected_fen) for one in told.parts] == [(6_000, 6_000)]
    books = claims.books()
    assert (books["captured"], books["pair_captured"]) == (6_000, 6_000)


def test_nothing_is_paid_for_a_charge_that_is_open_again(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    claims.review(made, claims.first)
    claims.review(made, claims.second)
    before = charge.state
    found = claims.session.get_one(Charge, charge.id)
    found.state = ChargeState.DISPUTED
    claims.session.commit()

    with pytest.raises(ChargeOpen):
        claims.pay(made)
    found.state = before
    claims.session.commit()
    claims.pay(made)

    assert claims.books()["paid"] == 6_000
