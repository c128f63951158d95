"""Words of sample orders: where they stand, what happens to them, and to each sample."""

from enum import StrEnum


class SampleOrderState(StrEnum):
    """Where an order stands; the last four are its ends."""

    REQUESTED = "requested"
    QUOTED = "quoted"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    SENT = "sent"
    QUESTIONED = "questioned"
    QUEUED = "queued"
    TESTING = "testing"
    REPORTED = "reported"
    DISPUTED = "disputed"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


OVER = frozenset({SampleOrderState.DONE, SampleOrderState.REFUSED, SampleOrderState.CANCELLED})
"""Where nothing more is asked of either side."""
ORDERED = frozenset(SampleOrderState) - {
    SampleOrderState.REQUESTED,
    SampleOrderState.QUOTED,
    SampleOrderState.EXPIRED,
    SampleOrderState.REFUSED,
}
"""Where a quote may have been accepted."""
UNDER_WAY = frozenset(
    {
        SampleOrderState.REQUESTED,
        SampleOrderState.QUOTED,
        SampleOrderState.ACCEPTED,
        SampleOrderState.SENT,
        SampleOrderState.QUESTIONED,
        SampleOrderState.QUEUED,
        SampleOrderState.TESTING,
        SampleOrderState.DISPUTED,
    }
)
"""Where the staff of the instrument still have work before them; neither results nor a quote run out leave any."""


class SampleStep(StrEnum):
    """What somebody does with an order, or a deadline does."""

    REQUEST = "request"
    QUOTE = "quote"
    REFUSE = "refuse"
    EXPIRE = "expire"
    ACCEPT = "accept"
    SEND = "send"
    RECEIVE = "receive"
    SETTLE = "settle"
    RUN = "run"
    COUNT = "count"
    REPORT = "report"
    APPROVE = "approve"
    RELEASE = "release"
    DISPUTE = "dispute"
    UPHOLD = "uphold"
    CANCEL = "cancel"
    RECORD = "record"
    GIVE_BACK = "give_back"


class SampleState(StrEnum):
    """What became of one sample."""

    EXPECTED = "expected"
    MISSING = "missing"
    RECEIVED = "received"
    TESTED = "tested"
    FAILED = "failed"
    DAMAGED = "damaged"
    LOST = "lost"


class Hazard(StrEnum):
    """What is dangerous about samples."""

    FLAMMABLE = "flammable"
    TOXIC = "toxic"
    CORROSIVE = "corrosive"
    BIOLOGICAL = "biological"
    RADIOACTIVE = "radioactive"
    PRESSURISED = "pressurised"
    OTHER = "other"


class Leftover(StrEnum):
    """What is to be done with what is left of the samples."""

    RETURN = "return"
    DISPOSE = "dispose"


class ReportKind(StrEnum):
    """What the requester wants to have in the end."""

    DATA = "data"
    REPORT = "report"
    CMA = "cma"
    CNAS = "cnas"
    CMA_CNAS = "cma_cnas"


class Settling(StrEnum):
    """What the requester answers when samples did not arrive as announced."""

    GO_ON = "go_on"
    RETURN = "return"
    DISPOSE = "dispose"
