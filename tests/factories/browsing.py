"""Somebody with a password, and signing in by the page."""

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.accounts import User
from tests.factories.passwords import PASSWORD, password_hash
from tests.factories.people import make_user

EMAIL = "lin@swu.edu.cn"


def make_lin(session: Session, **columns: Any) -> User:
    """林晓明 with PASSWORD, committed."""
    values: dict[str, Any] = {"email": EMAIL, "name": "林晓明", "password_hash": password_hash()}
    return make_user(session, **(values | columns))


def enter(client: FlaskClient, password: str = PASSWORD, email: str = EMAIL, **more: str) -> TestResponse:
    """The answer of the page to this address and password."""
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def is_signed_in(client: FlaskClient) -> bool:
    """Whether the account page is shown."""
    return client.get("/account").status_code == 200
