"""Charges that change while redemptions ask for what vouchers pay of them, or after they were refused for good."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.refusals import ClaimWaits
from booking.redemptions.moving import reject_items
from booking.reservations.cancelling import cancel_reservation
from models.vocabulary.charges import ChargeState
from models.vocabulary.redemptions import RedemptionState
from tests.charges.test_vouchers import FEE, SHARE, Charging
from tests.counting import counting
from tests.vouchers.claiming import claimed


@pytest.mark.parametrize("redeemed_by", ["provider", "enterprise"])
@pytest.mark.parametrize("step", ["lower", "waive", "cancel"])
def test_while_a_claim_waits_nothing_makes_its_charge_less(
    session: Session, now: datetime, redeemed_by: str, step: str
) -> None:
    charging = Charging(session, now, redeemed_by=redeemed_by)
    charge = charging.charged()
    redemption, _item = claimed(session, charge, charging.voucher, SHARE, now=now)
    steps: dict[str, Any] = {
        "lower": lambda: charging.adjust(charge, -50_000),
        "waive": lambda: charging.do(service.waive_charge, charge, "停电"),
        "cancel": lambda: charging.do(service.cancel_charge, charge, "误记"),
    }

    with pytest.raises(ClaimWaits):
        steps[step]()
    session.rollback()
    kept = charging.firm.balances(charging.voucher)
    redemption.state = RedemptionState.WITHDRAWN
    session.commit()
    steps[step]()

    assert kept == (500_000 - SHARE, 0, SHARE)
    left = 45_000 if step == "lower" else 0
    assert charging.firm.balances(charging.voucher) == (500_000 - left, 0, left)
    charging.house.books()


def test_while_a_claim_waits_its_charge_may_become_more(session: Session, now: datetime) -> None:
    charging = Charging(session, now)
    charge = charging.charged()
    claimed(session, charge, charging.voucher, SHARE, now=now, state=RedemptionState.REVIEWED)

    more = charging.adjust(charge, 100_000)

    assert (more.state, more.voucher_fen) == (ChargeState.ADJUSTED, 90_000)


@pytest.mark.parametrize("is_rejected", [False, True])
def test_what_a_later_voucher_has_claimed_or_lost_is_not_covered_again_by_an_earlier_one(
    session: Session, now: datetime, is_rejected: bool
) -> None:
    charging = Charging(session, now, faces=(70_000, 500_000))
    other = charging.held()
    charge = charging.charged()
    before = [charging.firm.balances(one) for one in charging.vouchers]
    redemption, item = claimed(session, charge, charging.vouchers[1], 50_000, now=now)
    if is_rejected:
        reject_items(session, redemption, [item], now=now)
        redemption.state = RedemptionState.REJECTED
        session.commit()
    charging.house.do(cancel_reservation, other.id, by=charging.house.student, at_=now)

    more = charging.adjust(charge, 10_000)

    assert before == [(0, 60_000, 10_000), (450_000, 0, 50_000)]
    taken = [charging.firm.balances(one)[2] for one in charging.vouchers]
    assert taken == [13_000, 0 if is_rejected else 50_000]
    assert (more.voucher_fen, more.gross_fen) == (63_000, FEE + 10_000 - 63_000)
    charging.house.books()


def test_of_an_absence_the_account_is_moved_before_the_vouchers_as_everywhere(session: Session, now: datetime) -> None:
    charging = Charging(session, now)
    made = charging.held()

    with counting() as found:
        charging.house.confirm(made, outcome="no_show")

    into = [one.partition("(")[0].strip() for one in found.texts if one.startswith("INSERT INTO")]
    assert into.index("INSERT INTO payer_holds") < into.index("INSERT INTO voucher_holds")
    assert charging.firm.balances(charging.voucher) == (500_000, 0, 0)
