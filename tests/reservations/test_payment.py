"""Whether a time can be paid, decided on values alone, and what cures it when it cannot."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from booking.core.period import Period
from booking.payers.rules import Choice, Fault, Keeping, default_of, fault_of
from booking.reservations.payment import Payment
from booking.reservations.reasons import Action
from booking.reservations.remedies import FreeTime, remedied
from booking.reservations.rules import ALL_WEEK, Standing, Terms, Wanted, refusals
from models.vocabulary.payers import PayerKind

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
DAY = date(2026, 11, 24)
TERMS = Terms(hours=ALL_WEEK)
START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
FOUR_HOURS = Period(START, START + timedelta(hours=4))


def hourly(period: Period) -> int:
    return int(period.length / timedelta(hours=1) * 100)


def account(number: int = 1, left: int = 1_000, **values: Any) -> Choice:
    return replace(Choice(number, f"账户{number}", str(number), PayerKind.GRANT, left), **values)


GRANT = Keeping(PayerKind.GRANT, 7, "500109", other_provinces="510000 520000")


@pytest.mark.parametrize(
    ("keeping", "owner", "expected"),
    [
        pytest.param(GRANT, (7, "500109"), None, id="its own institution"),
        pytest.param(GRANT, (8, "500113"), None, id="its own province"),
        pytest.param(GRANT, (8, "510700"), None, id="a province that its rule allows"),
        pytest.param(GRANT, (8, "110108"), Fault.OTHER_PROVINCE, id="another province"),
        pytest.param(GRANT, (8, None), Fault.OTHER_PROVINCE, id="abroad"),
        pytest.param(replace(GRANT, kind=PayerKind.PREPAID), (8, "500109"), Fault.OTHER_PLACE, id="money elsewhere"),
        pytest.param(replace(GRANT, expires_on=DAY), (7, "500109"), None, id="its last day"),
        pytest.param(replace(GRANT, expires_on=DAY - timedelta(days=1)), (7, "500109"), Fault.EXPIRED, id="expired"),
    ],
)
def test_where_and_until_when_an_account_pays(
    keeping: Keeping, owner: tuple[int, str | None], expected: Fault | None
) -> None:
    assert fault_of(keeping, *owner, DAY) == expected


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        pytest.param([account(1)], 1, id="the only one"),
        pytest.param([account(1), account(2)], None, id="several that were never used"),
        pytest.param([account(1, last_hold_id=3), account(2, last_hold_id=5), account(3)], 2, id="the last used"),
        pytest.param([account(1), account(2, fault=Fault.EXPIRED, last_hold_id=5)], 1, id="the only one that fits"),
        pytest.param(
            [account(1), account(2, fault=Fault.OVERDUE, last_hold_id=5)], None, id="not another for one overdue"
        ),
    ],
)
def test_which_account_pays_when_none_is_named(choices: list[Choice], expected: int | None) -> None:
    found = default_of(choices)

    assert (found.id if found else None) == expected


PAID = Payment(hourly, chosen=account(left=400))


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        pytest.param(PAID, [], id="just enough"),
        pytest.param(replace(PAID, chosen=None, owes=True), ["payer_owes"], id="they owe something"),
        pytest.param(
            replace(PAID, chosen=None, owes=True, owes_by_others=True), ["payer_owed_by_others"], id="others owe it"
        ),
        pytest.param(replace(PAID, chosen=account(left=399)), ["payer_short"], id="a fen short"),
        pytest.param(replace(PAID, chosen=account(allowance_fen=399)), ["payer_limited"], id="beyond one's limit"),
        pytest.param(replace(PAID, chosen=account(fault=Fault.EXPIRED, expires_on=DAY)), ["payer_expired"], id="over"),
        pytest.param(
            replace(PAID, chosen=account(left=0, fault=Fault.GONE), kept_fen=400), [], id="gone, but held already"
        ),
        pytest.param(replace(PAID, chosen=account(fault=Fault.GONE), kept_fen=399), ["payer_unknown"], id="gone"),
        pytest.param(
            replace(PAID, chosen=account(fault=Fault.EXPIRED), kept_fen=400),
            ["payer_expired"],
            id="over, but held already",
        ),
        pytest.param(replace(PAID, chosen=None), [], id="none needed"),
        pytest.param(replace(PAID, chosen=None, is_needed=True), ["payer_needed"], id="none there"),
        pytest.param(
            replace(PAID, chosen=None, is_needed=True, choices=(account(),)), ["payer_unchosen"], id="none chosen"
        ),
        pytest.param(replace(PAID, chosen=None, is_unknown=True), ["payer_unknown"], id="somebody else's"),
        pytest.param(replace(PAID, cost=lambda _: 0, chosen=account(fault=Fault.EXPIRED)), [], id="costs nothing"),
    ],
)
def test_why_a_time_cannot_be_paid(payment: Payment, expected: list[str]) -> None:
    found = refusals(Wanted(FOUR_HOURS), TERMS, Standing(payment=payment), now=NOW)

    assert [refusal.code for refusal in found] == expected


def test_what_cures_is_another_account_a_shorter_time_or_paying_later() -> None:
    short, rich = account(1, left=250), account(2)
    standing = Standing(payment=replace(PAID, choices=(short, rich, account(3, left=399)), chosen=short))
    free = FreeTime(Period(NOW, NOW + timedelta(days=3)), [Period(NOW, NOW + timedelta(days=3))], lambda _period: True)
    found = refusals(Wanted(FOUR_HOURS), TERMS, standing, now=NOW)

    [refusal] = remedied(found, Wanted(FOUR_HOURS), TERMS, standing, free, now=NOW)

    shorter = START + timedelta(hours=2, minutes=30)
    offered = [(one.action, one.payer.id if one.payer else None, one.ends_at) for one in refusal.remedies]
    assert offered == [
        (Action.USE_PAYER, 2, None),
        (Action.PAY_LATER, None, None),
        (Action.SHORTEN, None, shorter),
    ]
    assert refusal.values == {"payer": "账户1", "left_fen": 250, "needed_fen": 400}
