"""What faces the web is named; everything else works without a request."""

import ast
from collections.abc import Iterator
from pathlib import Path

from booking.settings import ROOT

FACING = {"views", "api", "addresses"}
"""Folders and files whose name says that they face the web, besides `…_api`."""

WEB_ITSELF = {"web", "operations", "demo"}
"""What makes, serves or fills the application."""

TABLES_OF_CONTENTS = {"api_document.py", "commands.py", "pages.py"}
SPEAKING = {
    "accounts/identity.py",
    "announcements/showing.py",
    "attachments/uploads.py",
    "applications/voucher_papers.py",
    "applications/wording.py",
    "calendars/polls.py",
    "catalogue/report_terms.py",
    "charges/tables.py",
    "charges/terms.py",
    "clearing/papers.py",
    "clearing/wording.py",
    "contracts/papers.py",
    "invoices/top_up_views.py",
    "invoices/typed.py",
    "contracts/typed.py",
    "home/labels.py",
    "imports/jobs.py",
    "statements/jobs.py",
    "imports/shown.py",
    "imports/tables.py",
    "imports/uploads.py",
    "notifications/rendering.py",
    "pricing/wording.py",
    "privacy/showing.py",
    "programmes/wording.py",
    "vouchers/reminder_days.py",
    "recognitions/wording.py",
    "redemptions/pack.py",
    "redemptions/wording.py",
    "reservations/events.py",
    "reservations/items.py",
    "reservations/panel.py",
    "reservations/payer_field.py",
    "reservations/spoken.py",
    "reservations/story.py",
    "reservations/voucher_field.py",
    "reservations/voucher_words.py",
    "samples/papers.py",
    "samples/typed.py",
    "statements/files.py",
    "statements/papers.py",
    "statements/tables.py",
    "search/cards.py",
    "search/exports.py",
    "search/facets.py",
    "search/links.py",
    "search/pickers.py",
    "search/record_page.py",
    "search/sitemap.py",
    "search/voucher_words.py",
}
"""What words or reads things for a page: presentation under a name of its own."""


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def knows_the_web(path: Path) -> bool:
    return any(name.startswith(("flask", "booking.web")) for name in imported_by(path))


def test_only_what_faces_the_web_knows_of_requests() -> None:
    inside = {path.relative_to(ROOT / "booking") for path in ROOT.glob("booking/**/*.py") if knows_the_web(path)}
    rest = {
        path.as_posix()
        for path in inside
        if path.parts[0] not in WEB_ITSELF and not path.stem.endswith("_api") and not FACING & {*path.parts, path.stem}
    }

    assert rest == SPEAKING | TABLES_OF_CONTENTS
