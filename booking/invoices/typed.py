"""Forms of the pages of invoices: amounts beside each statement, or beside each receipt of money paid in."""

from typing import Any

from booking.core.forms import Written
from booking.web.reading import posted

COVERS, PAID = "covers-", "paid-"
"""What the fields begin with that say how much of each statement, or of each receipt of money paid in, is covered."""


def written(name: str = "statement_id", begins: str = COVERS) -> dict[str, Any]:
    """What was posted, amounts and the rate as a person wrote them, and each statement with what is covered."""
    values = posted()
    if "rate" in values:
        values["rate"] = Written(values["rate"])
    return values | {"items": amounts(name, begins)}


def amounts(name: str, begins: str) -> list[dict[str, Any]]:
    """How much of what is covered, by the fields that begin so."""
    return [
        {name: field.removeprefix(begins), "amount_fen": Written(text)}
        for field, text in posted().items()
        if field.startswith(begins)
    ]
