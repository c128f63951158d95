"""Fixtures: a real mail server, and settings that name it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from booking.settings import Settings
from tests.notifications.post_office import PostOffice, post_office


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server that accepts everything unless told otherwise."""
    with post_office() as opened:
        yield opened


@pytest.fixture
def settings(app: Flask, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The application's settings, with the mail server and a public address."""
    before: Settings = app.config["SETTINGS"]
    changed = {
        "smtp_url": office.url,
        "base_url": "https://instruments.example.cn",
        "mail_from": "仪器 <post@example.cn>",
    }
    after = before.model_copy(update=changed)
    monkeypatch.setitem(app.config, "SETTINGS", after)
    return after
