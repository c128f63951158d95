"""Words of the invoices: what kind one is."""

from enum import StrEnum


class InvoiceKind(StrEnum):
    """An ordinary invoice, or a special one whose tax the payer deducts."""

    ORDINARY = "ordinary"
    SPECIAL = "special"
