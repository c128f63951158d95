from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import addresses, mailed
from booking.accounts.audit import Origin
from booking.accounts.credentials import reset_password
from booking.accounts.forms import MoveAddressForm
from booking.accounts.mailed import LinkSpent, write_secret
from booking.core.clock import utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput
from booking.web.extensions import transaction
from models.accounts import AuditEntry, User
from models.notifications import Event
from models.vocabulary.accounts import Role, ScopeKind, TokenPurpose
from tests.factories.letters import mailed as letters_of
from tests.factories.letters import path_in
from tests.factories.looking import count, look_again
from tests.factories.passwords import PASSWORD, password_hash
from tests.factories.people import actor_for, give, make_user, sign_in

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


MOVE = MoveAddressForm(new_email=NEW, reason="单位来函")


def administrators(session: Session) -> list[User]:
    """Two administrators of the platform."""
    made = [make_user(session, name) for name in ("first", "second")]
    for user in made:
        give(session, user, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    return made


def test_an_administrator_moves_the_address_of_who_lost_the_mailbox_once_the_new_one_has_proved_itself(
    client: FlaskClient, session: Session
) -> None:
    user = make_user(session, "lin")
    first, second = administrators(session)
    theirs = client.application.test_client()
    sign_in(client, first)
    sign_in(theirs, user)

    asked_for = client.post(f"/users/{user.id}/address", data={"new_email": NEW, "reason": "单位来函"})
    letters = letters_of(session, now=utcnow())
    before = (emails(session), theirs.get("/account").status_code)
    moved = theirs.post(path_in(letters[0]))

    assert (asked_for.status_code, moved.status_code) == (303, 303)
    assert [(one.recipient, one.template) for one in letters] == [
        (NEW, "accounts/address_moving"),
        ("lin@example.org", "accounts/address_moving_away"),
        (second.email, "accounts/address_move_told"),
    ]
    assert before == (["first@example.org", "lin@example.org", "second@example.org"], 200)
    assert (emails(session)[1], theirs.get("/account").status_code) == (NEW, 303)
    assert [one.recipient for one in letters_of(session, now=utcnow())] == ["lin@example.org"]
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.action, one.actor_id, one.reason) for one in entries] == [
        ("accounts.address_move_asked", first.id, "单位来函"),
        ("accounts.sessions_ended", None, ""),
        ("accounts.address_changed", None, ""),
    ]


def test_a_new_password_voids_a_move_that_was_asked_for_by_somebody_else(client: FlaskClient, session: Session) -> None:
    user = make_user(session, "lin")
    reset, moving = (
        write_secret(session, user.id, purpose, now=utcnow(), new_email=new)
        for purpose, new in ((TokenPurpose.RESET_PASSWORD, None), (TokenPurpose.MOVE_ADDRESS, NEW))
    )
    session.commit()

    transaction(reset_password, reset, password_hash(), origin=Origin(), now=utcnow())

    with pytest.raises(LinkSpent):
        transaction(addresses.change_address, moving, origin=Origin(), now=utcnow())
    assert emails(session) == ["lin@example.org"]


def test_nobody_moves_their_own_address_a_closed_account_or_one_to_an_address_in_use(
    client: FlaskClient, session: Session
) -> None:
    first, second = administrators(session)
    user, closed = make_user(session, "lin"), make_user(session, "gone", deactivated_at=utcnow())
    actor, other = (actor_for(session, one, now=utcnow()) for one in (first, user))
    taken = MoveAddressForm(new_email=second.email, reason="单位来函")
    sign_in(client, first)

    for person, form, asker, refusal in (
        (first, MOVE, actor, Conflict),
        (closed, MOVE, actor, Conflict),
        (user, taken, actor, InvalidInput),
        (user, MOVE, other, Forbidden),
    ):
        with pytest.raises(refusal):
            transaction(addresses.ask_move, person.id, form, actor=asker, now=utcnow())
    without_reason = client.post(f"/api/v1/users/{user.id}/move-address", json={"new_email": NEW})

    assert without_reason.status_code == 422
    assert (count(session, Event), count(session, AuditEntry)) == (0, 0)
