"""One tokeniser for the text index and for what people type: Chinese, Latin and model numbers.

Han runs become overlapping bigrams and their last character, so that any two characters, and any
single one as a prefix, are found. Words of letters and digits are split where the two meet, and
neighbouring pieces are also joined: `JSM-7800F` is found by `jsm7800f`, `7800F` and `JSM 7800`.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

LONGEST_TERM = 40
MOST_JOINED = 4
MOST_QUERY_TERMS = 24

HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHUNK = re.compile(rf"(?P<han>[{HAN}]+)|(?P<word>[^\W_{HAN}]+(?:[-_./+:]+[^\W_{HAN}]+)*)")
_PIECE = re.compile(r"\d+|[^\W\d_]+")
_MARKS = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_SEPARATE_MODEL = re.compile(r"(?<=[^\W\d_])\s(?=\d)")


def normalised(text: str) -> str:
    """Full-width forms, case and accents evened out."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    decomposed = unicodedata.normalize("NFD", folded)
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed))


def index_terms(text: str) -> set[str]:
    """Every term under which `text` is found."""
    found: set[str] = set()
    flat = normalised(text)
    for han, word in _CHUNK.findall(_SEPARATE_MODEL.sub("-", flat)):
        if han:
            found.update(_bigrams(han))
            found.add(han[-1])
        else:
            found.update(_word_terms(word))
    return found


def query_terms(text: str) -> list[str]:
    """The terms that must all be found, in order; one that ends in `*` is a prefix.

    At most `MOST_QUERY_TERMS`; the rest of a longer text is not needed to tell records apart.
    """
    terms: dict[str, None] = {}
    for chunk in _CHUNK.finditer(normalised(text)):
        if han := chunk["han"]:
            terms.update(dict.fromkeys(_bigrams(han) if len(han) > 1 else [f"{han}*"]))
        else:
            terms.update(dict.fromkeys(_windows(_pieces(chunk["word"]))))
    return list(terms)[:MOST_QUERY_TERMS]


def _bigrams(han: str) -> list[str]:
    """Overlapping pairs of a run of Han characters."""
    return [han[i : i + 2] for i in range(len(han) - 1)]


def _pieces(word: str) -> list[str]:
    """A word split at hyphens and where letters meet digits; an English plural ends like its singular."""
    return [_singular(piece)[:LONGEST_TERM] for piece in _PIECE.findall(word)]


def _singular(piece: str) -> str:
    """`microscopes` as `microscope`; `mass` and `gas` stay."""
    return piece[:-1] if len(piece) > 3 and piece.endswith("s") and not piece.endswith("ss") else piece


@lru_cache(maxsize=20_000)
def _word_terms(word: str) -> tuple[str, ...]:
    """Every term of one word; most words of a catalogue come again and again."""
    return tuple(_joined(_pieces(word)))


def _joined(pieces: list[str]) -> Iterator[str]:
    """Each piece, and each up to `MOST_JOINED` neighbours as one term."""
    for start in range(len(pieces)):
        for end in range(start + 1, min(start + MOST_JOINED, len(pieces)) + 1):
            yield "".join(pieces[start:end])[:LONGEST_TERM]


def _windows(pieces: list[str]) -> list[str]:
    """What a typed word asks for: `jsm7800f` of `JSM-7800F`, but `x` and `ray` of `X-ray`.

    A word with more pieces than are ever joined asks for every stretch of that many.
    """
    if not any(piece.isdecimal() for piece in pieces):
        return pieces
    joined = min(len(pieces), MOST_JOINED)
    return ["".join(pieces[i : i + joined])[:LONGEST_TERM] for i in range(len(pieces) - joined + 1)]
