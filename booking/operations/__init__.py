"""Running the service: health, metrics, logs, headers, the jobs page, the mailbox of the demo."""

from flask import Flask

from booking.settings import ROOT
from booking.web import static_files
from booking.web.assets import BUILT


def init_operations(app: Flask) -> None:
    """Attach what every request passes through."""
    static_files.init_app(app, ROOT / BUILT / "served")
