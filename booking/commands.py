"""`flask …`: thin commands over the same services."""

from flask import Flask


def init_commands(app: Flask) -> None:
    """Register every command."""
    app.cli.help = "川渝仪器共享"
