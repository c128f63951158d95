"""Every function in a test file is a test, a fixture, or called."""

import ast
from collections import Counter
from pathlib import Path

from booking.settings import ROOT
from tests.parallel import STORMS

FILES = sorted(ROOT.glob("tests/**/test_*.py"))


def test_every_function_in_a_test_file_is_used() -> None:
    assert [found for path in FILES for found in _unused(path)] == []


def test_no_test_hides_another_of_the_same_name() -> None:
    for path in FILES:
        names = Counter(
            node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
        )
        assert [name for name, count in names.items() if count > 1] == [], path


def test_every_test_file_stands_in_a_folder_named_after_what_it_tests() -> None:
    words = {path.name for path in (ROOT / "booking").iterdir() if path.is_dir()} | {"house", "journeys", "storms"}

    assert {path.parent.name for path in FILES} <= words


def test_storms_stand_where_they_run_without_company() -> None:
    paths = [path for path in FILES if "@pytest.mark.storm" in path.read_text("utf-8") and path != Path(__file__)]

    names = [path.relative_to(ROOT).as_posix() for path in paths]
    assert [name for name in names if not name.startswith(STORMS)] == []


def _unused(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf-8"))
    named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)
    }
    return [
        f"{path.relative_to(ROOT)}: {node.name}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("test_")
        and not _is_fixture(node)
        and node.name not in named
    ]


def _is_fixture(node: ast.FunctionDef) -> bool:
    return any("fixture" in ast.unparse(decorator) or "pytest_" in node.name for decorator in node.decorator_list)
