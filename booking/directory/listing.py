"""The list of organisations that anybody may read: by words and province, with what each has published."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.catalogue import Instrument
from models.directory import Organisation, Place
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.directory import PlaceLevel

PROVINCE_DIGITS = 2

_PUBLISHED = (
    select(func.count())
    .where(Instrument.organisation_id == Organisation.id, Instrument.publishing_state == PublishingState.PUBLISHED)
    .correlate(Organisation)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Listed:
    """An organisation, and how many instruments it has published."""

    organisation: Organisation
    published: int


def organisations(session: Session, words: str, province: str | None, *, limit: int, offset: int) -> list[Listed]:
    """One page of those that match, those with the most published instruments first."""
    found = _matching(words, province).order_by(_PUBLISHED.desc(), Organisation.name_zh, Organisation.id)
    return [Listed(*row) for row in session.execute(found.limit(limit).offset(offset))]


def count_organisations(session: Session, words: str, province: str | None) -> int:
    """How many match."""
    return session.scalar(select(func.count(Organisation.id)).where(*_conditions(words, province))) or 0


def organisations_after(
    session: Session, words: str, province: str | None, *, limit: int, cursor: str | None
) -> Page[Listed]:
    """Those that match in order of their number, from where a cursor points; raises Unreadable for a broken one."""
    found = _matching(words, province)
    if cursor:
        found = found.where(Organisation.id > decode_cursor(cursor, row_id)[0])
    rows = [Listed(*row) for row in session.execute(found.order_by(Organisation.id).limit(limit + 1))]
    return page_of(rows, limit, lambda one: (one.organisation.id,))


def provinces(session: Session) -> Sequence[Place]:
    """The provinces in order of code."""
    return session.scalars(select(Place).where(Place.level == PlaceLevel.PROVINCE).order_by(Place.adcode)).all()


def place_names(session: Session, listed: Sequence[Listed]) -> dict[str, Place]:
    """The place of each organisation by its code; one statement."""
    codes = {one.organisation.adcode for one in listed if one.organisation.adcode}
    return {place.adcode: place for place in session.scalars(select(Place).where(Place.adcode.in_(codes)))}


def _matching(words: str, province: str | None) -> Select[Organisation, int]:
    """Organisations that match, each with its count."""
    return select(Organisation, _PUBLISHED).where(*_conditions(words, province))


def _conditions(words: str, province: str | None) -> list[ColumnElement[bool]]:
    """Every word stands in either name, letter case aside; a province is the first two digits of the place."""
    found = [_named(word.lower()) for word in words.split()]
    if province:
        found.append(Organisation.adcode.startswith(province[:PROVINCE_DIGITS]))
    return [and_(*found)] if found else []


def _named(word: str) -> ColumnElement[bool]:
    """The word stands in the Chinese or the English name."""
    names = (Organisation.name_zh, Organisation.name_en)
    return or_(*(func.lower(name).contains(word, autoescape=True) for name in names))
