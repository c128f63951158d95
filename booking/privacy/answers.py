"""What the API of privacy answers."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel


class DataAnswer(BaseModel):
    """Everything stored about the caller, by section; other people are not named."""

    exported_at: datetime
    sections: dict[str, list[dict[str, Any]]]


class ConsentAnswer(BaseModel):
    """The version of the text on data in force, and whether the caller agreed to it."""

    version: date
    has_agreed: bool
