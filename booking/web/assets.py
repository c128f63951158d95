"""The front-end build: packages and our own static files under hashed names in `.assets/served`."""

import errno
import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from booking.web import asset_packages
from booking.web.asset_names import BadReference, hashed_files
from booking.web.asset_packages import PackagesUnavailable, lock_digest, vendored_files

STATIC = Path("booking") / "web" / "static"
BUILT = Path(".assets")
COMPRESSED = (".css", ".js", ".svg", ".json")

Report = Callable[[str], None]
Fetch = Callable[[Path, Path, Report], Mapping[str, bytes]]


class AssetsFailed(Exception):  # noqa: N818 - exceptions here are named as facts
    """The front-end files could not be built or found; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which hashed name a logical name such as `css/site.css` has."""

    names: Mapping[str, str]

    @classmethod
    def read(cls, served: Path) -> "Manifest":
        """The manifest of the last build; raises AssetsFailed when there is none."""
        try:
            return cls(json.loads((served / "manifest.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):
            raise AssetsFailed("the front-end files are not built; start once with: uv run app.py") from None

    def hashed(self, name: str) -> str:
        """The name to link to; raises AssetsFailed for a file that does not exist."""
        try:
            return self.names[name]
        except KeyError:
            raise AssetsFailed(f"there is no static file {name}; its folder is {STATIC}") from None


def build(project_root: Path, *, report: Report, fetch: Fetch = vendored_files) -> Path:
    """The folder of served files, built again when a source or the lock file changed."""
    folder = project_root / BUILT
    served = folder / "served"
    wanted = _sources_digest(project_root)
    if _is_built(folder, wanted):
        return served
    try:
        with _alone(folder):
            if not _is_built(folder, wanted):
                _build(project_root, folder, fetch, report)
                _replace(folder / "stamp", wanted.encode())
    except (BadReference, PackagesUnavailable) as failed:
        raise AssetsFailed(str(failed)) from failed
    except OSError as failed:
        raise AssetsFailed(_disk_advice(failed, folder)) from failed
    return served


def _build(project_root: Path, folder: Path, fetch: Fetch, report: Report) -> None:
    """Write the files beside those of the last build, then the manifest, so a kill leaves nothing half."""
    vendored = fetch(project_root, folder / "packages", report)
    report("Building front-end files")
    files = hashed_files(_own_files(project_root), vendored)
    served = folder / "served"
    before = _names_in(served)
    for name, content in files.values():
        _replace(served / name, content)
        if name.endswith(COMPRESSED):
            _replace(served / f"{name}.gz", gzip.compress(content, mtime=0))
    manifest = {logical: name for logical, (name, _) in sorted(files.items())}
    _replace(served / "manifest.json", json.dumps(manifest, indent=1).encode())
    _forget(served, keep={"manifest.json", *manifest.values(), *before})


def _own_files(project_root: Path) -> dict[str, bytes]:
    static = project_root / STATIC
    found = sorted(path for path in static.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(static).as_posix(): path.read_bytes() for path in found}


def _sources_digest(project_root: Path) -> str:
    """Changes whenever a rebuild would give something else, also by a change of these modules."""
    digest = hashlib.sha256(lock_digest(project_root).encode())
    for name, content in _own_files(project_root).items():
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    for module in (__file__, asset_packages.__file__, str(Path(__file__).with_name("asset_names.py"))):
        digest.update(Path(module).read_bytes())
    return digest.hexdigest()


def _is_built(folder: Path, wanted: str) -> bool:
    try:
        if (folder / "stamp").read_text() != wanted:
            return False
        manifest = Manifest.read(folder / "served")
    except (OSError, AssetsFailed):
        return False
    return all((folder / "served" / name).is_file() for name in manifest.names.values())


def _names_in(served: Path) -> set[str]:
    """What the last build made: pages that are open in browsers may still ask for it."""
    try:
        return set(Manifest.read(served).names.values())
    except AssetsFailed:
        return set()


def _forget(served: Path, *, keep: set[str]) -> None:
    for path in served.rglob("*"):
        if path.is_file() and path.relative_to(served).as_posix().removesuffix(".gz") not in keep:
            path.unlink()


def _replace(path: Path, content: bytes) -> None:
    """The file has its old or its new content, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _alone(folder: Path) -> FileLock:
    """Only one process builds; the others wait and then find it done."""
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / "lock")


def _disk_advice(failed: OSError, folder: Path) -> str:
    if failed.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full: free about 50 MB for {folder}, then start again"
    return f"the front-end files could not be written ({failed}); make {folder} writable, then start again"
