"""Money as whole fen: reading yuan, shares, and the one way to round."""

import re
from fractions import Fraction

FEN_PER_YUAN = 100
WHOLE_SHARE = 10_000
"""A share of 100 % in basis points."""

_YUAN = re.compile(r"^([0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.([0-9]{1,2})0*)?$")


def rounded(amount: Fraction, step: int = 1) -> int:
    """The nearest whole number of steps of fen, halves up; `step` 1 is a fen, 10 a jiao, 100 a yuan."""
    return (2 * amount / step + 1) // 2 * step


def share_of(fen: int, basis_points: int) -> int:
    """A share of an amount, rounded."""
    return rounded(Fraction(fen * basis_points, WHOLE_SHARE))


def fen_from_yuan(text: str) -> int:
    """Yuan with at most two decimals as fen, exactly; raises ValueError when it is no such amount."""
    matched = _YUAN.match(text.strip())
    if not matched:
        raise ValueError("not an amount in yuan")
    return int(matched[1].replace(",", "")) * FEN_PER_YUAN + int((matched[2] or "").ljust(2, "0"))


def yuan_from_fen(fen: int) -> str:
    """Fen as yuan with two decimals, without signs for thousands, as a form shows it."""
    sign, (whole, rest) = "-" if fen < 0 else "", divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole}.{rest:02d}"
