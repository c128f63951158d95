"""Templates keep the strict content security policy: nothing inline."""

import re

from booking.settings import ROOT

TEMPLATES = sorted(ROOT.glob("templates/**/*.html"))
PAGES = [path for path in TEMPLATES if "mail" not in path.relative_to(ROOT / "templates").parts]
INLINE_SCRIPT = re.compile(r"<script(?![^>]*(\bsrc=|application/ld\+json))", re.IGNORECASE)
INLINE_STYLE = re.compile(r"<style\b|\sstyle=", re.IGNORECASE)
UPLOAD = re.compile(r"forms\.file\(|type=[\"']file[\"']")
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


def test_wherever_files_go_up_the_page_forbids_what_is_secret() -> None:
    texts = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in PAGES if "_macros" not in path.parts}

    uploading = [name for name, text in texts.items() if UPLOAD.search(text)]

    assert [name for name in uploading if "严禁上传涉密信息" not in texts[name]] == []
    assert len(uploading) >= 6
