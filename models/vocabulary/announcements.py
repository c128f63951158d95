"""Words of the announcements."""

from enum import StrEnum


class Audience(StrEnum):
    """Whom an announcement is for."""

    EVERYBODY = "everybody"
    SIGNED_IN = "signed_in"
    STAFF = "staff"
    ADMINS = "admins"


class Weight(StrEnum):
    """How much an announcement matters: to know, or to act on."""

    INFO = "info"
    ATTENTION = "attention"
