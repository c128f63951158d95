"""Photos and documents of an instrument."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from booking.attachments.answers import AttachmentAnswer, AttachmentList, UploadBody, attachment_answer
from booking.attachments.forms import AttachmentChanges, UploadForm
from booking.attachments.uploads import limits_for, read_uploads
from booking.catalogue import attachments as files
from booking.catalogue.addresses import attachment_address
from booking.catalogue.api.answering import json_answer
from booking.catalogue.api.records import EDITING
from booking.catalogue.queries import instrument_for
from booking.core.clock import utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_form, read_json
from booking.web.repeats import create_once
from booking.web.signed_in import actor, require_actor
from booking.web.uploads import takes_files
from models.attachments import Attachment
from models.vocabulary.attachments import OwnerKind


@documented(tag="catalogue", answers={200: AttachmentList}, refusals=(404,))
def attachments(instrument_id: int) -> Response:
    """The photos and documents that the reader may see, in the owner's order."""
    session, reader = reading(), actor()
    instrument = instrument_for(session, instrument_id, reader)
    found = files.attachments_for(session, instrument, reader)
    return json_answer(AttachmentList(items=[_answer(one) for one in found]))


@takes_files
@documented(tag="catalogue", form=UploadBody, answers={201: AttachmentList}, refusals=(*EDITING, 413))
def upload(instrument_id: int) -> Response:
    """Add photos (JPEG, PNG, WebP; re-encoded) and documents (PDF, DOCX, XLSX, PPTX, text), all or none."""
    who, limits, now = require_actor(), limits_for(OwnerKind.INSTRUMENT), utcnow()
    files.check_editable(reading(), instrument_id, who)
    form, prepared = read_form(UploadForm), read_uploads(limits)

    def work(session: Session) -> dict[str, Any]:
        added = files.add_attachments(session, instrument_id, prepared, form.visibility, limits, actor=who, now=now)
        return AttachmentList(items=[_answer(one) for one in added]).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=who, now=now)
    return json_answer(AttachmentList(**answer), 201)


@documented(tag="catalogue", answers={200: AttachmentAnswer}, refusals=(404,))
def attachment(instrument_id: int, attachment_id: int) -> Response:
    """What is said about one file, and where its content is."""
    return _response(files.attachment_for(reading(), instrument_id, attachment_id, actor()))


@documented(tag="catalogue", body=AttachmentChanges, answers={200: AttachmentAnswer}, refusals=EDITING)
def edit(instrument_id: int, attachment_id: int) -> Response:
    """Change caption, visibility or position of a file; what is not given stays."""
    who, values = require_actor(), read_json(AttachmentChanges).model_dump(exclude_unset=True)
    changed = transaction(
        files.edit_attachment,
        instrument_id,
        attachment_id,
        values,
        actor=who,
        now=utcnow(),
        expected_version=if_match(),
    )
    return _response(changed)


@documented(tag="catalogue", answers={204: None}, refusals=(400, 401, 403, 404, 412))
def remove(instrument_id: int, attachment_id: int) -> Response:
    """Delete a file."""
    who = require_actor()
    transaction(
        files.remove_attachment, instrument_id, attachment_id, actor=who, now=utcnow(), expected_version=if_match()
    )
    return Response(status=204)


def _response(one: Attachment) -> Response:
    """A file with its version as ETag."""
    response = json_answer(_answer(one))
    response.set_etag(str(one.version))
    return response


def _answer(one: Attachment) -> AttachmentAnswer:
    """A file with the addresses of its content."""
    return attachment_answer(one, lambda edge: attachment_address(one, edge))
