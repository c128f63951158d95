"""Provinces and borders in the reader's words."""

from sqlalchemy.orm import Session

from booking.clearing.queries import province_titles
from booking.clearing.rules import Border
from booking.web.languages import in_language
from models.directory import Organisation


def province_names(session: Session) -> dict[str, str]:
    """The provinces by the first two digits of their codes."""
    return {code: in_language(*names) for code, names in province_titles(session).items()}


def border_name(border: Border, names: dict[str, str]) -> str:
    """What a border is called."""
    low, high = (names.get(one, one) for one in (border.low, border.high))
    return low if border.is_within else f"{low} ↔ {high}"


def name_of(organisation: Organisation) -> str:
    """An authority in the reader's language."""
    return in_language(organisation.name_zh, organisation.name_en)
