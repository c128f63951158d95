"""Keeping the search in step with the catalogue: only published instruments are listed.

Whoever changes a record, its hours, its test items, or the names or place of its owner calls
`refresh` in the same transaction; the search reads nothing else.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.catalogue import listing_texts
from booking.catalogue.listing_sources import Reference, Source, reference_data, sources_of
from models.catalogue import Instrument
from models.listings import InstrumentListing, ListingRemoval, ListingRevision
from models.vocabulary.catalogue import OUT_OF_SERVICE, PublishingState, ShareMode

CHUNK = 1000
LONGEST_NAME_KEY = 40
NEVER_LISTED = frozenset(
    {
        "accepted_on",
        "acquisition",
        "belongs_to",
        "belongs_to_name",
        "contact_name",
        "country",
        "customs_declaration",
        "customs_released_on",
        "customs_supervised_until",
        "email",
        "fees_en",
        "fees_zh",
        "funding",
        "in_use_since",
        "is_sample",
        "kind",
        "not_shared_approved_by",
        "not_shared_reason",
        "original_value_fen",
        "phone",
        "postcode",
        "provenance",
        "street",
        "subject_code",
        "url",
        "user_rules_en",
        "user_rules_zh",
        "yearly_running_hours",
        "yearly_service_hours",
    }
)
"""The columns of a record that neither its listing nor its words are made of: their change lists nothing anew."""


def refresh(session: Session, instrument_ids: Iterable[int]) -> None:
    """List these instruments as they now are, and take those off that are not published (any more)."""
    ids = sorted(set(instrument_ids))
    if not ids:
        return
    session.flush()
    revision = _next_revision(session)
    reference = reference_data(session)
    for chunk in _chunks(ids):
        _forget(session, chunk)
        sources = sources_of(session, chunk)
        if sources:
            session.execute(insert(InstrumentListing), [row_of(source, reference, revision) for source in sources])
            listing_texts.write(session, sources, reference)
        _remember_removals(session, set(chunk) - {source.instrument.id for source in sources}, revision)


def refresh_of_organisation(session: Session, organisation_id: int) -> None:
    """List everything of one owner again, after its name, place or units changed."""
    owned = select(Instrument.id).where(
        Instrument.organisation_id == organisation_id, Instrument.publishing_state == PublishingState.PUBLISHED
    )
    refresh(session, session.scalars(owned).all())


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in parts that fit into one statement."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _next_revision(session: Session) -> int:
    """The counter, raised; its row stays locked, so revisions are committed in order."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    first = dialect.insert(ListingRevision).values(id=1, epoch=secrets.token_hex(16), revision=1)
    raised = first.on_conflict_do_update(index_elements=["id"], set_={"revision": ListingRevision.revision + 1})
    found: int = session.execute(raised.returning(ListingRevision.revision)).scalar_one()
    return found


def _forget(session: Session, ids: Sequence[int]) -> None:
    """Take these instruments out of listings, texts and removals."""
    session.execute(delete(InstrumentListing).where(InstrumentListing.instrument_id.in_(ids)))
    session.execute(delete(ListingRemoval).where(ListingRemoval.instrument_id.in_(ids)))
    listing_texts.forget(session, ids)


def _remember_removals(session: Session, ids: set[int], revision: int) -> None:
    """Note which instruments are not listed, so that a search that knows them drops them."""
    if ids:
        session.execute(
            insert(ListingRemoval), [{"instrument_id": found, "revision": revision} for found in sorted(ids)]
        )


def row_of(source: Source, reference: Reference, revision: int) -> dict[str, Any]:
    """The compact row of one published instrument."""
    instrument, owner = source.instrument, source.organisation
    classes = [found.code for found in reference.class_path(instrument.class_code)]
    places = {place.level.value: place.adcode for place in source.places(reference)}
    latitude, longitude = source.position
    name = instrument.name_zh or instrument.name_en
    return {
        "instrument_id": instrument.id,
        "revision": revision,
        "organisation_id": owner.id,
        **{f"class_{level}": classes[level - 1] if len(classes) >= level else None for level in (1, 2, 3)},
        **{level: places.get(level) for level in ("province", "city", "district")},
        "booking_mode": instrument.booking_mode,
        "is_in_service": instrument.running_state not in OUT_OF_SERVICE,
        "latitude": latitude,
        "longitude": longitude,
        "name_key": name_key(name),
        "name_length": len(name),
        "opening_hours": source.opening_hours,
        "closes_on_holidays": source.closes_on_holidays,
        "hides_free_time": instrument.hides_free_time or instrument.share_mode == ShareMode.NONE,
        "service_type": instrument.service_type,
        "added_at": instrument.created_at,
        "photo_id": source.photo_id,
    }


def name_key(name: str) -> str:
    """What names are sorted by, as hex: GB 18030 puts common Chinese characters in the order of their pinyin."""
    return name[:LONGEST_NAME_KEY].casefold().encode("gb18030", "replace").hex()[:160]
