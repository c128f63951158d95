"""Serves the built front-end files: hashed names never change, so browsers keep them for a year."""

import re
from functools import cached_property
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request, url_for
from werkzeug.security import safe_join

from booking.web.assets import Manifest

YEAR_SECONDS = 31_536_000
DAY_SECONDS = 86_400
HASHED = re.compile(r"[\w./-]+\.(?P<digest>[0-9a-f]{12})(?P<suffix>\.[a-z0-9]+)")
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
}

bp = Blueprint("static_files", __name__)


def init_app(app: Flask, served: Path) -> None:
    """Serve the build in `served`, and give templates `asset(name)`."""
    app.extensions["static_files"] = _Build(served)
    app.jinja_env.globals["asset"] = asset
    app.register_blueprint(bp)


def asset(name: str) -> str:
    """The address of a static file by its logical name, such as `css/site.css`."""
    return url_for("static_files.show", name=_manifest().hashed(name))


def built_file(name: str) -> Path:
    """Where a static file lies by its logical name, for what reads it itself."""
    return _served() / _manifest().hashed(name)


@bp.get("/static/<path:name>")
def show(name: str) -> Response:
    """One built file, to be kept for a year."""
    answer = _file(name)
    answer.cache_control.max_age = YEAR_SECONDS
    answer.cache_control.immutable = True
    return answer


@bp.get("/favicon.ico")
def favicon() -> Response:
    """The logo, for programs that ask without reading the page."""
    answer = _file(_manifest().hashed("img/logo.svg"))
    answer.cache_control.max_age = DAY_SECONDS
    return answer


def _file(name: str) -> Response:
    found = HASHED.fullmatch(name)
    path = safe_join(str(_served()), name)
    if not found or path is None or not Path(path).is_file():
        abort(404)
    twin = Path(f"{path}.gz")
    is_gzipped = request.accept_encodings.quality("gzip") > 0 and twin.is_file()
    answer = Response((twin if is_gzipped else Path(path)).read_bytes())
    answer.mimetype = TYPES.get(found["suffix"], "application/octet-stream")
    answer.set_etag(f"{found['digest']}{'-gz' if is_gzipped else ''}")
    answer.vary.add("Accept-Encoding")
    answer.cache_control.public = True
    if is_gzipped:
        answer.content_encoding = "gzip"
    answer.make_conditional(request)
    return answer


class _Build:
    """A folder of served files; its manifest is read on first use, so that commands run without a build."""

    def __init__(self, served: Path) -> None:
        self.served = served

    @cached_property
    def manifest(self) -> Manifest:
        return Manifest.read(self.served)


def _manifest() -> Manifest:
    return _build().manifest


def _served() -> Path:
    return _build().served


def _build() -> _Build:
    build: _Build = current_app.extensions["static_files"]
    return build
