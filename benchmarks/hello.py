"""The yardstick: a bare Flask application that says hello, on the same server."""

from flask import Flask


def create_app() -> Flask:
    """One route, nothing else."""
    app = Flask(__name__)

    @app.get("/")
    def hello() -> str:
        """Say hello."""
        return "hello"

    return app
