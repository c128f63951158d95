"""Files in requests and answers: reading uploads, and serving what is stored."""

import unicodedata
from urllib.parse import quote

from flask import Response, current_app, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from booking.attachments.preparing import FIELD, Prepared, Uploaded, prepare
from booking.attachments.queries import content_of
from booking.attachments.rules import Limits
from booking.settings import Settings
from models.attachments import Attachment
from models.vocabulary.attachments import AttachmentKind, OwnerKind, Visibility

POLICY = "default-src 'none'; sandbox"
AN_HOUR = 3600
MOST_FILES = {
    OwnerKind.INSTRUMENT: 40,
    OwnerKind.ENQUIRY: 12,
    OwnerKind.SAMPLE_ORDER: 60,
    OwnerKind.INVOICE: 6,
    OwnerKind.CONTRACT: 20,
    OwnerKind.VOUCHER_APPLICATION: 20,
    OwnerKind.REDEMPTION: 60,
    OwnerKind.VOUCHER: 12,
}


def limits_for(kind: OwnerKind) -> Limits:
    """What the settings allow; one quota for each kind of owner, so that askers cannot use up the records' room."""
    settings: Settings = current_app.config["SETTINGS"]
    return Limits(
        photo_bytes=settings.largest_photo_bytes,
        document_bytes=settings.largest_document_bytes,
        quota_bytes=settings.attachment_quota_bytes,
        most_files=MOST_FILES[kind],
        share_bytes=settings.attachment_share_bytes,
    )


def has_uploads() -> bool:
    """Whether the request brings any file; an empty file box sends one without a name."""
    return any(file.filename for file in request.files.getlist(FIELD))


def read_uploads(limits: Limits, *, keeps_originals: bool = False, is_invoice: bool = False) -> list[Prepared]:
    """The uploaded files, ready to be stored; raises FilesRefused."""
    sent = [file for file in request.files.getlist(FIELD) if file.filename]
    uploaded = [Uploaded(file.filename or "", _bytes_of(file)) for file in sent]
    return prepare(uploaded, limits, keeps_originals=keeps_originals, is_invoice=is_invoice)


def _bytes_of(file: FileStorage) -> bytes:
    """The content, wherever the file was read to before."""
    file.stream.seek(0)
    return file.stream.read()


def file_response(session: Session, attachment: Attachment, edge: int = 0) -> Response:
    """A file's bytes: photos to be shown, documents only to be saved; nothing in them may run (CSP sandbox).

    What the browser has already is not read again.
    """
    tag = f"{attachment.sha256[:32]}-{edge}"
    response = Response(mimetype=attachment.media_type)
    if request.if_none_match.contains(tag):
        response.status_code = 304
    else:
        response.set_data(content_of(session, attachment.id, edge))
    response.set_etag(tag)
    is_photo = attachment.kind == AttachmentKind.PHOTO
    response.headers["Content-Disposition"] = disposition(attachment.file_name, is_inline=is_photo)
    response.headers["Content-Security-Policy"] = POLICY
    if attachment.visibility == Visibility.PUBLIC:
        response.cache_control.private = True
        response.cache_control.max_age = AN_HOUR
    return response


def disposition(name: str, *, is_inline: bool) -> str:
    """The header with an ASCII name for old browsers and the whole one in UTF-8 (RFC 6266, RFC 8187)."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join(char if char.isalnum() or char in " ._-()" else "_" for char in folded).strip(" .")
    if not plain.rpartition(".")[0]:
        plain = f"file.{plain.rpartition('.')[2]}"
    how = "inline" if is_inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
