"""The tab of photos and documents, the page of one, and the files themselves."""

from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.attachments.forms import AttachmentMove, AttachmentSection, UploadForm
from booking.attachments.labels import VISIBILITY
from booking.attachments.queries import used_bytes
from booking.attachments.uploads import file_response, limits_for, read_uploads
from booking.catalogue import attachments as files
from booking.catalogue.review_queries import waits
from booking.catalogue.views.choices import named
from booking.catalogue.views.sheet import editable, saved, shown
from booking.core.clock import utcnow
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import actor, require_actor
from booking.web.uploads import takes_files
from models.attachments import Attachment
from models.catalogue import Instrument
from models.vocabulary.attachments import AttachmentKind, OwnerKind
from models.vocabulary.catalogue import PublishingState

SAID = ("caption_zh", "caption_en", "visibility")


def attachments(instrument_id: int) -> ResponseReturnValue:
    """Show the files of the record, to be put in order, and a form to upload more."""
    return shown("attachments", instrument_id, **_more(instrument_id))


@takes_files
def upload(instrument_id: int) -> ResponseReturnValue:
    """Store the uploaded files, once however often the form is sent."""
    more, who, limits = _more(instrument_id), require_actor(), limits_for(OwnerKind.INSTRUMENT)

    def work() -> None:
        visibility, prepared, now = read_form(UploadForm).visibility, read_uploads(limits), utcnow()

        def store(session: Session) -> dict[str, Any]:
            added = files.add_attachments(session, instrument_id, prepared, visibility, limits, actor=who, now=now)
            return {"ids": [one.id for one in added]}

        create_once(store, actor=who, now=now)

    return saved("attachments", instrument_id, UploadForm, work, **more)


def attachment(instrument_id: int, attachment_id: int) -> ResponseReturnValue:
    """Show one file, with what is said about it."""
    file = _file(instrument_id, attachment_id)
    return shown("attachment", instrument_id, typed={name: getattr(file, name) for name in SAID}, **_of(file))


def save_attachment(instrument_id: int, attachment_id: int) -> ResponseReturnValue:
    """Store what is said about a file, and who may see it."""
    file = _file(instrument_id, attachment_id)

    def work() -> None:
        values = read_form(AttachmentSection).model_dump()
        version = values.pop("version")
        transaction(files.edit_attachment, instrument_id, attachment_id, values, **_who(), expected_version=version)

    return saved("attachment", instrument_id, AttachmentSection, work, back="attachments", **_of(file))


def move_attachment(instrument_id: int, attachment_id: int) -> ResponseReturnValue:
    """Move a file up or down."""
    more = _more(instrument_id)

    def work() -> None:
        transaction(files.move_attachment, instrument_id, attachment_id, read_form(AttachmentMove).places, **_who())

    return saved("attachments", instrument_id, AttachmentMove, work, **more)


def remove_attachment(instrument_id: int, attachment_id: int) -> ResponseReturnValue:
    """Delete a file."""
    more = _more(instrument_id)

    def work() -> None:
        transaction(files.remove_attachment, instrument_id, attachment_id, **_who())

    return saved("attachments", instrument_id, AttachmentMove, work, **more)


def download(instrument_id: int, attachment_id: int) -> Response:
    """A photo, or a document to be saved."""
    session = reading()
    return file_response(session, files.attachment_for(session, instrument_id, attachment_id, actor()))


def thumbnail(instrument_id: int, attachment_id: int, edge: int) -> Response:
    """A photo whose longest side has so many pixels."""
    session = reading()
    return file_response(session, files.attachment_for(session, instrument_id, attachment_id, actor()), edge)


def _more(instrument_id: int) -> dict[str, Any]:
    """The files, the room that is left, and a key for the upload."""
    record, session = editable(instrument_id), reading()
    found = files.attachments_for(session, record.instrument, require_actor())
    return {
        "photos": [one for one in found if one.kind == AttachmentKind.PHOTO],
        "documents": [one for one in found if one.kind == AttachmentKind.DOCUMENT],
        "used": used_bytes(session, record.instrument.organisation_id, OwnerKind.INSTRUMENT),
        "waiting": _waiting(record.instrument, found),
        "limits": limits_for(OwnerKind.INSTRUMENT),
        "visibilities": VISIBILITY,
        "key": new_key(),
    }


def _waiting(instrument: Instrument, found: list[Attachment]) -> set[int]:
    """Which files of a published record the reviewers have not let through."""
    if instrument.publishing_state != PublishingState.PUBLISHED:
        return set()
    return {one.id for one in found if waits(instrument, one)}


def _file(instrument_id: int, attachment_id: int) -> Attachment:
    """The file of a record that the person may edit."""
    editable(instrument_id)
    return files.attachment_for(reading(), instrument_id, attachment_id, require_actor())


def _of(file: Attachment) -> dict[str, Any]:
    """What the page of one file shows besides its form."""
    return {"file": file, "attachment_id": file.id, "choices": named(VISIBILITY)}


def _who() -> dict[str, Any]:
    """Who acts, and when."""
    return {"actor": require_actor(), "now": utcnow()}
