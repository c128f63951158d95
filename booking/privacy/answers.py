"""What the API of privacy answers."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from booking.accounts.sights import Sight
from booking.privacy.queries import HindranceKind
from models.vocabulary.accounts import Role


class DataAnswer(BaseModel):
    """Everything stored about the caller, by section; other people are not named."""

    exported_at: datetime
    sections: dict[str, list[dict[str, Any]]]


class ConsentAnswer(BaseModel):
    """The version of the text on data in force, and whether the caller agreed to it."""

    version: date
    has_agreed: bool


class SightingAnswer(BaseModel):
    """Somebody looked at the caller's data: when, at what, what for, as what and for which organisation."""

    seen_at: datetime
    what: Sight
    what_in_words: str
    purpose: str
    role: Role | None
    organisation_id: int | None
    organisation_zh: str
    organisation_en: str


class SightingsAnswer(BaseModel):
    """Some looks at the caller's data, the newest first."""

    items: list[SightingAnswer]
    next_cursor: str | None


class HindranceAnswer(BaseModel):
    """One thing to hand over or cancel first: a booking, a role nobody else holds there, or a public contact."""

    kind: HindranceKind
    id: int
    name_zh: str
    name_en: str
    role: Role | None
    starts_at: datetime | None


class HindrancesAnswer(BaseModel):
    """Everything that keeps the account from being erased; none when it can be."""

    items: list[HindranceAnswer]
