"""Letters before a batch closes, 30 and 7 days, to who may still claim in it; of what waits nobody is reminded."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.clock import at_local
from booking.jobs import job_named
from booking.notifications.letters import Letter
from booking.notifications.rendering import compose
from booking.redemptions import batch_reminding
from booking.redemptions.batch_reminding import due_to_remind, remind_of_batches
from booking.vouchers.reminding import due_to_remind as due_vouchers
from booking.vouchers.reminding import remind
from models.accounts import User
from models.redemptions import BatchReminder
from models.vocabulary.accounts import Language
from models.vouchers import Voucher
from tests.counting import counting
from tests.factories.letters import SETTINGS, mailed
from tests.redemptions.claims import Claims

SHARE = 6_000
CLOSES = date(2027, 1, 10)
BATCH = {
    "opens_on": "2026-11-01",
    "closes_on": CLOSES.isoformat(),
    "invoiced_from": "2026-11-01",
    "invoiced_until": "2026-12-31",
}
LATER = {**BATCH, "opens_on": "2027-01-11", "closes_on": "2027-02-28"}


def claims_of(session: Session, now: datetime, **terms: Any) -> Claims:
    return Claims(session, now, **{"counts_on": "invoice", "windows": [BATCH, LATER], **terms})


def at(days: int) -> datetime:
    """So many days before the batch closes."""
    return at_local(CLOSES - timedelta(days=days), 555)


def told(claims: Claims, now: datetime) -> list[Letter]:
    """The letters of a day."""
    session = claims.session
    session.rollback()
    mailed(session, now=claims.later)
    for programme_id in due_to_remind(session, now=now):
        remind_of_batches(session, programme_id, now=now)
    session.commit()
    return [one for one in mailed(session, now=now) if one.template == "redemptions/batch_closing"]


@pytest.mark.parametrize("way", ["enterprise", "provider"])
def test_thirty_and_seven_days_before_a_batch_closes_its_claimants_are_told_once_each(
    session: Session, now: datetime, way: str
) -> None:
    claims = claims_of(session, now, redeemed_by=way)
    charge = claims.used(9)
    claims.invoice()
    mailed(session, now=claims.later)

    days = (31, 30, 29, 8, 7, 6, 0, -1)
    found = {day: told(claims, at(day)) for day in days}

    assert [day for day, letters in found.items() if letters] == [30, 7]
    expected = {claims.agent.email} if way == "enterprise" else {_email(claims, claims.office.finance.id)}
    for letters in (found[30], found[7]):
        assert {one.recipient for one in letters} >= expected
        assert (claims.agent.email in {one.recipient for one in letters}) == (way == "enterprise")
        assert {(one.values["ready_fen"], one.values["lacking_fen"]) for one in letters} == {(SHARE, 0)}
    chinese = compose(found[7][0], SETTINGS.address)
    one = found[7][0]
    english = compose(Letter(one.recipient, Language.ENGLISH, one.template, one.values), SETTINGS.address)
    assert re.search(r"可以申请 ¥60.00，这一批最晚 (2027年)?1月10日", chinese.text)
    assert "另有" not in chinese.text
    assert "can be claimed, in this batch until" in english.text
    assert charge.id


def _email(claims: Claims, user_id: int) -> str:
    return claims.session.get_one(User, user_id).email


def test_what_waits_in_review_is_not_told_and_what_lacks_an_invoice_is_told_as_that(
    session: Session, now: datetime
) -> None:
    claims = claims_of(session, now)
    waiting = claims.used(9)
    claims.invoice()
    claims.ask(waiting)
    assert told(claims, at(30)) == []

    claims.used(13)

    (letter,) = told(claims, at(20))
    assert (letter.values["ready_fen"], letter.values["lacking_fen"]) == (0, SHARE)
    assert "可以申请" not in compose(letter, SETTINGS.address).text
    assert told(claims, at(7)) == []


def test_nobody_is_reminded_of_what_the_batch_does_not_take(session: Session, now: datetime) -> None:
    claims = claims_of(session, now, counts_on="service", windows=[{**BATCH, "invoiced_from": "2026-11-25"}])
    claims.used(9)
    claims.invoice()

    assert told(claims, at(7)) == []
    assert session.scalars(sa.select(BatchReminder)).all() == []


def test_nobody_is_told_to_have_invoiced_what_a_voucher_that_is_over_pays_no_more(
    session: Session, now: datetime
) -> None:
    claims = claims_of(session, now, windows=[{**BATCH, "invoiced_until": CLOSES.isoformat()}])
    claims.used(9)

    assert [one.values["lacking_fen"] for one in told(claims, at(25))] == [SHARE]
    assert claims.session.get_one(Voucher, claims.voucher.id).use_by < at(7).date()
    assert told(claims, at(7)) == []


def test_two_runs_at_once_tell_once_and_the_job_is_on_the_timetable(session: Session, now: datetime) -> None:
    claims = claims_of(session, now)
    claims.used(9)
    claims.invoice()
    session.rollback()
    job = job_named("remind_of_batches")
    assert job is not None

    assert [job.work(at(30)), job.work(at(29)), job.work(at(6))] == [1, 0, 1]

    session.rollback()
    rows = session.scalars(sa.select(BatchReminder).order_by(BatchReminder.days)).all()
    assert [(one.claimant_id, one.closes_on, one.days) for one in rows] == [
        (claims.firm.id, CLOSES, 7),
        (claims.firm.id, CLOSES, 30),
    ]


def test_before_the_last_day_to_redeem_nobody_is_reminded_of_what_waits(session: Session, now: datetime) -> None:
    claims = Claims(session, now)
    waiting, open_ = claims.used(9), claims.used(13)
    claims.invoice()
    claims.ask(waiting)
    mailed(session, now=claims.later)

    def letters(day: datetime) -> list[Letter]:
        session.rollback()
        for voucher_id in due_vouchers(session, now=day):
            remind(session, voucher_id, now=day)
        session.commit()
        return [one for one in mailed(session, now=day) if one.values.get("deadline") == "redeem_by"]

    (letter,) = letters(at_local(date(2027, 3, 10)))
    assert letter.values["open_fen"] == SHARE
    assert re.search(r"还有 ¥60.00 没有申请兑付，最晚 (2027年)?3月31日", compose(letter, SETTINGS.address).text)
    claims.ask(open_)
    assert letters(at_local(date(2027, 3, 30))) == []
    assert session.get_one(Voucher, claims.voucher.id).redeem_by == date(2027, 3, 31)


def test_it_asks_the_database_no_more_often_for_five_amounts_than_for_two(session: Session, now: datetime) -> None:
    claims = claims_of(session, now, counts_on="service")
    programme_id = claims.programme.id

    def counted(charges: int, hour: int, days: int) -> int:
        for number in range(charges):
            claims.used(hour + number, 1)
        session.expunge_all()
        with counting() as statements:
            assert batch_reminding.remind_of_batches(session, programme_id, now=at(days))
            session.commit()
        return len(statements)

    two = counted(2, 9, 30)
    assert counted(3, 11, 7) == two
