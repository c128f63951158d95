from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import addresses, mailed
from booking.accounts.audit import Origin
from booking.accounts.mailed import LinkSpent, write_secret
from booking.core.clock import utcnow
from booking.web.extensions import transaction
from models.accounts import AuditEntry, User
from models.notifications import Event
from models.vocabulary.accounts import TokenPurpose
from tests.factories.letters import mailed as letters_of
from tests.factories.looking import count, look_again
from tests.factories.passwords import PASSWORD, password_hash
from tests.factories.people import make_user, sign_in

NEW = "moved@example.org"


def asked(client: FlaskClient, email: str, password: str = PASSWORD) -> int:
    return client.post("/account/address", data={"new_email": email, "current_password": password}).status_code


def link_to(session: Session, user: User, email: str) -> str:
    secret = write_secret(session, user.id, TokenPurpose.CHANGE_ADDRESS, now=utcnow(), new_email=email)
    session.commit()
    look_again(session)
    return secret


def emails(session: Session) -> list[str]:
    look_again(session)
    return sorted(session.scalars(select(User.email)))


def test_the_link_goes_to_the_new_address_and_a_notice_to_the_old_one_which_stays(
    client: FlaskClient, session: Session
) -> None:
    user = make_user(session, "lin", password_hash=password_hash())
    sign_in(client, user)

    assert asked(client, NEW) == 303

    letters = letters_of(session, now=utcnow())
    assert [(one.recipient, one.template) for one in letters] == [
        (NEW, "accounts/new_address"),
        (user.email, "accounts/address_leaving"),
    ]
    assert "/address/" in letters[0].values["link"]
    assert emails(session) == ["lin@example.org"]


def test_an_address_with_an_account_gets_no_link_and_the_page_says_the_same(
    client: FlaskClient, session: Session
) -> None:
    user = make_user(session, "lin", password_hash=password_hash())
    make_user(session, "zhou")
    sign_in(client, user)

    assert asked(client, "zhou@example.org") == 303

    assert [(one.recipient, one.template) for one in letters_of(session, now=utcnow())] == [
        ("zhou@example.org", "accounts/address_taken"),
        (user.email, "accounts/address_leaving"),
    ]


@pytest.mark.parametrize(
    ("email", "password"), [(NEW, "not the password"), ("lin@example.org", PASSWORD), ("nothing", PASSWORD)]
)
def test_without_the_password_or_a_new_address_nothing_is_sent(
    client: FlaskClient, session: Session, email: str, password: str
) -> None:
    sign_in(client, make_user(session, "lin", password_hash=password_hash()))

    assert asked(client, email, password) == 422

    assert count(session, Event) == 0


def test_the_button_behind_the_link_moves_the_account_and_voids_links_sent_to_the_old_address(
    client: FlaskClient, session: Session
) -> None:
    user = make_user(session, "lin")
    reset = write_secret(session, user.id, TokenPurpose.RESET_PASSWORD, now=utcnow())
    secret = link_to(session, user, NEW)

    looked = client.get(f"/address/{secret}")
    assert emails(session) == ["lin@example.org"]
    pressed, again = (client.post(f"/address/{secret}").status_code for _ in range(2))

    assert NEW in looked.get_data(as_text=True)
    assert (pressed, again) == (303, 410)
    assert emails(session) == [NEW]
    assert client.get(f"/reset/{reset}").status_code == 410
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.before, entry.after) == ({"email": "lin@example.org"}, {"email": NEW})
    told = [(one.recipient, one.template) for one in letters_of(session, now=utcnow())]
    assert told == [("lin@example.org", "accounts/address_changed")]


def test_a_link_does_nothing_when_the_address_was_taken_meanwhile_or_a_day_has_passed(
    client: FlaskClient, session: Session
) -> None:
    user = make_user(session, "lin")
    late, taken = link_to(session, user, "late@example.org"), link_to(session, user, NEW)
    make_user(session, "moved")  # the address of the second link

    for secret, moment in ((taken, utcnow()), (late, utcnow() + timedelta(days=2))):
        with pytest.raises(LinkSpent):
            transaction(addresses.change_address, secret, origin=Origin(), now=moment)

    assert emails(session) == ["lin@example.org", NEW]


def test_asking_again_voids_the_link_sent_before(client: FlaskClient, session: Session) -> None:
    user = make_user(session, "lin", password_hash=password_hash())
    secret = link_to(session, user, "first@example.org")
    sign_in(client, user)

    assert asked(client, NEW) == 303

    look_again(session)
    with pytest.raises(LinkSpent):
        mailed.email_of_secret(session, secret, TokenPurpose.CHANGE_ADDRESS, now=utcnow())
