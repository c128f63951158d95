"""Journeys in both languages: what pages say, by the Chinese sentence it comes from."""

from functools import cache

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from booking.operations.starting import TRANSLATIONS
from models.vocabulary.accounts import Language

IN_BOTH_LANGUAGES = pytest.mark.parametrize(
    ("house", "language"),
    [
        pytest.param("sqlite_house", Language.CHINESE, id="Chinese on SQLite"),
        pytest.param("postgresql_house", Language.ENGLISH, id="English on PostgreSQL"),
    ],
    indirect=["house"],
)
"""For a journey that takes `house` and `language`: each language once, each engine once."""


def said(language: Language, sentence: str) -> str:
    """What pages in this language say for the sentence."""
    if language == Language.CHINESE:
        return sentence
    found = _english().get(sentence)
    assert found is not None
    return str(found.string)


@cache
def _english() -> Catalog:
    """The English sentences."""
    with (TRANSLATIONS / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale="en")
