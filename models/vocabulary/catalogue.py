"""Words of the instrument record; national codes are those of NRII."""

from enum import StrEnum


class CodedEnum(StrEnum):
    """Words that carry the national code beside the stored value."""

    code: int

    def __new__(cls, value: str, code: int = 0) -> "CodedEnum":
        """Make a member from its stored word and its national code."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.code = code
        return member


class BelongsTo(CodedEnum):
    """What kind of facility an instrument belongs to."""

    NONE = "none", 4
    INSTRUMENT_CENTRE = "instrument_centre", 1
    MAJOR_FACILITY = "major_facility", 2
    KEY_LABORATORY = "key_laboratory", 6
    ENGINEERING_CENTRE = "engineering_centre", 7
    GERMPLASM_BANK = "germplasm_bank", 8


class Acquisition(CodedEnum):
    """Where an instrument came from."""

    BOUGHT = "bought", 1
    BUILT = "built", 2
    GIVEN = "given", 3
    OTHER = "other", 4


class InstrumentKind(CodedEnum):
    """Special for one field of work, or general."""

    SPECIAL = "special", 1
    GENERAL = "general", 2


class Funding(CodedEnum):
    """Who paid for the instrument."""

    CENTRAL = "central", 1
    LOCAL = "local", 2
    OWN = "own", 3
    OTHER = "other", 4


class RunningState(StrEnum):
    """Whether it runs; `to_repair` and `to_scrap` are out of service."""

    NORMAL = "normal"
    OCCASIONAL_FAULT = "occasional_fault"
    FREQUENT_FAULT = "frequent_fault"
    TO_REPAIR = "to_repair"
    TO_SCRAP = "to_scrap"


OUT_OF_SERVICE = frozenset({RunningState.TO_REPAIR, RunningState.TO_SCRAP})


class ShareMode(StrEnum):
    """Whom the owner shares the instrument with."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    NONE = "none"


class BookingMode(StrEnum):
    """How time on the instrument is agreed; only `here` may ever look free."""

    HERE = "here"
    ON_REQUEST = "on_request"
    ELSEWHERE = "elsewhere"
    NONE = "none"


class PublishingState(StrEnum):
    """How far a record has come on its way to the public."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    WITHHELD = "withheld"


class ReportMark(StrEnum):
    """Which accreditation mark a test report may bear."""

    NONE = "none"
    CMA = "cma"
    CNAS = "cnas"
    CMA_CNAS = "cma_cnas"


class ContactVisibility(StrEnum):
    """Who sees contact person, phone and mail."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
