"""What nobody claims in time: it goes back to the programme the day after, once; what waits or may be mended stays."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import at_local
from booking.core.errors import InvalidInput
from booking.jobs import job_named
from booking.notifications.letters import Letter
from booking.notifications.rendering import compose
from booking.redemptions import lapsing, service
from booking.redemptions.claimable import claimable
from booking.redemptions.forms import RedemptionRejectionForm
from booking.redemptions.sums import sums_of
from booking.redemptions.verifying import faults
from models.accounts import AuditEntry, User
from models.redemptions import Redemption
from models.vocabulary.accounts import Language
from models.vocabulary.redemptions import Unclaimable
from models.vocabulary.vouchers import CaptureKind, VoucherState
from models.vouchers import Voucher, VoucherCapture
from tests.counting import counting
from tests.factories.letters import SETTINGS, mailed
from tests.factories.people import sign_in
from tests.redemptions.claims import Claims

SHARE = 6_000
LAST = date(2027, 3, 31)
"""The last day to redeem."""


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    return Claims(session, now, budget_fen=100_000)


def on(day: date, minute: int = 600) -> datetime:
    """An hour of a day in Shanghai."""
    return at_local(day, minute)


def after(days: int) -> datetime:
    return on(LAST + timedelta(days=days), 35)


def lapse(claims: Claims, now: datetime) -> int:
    """What the job does at a moment: how many vouchers."""
    session, done = claims.session, 0
    for voucher_id in lapsing.due_to_lapse(session, now=now):
        done += claims_step(session, voucher_id, now)
    assert lapsing.due_to_lapse(session, now=now) == []
    return done


def claims_step(session: Session, voucher_id: int, now: datetime) -> bool:
    done = lapsing.lapse_voucher(session, voucher_id, now=now)
    session.commit()
    return done


def lapsed(claims: Claims) -> list[tuple[int, int]]:
    """Of which charge how much has lapsed, in order."""
    claims.session.rollback()
    rows = sa.select(VoucherCapture).where(VoucherCapture.kind == CaptureKind.LAPSED).order_by(VoucherCapture.id)
    return [(one.charge_id, one.amount_fen) for one in claims.session.scalars(rows)]


def mendable(claims: Claims, day: date) -> list[Unclaimable]:
    """Why the only amount cannot be claimed on a day."""
    claims.session.expire_all()
    (one,) = claimable(claims.session, claims.claimant()[0], today=day)
    return list(one.reasons)


@pytest.mark.parametrize("way", ["enterprise", "provider"])
def test_what_nobody_claimed_goes_back_the_day_after_once_and_its_claimant_is_told(
    session: Session, now: datetime, way: str
) -> None:
    claims = Claims(session, now, budget_fen=100_000, redeemed_by=way)
    charges = [claims.used(9), claims.used(13)]
    claims.invoice()
    before = claims.books()
    mailed(session, now=claims.later)

    assert [lapse(claims, on(LAST, 1_439)), lapse(claims, after(1)), lapse(claims, after(2))] == [0, 1, 0]

    assert lapsed(claims) == [(one.id, -SHARE) for one in charges]
    books = claims.books()
    gone = {"captured": -2 * SHARE, "committed": -2 * SHARE, "budget": 2 * SHARE, "pair_captured": -2 * SHARE}
    assert {name: books[name] - fen for name, fen in before.items() if books[name] != fen} == gone
    assert claims.claimable() == []
    sums = sums_of(session, [claims.claimant()[0]])[claims.claimant()[0]]
    assert (sums.captured_fen, sums.open_fen, sums.lapsed_fen) == (0, 0, 2 * SHARE)
    (note,) = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "vouchers.lapse"))
    assert (note.subject_id, note.actor_id, note.after) == (
        claims.voucher.id,
        None,
        {"lapsed_fen": 2 * SHARE, "redeem_by": "2027-03-31"},
    )
    letters = [one for one in mailed(session, now=after(2)) if one.template == "redemptions/lapsed"]
    told = claims.agent if way == "enterprise" else session.get_one(User, claims.office.finance.id)
    assert {one.recipient for one in letters} >= {told.email}
    assert (claims.agent.email in {one.recipient for one in letters}) == (way == "enterprise")
    letter = letters[0]
    assert letter.values["fen"] == 2 * SHARE
    chinese = compose(letter, SETTINGS.address)
    english = compose(Letter(letter.recipient, Language.ENGLISH, letter.template, letter.values), SETTINGS.address)
    assert "¥120.00 过期未兑付" in chinese.subject
    assert all(f"/charges/{one.id}" in text for one in charges for text in (chinese.text, english.text))
    assert "nobody" not in english.subject
    assert "not claimed by then" in english.text


def test_what_waits_or_is_paid_stays_and_what_is_frozen_too(claims: Claims) -> None:
    paid, waiting, open_ = claims.used(9), claims.used(13), claims.used(16)
    claims.invoice()
    claims.paid(paid)
    claims.ask(waiting)
    voucher = claims.session.get_one(Voucher, claims.voucher.id)
    voucher.state = VoucherState.FROZEN
    claims.session.commit()
    assert lapsing.due_to_lapse(claims.session, now=after(1)) == []
    assert not claims_step(claims.session, voucher.id, after(1))
    voucher.state = VoucherState.EXPIRED
    claims.session.commit()

    assert lapse(claims, after(1)) == 1

    assert lapsed(claims) == [(open_.id, -SHARE)]
    books = claims.faults()
    assert [line for line in books if "credit" not in line and "in all" not in line] == []


def test_what_was_refused_after_the_last_day_has_five_working_days_to_be_claimed_anew(claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    refused_on, until = LAST + timedelta(days=1), LAST + timedelta(days=8)
    assert lapse(claims, after(1)) == 0
    _refuse(claims, made, on(refused_on))

    assert claims.session.get_one(Redemption, made.id).again_until == until
    assert lapse(claims, on(until)) == 0
    assert [mendable(claims, day) for day in (refused_on, until)] == [[], []]
    assert mendable(claims, until + timedelta(days=1)) == [Unclaimable.AFTER_REDEEM_BY]
    again = claims.do(service.request_redemption, claims.form(charge), by=claims.claimant()[1], at_=on(until))
    assert lapse(claims, on(until + timedelta(days=1))) == 0
    claims.do(service.withdraw, again.id, "", by=claims.claimant()[1], at_=on(until + timedelta(days=1)))
    with pytest.raises(InvalidInput):
        claims.do(
            service.request_redemption,
            claims.form(charge),
            by=claims.claimant()[1],
            at_=on(until + timedelta(days=1)),
        )

    assert lapse(claims, on(until + timedelta(days=1))) == 1

    assert lapsed(claims) == [(charge.id, -SHARE)]


def test_in_its_term_a_refused_request_is_taken_in_the_batch_that_refused_it(session: Session, now: datetime) -> None:
    batch = {"opens_on": "2026-11-01", "closes_on": "2026-12-02"}
    window = {**batch, "invoiced_from": "2026-11-01", "invoiced_until": "2026-12-31"}
    claims = Claims(session, now, windows=[window])
    first, second = claims.used(9), claims.used(13)
    claims.invoice()
    made = claims.ask(first)

    _refuse(claims, made, on(date(2026, 12, 2)))

    reasons = {
        one.charge.id: (list(one.reasons), one.batch and one.batch.closes_on)
        for one in claimable(session, claims.claimant()[0], today=date(2026, 12, 9))
    }
    assert reasons == {first.id: ([], date(2026, 12, 2)), second.id: ([Unclaimable.NO_WINDOW], None)}
    again = claims.do(
        service.request_redemption, claims.form(first), by=claims.claimant()[1], at_=on(date(2026, 12, 9))
    )
    assert (again.opens_on, again.closes_on) == (date(2026, 11, 1), date(2026, 12, 2))


def _refuse(claims: Claims, made: Redemption, at: datetime) -> None:
    form: dict[str, Any] = {"version": claims.version(made), "reason": "材料不全"}
    claims.do(service.reject, made.id, RedemptionRejectionForm(**form), by=claims.first, at_=at)


def test_what_is_captured_late_lapses_by_itself_and_what_has_lapsed_is_never_taken_again(claims: Claims) -> None:
    charge = claims.used(9)
    assert lapse(claims, after(1)) == 1
    claims.change(charge, 1_000, at_=after(2))

    assert claims.books()["captured"] == 300
    assert lapse(claims, after(3)) == 1

    assert lapsed(claims) == [(charge.id, -SHARE), (charge.id, -300)]
    claims.change(charge, -1_000, at_=after(4))
    assert claims.books()["captured"] == 0
    assert lapse(claims, after(5)) == 0


def test_the_books_say_what_lapsed_too_early(claims: Claims) -> None:
    claims.used(9)
    assert lapse(claims, after(1)) == 1
    assert list(faults(claims.session)) == []

    claims.session.execute(sa.update(Voucher).values(redeem_by=LAST + timedelta(days=2)))

    (line,) = faults(claims.session)
    assert "lapsed on or before" in line


def test_a_failure_between_two_vouchers_leaves_the_other_lapsed_and_the_next_run_takes_the_rest(
    claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims.used(9)
    job = job_named("lapse_unredeemed")
    assert job is not None

    def dies(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("booking.redemptions.lapsing.announce", dies)
        with pytest.raises(RuntimeError):
            job.work(after(1))
    assert (lapsed(claims), claims.books()["captured"]) == ([], SHARE)

    assert [job.work(after(1)), job.work(after(1))] == [1, 0]

    assert [fen for _charge, fen in lapsed(claims)] == [-SHARE]


def test_pages_and_answers_show_what_lapsed(claims: Claims, client: FlaskClient) -> None:
    charge = claims.used(9)
    assert lapse(claims, after(1)) == 1
    sign_in(client, claims.agent)

    voucher = client.get(f"/vouchers/{claims.voucher.id}").text
    index = client.get("/redemptions").text

    assert "过期未兑付 ¥60.00" in voucher
    assert f'<td data-label="事项">过期未兑付 <span class="small muted">费用 {charge.id}' in voucher
    assert "过期未兑付" in index
    assert client.get(f"/api/v1/vouchers/{claims.voucher.id}").json["lapsed_fen"] == SHARE  # type: ignore[index]


def test_a_refused_request_says_until_when_it_can_be_claimed_anew(claims: Claims, client: FlaskClient) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    mailed(claims.session, now=claims.later)
    claims.reject(made, claims.first)
    sign_in(client, claims.agent)

    page, answer = client.get(f"/redemptions/{made.id}").text, client.get(f"/api/v1/redemptions/{made.id}").json

    assert re.search(r"最晚 (2027年)?3月31日", page)
    assert answer is not None
    assert answer["claim_again_by"] == "2027-03-31"
    (letter,) = [one for one in mailed(claims.session, now=claims.later) if one.template == "redemptions/changed"]
    assert letter.values["again_by"] in {LAST, "2027-03-31"}


def test_it_asks_the_database_no_more_often_for_five_amounts_than_for_two(claims: Claims) -> None:
    voucher_id = claims.voucher.id

    def counted(charges: int, hour: int, days: int) -> int:
        for number in range(charges):
            claims.used(hour + number, 1)
        claims.session.expunge_all()
        with counting() as statements:
            assert lapsing.lapse_voucher(claims.session, voucher_id, now=after(days))
            claims.session.commit()
        return len(statements)

    two = counted(2, 9, 1)
    assert counted(5, 11, 2) == two
