"""Whether the results of a sample order are withheld until its charge is paid; on rows that are read already."""

from models.charges import Charge
from models.samples import SampleOrder
from models.vocabulary.charges import ChargeState
from models.vocabulary.payers import PayerKind
from models.vocabulary.samples import SampleOrderState

SETTLED = frozenset({ChargeState.PAID, ChargeState.WAIVED, ChargeState.CANCELLED})
UNDECIDED = frozenset({ChargeState.ESTIMATED, ChargeState.DISPUTED})
PAID_IN = frozenset({PayerKind.PREPAID, PayerKind.DEPOSIT})
"""Accounts whose money the institution has before it is spent."""

AFTER_RESULTS = frozenset({SampleOrderState.REPORTED, SampleOrderState.DONE, SampleOrderState.CANCELLED})
"""Where an order that has no charge costs nothing."""


def is_paid(charge: Charge) -> bool:
    """Whether nothing of a charge is owed any more: its money was received, or taken from money paid in before.

    Its payer account must be loaded.
    """
    if charge.state in SETTLED or charge.state in UNDECIDED:
        return charge.state in SETTLED
    if not charge.gross_fen:
        return True
    is_paid_in = charge.payer is not None and charge.payer.kind in PAID_IN
    return is_paid_in and charge.captured_fen == charge.gross_fen


def holds_back(order: SampleOrder, charge: Charge | None) -> bool:
    """Whether results are withheld: agreed so with the quote, not handed over yet, and its charge not paid."""
    if not order.is_withheld or order.released_at is not None:
        return False
    return order.state not in AFTER_RESULTS if charge is None else not is_paid(charge)


def withholds_results(charge: Charge) -> bool:
    """Whether results wait for this charge to be paid; its order must be loaded."""
    return charge.sample_order is not None and holds_back(charge.sample_order, charge)
