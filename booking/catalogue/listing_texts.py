"""The words of a listing in the full-text table of the engine, and which instruments have them.

Three columns, each with all the words of the one before: the title (names, model, inner number),
the headline (besides, class and maker) and the whole record.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from booking.catalogue.listing_sources import Reference, Source
from booking.catalogue.tokens import index_terms

SCOPES = ("title", "headline", "whole")

_SQLITE_INSERT = text(
    "INSERT INTO instrument_texts (rowid, title, headline, whole) VALUES (:id, :title, :headline, :whole)"
)
_POSTGRESQL_INSERT = text(
    "INSERT INTO instrument_texts (instrument_id, title, headline, whole) "
    "SELECT id, array_to_tsvector(string_to_array(title, ' ')), array_to_tsvector(string_to_array(headline, ' ')), "
    "array_to_tsvector(string_to_array(whole, ' ')) "
    "FROM unnest(CAST(:id AS integer[]), CAST(:title AS text[]), CAST(:headline AS text[]), CAST(:whole AS text[])) "
    "AS given (id, title, headline, whole)"
)


def write(session: Session, sources: Sequence[Source], reference: Reference) -> None:
    """Add the words of these instruments, which must have none in the table."""
    rows = [{"id": source.instrument.id, **terms_of(source, reference)} for source in sources]
    if session.get_bind().dialect.name == "sqlite":
        session.execute(_SQLITE_INSERT, rows)
        return
    session.execute(_POSTGRESQL_INSERT, {name: [row[name] for row in rows] for name in ("id", *SCOPES)})


def forget(session: Session, instrument_ids: Sequence[int]) -> None:
    """Remove the words of these instruments."""
    key = "rowid" if session.get_bind().dialect.name == "sqlite" else "instrument_id"
    statement = text(f"DELETE FROM instrument_texts WHERE {key} IN :ids")  # noqa: S608 - a column's name of ours
    session.execute(statement.bindparams(bindparam("ids", expanding=True)), {"ids": list(instrument_ids)})


def terms_of(source: Source, reference: Reference) -> dict[str, str]:
    """The words of each column, separated by spaces."""
    title = _terms(_title(source))
    headline = title.union(*map(_shared_terms, _kind(source, reference)))
    whole = headline.union(_terms(_abilities(source)), *map(_shared_terms, _owner(source)))
    return {name: " ".join(sorted(terms)) for name, terms in zip(SCOPES, (title, headline, whole), strict=True)}


def _terms(texts: Iterable[str | None]) -> set[str]:
    """The words of several texts."""
    return index_terms("\n".join(found for found in texts if found))


@lru_cache(maxsize=4096)
def _shared_terms(text: str) -> frozenset[str]:
    """The words of a text that many instruments have: names of classes, makers and owners."""
    return frozenset(index_terms(text))


def _title(source: Source) -> list[str | None]:
    """What the instrument itself is called."""
    instrument = source.instrument
    return [instrument.name_zh, instrument.name_en, instrument.model, instrument.inner_id]


def _kind(source: Source, reference: Reference) -> list[str]:
    """What kind of instrument it is, and whose make."""
    classes = reference.class_path(source.instrument.class_code)
    return [source.instrument.manufacturer, *(name for row in classes for name in (row.name_zh, row.name_en))]


def _abilities(source: Source) -> list[str]:
    """What it can do."""
    instrument = source.instrument
    found = [instrument.indicators_zh, instrument.indicators_en, instrument.functions_zh, instrument.functions_en]
    found += [instrument.services_zh, instrument.services_en]
    for item in source.test_items:
        found += [item.name_zh, item.name_en, item.standard]
    return found


def _owner(source: Source) -> list[str]:
    """To whom it belongs."""
    owner, unit = source.organisation, source.unit
    return [owner.name_zh, owner.name_en, *((unit.name_zh, unit.name_en) if unit else ())]
