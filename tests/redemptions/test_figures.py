"""What a claimant's figures say is what the lists behind them add up to."""

import re
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date
from booking.redemptions import lapsing, paying
from booking.redemptions.claimable import claimable_page
from booking.redemptions.forms import ClawBackForm
from booking.redemptions.queries import Wanted, redemptions
from booking.redemptions.sums import Sums, captures_of, sums_of
from models.accounts import User
from models.vocabulary.redemptions import RedemptionState
from models.vouchers import Voucher
from tests.factories.people import sign_in
from tests.redemptions.claims import NOTICE_OVER, Claims

SHARE = 6_000


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    """One paid and partly back, one cut, one waiting, one open; another made less."""
    made = Claims(session, now)
    charges = [made.used(9 + 2 * number) for number in range(4)]
    made.invoice()
    paid = made.paid(charges[0])
    (item,) = made.items(paid)
    back = {"item_id": item.id, "amount_fen": 1_000, "paid_on": NOTICE_OVER, "receipt_number": "TK", "reason": "退回"}
    when = at_local(NOTICE_OVER, 700)
    made.do(paying.claw_back, paid.id, ClawBackForm.model_validate(back), by=made.first, at_=when)
    cut = made.ask(charges[1])
    made.review(cut, made.first, (made.items(cut)[0], 5_000))
    made.review(cut, made.second)
    made.pay(cut)
    made.ask(charges[2])
    return made


def sums(claims: Claims) -> Sums:
    return sums_of(claims.session, [claims.firm.id])[claims.firm.id]


def listed(claims: Claims, *, is_lapsed: bool = False) -> int:
    """What the list of captures adds up to, page by page."""
    total, cursor = 0, ""
    while True:
        page = captures_of(claims.session, claims.firm.id, is_lapsed=is_lapsed, limit=2, cursor=cursor)
        total += sum(one.amount_fen for one in page.items)
        if not page.next_cursor:
            return total
        cursor = page.next_cursor


def test_each_figure_is_what_its_list_adds_up_to(claims: Claims) -> None:
    session, agent = claims.session, claims.actor(claims.agent)
    found = sums(claims)

    assert (found.captured_fen, found.open_fen, found.waiting_fen) == (5_000 + 5_000 + 2 * SHARE, SHARE, SHARE)
    assert found.paid_fen == 10_000
    assert found.captured_fen == found.open_fen + found.waiting_fen + found.paid_fen
    assert listed(claims) == found.captured_fen
    open_ = claimable_page(session, claims.firm.id, today=local_date(claims.later)).items
    assert sum(one.amount_fen for one in open_) == found.open_fen
    waiting = redemptions(session, agent, Wanted(claims.firm.id, is_waiting=True), limit=9).items
    assert sum(one.claimed_fen for one in waiting) == found.waiting_fen
    paid = redemptions(session, agent, Wanted(claims.firm.id, state=RedemptionState.PAID), limit=9).items
    assert sum((one.approved_fen or 0) - one.clawed_fen for one in paid) == found.paid_fen


def test_what_lapsed_has_its_list_and_leaves_the_others_right(claims: Claims) -> None:
    claims.session.execute(sa.update(Voucher).values(redeem_by=sa.literal(NOTICE_OVER), use_by=NOTICE_OVER))
    claims.session.commit()
    later = at_local(NOTICE_OVER.replace(day=20))
    assert lapsing.lapse_voucher(claims.session, claims.voucher.id, now=later)
    claims.session.commit()

    found = sums(claims)

    assert (found.open_fen, found.lapsed_fen) == (0, SHARE)
    assert listed(claims, is_lapsed=True) == -SHARE
    assert listed(claims) == found.captured_fen == found.waiting_fen + found.paid_fen


def test_figures_lead_to_their_lists_for_who_claims_only(claims: Claims, client: FlaskClient) -> None:
    sign_in(client, claims.agent)
    page = client.get("/redemptions").text
    firm = claims.firm.id

    links = re.findall(rf'href="(/redemptions[^"]*organisation={firm}[^"]*)"[^>]*>¥', page)

    assert [one.replace("&amp;", "&") for one in links] == [
        f"/redemptions/captured?organisation={firm}",
        f"/redemptions/new?organisation={firm}",
        f"/redemptions?organisation={firm}&waiting=1#requests",
        f"/redemptions?organisation={firm}&state=paid#requests",
    ]
    texts = [client.get(one.replace("&amp;", "&")).text for one in links]
    assert all(amount in text for amount, text in zip(("¥220.00", "¥60.00", "¥60.00", "¥50.00"), texts, strict=True))
    assert "已追回 ¥10.00" in texts[3]
    assert texts[2].count("/pack.zip") == 0
    answer = client.get(f"/api/v1/redemptions?organisation={firm}&waiting=true").json
    assert answer is not None
    assert [one["state"] for one in answer["items"]] == ["requested"]

    sign_in(client, claims.session.get_one(User, claims.first.id))
    assert client.get(f"/redemptions/captured?organisation={firm}").status_code == 403
