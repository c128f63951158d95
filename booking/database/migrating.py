"""How Alembic compares and renders our types on both engines."""

from typing import Any, Literal

from sqlalchemy import Enum

from models.base import UtcDateTime

TEXT_INDEX = "instrument_texts"


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our types as plain ones, so that migrations import nothing of ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave the full-text index and its own tables out of comparisons: the migration writes it by hand."""
    return not (kind in {"table", "index"} and TEXT_INDEX in (name or ""))


MIGRATE_OPTIONS: dict[str, Any] = {
    "render_item": render_item,
    "include_name": include_name,
    "compare_type": True,
    "render_as_batch": True,
}
