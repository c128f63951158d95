"""Every Chinese sentence of code and templates has its English one."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from booking.settings import ROOT

CATALOGUE = ROOT / "booking" / "web" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [
    ("booking/**.py", "python"),
    ("models/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "N_": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
}
NAMED = re.compile(r"%\((\w+)\)[sd]")
HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


@pytest.fixture(scope="module")
def english() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def extracted() -> dict[str, str]:
    found: dict[str, str] = {}
    for folder, pattern in (("booking", "python"), ("templates", "jinja2")):
        for name, line, message, _comments, _context in extract_from_dir(
            str(ROOT / folder),
            method_map=[("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")],
            options_map={"**.html": {"silent": "false"}, "**.txt": {"silent": "false"}},
            keywords=KEYWORDS,
            directory_filter=lambda _folder: True,
        ):
            for text in message if isinstance(message, tuple) else (message,):
                found[text] = f"{folder}/{name}:{line} ({pattern})"
    return found


def test_every_sentence_is_translated(english: Catalog) -> None:
    def translated(text: str) -> bool:
        message: Message | None = english.get(text)
        return message is not None and bool(message.string) and not message.fuzzy

    assert {text: where for text, where in extracted().items() if not translated(text)} == {}


def test_translations_name_the_same_values_and_contain_no_chinese(english: Catalog) -> None:
    wrong = []
    for message in english:
        if not message.id:
            continue
        named = {name for source in _texts(message.id) for name in NAMED.findall(source)}
        if any(set(NAMED.findall(text)) - named or HAN.search(text) for text in _texts(message.string)):
            wrong.append(message.id)

    assert wrong == []


def test_templates_show_no_sentence_that_cannot_be_translated() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in Path(ROOT / "templates").rglob("*.*")
        for line in _untranslatable(path.read_text("utf-8"))
    ]

    assert found == []


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, (list, tuple)) else [str(value or "")]


def _untranslatable(text: str) -> list[str]:
    without = re.sub(r"{#.*?#}|{{.*?}}|{%.*?%}", "", text, flags=re.DOTALL)
    return [line for line in without.splitlines() if HAN.search(line)]
