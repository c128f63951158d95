"""One word, four places: a feature's folder, tables, templates and tests carry the same name."""

import re
from pathlib import Path

import pytest

from booking.settings import ROOT, Settings

FEATURES = (
    "accounts",
    "announcements",
    "attachments",
    "directory",
    "enquiries",
    "pricing",
    "ledger",
    "payers",
    "charges",
    "statements",
    "invoices",
    "contracts",
    "programmes",
    "recognitions",
    "vouchers",
    "applications",
    "redemptions",
    "clearing",
    "affiliations",
    "catalogue",
    "reservations",
    "samples",
    "calendars",
    "imports",
    "notifications",
    "teams",
    "privacy",
)
SHOWING = (
    "accounts",
    "announcements",
    "attachments",
    "directory",
    "enquiries",
    "pricing",
    "payers",
    "charges",
    "statements",
    "invoices",
    "contracts",
    "programmes",
    "recognitions",
    "vouchers",
    "applications",
    "clearing",
    "affiliations",
    "catalogue",
    "reservations",
    "samples",
    "calendars",
    "imports",
    "search",
    "operations",
    "home",
    "teams",
    "privacy",
)
BANNED = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
LONGEST_FILE, LONGEST_FUNCTION = 400, 40
CODE = [ROOT / "app.py", *ROOT.glob("booking/**/*.py"), *ROOT.glob("models/**/*.py")]


def test_every_setting_stands_in_the_table_of_the_deployment_guide() -> None:
    table = re.findall(r"^\| (`BOOKING_.+?) \|", (ROOT / "docs" / "deployment.md").read_text("utf-8"), re.MULTILINE)
    named = [name for cell in table for name in re.findall(r"`BOOKING_(\w+)`", cell)]

    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_has_its_folder_its_tables_and_its_tests(feature: str) -> None:
    places = [ROOT / "booking" / feature, ROOT / "models" / f"{feature}.py", ROOT / "tests" / feature]

    assert [place for place in places if not place.exists()] == []


@pytest.mark.parametrize("feature", SHOWING)
def test_a_feature_with_pages_has_its_templates_and_its_tests(feature: str) -> None:
    places = [ROOT / "booking" / feature, ROOT / "templates" / feature, ROOT / "tests" / feature]

    assert [place for place in places if not place.exists()] == []


def test_there_is_no_drawer_for_everything() -> None:
    assert [path for path in CODE if path.stem in BANNED] == []


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in CODE}

    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_forty_lines() -> None:
    assert [found for path in CODE for found in _long_functions(path)] == []


def _long_functions(path: Path) -> list[str]:
    import ast

    tree = ast.parse(path.read_text("utf-8"))
    return [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]


def test_migrations_have_date_first_names_and_import_no_tables() -> None:
    for path in ROOT.glob("migrations/versions/*.py"):
        assert re.match(r"\d{4}_\d{2}_\d{2}_[a-z_]+$", path.stem)
        assert not re.search(r"^(from|import) (models|booking\.(?!database))", path.read_text("utf-8"), re.MULTILINE)
