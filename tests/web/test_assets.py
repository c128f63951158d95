import gzip
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking.web import static_files
from booking.web.asset_names import BadReference, hashed_files, hashed_name
from booking.web.asset_packages import PackagesUnavailable, reason_in
from booking.web.assets import AssetsFailed, Manifest, build

VENDORED = {"vendor/tool.js": b'import "./not-ours.js";\n//# sourceMappingURL=tool.js.map\n'}


class Fetching:
    """Stands in for npm: hands over the packages, counts how often, or refuses."""

    def __init__(self) -> None:
        self.times = 0
        self.refusal: Exception | None = None

    def __call__(self, _root: Path, _folder: Path, _report: Callable[[str], None]) -> Mapping[str, bytes]:
        self.times += 1
        if self.refusal:
            raise self.refusal
        return VENDORED


@pytest.fixture
def project(tmp_path: Path) -> Path:
    static = tmp_path / "booking" / "web" / "static"
    for name, text in {
        "css/site.css": '@import "./tokens.css";\n.a { color: red }\n',
        "css/tokens.css": '.b { background: url("../img/logo.svg") }\n',
        "js/site.js": 'import { close } from "./menus.js";\nclose();\n',
        "js/menus.js": "export function close() {}\n",
        "img/logo.svg": "<svg/>",
    }.items():
        (static / name).parent.mkdir(parents=True, exist_ok=True)
        (static / name).write_text(text)
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("{}")
    return tmp_path


@pytest.fixture
def fetch() -> Fetching:
    return Fetching()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def served(project: Path, fetch: Fetching, said: list[str]) -> Path:
    return build(project, report=said.append, fetch=fetch)


@pytest.fixture
def client(served: Path) -> FlaskClient:
    app = Flask("pages", static_folder=None)
    static_files.init_app(app, served)
    app.add_url_rule("/page", "page", lambda: static_files.asset("css/site.css"))
    return app.test_client()


def test_the_same_content_always_has_the_same_name() -> None:
    first, again, other = (hashed_name("css/a.css", content) for content in (b"x", b"x", b"y"))

    assert first == again == "css/a.2d711642b726.css"
    assert other != first


def test_an_imported_style_sheet_stands_in_place_of_the_import() -> None:
    files = hashed_files({"css/site.css": b'@import "./a.css";\n.s {}', "css/a.css": b".a {}"}, {})

    assert files["css/site.css"][1] == b".a {}\n.s {}"


def test_an_address_in_an_imported_sheet_is_seen_from_the_importing_one() -> None:
    files = hashed_files(
        {"site.css": b'@import "css/a.css";', "css/a.css": b".a { src: url(../img/i.svg) }", "img/i.svg": b"<svg/>"},
        {},
    )

    assert files["site.css"][1] == b'.a { src: url("' + files["img/i.svg"][0].encode() + b'") }'
    assert files["css/a.css"][1] == b'.a { src: url("../' + files["img/i.svg"][0].encode() + b'") }'


@pytest.mark.parametrize("address", ["data:image/png;base64,AA", "https://example.org/a.png", "/a.png", "#a"])
def test_addresses_outside_the_static_folder_stay(address: str) -> None:
    sheet = f'.a {{ src: url("{address}") }}'.encode()

    assert hashed_files({"a.css": sheet}, {})["a.css"][1] == sheet


@pytest.mark.parametrize(
    "statement", ['import { b } from "{}";', 'import "{}";', "await import('{}');", 'export * from "{}";']
)
def test_a_module_imports_the_hashed_name_of_the_other(statement: str) -> None:
    module = statement.replace("{}", "./b.js").encode()

    files = hashed_files({"js/a.js": module, "js/b.js": b"export const b = 1;"}, {})

    wanted = files["js/b.js"][0].replace("js/", "./")
    assert files["js/a.js"][1] == statement.replace("{}", wanted).encode()


def test_a_change_deep_down_renames_every_file_that_refers_to_it() -> None:
    sources = {"a.js": b'import "./b.js";', "b.js": b'import "./c.js";', "c.js": b"1"}

    before = hashed_files(sources, {})
    after = hashed_files({**sources, "c.js": b"2"}, {})

    assert [name for name in sources if before[name][0] != after[name][0]] == ["a.js", "b.js", "c.js"]


def test_third_party_files_are_not_rewritten_but_lose_their_source_map() -> None:
    name, content = hashed_files({}, VENDORED)["vendor/tool.js"]

    assert content == b'import "./not-ours.js";\n\n'
    assert name == hashed_name("vendor/tool.js", content)


@pytest.mark.parametrize(
    ("sources", "complaint"),
    [
        pytest.param({"a.css": b'@import "./b.css";'}, "a.css refers to ./b.css, which does not exist", id="missing"),
        pytest.param({"a.js": b'import "./a.js";'}, "these files refer to each other in a circle: a.js", id="itself"),
        pytest.param(
            {"a.css": b'@import "./b.css";', "b.css": b'@import "./a.css";'},
            "these files refer to each other in a circle: a.css, b.css",
            id="circle",
        ),
    ],
)
def test_a_bad_reference_is_named(sources: dict[str, bytes], complaint: str) -> None:
    with pytest.raises(BadReference) as refused:
        hashed_files(sources, {})

    assert str(refused.value) == complaint


def test_a_build_writes_every_file_and_its_gzipped_twin(served: Path) -> None:
    manifest = json.loads((served / "manifest.json").read_text())

    assert sorted(manifest) == [
        "css/site.css",
        "css/tokens.css",
        "img/logo.svg",
        "js/menus.js",
        "js/site.js",
        "vendor/tool.js",
    ]
    for name in manifest.values():
        assert gzip.decompress((served / f"{name}.gz").read_bytes()) == (served / name).read_bytes()


