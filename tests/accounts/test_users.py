"""Looking after accounts: searching, one person's page, the confirming mail, the end of sessions."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit, user_care, user_queries
from booking.accounts.forms import UsersQuery
from booking.core.errors import Forbidden
from models.accounts import AuditEntry, User
from models.notifications import Event
from models.vocabulary.accounts import AccountState, Role, ScopeKind
from tests.factories.people import LONG_AGO, actor_for, give, make_user, sign_in


@pytest.fixture
def admin(session: Session) -> User:
    made = make_user(session, "admin")
    give(session, made, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    return made


def _named(session: Session) -> User:
    made = make_user(session, "li.wei")
    made.name = "李伟"
    session.commit()
    return made


@pytest.fixture
def people(session: Session, admin: User) -> dict[str, User]:
    return {
        "li": _named(session),
        "new": make_user(session, "new_one", confirmed_at=None),
        "gone": make_user(session, "gone", confirmed_at=None, deactivated_at=LONG_AGO),
    }


def actions(session: Session) -> list[tuple[str, int | None]]:
    session.expire_all()
    return [(entry.action, entry.subject_id) for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(UsersQuery(), ["gone", "new", "li", "admin"], id="everybody, the newest first"),
        pytest.param(UsersQuery(q="LI.W"), ["li"], id="a part of the address"),
        pytest.param(UsersQuery(q="伟"), ["li"], id="a part of the name"),
        pytest.param(UsersQuery(q="_"), ["new"], id="wildcards are letters"),
        pytest.param(UsersQuery(state=AccountState.CONFIRMED), ["li", "admin"], id="confirmed"),
        pytest.param(UsersQuery(state=AccountState.UNCONFIRMED), ["new"], id="unconfirmed and active"),
        pytest.param(UsersQuery(state=AccountState.DEACTIVATED), ["gone"], id="deactivated"),
    ],
)
def test_accounts_are_found_by(
    session: Session, admin: User, people: dict[str, User], wanted: UsersQuery, expected: list[str]
) -> None:
    named = {user.id: key for key, user in {**people, "admin": admin}.items()}

    assert [named[user.id] for user in user_queries.users(session, wanted).items] == expected


def test_pages_of_accounts_follow_each_other_without_gaps(session: Session, people: dict[str, User]) -> None:
    first = user_queries.users(session, UsersQuery(limit=3))
    rest = user_queries.users(session, UsersQuery(limit=3, cursor=first.next_cursor or ""))

    assert [len(first.items), len(rest.items), rest.next_cursor] == [3, 1, None]


def test_one_person_is_shown_with_the_last_sign_in_and_reading_it_is_logged(
    client: FlaskClient, session: Session, admin: User, people: dict[str, User], now: datetime
) -> None:
    audit.note(session, "accounts.signed_in", ("user", people["li"].id), actor=None, now=now)
    audit.note(session, "accounts.sign_in_failed", ("user", people["li"].id), actor=None, now=now)
    session.commit()
    sign_in(client, admin)

    page = client.get(f"/users/{people['li'].id}")
    answer = client.get(f"/api/v1/users/{people['li'].id}").get_json()

    assert (page.status_code, "11月23日 周一 09:30" in page.get_data(as_text=True)) == (200, True)
    assert (answer["last_sign_in_at"], answer["state"], answer["grants"]) == ("2026-11-23T01:30:00Z", "confirmed", [])
    assert actions(session)[2:] == [("accounts.user_read", people["li"].id)] * 2


def test_the_confirming_mail_is_sent_again_only_to_who_has_not_confirmed(
    client: FlaskClient, session: Session, admin: User, people: dict[str, User]
) -> None:
    sign_in(client, admin)

    answers = [client.post(f"/api/v1/users/{people[key].id}/send-confirmation") for key in ("new", "li", "gone")]

    assert [answer.status_code for answer in answers] == [200, 422, 422]
    assert actions(session) == [("accounts.confirmation_sent", people["new"].id)]
    assert session.scalars(select(Event.payload)).all() == [{"email": people["new"].email}]


def test_ended_sessions_are_signed_out_everywhere(
    client: FlaskClient, session: Session, admin: User, people: dict[str, User]
) -> None:
    theirs = client.application.test_client()
    sign_in(theirs, people["li"])
    sign_in(client, admin)

    before = theirs.get("/account").status_code
    ended = client.post(f"/users/{people['li'].id}/sign-out")

    assert (before, ended.status_code, theirs.get("/account").status_code) == (200, 303, 303)
    assert client.get("/account").status_code == 200


def test_who_may_not_look_after_accounts_changes_nothing(
    session: Session, people: dict[str, User], now: datetime
) -> None:
    actor = actor_for(session, people["li"], now=now)

    with pytest.raises(Forbidden):
        user_care.end_sessions(session, people["new"].id, actor=actor, now=now)

    assert (people["new"].credential_version, actions(session)) == (1, [])
