"""Sets of small numbers as the bits of one integer: 100,000 instruments are 12 kB, and `&` is microseconds."""

from collections.abc import Iterable
from itertools import compress

_ONES = bytes(range(48)) + b"\x00\x01" + bytes(206)
_DIGITS = b"01" + bytes(254)


def bits_of(numbers: Iterable[int], largest: int) -> int:
    """The set of these numbers, none of them above `largest`."""
    marks = bytearray(largest + 1)
    for number in numbers:
        marks[number] = 1
    return int(bytes(marks).translate(_DIGITS)[::-1] or b"0", 2)


def numbers_in(bits: int) -> list[int]:
    """The members in ascending order."""
    if not bits:
        return []
    marks = f"{bits:b}"[::-1].encode().translate(_ONES)
    return list(compress(range(len(marks)), marks))


def members(bits: int, size: int) -> bytes:
    """A byte per number below `size`: 1 for members, for testing many numbers in turn."""
    marks = f"{bits:b}"[::-1].encode().translate(_ONES)
    return marks.ljust(size, b"\x00")
