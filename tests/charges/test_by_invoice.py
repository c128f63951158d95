"""Where the invoice counts: what vouchers pay of a charge is weighed again with every invoice of it."""

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.core.errors import InvalidInput
from booking.vouchers.ending import due_to_expire, expire_voucher
from booking.web.filters import day
from models.charges import ChargeEvent, ChargeLine
from models.invoices import Invoice
from models.vocabulary.charges import ChargeState, ChargeStep
from models.vocabulary.pricing import LineKind
from models.vouchers import VoucherCapture
from tests.charges.by_invoice import FEE, INSIDE, OF_USE, OUTSIDE, OWN, SHARE, Invoiced
from tests.counting import counting
from tests.factories.letters import mailed
from tests.factories.people import sign_in
from tests.redemptions.claims import Claims

OF_ONE = 38


def refused(made: Invoiced, on: str = OUTSIDE, **said: Any) -> list[tuple[str, Any]]:
    """What an invoice is refused for; nothing is stored."""
    kept = [made.session.scalar(select(func.count(one.id))) for one in (Invoice, VoucherCapture, ChargeLine)]
    with pytest.raises(InvalidInput) as found:
        made.invoiced(on, **said)
    after = [made.session.scalar(select(func.count(one.id))) for one in (Invoice, VoucherCapture, ChargeLine)]
    assert (after, made.now_is().invoiced_on) == (kept, None)
    return [(one.field, one.values.get("less")) for one in found.value.problems]


def test_a_use_of_30_december_that_is_invoiced_on_8_january_is_covered_no_more(session: Session) -> None:
    made = Invoiced(session)
    before = made.books()
    assert (before["captured"], made.caps()) == (SHARE, {2026: SHARE})

    told = refused(made)
    made.invoiced(OUTSIDE, gives_up_vouchers=True)

    charge, after = made.now_is(), made.books()
    assert told == [("gives_up_vouchers", "60.00")]
    assert (after["captured"], after["pair_captured"], after["committed"], after["budget"]) == (0, 0, 0, 100_000)
    assert (made.caps(), made.claimable()) == ({2026: 0}, [])
    assert (charge.state, charge.gross_fen, charge.voucher_fen) == (ChargeState.BILLED, FEE, 0)
    assert charge.invoiced_on == date(2027, 1, 8)
    last = session.scalars(select(ChargeLine).order_by(ChargeLine.id.desc()).limit(1)).one()
    assert (last.kind, last.amount_fen) == (LineKind.VOUCHER, 0)
    assert last.why == {"reasons": [{"reason": "after_use_by", "day": "2027-01-08", "limit": "2026-12-31"}]}
    event = session.scalars(select(ChargeEvent).order_by(ChargeEvent.id.desc()).limit(1)).one()
    assert (event.step, event.change_fen, event.text) == (ChargeStep.INVOICE, 0, f"1 · {OUTSIDE}")


def test_what_comes_back_to_a_voucher_that_has_ended_goes_on_to_the_programme(session: Session) -> None:
    made = Invoiced(session)
    for voucher_id in due_to_expire(session, now=made.later):
        expire_voucher(session, voucher_id, now=made.later)
    session.commit()

    made.invoiced(OUTSIDE, gives_up_vouchers=True)

    books = made.books()
    assert (books["captured"], books["committed"], books["budget"]) == (0, 0, 100_000)
    last = session.scalars(select(ChargeLine).order_by(ChargeLine.id.desc()).limit(1)).one()
    assert last.why == {"reasons": [{"reason": "after_use_by", "day": "2027-01-08", "limit": "2026-12-31"}]}


def test_one_of_31_december_keeps_what_is_covered_and_can_be_claimed(session: Session) -> None:
    made = Invoiced(session)

    made.invoiced(INSIDE)

    assert made.now_is().invoiced_on == date(2026, 12, 31)
    assert (made.claimable(), made.books()["captured"]) == ([(made.charge.id, SHARE, [])], SHARE)


def test_by_the_service_the_day_of_the_invoice_decides_nothing(session: Session) -> None:
    made = Invoiced(session, counts_on="service")

    made.invoiced(OUTSIDE)

    assert (made.claimable(), made.now_is().invoiced_on) == ([(made.charge.id, SHARE, [])], None)


def test_the_last_of_several_invoices_decides_and_only_once_they_cover_the_whole(session: Session) -> None:
    made = Invoiced(session)

    made.invoiced(INSIDE, fen=FEE - 1)
    part = made.now_is().invoiced_on
    told = refused(made, number="2", fen=1)
    made.invoiced(OUTSIDE, "2", fen=1, gives_up_vouchers=True)

    assert (part, told) == (None, [("gives_up_vouchers", "60.00")])
    assert (made.books()["captured"], made.now_is().invoiced_on) == (0, date(2027, 1, 8))


def test_a_red_letter_leaves_what_is_covered_until_another_invoice_says_otherwise(session: Session) -> None:
    made = Invoiced(session)
    first = made.invoiced(INSIDE)

    made.reversed(first)
    waiting = made.claimable(), made.books()["captured"]
    told = []
    with pytest.raises(InvalidInput) as found:
        made.invoiced(OUTSIDE, "2")
    told = [one.field for one in found.value.problems]
    made.invoiced(INSIDE, "3")

    assert waiting == ([(made.charge.id, SHARE, ["not_invoiced"])], SHARE)
    assert (told, made.claimable()) == (["gives_up_vouchers"], [(made.charge.id, SHARE, [])])


