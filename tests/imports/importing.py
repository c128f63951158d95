"""Uploading, mapping and applying tables as the pages' services and the timetable do."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime

import openpyxl
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.table_files import Limits
from booking.imports import service
from booking.imports.forms import MappingForm
from booking.imports.jobs import work_due
from booking.imports.service import Upload
from booking.web.extensions import transaction
from models.imports import Import, ImportedRow
from models.vocabulary.imports import ImportKind
from tests.factories.looking import look_again

HEADER = ("资产编号", "仪器名称", "型号", "原值(万元)", "所属部门")


def csv_of(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER, encoding: str = "utf-8") -> bytes:
    """A table as a spreadsheet program saves it."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode(encoding)


def row(number: int, name: str = "电镜", value: str = "50", unit: str = "") -> list[str]:
    """One instrument of a register."""
    return [f"A-{number}", name, "JSM-7800F", value, unit]


def with_own_number(template: bytes, kind: str) -> bytes:
    """The template whose example somebody made a record of."""
    if kind == "csv":
        return template.replace(b"2026-0001", b"A-1")
    book, changed = openpyxl.load_workbook(io.BytesIO(template)), io.BytesIO()
    [cell] = [one for one in book.worksheets[0][2] if one.value == "2026-0001"]
    cell.value = "A-1"
    book.save(changed)
    return changed.getvalue()


class Importer:
    """Somebody who imports, and the service that works for them."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session, self.actor, self.now = session, actor, now

    def upload(
        self,
        content: bytes,
        organisation_id: int | None = None,
        name: str = "台账.csv",
        kind: ImportKind = ImportKind.INSTRUMENTS,
    ) -> int:
        """The new import's number, its rows not read yet."""
        upload = Upload(name, content, organisation_id, kind)
        table = service.opened(upload, Limits())
        return transaction(service.start_import, upload, table, actor=self.actor, now=self.now).id

    def work(self) -> None:
        """Everything that is due."""
        work_due(lambda: self.now)

    def map(self, import_id: int, mapping: Sequence[str] = (), steads: Sequence[Mapping[str, object]] = ()) -> None:
        """Accept the guessed columns, or say others."""
        fields = list(mapping) or self.see(import_id).mapping
        form = MappingForm.model_validate({"mapping": fields, "steads": list(steads)})
        transaction(service.map_columns, import_id, form, actor=self.actor, now=self.now)

    def dry_run(self, content: bytes, organisation_id: int | None = None, mapping: Sequence[str] = ()) -> int:
        """An import whose rows all have a fate."""
        import_id = self.upload(content, organisation_id)
        self.work()
        self.map(import_id, mapping)
        self.work()
        return import_id

    def apply(self, import_id: int) -> None:
        """Written."""
        transaction(service.apply_import, import_id, actor=self.actor, now=self.now)
        self.work()

    def undo(self, import_id: int) -> None:
        """Taken back."""
        transaction(service.undo_import, import_id, actor=self.actor, now=self.now)
        self.work()

    def see(self, import_id: int) -> Import:
        """The import as it is now."""
        look_again(self.session)
        found = self.session.get_one(Import, import_id)
        self.session.expunge(found)
        self.session.rollback()
        return found

    def counts(self, import_id: int) -> tuple[int, int, int, int]:
        """How many rows were created, updated, left alone, refused."""
        found = self.see(import_id)
        return found.created_count, found.updated_count, found.unchanged_count, found.refused_count

    def rows(self, import_id: int) -> list[ImportedRow]:
        """The rows in the order of the file."""
        look_again(self.session)
        of_import = select(ImportedRow).where(ImportedRow.import_id == import_id)
        found = list(self.session.scalars(of_import.order_by(ImportedRow.number)))
        for row in found:
            self.session.expunge(row)
        self.session.rollback()
        return found

    def reasons(self, import_id: int) -> dict[int, list[str]]:
        """The fields that the reasons of each refused row name."""
        return {row.number: [p["field"] for p in row.problems] for row in self.rows(import_id) if row.problems}
