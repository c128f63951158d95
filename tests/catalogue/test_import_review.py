"""Imported texts of published records wait for their review; only the command line publishes without."""

import csv
import io
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.catalogue.importing import Fate, import_instruments
from booking.core.actors import Actor
from booking.core.errors import Forbidden
from models.accounts import AuditEntry
from models.catalogue import Instrument
from models.publishing import RecordEditor, ReviewRound
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.people import actor_for, give, make_user


@pytest.fixture
def admin(session: Session, now: datetime) -> Actor:
    organisation = make_organisation(session, name_zh="示例大学")
    for name in ("admin", "reviewer"):
        give(session, make_user(session, name), Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    user = make_user(session, "platform")
    give(session, user, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    for number in ("A-1", "A-2"):
        make_instrument(session, organisation, inner_id=number, functions_zh="旧", model="M")
    return actor_for(session, user, now=now)


def table(functions: str) -> bytes:
    text = io.StringIO()
    rows = [(number, "示例大学", "电镜", functions, "N") for number in ("A-1", "A-2")]
    csv.writer(text).writerows([("inner_id", "institution", "name_zh", "functions_zh", "model"), *rows])
    return text.getvalue().encode()


def test_an_import_puts_reviewed_texts_aside_tells_reviewers_once_and_is_repeatable(
    session: Session, admin: Actor, now: datetime
) -> None:
    first = import_instruments(session, table("新"), actor=admin, now=now)
    again = import_instruments(session, table("新"), actor=admin, now=now)
    session.expire_all()

    assert (first.count(Fate.UPDATED), again.count(Fate.UNCHANGED)) == (2, 2)
    records = session.execute(select(Instrument.functions_zh, Instrument.model)).all()
    assert [tuple(record) for record in records] == [("旧", "N"), ("旧", "N")]
    assert session.scalars(select(ReviewRound.proposed)).all() == [{"functions_zh": "新"}] * 2
    assert session.scalars(select(RecordEditor.user_id)).all() == [admin.id] * 2
    assert [letter.values["count"] for letter in mailed(session, now=now)] == [2, 2]


def test_only_the_command_line_publishes_without_review_and_says_why(
    session: Session, admin: Actor, now: datetime
) -> None:
    with pytest.raises(Forbidden):
        import_instruments(session, table("新"), actor=admin, now=now, published_because="急")
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0

    import_instruments(session, table("新"), actor=None, now=now, published_because="资料已公开")
    session.expire_all()

    assert session.scalars(select(Instrument.functions_zh)).all() == ["新", "新"]
    assert session.scalars(select(ReviewRound)).all() == []
    assert set(session.scalars(select(AuditEntry.reason))) == {"资料已公开"}
    assert set(session.scalars(select(Instrument.publishing_state))) == {PublishingState.PUBLISHED}
