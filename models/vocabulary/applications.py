"""Words of the applications for vouchers."""

from enum import StrEnum

from models.vocabulary.programmes import ProgrammeDocument


class ApplicationState(StrEnum):
    """Where an application stands; one that was sent back for completion waits for the firm."""

    DRAFT = "draft"
    DISTRICT_REVIEW = "district_review"
    PROVINCE_REVIEW = "province_review"
    RETURNED = "returned"
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ApplicationStep(StrEnum):
    """What somebody does with an application."""

    DRAFT = "draft"
    EDIT = "edit"
    SUBMIT = "submit"
    PASS = "pass"  # noqa: S105 - a step, not a secret
    RETURN = "return"
    REFUSE = "refuse"
    ISSUE = "issue"
    WITHDRAW = "withdraw"


class Ineligible(StrEnum):
    """Why a firm may not apply for a voucher of a programme, or not for so much."""

    NOT_AN_ENTERPRISE = "not_an_enterprise"
    USCC_MISSING = "uscc_missing"
    OTHER_PROVINCE = "other_province"
    LIVES_ELSEWHERE = "lives_elsewhere"
    NOT_IN_FORCE = "not_in_force"
    DAYS_OVER = "days_over"
    OPEN_APPLICATION = "open_application"
    CAP_TAKEN_UP = "cap_taken_up"
    OVER_CAP = "over_cap"
    BUDGET_SPENT = "budget_spent"
    OVER_BUDGET = "over_budget"


OPEN_STATES = frozenset(
    {
        ApplicationState.DRAFT,
        ApplicationState.DISTRICT_REVIEW,
        ApplicationState.PROVINCE_REVIEW,
        ApplicationState.RETURNED,
    }
)
"""A firm has at most one such application for each programme."""

APPLICATION_DOCUMENTS = (
    ProgrammeDocument.APPLICATION,
    ProgrammeDocument.BUSINESS_LICENCE,
    ProgrammeDocument.ENTERPRISE_KIND,
)
"""The papers of a programme that an application needs; the others belong to a redemption."""

KEPT_DOCUMENTS = frozenset({ProgrammeDocument.BUSINESS_LICENCE, ProgrammeDocument.ENTERPRISE_KIND})
"""Those that prove something about the firm, and are used again once an authority has verified them."""
