"""Tables as spreadsheets save them: bytes → text in the encoding they were written in → numbered rows, nothing lost."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_LONE, _WRONG_BYTES = re.compile("[\ud800-\udfff]"), re.compile("[\udc80-\udcff]+")
_NOT_ASCII = re.compile("[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file as text; a byte that its encoding does not know stands there as a lone surrogate (see `is_text`)."""

    text: str
    encoding: str


def decoded(data: bytes) -> Decoded:
    """The text of a file in UTF-8, with or without a byte order mark, or in GB18030.

    A file in UTF-8 with a few broken bytes may be readable as GB18030 by chance, as wrong characters. So the second is
    taken only where most of what is not ASCII is wrong in the first.
    """
    text = data.removeprefix(BYTE_ORDER_MARK).decode("utf-8", errors="surrogateescape")
    wrong = _wrong_bytes(text)
    right = sum(len(found) for found in _NOT_ASCII.findall(text)) - wrong
    if data.startswith(BYTE_ORDER_MARK) or wrong <= right:
        return Decoded(text, "UTF-8")
    chinese = data.decode("gb18030", errors="surrogateescape")
    return Decoded(chinese, "GB18030") if _wrong_bytes(chinese) < wrong else Decoded(text, "UTF-8")


def is_text(value: str) -> bool:
    """Whether the bytes behind it were those of its encoding."""
    return value.isascii() or not _LONE.search(value)


def rows_of(text: str, delimiter: str = ",") -> Iterator[tuple[int, list[str] | None]]:
    """Every row that is not empty with its number in a spreadsheet, from 1; None where reading has to stop.

    Reading stops at a quote that is never closed and at a cell that is too long.
    """
    lines = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error:
            yield number, None
            return
        if cells:
            yield number, cells


def _wrong_bytes(text: str) -> int:
    """How many bytes stand there as lone surrogates."""
    return sum(len(found) for found in _WRONG_BYTES.findall(text))
