"""Where the invoice counts, what can be claimed and what vouchers pay of a charge say the same."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.charges.refusals import ClaimWaits
from booking.core.errors import NotFound
from booking.programmes.rules import Case, Left, covered
from booking.redemptions.rules import Covered, unclaimable
from models.vocabulary.programmes import CountsOn
from models.vocabulary.redemptions import Unclaimable
from tests.charges.by_invoice import INSIDE, OUTSIDE, SHARE, Invoiced
from tests.programmes.test_rules import SICHUAN, use

IN_JANUARY = date(2026, 1, 8)


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)])
def test_what_is_covered_by_the_day_of_an_invoice_can_be_claimed_by_it(day: date) -> None:
    case: Case = use(200_000, used_on=date(2025, 12, 30), invoiced_on=day)
    terms: dict[str, Any] = {
        "counts_from": SICHUAN.counts_from,
        "use_by": SICHUAN.use_by,
        "redeem_by": date(2026, 6, 30),
    }
    stood: dict[str, Any] = {
        "is_accepted": True,
        "is_frozen": False,
        "used_on": case.used_on,
        "counts_on": CountsOn.INVOICE,
    }

    plenty = Left(credit_fen=10**9, year_cap_fen=10**9)
    is_covered = covered(replace(SICHUAN, counts_on=CountsOn.INVOICE), case, plenty).covered_fen > 0
    against = list(unclaimable(Covered(**stood, invoiced_on=day, **terms), [], IN_JANUARY))

    assert (against == []) == is_covered
    assert set(against) <= {Unclaimable.INVOICE_OUTSIDE}


def test_what_was_invoiced_on_31_december_is_asked_for_on_8_january(
    session: Session,
) -> None:
    made = Invoiced(session)
    made.invoiced(INSIDE)

    redemption = made.ask(made.charge)

    assert (redemption.claimed_fen, made.claimable()) == (SHARE, [])


def test_what_was_invoiced_in_january_cannot_be_asked_for(session: Session) -> None:
    made = Invoiced(session)
    made.invoiced(OUTSIDE, gives_up_vouchers=True)

    with pytest.raises(NotFound):
        made.ask(made.charge)

    assert made.books()["captured"] == 0


def test_an_invoice_that_would_take_away_what_a_claim_waits_for_is_refused(session: Session) -> None:
    made = Invoiced(session)
    first = made.invoiced(INSIDE)
    redemption = made.ask(made.charge)
    made.reversed(first)

    with pytest.raises(ClaimWaits):
        made.invoiced(OUTSIDE, "2", gives_up_vouchers=True)
    made.reject(redemption, made.first)
    made.invoiced(OUTSIDE, "2", gives_up_vouchers=True)

    assert (made.books()["captured"], made.claimable()) == (0, [])
