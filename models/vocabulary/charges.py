"""Words of charges: what one is for, where it stands, what happens to it, and why it needs somebody."""

from enum import StrEnum


class ChargeKind(StrEnum):
    """What is charged: a use, a cancellation that came too late, time that nobody came for, or tests of samples."""

    USE = "use"
    LATE_CANCELLATION = "late_cancellation"
    NO_SHOW = "no_show"
    SAMPLES = "samples"


class ChargeState(StrEnum):
    """Where a charge stands; a statement takes it on from `accepted`, the last two end it without any."""

    ESTIMATED = "estimated"
    FINAL = "final"
    ADJUSTED = "adjusted"
    DISPUTED = "disputed"
    ACCEPTED = "accepted"
    BILLED = "billed"
    PAID = "paid"
    WAIVED = "waived"
    CANCELLED = "cancelled"


ANSWERABLE = frozenset({ChargeState.FINAL, ChargeState.ADJUSTED})
"""The payer is asked, and silence accepts."""

UNSETTLED = ANSWERABLE | {ChargeState.ESTIMATED, ChargeState.DISPUTED}
"""What may still change without being taken up again."""

AGREED = frozenset({ChargeState.ACCEPTED})
"""The payer has agreed: what goes beyond what was held for it is spent too."""


ON_STATEMENT = frozenset({ChargeState.BILLED, ChargeState.PAID})
"""A statement has taken it up; what is changed afterwards is on another one."""


class ChargeStep(StrEnum):
    """What somebody does with a charge, or a deadline does."""

    MAKE = "make"
    FINISH = "finish"
    ACCEPT = "accept"
    DISPUTE = "dispute"
    WRITE = "write"
    UPHOLD = "uphold"
    ADJUST = "adjust"
    WAIVE = "waive"
    CANCEL = "cancel"
    TAKE_REST = "take_rest"
    ON_PAPER = "on_paper"
    BILL = "bill"
    SETTLE = "settle"
    REOPEN = "reopen"
    INVOICE = "invoice"


class ChargeProblem(StrEnum):
    """Why a charge cannot go its way by itself."""

    NOT_PRICED = "not_priced"
    PAYER_SHORT = "payer_short"
