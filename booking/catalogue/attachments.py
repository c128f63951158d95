"""Photos and documents of an instrument: who may see them, and changing them under the record's lock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may, require
from booking.attachments import queries, service
from booking.attachments.preparing import Prepared
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits, seen_by
from booking.catalogue.changes import lock, refresh_listing
from booking.catalogue.gate import content_changed, is_cleared
from booking.catalogue.queries import instrument_for, target_of
from booking.core.actors import Actor
from booking.core.errors import NotFound
from models.attachments import Attachment
from models.catalogue import Instrument
from models.vocabulary.attachments import OwnerKind, Visibility


def attachments_for(session: Session, instrument: Instrument, reader: Actor | None) -> list[Attachment]:
    """The files of a record that the reader has, as far as they may see them; one statement.

    Only staff see what reviewers have not let through.
    """
    seen = _seen(instrument, reader)
    found = queries.attachments_of(session, OwnerKind.INSTRUMENT, instrument.id, seen)
    return [one for one in found if _is_cleared(instrument, one, seen)]


def attachment_for(session: Session, instrument_id: int, attachment_id: int, reader: Actor | None) -> Attachment:
    """One file; raises NotFound when the record or the file may not be seen."""
    instrument = instrument_for(session, instrument_id, reader)
    seen = _seen(instrument, reader)
    found = queries.attachment_for(session, OwnerKind.INSTRUMENT, instrument_id, attachment_id, seen)
    if not _is_cleared(instrument, found, seen):
        raise NotFound
    return found


def _is_cleared(instrument: Instrument, attachment: Attachment, seen: frozenset[Visibility]) -> bool:
    """Whether a reader who sees files of this visibility sees this one already."""
    return Visibility.STAFF in seen or is_cleared(instrument, attachment.changed_at)


def _seen(instrument: Instrument, reader: Actor | None) -> frozenset[Visibility]:
    """What somebody who may read the record sees of its files."""
    is_staff = may(reader, Permission.SEE_RECORD, target_of(instrument))
    return seen_by(is_staff=is_staff, is_signed_in=reader is not None)


def check_editable(session: Session, instrument_id: int, actor: Actor) -> None:
    """Raise NotFound or Forbidden before large files are worked on for nothing."""
    require(actor, Permission.EDIT_RECORD, target_of(instrument_for(session, instrument_id, actor)))


def add_attachments(
    session: Session,
    instrument_id: int,
    files: Sequence[Prepared],
    visibility: Visibility,
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
) -> list[Attachment]:
    """Store files of a record, all or none; raises FilesRefused when there is no room."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    added = service.add_attachments(session, _owner(instrument), files, visibility, limits, actor=actor, now=now)
    _changed(session, instrument, added, actor=actor, now=now)
    return added


def edit_attachment(
    session: Session,
    instrument_id: int,
    attachment_id: int,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Attachment:
    """Set captions, visibility or position of a file; raises StaleVersion past `expected_version`."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    who: dict[str, Any] = {"actor": actor, "now": now, "expected_version": expected_version}
    attachment = service.edit_attachment(session, _owner(instrument), attachment_id, values, **who)
    _changed(session, instrument, [attachment], actor=actor, now=now)
    return attachment


def move_attachment(
    session: Session, instrument_id: int, attachment_id: int, places: int, *, actor: Actor, now: datetime
) -> Attachment:
    """Move a file by `places` among those of its kind."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    attachment = service.move_attachment(session, _owner(instrument), attachment_id, places, actor=actor, now=now)
    _changed(session, instrument, [], actor=actor, now=now)
    return attachment


def remove_attachment(
    session: Session,
    instrument_id: int,
    attachment_id: int,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> None:
    """Delete a file of a record."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    who: dict[str, Any] = {"actor": actor, "now": now, "expected_version": expected_version}
    service.remove_attachment(session, _owner(instrument), attachment_id, **who)
    _changed(session, instrument, [], actor=actor, now=now)


def _owner(instrument: Instrument) -> Owner:
    """The record as an owner of files."""
    return Owner(OwnerKind.INSTRUMENT, instrument.id, instrument.organisation_id)


def _changed(
    session: Session, instrument: Instrument, changed: Sequence[Attachment], *, actor: Actor, now: datetime
) -> None:
    """The record counts as changed today, the search shows its first photo; its fields keep their version.

    What more people could see than the staff goes to the reviewers first.
    """
    instrument.updated_at = now
    session.flush()
    for one in changed:
        if one.changed_at == now and one.visibility != Visibility.STAFF:
            content_changed(session, instrument.id, one.file_name, actor=actor, now=now)
    refresh_listing(session, [instrument.id])
