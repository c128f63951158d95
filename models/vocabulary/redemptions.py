"""Words of redemptions: how far a claim on captured vouchers is, and what was done with it."""

from enum import StrEnum


class RedemptionState(StrEnum):
    """How far a redemption is: with the first reviewer, with the second, in public, paid, or over without money.

    Where the voucher lives elsewhere: its papers are gathered, it was submitted there, paid there, or over.
    """

    REQUESTED = "requested"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    NOTICE = "notice"
    PAID = "paid"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


WAITING = (
    RedemptionState.REQUESTED,
    RedemptionState.SUBMITTED,
    RedemptionState.REVIEWED,
    RedemptionState.NOTICE,
)
"""States in which officers have something to do, here or elsewhere."""


class RedemptionStep(StrEnum):
    """What was done with a redemption."""

    REQUEST = "request"
    SUBMIT = "submit"
    CITY_REVIEW = "city_review"
    PROVINCE_REVIEW = "province_review"
    PAY = "pay"
    CLAW_BACK = "claw_back"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class PaymentKind(StrEnum):
    """Whether the authority paid, or took back what it had paid."""

    PAID = "paid"
    CLAWED_BACK = "clawed_back"


class Unclaimable(StrEnum):
    """Why what was captured cannot be claimed today."""

    NOT_ACCEPTED = "not_accepted"
    NOT_INVOICED = "not_invoiced"
    NO_WINDOW = "no_window"
    INVOICE_OUTSIDE = "invoice_outside"
    SERVICE_OUTSIDE = "service_outside"
    AFTER_REDEEM_BY = "after_redeem_by"
    FROZEN = "frozen"


class FlagKind(StrEnum):
    """What speaks against an item: declared with the use, or said by the authority of firm and provider."""

    STATUTORY = "statutory"
    RELATED = "related"
    FUNDED = "funded"
    FLAGGED = "flagged"
