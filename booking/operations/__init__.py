"""Running the service: health, metrics, logs, headers, the jobs page, the mailbox of the demo."""

from flask import Flask


def init_operations(app: Flask) -> None:
    """Attach what every request passes through."""
    app.logger.disabled = False
