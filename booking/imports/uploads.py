"""Reading an uploaded table from a request; pages and the API share it."""

from typing import Any

from flask import current_app, request
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, Problem
from booking.core.forms import read
from booking.core.table_files import Limits
from booking.core.texts import N_
from booking.imports import service
from booking.imports.forms import UploadForm
from booking.imports.service import Upload
from booking.web.reading import posted
from booking.web.repeats import create_once


def limits() -> Limits:
    """How large a file may be, from the settings."""
    settings = current_app.config["SETTINGS"]
    return Limits(settings.largest_import_bytes, settings.largest_import_unpacked_bytes)


def read_upload() -> Upload:
    """The posted file and for whom it is; raises InvalidInput."""
    form = read(UploadForm, posted())
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidInput([Problem("file", N_("请选择一个 CSV 或 XLSX 文件。"))])
    name = "".join(char for char in file.filename if char.isprintable() and not "\ud800" <= char <= "\udfff")
    return Upload(name, file.stream.read(), form.organisation_id, form.kind)


def started(upload: Upload, actor: Actor) -> dict[str, Any]:
    """The new import's number and state; the file is looked at before anything is stored."""
    table, now = service.opened(upload, limits()), utcnow()
    request.files["file"].stream.seek(0)

    def work(session: Session) -> dict[str, Any]:
        made = service.start_import(session, upload, table, actor=actor, now=now)
        return {"id": made.id, "state": made.state.value}

    answer, _repeated = create_once(work, actor=actor, now=now)
    return answer
