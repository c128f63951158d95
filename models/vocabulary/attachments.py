"""Words of photos and documents."""

from enum import StrEnum


class OwnerKind(StrEnum):
    """What a file belongs to."""

    INSTRUMENT = "instrument"
    ENQUIRY = "enquiry"
    SAMPLE_ORDER = "sample_order"
    INVOICE = "invoice"
    CONTRACT = "contract"
    VOUCHER_APPLICATION = "voucher_application"
    REDEMPTION = "redemption"
    VOUCHER = "voucher"


class AttachmentKind(StrEnum):
    """Photos are re-encoded and shown; documents are only downloaded."""

    PHOTO = "photo"
    DOCUMENT = "document"


class Visibility(StrEnum):
    """Who may see a file of something that they may read."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    STAFF = "staff"
