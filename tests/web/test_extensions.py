"""The session of a request: what it reads is what was committed last, and it changes nothing."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.web.extensions import WrittenWhileReadingError, reading, transaction
from models.accounts import User
from tests.factories.people import make_user


def test_reading_opens_no_transaction_and_sees_what_was_committed_last(session: Session) -> None:
    user = make_user(session, "before")
    name = select(User.name).where(User.id == user.id)
    assert reading().scalar(name) == "Before"

    session.execute(update(User).where(User.id == user.id).values(name="after"))
    session.commit()

    assert reading().scalar(name) == "after"
    raw = reading().connection().connection.dbapi_connection
    assert not getattr(raw, "in_transaction", False)
    assert getattr(raw, "autocommit", True)


def test_what_a_view_changes_by_mistake_is_an_error_and_stays_unchanged(session: Session) -> None:
    user = make_user(session, "before")
    found = reading().get_one(User, user.id)
    found.name = "after"

    with pytest.raises(WrittenWhileReadingError):
        reading().scalars(select(User)).all()

    assert session.scalar(select(User.name).where(User.id == user.id)) == "Before"
    assert transaction(lambda writing: writing.scalar(select(User.name).where(User.id == user.id))) == "Before"
