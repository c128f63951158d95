"""Words of the outbox."""

from enum import StrEnum


class MailState(StrEnum):
    """Where a mail stands; `set_aside` ones are not tried again by themselves."""

    QUEUED = "queued"
    SENT = "sent"
    SET_ASIDE = "set_aside"
