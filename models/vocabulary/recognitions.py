"""Words of the register of mutual recognition."""

from enum import StrEnum


class RecognitionKind(StrEnum):
    """What an authority accepts: a provider, papers verified on the other side, or a type of service from there."""

    PROVIDER = "provider"
    DOCUMENT = "document"
    SERVICE_TYPE = "service_type"
