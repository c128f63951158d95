"""Cursors for lists: opaque, stable under inserts, refused when broken."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from booking.core.errors import Unreadable
from booking.core.texts import N_

T = TypeVar("T")

LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows in order, and where the next ones start (None at the end)."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(*keys: Any) -> str:
    """Sort keys of the last row as one URL-safe word."""
    text = json.dumps(keys, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *types: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The sort keys of `encode_cursor`, each passed through its type; raises Unreadable when broken."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        keys = json.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(keys, list) or len(keys) != len(types):
            raise ValueError
        return tuple(read(key) for read, key in zip(types, keys, strict=True))
    except (ValueError, TypeError, OverflowError) as broken:
        raise Unreadable(N_("分页标记无效，请从第一页重新开始。")) from broken


def row_id(value: Any) -> int:
    """A cursor's key as the id of a row; raises ValueError for what no INTEGER column can hold."""
    found = int(value)
    if not 0 <= found < 2**31:
        raise ValueError
    return found


def page_of(rows: Sequence[T], limit: int, keys: Callable[[T], tuple[Any, ...]]) -> Page[T]:
    """A page of at most `limit` from up to `limit + 1` rows read, with the cursor of its last row."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return Page(items, encode_cursor(*keys(items[-1])) if more else None)
