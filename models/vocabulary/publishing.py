"""Words of the way to the public: rounds of secrecy review and what reviewers decide."""

from enum import StrEnum


class RoundState(StrEnum):
    """How far a round of secrecy review (密级审查) has come; only an open one waits for reviewers."""

    OPEN = "open"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    WITHHELD = "withheld"
    WITHDRAWN = "withdrawn"


class ReviewDecision(StrEnum):
    """What one reviewer says of the version before them."""

    APPROVED = "approved"
    SENT_BACK = "sent_back"
    WITHHELD = "withheld"