def test_a_second_build_does_nothing(project: Path, served: Path, fetch: Fetching, said: list[str]) -> None:
    said.clear()

    assert build(project, report=said.append, fetch=fetch) == served
    assert (fetch.times, said) == (1, [])


@pytest.mark.parametrize("changed", ["package-lock.json", "booking/web/static/js/menus.js"])
def test_a_change_of_the_lock_file_or_a_source_builds_again(
    project: Path, served: Path, fetch: Fetching, said: list[str], changed: str
) -> None:
    (project / changed).write_text("export function close() { return 1; }\n")

    build(project, report=said.append, fetch=fetch)

    assert fetch.times == 2


def test_a_file_that_somebody_removed_is_built_again(
    project: Path, served: Path, fetch: Fetching, said: list[str]
) -> None:
    removed = served / Manifest.read(served).hashed("css/site.css")
    removed.unlink()

    build(project, report=said.append, fetch=fetch)

    assert removed.exists()


def test_files_of_the_last_build_stay_for_open_pages_and_older_ones_go(
    project: Path, served: Path, fetch: Fetching, said: list[str]
) -> None:
    menus = project / "booking" / "web" / "static" / "js" / "menus.js"
    names = [Manifest.read(served).hashed("js/menus.js")]
    for text in ("export const close = 1;", "export const close = 2;"):
        menus.write_text(text)
        names.append(Manifest.read(build(project, report=said.append, fetch=fetch)).hashed("js/menus.js"))

    assert [(served / name).exists() for name in names] == [False, True, True]


def test_a_refusal_of_npm_says_what_to_do_and_leaves_the_last_build(
    project: Path, served: Path, fetch: Fetching, said: list[str]
) -> None:
    before = (served / "manifest.json").read_bytes()
    (project / "package-lock.json").write_text('{"changed": true}')
    fetch.refusal = PackagesUnavailable("check the network")

    with pytest.raises(AssetsFailed, match=r"^check the network$"):
        build(project, report=said.append, fetch=fetch)

    assert (served / "manifest.json").read_bytes() == before
    fetch.refusal = None
    assert build(project, report=said.append, fetch=fetch) == served
    assert fetch.times == 3


def test_a_full_disk_is_called_so(project: Path, fetch: Fetching, said: list[str]) -> None:
    fetch.refusal = OSError(28, "No space left on device")

    with pytest.raises(AssetsFailed, match=r"^the disk is full: free about 50 MB"):
        build(project, report=said.append, fetch=fetch)


def test_a_folder_that_cannot_be_written_is_called_so(project: Path, fetch: Fetching, said: list[str]) -> None:
    (project / ".assets").write_text("a file, not a folder")

    with pytest.raises(AssetsFailed, match=r"^the front-end files could not be written .* then start again$"):
        build(project, report=said.append, fetch=fetch)


def test_of_two_builds_at_once_only_one_builds(project: Path, fetch: Fetching, said: list[str]) -> None:
    builds = [
        threading.Thread(target=build, args=(project,), kwargs={"report": said.append, "fetch": fetch}) for _ in "12"
    ]
    for thread in builds:
        thread.start()
    for thread in builds:
        thread.join()

    assert (fetch.times, said) == (1, ["Building front-end files"])


def test_npm_is_quoted_where_it_says_most() -> None:
    output = (
        "npm warn old lockfile\nnpm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error errno ENOTFOUND\n"
        "npm error network request to the registry failed\nnpm error A complete log of this run can be found in: x\n"
    )

    assert reason_in(output) == "network request to the registry failed"
    assert reason_in("Killed") == ""


def test_a_missing_manifest_or_name_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssetsFailed, match=r"start once with: uv run app\.py"):
        Manifest.read(tmp_path)
    with pytest.raises(AssetsFailed, match=r"there is no static file css/none\.css"):
        Manifest({}).hashed("css/none.css")


def test_a_page_links_to_the_hashed_name_which_may_be_kept_for_a_year(client: FlaskClient) -> None:
    address = client.get("/page").text
    answer = client.get(address)

    assert address == f"/static/{hashed_name('css/site.css', answer.data)}"
    assert answer.content_type == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, br", "gzip"), ("br", None), ("gzip;q=0", None), ("*", "gzip")]
)
def test_a_gzipped_twin_is_sent_to_who_accepts_it(client: FlaskClient, accepted: str, encoding: str | None) -> None:
    address = client.get("/page").text
    plain = client.get(address)

    answer = client.get(address, headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert (gzip.decompress(answer.data) if encoding else answer.data) == plain.data
    assert (answer.headers["ETag"] == plain.headers["ETag"]) == (encoding is None)


def test_a_browser_that_has_the_file_gets_304(client: FlaskClient) -> None:
    address = client.get("/page").text
    tag = client.get(address).headers["ETag"]

    answer = client.get(address, headers={"If-None-Match": tag})

    assert (answer.status_code, answer.data) == (304, b"")


@pytest.mark.parametrize(
    "name",
    [
        "manifest.json",
        "../stamp",
        "css/site.css",
        "css/../../stamp",
        "css/site.000000000000.css",
        "%00.000000000000.css",
    ],
)
def test_only_built_files_are_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_a_program_that_asks_for_the_icon_gets_the_logo(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico")

    assert (answer.status_code, answer.data) == (200, b"<svg/>")
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
