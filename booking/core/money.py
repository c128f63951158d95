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


def shown_yuan(fen: int, language: str) -> str:
    """¥1,234.50, in English (`language` "en") CNY 1,234.50: fen as people read them."""
    sign, (whole, rest) = "−" if fen < 0 else "", divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{'CNY ' if language == 'en' else '¥'}{whole:,}.{rest:02d}"


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES, _GROUPS = ("", "拾", "佰", "仟"), ("", "万", "亿", "万亿")


def capital_yuan(fen: int) -> str:
    """An amount in the capitals that papers of finance carry: 壹仟零伍元叁角整; below zero with 负 before it."""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    jiao, cents = divmod(rest, 10)
    text = f"{_capital_whole(whole)}元" if whole else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif cents and whole:
        text += "零"
    text += f"{_DIGITS[cents]}分" if cents else "整" if text else "零元整"
    return ("负" if fen < 0 else "") + text


def _capital_whole(whole: int) -> str:
    """Whole yuan above zero in capitals, four digits at a time, with one 零 for each gap."""
    groups = []
    while whole:
        whole, part = divmod(whole, 10_000)
        groups.append(part)
    text = ""
    for index in range(len(groups) - 1, -1, -1):
        part = groups[index]
        if part:
            has_gap = bool(text) and (part < 1_000 or not groups[index + 1])
            text += ("零" if has_gap else "") + _capital_group(part) + _GROUPS[index]
    return text


def _capital_group(part: int) -> str:
    """Up to four digits in capitals."""
    text, digits, gap = "", str(part), False
    for index, digit in enumerate(digits):
        if digit == "0":
            gap = True
            continue
        text += ("零" if gap else "") + _DIGITS[int(digit)] + _PLACES[len(digits) - 1 - index]
        gap = False
    return text
