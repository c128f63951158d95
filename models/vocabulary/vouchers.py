"""Words of vouchers: where one stands, what happens to it, and why what it has paid for changed."""

from enum import StrEnum


class VoucherState(StrEnum):
    """Where a voucher stands: it is used while it is issued; the last three end it."""

    ISSUED = "issued"
    FROZEN = "frozen"
    RETURNED = "returned"
    EXPIRED = "expired"
    REVOKED = "revoked"


ENDED = frozenset({VoucherState.RETURNED, VoucherState.EXPIRED, VoucherState.REVOKED})
"""What is left of it has gone back to where it came from, and what comes back later follows it."""


class VoucherStep(StrEnum):
    """What an authority, the enterprise or a deadline does with a voucher."""

    ISSUE = "issue"
    REGISTER = "register"
    FREEZE = "freeze"
    THAW = "thaw"
    RETURN = "return"
    EXPIRE = "expire"
    REVOKE = "revoke"


class CaptureKind(StrEnum):
    """Why what a charge has taken from a voucher changed.

    By what it costs; as a redemption did not approve it; or as nobody asked to be paid for it in time.
    """

    USE = "use"
    REJECTED = "rejected"
    LAPSED = "lapsed"


LOST = (CaptureKind.REJECTED, CaptureKind.LAPSED)
"""What went back to the programme, and never to the credit or the cap."""


class VoucherDeadline(StrEnum):
    """The two days behind which a voucher is worth nothing: for using it, and for redeeming what was used."""

    USE_BY = "use_by"
    REDEEM_BY = "redeem_by"
