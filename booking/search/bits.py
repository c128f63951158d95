"""Sets of small numbers as the bits of one integer: 100,000 instruments are 12 kB, and `&` is microseconds."""

import re
from collections.abc import Collection
from functools import lru_cache
from itertools import compress

_ONES = bytes(range(48)) + b"\x00\x01" + bytes(206)
_DIGITS = b"01" + bytes(254)
_FILLED = re.compile(rb"[^\x00]", re.DOTALL)
_IN_BYTE = [tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256)]
FEW = 500


def bits_of(numbers: Collection[int], largest: int) -> int:
    """The set of these numbers, none of them above `largest`."""
    if len(numbers) <= FEW:
        packed = bytearray(largest // 8 + 1)
        for number in numbers:
            packed[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(packed, "little")
    marks = bytearray(largest + 1)
    for number in numbers:
        marks[number] = 1
    return int(bytes(marks).translate(_DIGITS)[::-1] or b"0", 2)


@lru_cache(maxsize=32)
def numbers_in(bits: int) -> tuple[int, ...]:
    """The members in ascending order."""
    if bits.bit_count() <= FEW:
        filled = _FILLED.finditer(bits.to_bytes((bits.bit_length() + 7) // 8, "little"))
        return tuple(found.start() * 8 + bit for found in filled for bit in _IN_BYTE[found[0][0]])
    marks = f"{bits:b}"[::-1].encode().translate(_ONES)
    return tuple(compress(range(len(marks)), marks))


def members(bits: int, size: int) -> bytes:
    """A byte per number below `size`: 1 for members, for testing many numbers in turn."""
    marks = f"{bits:b}"[::-1].encode().translate(_ONES)
    return marks.ljust(size, b"\x00")