def test_what_a_wrong_date_gave_up_is_covered_again_once_that_is_withdrawn_while_the_voucher_stands(
    session: Session,
) -> None:
    made = Invoiced(session, counts_from="2026-12-01", redeemed_by="provider")
    wrong = made.invoiced("2026-11-30", gives_up_vouchers=True)
    given_up = made.books()["captured"], made.now_is().gross_fen

    made.withdrawn(wrong)

    charge = made.now_is()
    assert (given_up, made.books()["captured"]) == ((0, FEE), SHARE)
    assert (charge.gross_fen, charge.voucher_fen, charge.invoiced_on) == (OWN, SHARE, None)


def test_the_cap_of_the_invoices_year_is_used(session: Session) -> None:
    made = Invoiced(session, use_by="2027-02-28", redeem_by="2027-06-30")
    before = made.caps()

    made.invoiced(OUTSIDE)
    moved = made.caps()
    made.change(made.charge, -FEE // 2)

    assert (before, moved) == ({2026: SHARE, 2027: 0}, {2026: 0, 2027: SHARE})
    assert made.caps() == {2026: 0, 2027: SHARE // 2}
    rows = select(VoucherCapture.amount_fen, VoucherCapture.counts_on).order_by(VoucherCapture.id)
    assert [tuple(row) for row in session.execute(rows)] == [
        (SHARE, date(2026, 12, 30)),
        (-SHARE, date(2027, 1, 8)),
        (SHARE, date(2027, 1, 8)),
        (-SHARE // 2, date(2027, 1, 8)),
    ]


# By hand: the bill was 140.00 less 60.00 of the voucher; without it the payer owes 60.00 more, on a bill of its own.
def test_where_the_provider_redeems_what_was_deducted_is_billed_after_all_and_its_payer_is_asked(
    session: Session,
) -> None:
    made = Invoiced(session, redeemed_by="provider")
    assert made.slip.total_fen == OWN
    told = refused(made)

    made.invoiced(OUTSIDE, gives_up_vouchers=True)
    asked = made.now_is()
    before = asked.state, asked.gross_fen, asked.voucher_fen, asked.captured_fen
    due_at = asked.due_at
    letters = [one.values["step"] for one in mailed(session, now=made.later) if one.template == "charges/changed"]
    made.do(charges.accept_charge, made.charge.id, by=made.actor(made.agent))
    (rest,) = made.office.bill()
    made.invoiced(OUTSIDE, "2", rest)

    assert told == [("gives_up_vouchers", "60.00")]
    assert before == (ChargeState.ADJUSTED, FEE, 0, OWN)
    assert due_at is not None
    assert letters[-1] == "invoice"
    assert rest.total_fen == SHARE
    assert (made.now_is().captured_fen, made.books()["captured"], made.caps()) == (FEE, 0, {2026: 0})


def test_the_page_says_why_it_is_refused_and_records_it_once_that_is_agreed_to(
    session: Session, client: FlaskClient, now: Any
) -> None:
    claims = Claims(session, now, counts_on="invoice", use_by="2026-11-24", redeem_by="2026-12-31")
    claims.used(9)
    (slip,) = claims.office.bill()
    sign_in(client, claims.office.finance)
    at = f"/debtors/{slip.debtor_id}/invoices/new"
    form = {"kind": "ordinary", "number": "1", "issued_on": "2026-11-25", "title": "甲", "rate": "6"}
    form[f"covers-{slip.id}"] = "200.00"

    first = client.get(at).get_data(as_text=True)
    wrong = client.post(at, data=form)
    stored = session.scalar(select(func.count(Invoice.id)))
    sent = client.post(at, data=form | {"gives_up_vouchers": "1"})

    text = wrong.get_data(as_text=True)
    assert ("gives_up_vouchers" in first, wrong.status_code, stored) == (False, 422, 0)
    assert 'name="gives_up_vouchers"' in text
    assert "少支付 60.00 元（发票须在 2026-11-24 以前开具，含当日）" in text
    assert sent.status_code == 303


def test_everybody_is_told_in_advance_by_when_it_must_be_invoiced(session: Session, client: FlaskClient) -> None:
    made = Invoiced(session)
    said = f"按开票日期计算：发票须在 {day(made.voucher.use_by)} 以前开具（含当日）。"
    sign_in(client, made.agent)

    pages = [f"/charges/{made.charge.id}", f"/vouchers/{made.voucher.id}"]
    told = [said in client.get(one).get_data(as_text=True) for one in pages]
    of_charge, of_voucher = (client.get(f"/api/v1{one}").get_json() for one in pages)

    assert told == [True, True]
    assert of_charge["vouchers"][0]["invoice_by"] == of_voucher["invoice_by"] == "2026-12-31"


def test_invoices_of_uses_without_vouchers_ask_nothing_of_them(session: Session) -> None:
    made = Invoiced(session)
    for hour in (13, 15):
        made.office.used(hour, 1, made.office.other, day=OF_ONE)
    (slip,) = made.office.bill()

    with counting() as found:
        made.invoiced(INSIDE, "9", slip)

    assert [one for one in found.texts if "voucher_captures" in one or "voucher_holds" in one] == []


def test_an_invoice_of_an_ordinary_day_asks_as_much_for_many_uses_as_for_two(session: Session) -> None:
    made, asked = Invoiced(session), []
    for uses, on in ((2, OF_USE), (5, OF_ONE)):
        for turn in range(uses):
            made.used(11 + 2 * turn, 1, day=on)
        (slip,) = made.office.bill()
        with counting() as found:
            made.invoiced(INSIDE, str(on), slip)
        asked.append(len(found))

    assert asked[0] == asked[1]
