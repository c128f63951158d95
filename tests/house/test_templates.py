"""Templates keep the strict content security policy: nothing inline."""

import re

from booking.settings import ROOT

TEMPLATES = sorted(ROOT.glob("templates/**/*.html"))
PAGES = [path for path in TEMPLATES if "mail" not in path.relative_to(ROOT / "templates").parts]
INLINE_SCRIPT = re.compile(r"<script(?![^>]*(\bsrc=|application/ld\+json))", re.IGNORECASE)
INLINE_STYLE = re.compile(r"<style\b|\sstyle=", re.IGNORECASE)
HANDLER = re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE)


def test_no_template_has_inline_scripts_styles_or_handlers() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in PAGES
        for pattern in (INLINE_SCRIPT, INLINE_STYLE, HANDLER)
        if pattern.search(path.read_text("utf-8"))
    ]

    assert found == []


def test_templates_take_nothing_from_other_hosts() -> None:
    foreign = re.compile(r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["'](?:https?:)?//""", re.IGNORECASE)

    assert [path.name for path in PAGES if foreign.search(path.read_text("utf-8"))] == []
