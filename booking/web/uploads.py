"""Larger bodies for the few views that take files, and for nothing else."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request, session

from booking.settings import Settings
from booking.web.signed_in import uses_token

ViewT = TypeVar("ViewT", bound=Callable[..., Any])

_MARK = "takes_files"


def takes_files(view: ViewT) -> ViewT:
    """A view that reads uploaded files, so that its requests may be as large as `largest_upload_bytes`."""
    setattr(view, _MARK, True)
    return view


def init_uploads(app: Flask) -> None:
    """Raise the limit before anything reads the body."""
    app.url_value_preprocessor(_raise_limit)


def _raise_limit(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let the body be larger where the view takes files and somebody claims to be signed in."""
    view = current_app.view_functions.get(endpoint or "")
    if getattr(view, _MARK, False) and ("_user_id" in session or uses_token()):
        settings: Settings = current_app.config["SETTINGS"]
        request.max_content_length = settings.largest_upload_bytes
