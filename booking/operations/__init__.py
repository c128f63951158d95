"""Running the service: what every request passes through, health, metrics, logs, jobs, the mailbox."""

from flask import Flask

from booking.operations import health
from booking.operations.arriving import init_arriving
from booking.operations.headers import init_headers
from booking.operations.logs import init_logs
from booking.operations.metrics import init_metrics
from booking.operations.noting import init_noting
from booking.settings import ROOT, Settings
from booking.web import static_files
from booking.web.assets import BUILT


def init_operations(app: Flask) -> None:
    """Attach what every request passes through; before everything else, so that it comes first and last."""
    settings: Settings = app.config["SETTINGS"]
    init_logs(settings)
    init_headers(app, settings)
    init_noting(app)
    init_arriving(app, settings)
    init_metrics(app)
    app.register_blueprint(health.bp)
    static_files.init_app(app, ROOT / BUILT / "served")
