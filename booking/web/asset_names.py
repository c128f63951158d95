"""Hashed names for static files, with the references between style sheets and modules rewritten."""

import hashlib
import posixpath
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

DIGEST_LENGTH = 12

CSS_URL = re.compile(r"""url\(\s*(["']?)(?P<target>[^"')]+)\1\s*\)""")
CSS_IMPORT = re.compile(r"""@import\s+(["'])(?P<target>[^"']+)\1\s*;""")
JS_IMPORT = re.compile(
    r"""(?P<before>\bfrom\s*|\bimport\s*\(?\s*)(?P<quote>["'])(?P<target>\.{1,2}/[^"']+)(?P=quote)"""
)
OUTSIDE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|/|#)", re.IGNORECASE)
SOURCE_MAP = re.compile(rb"^(?://|/\*)# sourceMappingURL=.*$", re.MULTILINE)


class BadReference(Exception):  # noqa: N818 - exceptions here are named as facts
    """A static file refers to one that does not exist, or to itself in a circle."""


def hashed_name(name: str, content: bytes) -> str:
    """`css/site.css` → `css/site.3fa9c1d2e0b4.css`; the same content always has the same name."""
    path = PurePosixPath(name)
    digest = hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]
    return str(path.with_name(f"{path.stem}.{digest}{path.suffix}"))


def hashed_files(own: Mapping[str, bytes], vendored: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Logical name → (hashed name, content); only our own files are rewritten."""
    rewriting = _Rewriting(own)
    files = {name: rewriting.file(name) for name in own}
    for name, content in vendored.items():
        served = SOURCE_MAP.sub(b"", content)
        files[name] = (hashed_name(name, served), served)
    return files


class _Rewriting:
    """Gives each file its name after the files it refers to have theirs."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        self._done: dict[str, tuple[str, bytes]] = {}
        self._open: list[str] = []

    def file(self, name: str) -> tuple[str, bytes]:
        """The hashed name and final content of one source file."""
        if name not in self._done:
            self._enter(name)
            content = self._rewritten(name)
            self._done[name] = (hashed_name(name, content), content)
            self._open.pop()
        return self._done[name]

    def _rewritten(self, name: str) -> bytes:
        if name.endswith(".css"):
            return self._style_sheet(name, root=name).encode()
        if name.endswith(".js"):
            return JS_IMPORT.sub(lambda found: self._import(name, found), self._text(name)).encode()
        return self._sources[name]

    def _style_sheet(self, name: str, *, root: str) -> str:
        """The sheet with what it imports in place of the import, so that a page fetches one file."""
        text = CSS_URL.sub(lambda found: self._url(name, root, found), self._text(name))
        return CSS_IMPORT.sub(lambda found: self._inlined(name, root, found), text)

    def _inlined(self, name: str, root: str, found: re.Match[str]) -> str:
        target = self._target(name, found["target"])
        self._enter(target)
        text = self._style_sheet(target, root=root)
        self._open.pop()
        return text

    def _url(self, name: str, root: str, found: re.Match[str]) -> str:
        if OUTSIDE.match(found["target"]):
            return found[0]
        return f'url("{self._relative(self._target(name, found["target"]), root)}")'

    def _import(self, name: str, found: re.Match[str]) -> str:
        reference = self._relative(self._target(name, found["target"]), name)
        dotted = reference if reference.startswith(".") else f"./{reference}"
        return f"{found['before']}{found['quote']}{dotted}{found['quote']}"

    def _relative(self, target: str, seen_from: str) -> str:
        return posixpath.relpath(self.file(target)[0], posixpath.dirname(seen_from) or ".")

    def _target(self, name: str, reference: str) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), reference))
        if target not in self._sources:
            raise BadReference(f"{name} refers to {reference}, which does not exist")
        return target

    def _enter(self, name: str) -> None:
        if name in self._open:
            raise BadReference(f"these files refer to each other in a circle: {', '.join(self._open)}")
        self._open.append(name)

    def _text(self, name: str) -> str:
        return self._sources[name].decode()
