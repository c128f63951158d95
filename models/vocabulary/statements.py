"""Words of the statements: what one asks for, and what a receipt says."""

from enum import StrEnum


class StatementKind(StrEnum):
    """What a statement asks for: a transfer from a grant, nothing of what was taken already, or to be paid."""

    TRANSFER_SLIP = "transfer_slip"
    TAKEN = "taken"
    TO_PAY = "to_pay"


class Withholding(StrEnum):
    """Of whose sample orders an institution withholds the results until they are paid."""

    NEVER = "never"
    OUTSIDE = "outside"
    EVERYONE = "everyone"


class RunState(StrEnum):
    """How far issuing all drafts has come: `refused` when who asked may not any more, `failed` when it broke."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class ReceiptKind(StrEnum):
    """What was recorded: money that came, money that was paid back, or that one of both was wrong."""

    RECEIVED = "received"
    REFUNDED = "refunded"
    CORRECTED = "corrected"
