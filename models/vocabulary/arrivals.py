"""Words of new instruments: the report date, exemptions from it, and the steps until bookings."""

from enum import StrEnum


class ReportState(StrEnum):
    """How a record stands to the day by which it must be published (国科发基〔2017〕289号 art. 11)."""

    DUE = "due"
    SOON = "soon"
    OVERDUE = "overdue"
    EXEMPT = "exempt"
    REPORTED = "reported"


class NoticeKind(StrEnum):
    """Which reminder of the report date was sent."""

    SOON = "soon"
    OVERDUE = "overdue"


class ExemptionState(StrEnum):
    """How far the wish to be exempt has come."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


class ArrivalStep(StrEnum):
    """What stands between a new instrument and its first booking, in order."""

    ACCEPTED = "accepted"
    RECORD = "record"
    REVIEW = "review"
    TRAINING = "training"
    OPEN = "open"
