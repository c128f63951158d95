import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def pages() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    environment.globals["csrf_token"] = lambda: "token"
    return environment


def written(pages: Environment, source: str, **values: object) -> str:
    imports = "".join(
        f'{{% import "_macros/{name}.html" as {name} %}}' for name in ("forms", "buttons", "layout", "lists")
    )
    return re.sub(r"\s+", " ", pages.from_string(imports + source).render(**values)).strip()


def test_a_post_form_carries_the_csrf_token_and_the_idempotency_key(pages: Environment) -> None:
    html = written(pages, "{% call forms.form('/a', idempotency_key='k') %}{% endcall %}")

    assert re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', html) == [
        ("csrf_token", "token"),
        ("idempotency_key", "k"),
    ]


def test_a_get_form_never_puts_the_token_into_the_address(pages: Environment) -> None:
    assert "token" not in written(pages, "{% call forms.form('/a', method='get') %}{% endcall %}")


def test_every_problem_stands_at_its_field_and_is_read_with_it(pages: Environment) -> None:
    html = written(
        pages, "{{ forms.text('a', 'A', 'typed', problems, hint='why') }}", problems={"a": ["one", "two"], "b": ["x"]}
    )

    assert 'aria-invalid="true" aria-describedby="hint-a problems-a"' in html
    assert re.findall(r"<li>(.*?)</li>", html) == ["one", "two"]
    assert 'value="typed"' in html


def test_a_field_without_a_problem_claims_none(pages: Environment) -> None:
    html = written(pages, "{{ forms.text('a', 'A', '', {'b': ['x']}) }}")

    assert "aria-" not in html


def test_the_summary_links_to_each_field(pages: Environment) -> None:
    html = written(pages, "{{ forms.problem_summary({'a': ['one'], '': ['all']}, {'a': 'A'}) }}")

    assert re.findall(r"<li>(.*?)</li>", html) == ['<a href="#field-a">A：one</a>', "all"]


@pytest.mark.parametrize(
    "field",
    [
        "forms.text('a', v, v, {'a': [v]}, v)",
        "forms.textarea('a', v, v, {'a': [v]}, v)",
        "forms.select('a', v, [(v, v)], v)",
        "forms.radios('a', v, [(v, v)], v, {'a': [v]})",
        "forms.number('a', v, v, unit=v)",
        "buttons.post(v, '/a', fields={'n': v})",
        "lists.chip(v)",
        "lists.definition([(v, v)])",
        "layout.page_header(v, v, v, [(v, '/')])",
    ],
)
def test_what_people_typed_is_escaped_everywhere(pages: Environment, field: str) -> None:
    html = written(pages, f"{{{{ {field} }}}}", v='"><script>')

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_password_is_never_written_back(pages: Environment) -> None:
    assert "secret" not in written(pages, "{{ forms.password('a', 'A', 'secret') }}")


def test_numbers_choose_options_as_their_text_does(pages: Environment) -> None:
    html = written(pages, "{{ forms.select('a', 'A', [(1, 'one'), (2, 'two')], '2') }}")

    assert re.findall(r'value="(\d)"( selected)?', html) == [("1", ""), ("2", " selected")]


def test_long_lists_of_pages_show_the_ends_and_the_neighbours(pages: Environment) -> None:
    html = written(pages, "{{ lists.pagination(10, 30, url_of) }}", url_of=lambda page: f"?page={page}")

    assert re.findall(r">(\d+|…)<", html) == ["1", "…", "8", "9", "10", "11", "12", "…", "30"]
    assert re.findall(r'rel="(\w+)" href="(.*?)"', html) == [("prev", "?page=9"), ("next", "?page=11")]


def test_one_page_needs_no_pagination(pages: Environment) -> None:
    assert written(pages, "{{ lists.pagination(1, 1, url_of) }}", url_of=str) == ""


def test_no_template_has_inline_script_or_style() -> None:
    found = [
        path.name
        for path in (TEMPLATES).rglob("*.html")
        if "mail" not in path.parts
        and re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", path.read_text(encoding="utf-8"))
    ]

    assert found == []
