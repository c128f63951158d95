"""Which instruments have all the words of a text, from the engine's full-text index; exact, in one statement."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.catalogue.listing_texts import SCOPES
from booking.search.bits import bits_of
from booking.search.shelf import Shelf, TextMatch

_SQLITE = text(
    "SELECT (SELECT group_concat(rowid) FROM instrument_texts WHERE instrument_texts MATCH :title), "
    "(SELECT group_concat(rowid) FROM instrument_texts WHERE instrument_texts MATCH :headline), "
    "(SELECT group_concat(rowid) FROM instrument_texts WHERE instrument_texts MATCH :whole)"
)
_POSTGRESQL = text(
    "SELECT string_agg(id, ',') FILTER (WHERE title @@ wanted), string_agg(id, ',') FILTER (WHERE headline @@ wanted), "
    "string_agg(id, ',') FROM (SELECT CAST(instrument_id AS text) AS id, title, headline, wanted "
    "FROM instrument_texts, CAST(:query AS tsquery) AS wanted WHERE whole @@ wanted) AS found"
)


def text_match(session: Session, shelf: Shelf, terms: tuple[str, ...]) -> TextMatch:
    """The listed instruments in which all these terms of the tokeniser occur; none for no terms."""
    if not terms:
        return TextMatch(0, 0, 0)
    if known := shelf.texts.get(terms):
        return known
    if session.get_bind().dialect.name == "sqlite":
        found = session.execute(_SQLITE, {scope: _sqlite_query(scope, terms) for scope in SCOPES}).one()
    else:
        found = session.execute(_POSTGRESQL, {"query": _postgresql_query(terms)}).one()
    return shelf.remember(terms, TextMatch(*(_bits(listed, shelf) for listed in found)))


def _bits(listed: str | None, shelf: Shelf) -> int:
    """Numbers separated by commas as a set; what is not on the shelf is left out."""
    numbers = [int(number) for number in listed.split(",")] if listed else []
    return bits_of(numbers, max(numbers, default=0)) & shelf.everything


def _sqlite_query(scope: str, terms: tuple[str, ...]) -> str:
    """An FTS5 query; without a column filter where the column has everything."""
    words = " AND ".join(f'"{term[:-1]}"*' if term.endswith("*") else f'"{term}"' for term in terms)
    return words if scope == SCOPES[-1] else f"{{{scope}}} : ({words})"


def _postgresql_query(terms: tuple[str, ...]) -> str:
    """A tsquery of finished lexemes."""
    return " & ".join(f"'{term[:-1]}':*" if term.endswith("*") else f"'{term}'" for term in terms)
