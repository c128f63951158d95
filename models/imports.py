"""Tables that people upload: the file, its rows on their way into the catalogue, and how columns were read."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.vocabulary.imports import ImportKind, ImportState, RowFate


class Import(Base):
    """One uploaded table of instruments or of their test items, with who, when and how many of its rows had which fate.

    Without an organisation its rows may belong to any that the uploader may import for, and only they and those who
    may import everywhere see it. `mapping` has a field or nothing for each column; `steads` says which organisation
    and unit a name in the table stands for. Whoever works on it holds it until `leased_until`.
    """

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_state", "state", "leased_until"),
        Index("ix_imports_organisation", "organisation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[ImportKind] = mapped_column(default=ImportKind.INSTRUMENTS)
    state: Mapped[ImportState] = mapped_column(default=ImportState.READING)
    file_name: Mapped[str] = mapped_column(String(200))
    file_format: Mapped[str] = mapped_column(String(10), default="")
    encoding: Mapped[str] = mapped_column(String(20), default="")
    header: Mapped[list[str]] = mapped_column(JSON, default=list)
    mapping: Mapped[list[str]] = mapped_column(JSON, default=list)
    steads: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_compared: Mapped[int] = mapped_column(default=0)
    created_count: Mapped[int] = mapped_column(default=0)
    updated_count: Mapped[int] = mapped_column(default=0)
    unchanged_count: Mapped[int] = mapped_column(default=0)
    refused_count: Mapped[int] = mapped_column(default=0)
    kept_count: Mapped[int] = mapped_column(default=0)
    unknown_owners: Mapped[list[str]] = mapped_column(JSON, default=list)
    unit_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    address: Mapped[str] = mapped_column(String(45), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class ImportFile(Base):
    """The bytes of an uploaded table, kept as long as its rows."""

    __tablename__ = "import_files"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportedRow(Base):
    """One row of an uploaded table by its number in a spreadsheet: what it says, its fate, and why.

    `wrong` has what is wrong with single cells, by column. `changes` has for each field what was before and what
    comes after, of the record or of its test item. `seen_version` is the version of the record that the row was
    compared with.
    """

    __tablename__ = "imported_rows"
    __table_args__ = (
        UniqueConstraint("import_id", "number"),
        Index("ix_imported_rows_fate", "import_id", "fate", "number"),
        Index("ix_imported_rows_record", "import_id", "organisation_id", "inner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"))
    number: Mapped[int]
    cells: Mapped[list[str]] = mapped_column(JSON)
    wrong: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    unreadable: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    fate: Mapped[RowFate | None]
    label: Mapped[str] = mapped_column(String(300), default="")
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    inner_id: Mapped[str | None] = mapped_column(String(150))
    instrument_id: Mapped[int | None]
    test_item_id: Mapped[int | None]
    seen_version: Mapped[int] = mapped_column(default=0)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    notes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    is_kept: Mapped[bool] = mapped_column(default=False)


class ImportMapping(Base):
    """How an organisation last read the columns of a header, known again by its signature."""

    __tablename__ = "import_mappings"
    __table_args__ = (UniqueConstraint("organisation_id", "signature"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    signature: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[list[str]] = mapped_column(JSON)
    updated_at: Mapped[datetime]
