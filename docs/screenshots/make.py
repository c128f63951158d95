"""Take the pictures of README from a fresh demo: `uv run python docs/screenshots/make.py`."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from benchmarks.harness import free_port  # noqa: E402
from booking.demo.people import PASSWORD  # noqa: E402
from tests.journeys.browsers import FLAGS, chromium  # noqa: E402

FOLDER = Path(__file__).parent
SIZES = {1280: 860, 375: 760}
PICTURES = (
    ("search", "researcher", "/?q=扫描电镜"),
    ("instrument", "researcher", "/instruments/1"),
    ("mine", "researcher", "/reservations"),
    ("board", "steward", "/board"),
)
WANTED = {("zh", 1280), ("en", 375)}


def main() -> None:
    """Serve a fresh demo and take every picture."""
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for language, width in sorted(WANTED):
            for name, who, path in PICTURES:
                take(browser, address, f"{name}-{language}-{width}", who=who, path=path, language=language, width=width)
        browser.close()


def take(browser: Browser, address: str, name: str, *, who: str, path: str, language: str, width: int) -> None:
    """One picture of one page as one person."""
    locale = "zh-CN" if language == "zh" else "en-GB"
    context = browser.new_context(viewport={"width": width, "height": SIZES[width]}, locale=locale)
    page = context.new_page()
    sign_in(page, address, who, language)
    page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"{name}.png")
    context.close()


def sign_in(page: Page, address: str, who: str, language: str) -> None:
    """Sign in with a demo account."""
    page.goto(f"{address}/sign-in?lang={language}")
    page.fill("input[name=email]", f"{who}@demo.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{address}/**")


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        port = str(free_port())
        environment = {**os.environ, "BOOKING_DATA_DIR": folder, "BOOKING_PORT": port}
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        for line in process.stdout:
            if line.startswith("Ready"):
                break
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
