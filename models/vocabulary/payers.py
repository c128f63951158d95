"""Words of the payer accounts: what kind one is, and why its amount changed."""

from enum import StrEnum


class PayerKind(StrEnum):
    """Where the money lies: in the campus finance system, paid in before, or billed afterwards."""

    GRANT = "grant"
    PREPAID = "prepaid"
    DEPOSIT = "deposit"
    ON_ACCOUNT = "on_account"


class MovementKind(StrEnum):
    """Why the amount of a payer account changed."""

    RAISED = "raised"
    LOWERED = "lowered"
    TOPPED_UP = "topped_up"
    REFUNDED = "refunded"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
