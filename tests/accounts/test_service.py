from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from booking.accounts import credentials, jobs, limits, mailed, profiles, registration, sign_ins, tokens
from booking.accounts.audit import Origin
from booking.accounts.mailed import LinkSpent
from booking.accounts.tokens import NewToken, TooManyTokens
from booking.core.errors import Conflict, NotFound, TooMany
from booking.web.extensions import db, transaction
from models.accounts import AccessToken, AskedMail, AuditEntry, FailedSignIn, MailedToken, User
from models.vocabulary.accounts import Language, TokenPurpose
from tests.factories.browsing import EMAIL
from tests.factories.letters import mailed as mail
from tests.factories.letters import secret_in
from tests.factories.looking import count, look_again
from tests.factories.people import actor_for, make_user

HERE = Origin("203.0.113.7", "request-1")


def register(now: datetime, *, name: str = "林晓明", password_hash: str = "first hash") -> None:
    transaction(registration.register, EMAIL, name, password_hash, language=Language.CHINESE, origin=HERE, now=now)


def log_of(session: Session) -> list[str]:
    look_again(session)
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def user(session: Session) -> User:
    look_again(session)
    return session.scalars(select(User).where(User.email == EMAIL)).one()


def test_a_registered_account_is_confirmed_by_the_link_in_its_mail(session: Session, now: datetime) -> None:
    register(now)
    (letter,) = mail(session, now=now)

    transaction(registration.confirm_address, secret_in(letter), origin=HERE, now=now + timedelta(hours=23))

    assert (letter.template, letter.recipient) == ("accounts/confirm_address", EMAIL)
    assert user(session).confirmed_at == now + timedelta(hours=23)
    assert log_of(session) == ["accounts.registered", "accounts.address_confirmed"]


def test_the_secret_of_a_mail_is_stored_only_as_a_hash(session: Session, now: datetime) -> None:
    register(now)
    (letter,) = mail(session, now=now)

    stored = session.scalars(select(MailedToken.secret_hash)).one()

    assert len(stored) == 64
    assert stored != secret_in(letter)


@pytest.mark.parametrize("later", [timedelta(hours=24), timedelta(days=40)])
def test_a_confirming_link_is_spent_after_a_day(session: Session, now: datetime, later: timedelta) -> None:
    register(now)
    (letter,) = mail(session, now=now)

    with pytest.raises(LinkSpent):
        transaction(registration.confirm_address, secret_in(letter), origin=HERE, now=now + later)

    assert user(session).confirmed_at is None


def test_a_confirming_link_works_once(session: Session, now: datetime) -> None:
    register(now)
    (letter,) = mail(session, now=now)
    transaction(registration.confirm_address, secret_in(letter), origin=HERE, now=now)

    with pytest.raises(LinkSpent):
        transaction(registration.confirm_address, secret_in(letter), origin=HERE, now=now)

    assert log_of(session).count("accounts.address_confirmed") == 1


def test_a_confirming_link_sets_no_password(session: Session, now: datetime) -> None:
    register(now)
    (letter,) = mail(session, now=now)

    with pytest.raises(LinkSpent):
        transaction(credentials.reset_password, secret_in(letter), "stolen", origin=HERE, now=now)

    assert user(session).password_hash == "first hash"


def test_registering_a_confirmed_address_changes_nothing_and_says_so_by_mail(session: Session, now: datetime) -> None:
    make_user(session, email=EMAIL, password_hash="the owner's")

    register(now, name="Somebody else", password_hash="somebody else's")
    (letter,) = mail(session, now=now)

    assert letter.template == "accounts/account_exists"
    assert (user(session).name, user(session).password_hash) == ("Researcher", "the owner's")
    assert count(session, MailedToken) == 0


def test_who_registered_first_cannot_let_a_password_in_by_the_owners_confirmation(
    session: Session, now: datetime
) -> None:
    register(now, password_hash="the intruder's")
    (first,) = mail(session, now=now)

    register(now, password_hash="the owner's")
    (second,) = mail(session, now=now)

    assert second.template == "accounts/choose_password"
    assert user(session).password_hash is None
    with pytest.raises(LinkSpent):
        transaction(registration.confirm_address, secret_in(first), origin=HERE, now=now)
    transaction(credentials.reset_password, secret_in(second), "chosen", origin=HERE, now=now)
    assert (user(session).password_hash, user(session).confirmed_at) == ("chosen", now)


def test_a_stranger_gets_no_mail_when_somebody_types_their_address(session: Session, now: datetime) -> None:
    transaction(credentials.ask_reset, "nobody@swu.edu.cn", now=now)
    transaction(registration.ask_confirmation, "nobody@swu.edu.cn", now=now)

    assert mail(session, now=now) == []


def test_a_deactivated_account_gets_no_mail(session: Session, now: datetime) -> None:
    make_user(session, email=EMAIL, deactivated_at=now)
    transaction(credentials.ask_reset, EMAIL, now=now)

    assert mail(session, now=now) == []


def test_a_reset_ends_sessions_and_other_links_and_tells_the_owner(session: Session, now: datetime) -> None:
    make_user(session, email=EMAIL, password_hash="old", confirmed_at=None)
    transaction(credentials.ask_reset, EMAIL, now=now)
    transaction(credentials.ask_reset, EMAIL, now=now)
    first, second = mail(session, now=now)

    transaction(credentials.reset_password, secret_in(first), "new", origin=HERE, now=now)

    found = user(session)
    assert (found.password_hash, found.credential_version, found.confirmed_at) == ("new", 2, now)
    with pytest.raises(LinkSpent):
        transaction(credentials.reset_password, secret_in(second), "newer", origin=HERE, now=now)
    assert [letter.template for letter in mail(session, now=now)] == ["accounts/password_changed"]
    assert log_of(session) == ["accounts.password_reset"]


def test_a_reset_link_is_spent_after_an_hour(session: Session, now: datetime) -> None:
    make_user(session, email=EMAIL, password_hash="old")
    transaction(credentials.ask_reset, EMAIL, now=now)
    (letter,) = mail(session, now=now)

    with pytest.raises(LinkSpent):
        transaction(credentials.reset_password, secret_in(letter), "new", origin=HERE, now=now + timedelta(hours=1))

    assert user(session).password_hash == "old"


def test_a_password_changed_meanwhile_is_not_overwritten(session: Session, now: datetime) -> None:
    actor = actor_for(session, make_user(session, email=EMAIL, password_hash="old"), now=now)
    transaction(credentials.change_password, "old", "new", actor=actor, now=now)

    with pytest.raises(Conflict):
        transaction(credentials.change_password, "old", "newer", actor=actor, now=now)

    assert user(session).password_hash == "new"


def test_an_outdated_hash_is_replaced_only_when_the_password_is_still_the_same(session: Session, now: datetime) -> None:
    made = make_user(session, email=EMAIL, password_hash="changed meanwhile")

    transaction(sign_ins.refresh_hash, made.id, "old", "old, hashed again")

    assert user(session).password_hash == "changed meanwhile"


def test_the_sixth_attempt_on_an_account_within_fifteen_minutes_waits(session: Session, now: datetime) -> None:
    for minute in range(5):
        transaction(limits.count_sign_in, EMAIL, origin=HERE, now=now + timedelta(minutes=minute))

    with pytest.raises(TooMany) as refused:
        transaction(limits.count_sign_in, EMAIL.upper(), origin=Origin("198.51.100.1"), now=now + timedelta(minutes=5))

    assert refused.value.retry_after == 600
    assert count(session, FailedSignIn) == 5
    transaction(limits.count_sign_in, EMAIL, origin=HERE, now=now + timedelta(minutes=15))


def test_the_thirty_first_attempt_from_an_address_waits_whatever_the_account(session: Session, now: datetime) -> None:
    for number in range(30):
        transaction(limits.count_sign_in, f"{number}@swu.edu.cn", origin=HERE, now=now)

    with pytest.raises(TooMany):
        transaction(limits.count_sign_in, "another@swu.edu.cn", origin=HERE, now=now)

    transaction(limits.count_sign_in, "another@swu.edu.cn", origin=Origin("198.51.100.1"), now=now)
    assert count(session, FailedSignIn) == 31


def test_success_starts_the_accounts_count_again_and_nobody_elses(session: Session, now: datetime) -> None:
    made = make_user(session, email=EMAIL)
    transaction(limits.count_sign_in, EMAIL, origin=HERE, now=now)
    transaction(limits.count_sign_in, "other@swu.edu.cn", origin=HERE, now=now)

    transaction(sign_ins.note_success, made.id, EMAIL, origin=HERE, now=now)

    assert count(session, FailedSignIn) == 1


def test_no_mailbox_gets_a_sixth_mail_within_the_hour(session: Session, now: datetime) -> None:
    for _ in range(5):
        transaction(limits.count_mail, EMAIL, origin=HERE, now=now)

    with pytest.raises(TooMany):
        transaction(limits.count_mail, EMAIL, origin=Origin("198.51.100.1"), now=now)

    assert count(session, AskedMail) == 5


def test_old_counts_and_secrets_are_forgotten_and_young_ones_kept(session: Session, now: datetime) -> None:
    register(now - timedelta(days=40))
    mail(session, now=now - timedelta(days=40))
    for moment in (now - timedelta(days=2), now):
        transaction(limits.count_sign_in, EMAIL, origin=HERE, now=moment)
        transaction(limits.count_mail, EMAIL, origin=HERE, now=moment)
    transaction(mailed.write_secret, user(session).id, TokenPurpose.RESET_PASSWORD, now=now)

    assert transaction(jobs.forget_old_failures, now) == 2
    assert transaction(jobs.forget_old_secrets, now) == 1
    assert [count(session, table) for table in (FailedSignIn, AskedMail, MailedToken)] == [1, 1, 1]


def test_a_changed_name_is_logged_with_the_one_before(session: Session, now: datetime) -> None:
    actor = actor_for(session, make_user(session, email=EMAIL), now=now)

    transaction(profiles.change_profile, "林晓明", Language.ENGLISH, actor=actor, now=now)

    look_again(session)
    entry = session.scalars(select(AuditEntry)).one()
    assert entry.before == {"name": "Researcher", "language": "zh"}
    assert entry.after == {"name": "林晓明", "language": "en"}


@pytest.mark.parametrize("engine_app", ["postgresql"], indirect=True, scope="session")
def test_who_changes_their_name_waits_for_nothing_that_names_them_meanwhile(session: Session, now: datetime) -> None:
    named = make_user(session, email=EMAIL)
    actor = actor_for(session, named, now=now)
    session.add(AuditEntry(occurred_at=now, actor_id=named.id, action="imports.applied", subject_kind="import"))
    session.flush()

    with Session(db.engine) as other:
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        profiles.change_profile(other, "林晓明", None, actor=actor, now=now)
        other.commit()
    session.commit()

    session.refresh(named)
    assert named.name == "林晓明"


def test_saving_the_same_profile_logs_nothing(session: Session, now: datetime) -> None:
    actor = actor_for(session, make_user(session, email=EMAIL), now=now)

    transaction(profiles.change_profile, "Researcher", Language.CHINESE, actor=actor, now=now)

    assert log_of(session) == []


def test_a_fifty_first_token_is_refused(session: Session, now: datetime) -> None:
    actor = actor_for(session, make_user(session), now=now)
    for number in range(50):
        transaction(tokens.make_token, NewToken(f"token {number}", False, 1), actor=actor, now=now)

    with pytest.raises(TooManyTokens):
        transaction(tokens.make_token, NewToken("one more", False, 1), actor=actor, now=now)

    assert count(session, AccessToken) == 50


def test_nobody_revokes_the_token_of_somebody_else(session: Session, now: datetime) -> None:
    owner = actor_for(session, make_user(session, "owner"), now=now)
    other = actor_for(session, make_user(session, "other"), now=now)
    token, _ = transaction(tokens.make_token, NewToken("script", False, 1), actor=owner, now=now)

    with pytest.raises(NotFound):
        transaction(tokens.revoke_token, token.id, actor=other, now=now)

    look_again(session)
    assert session.scalars(select(AccessToken.revoked_at)).one() is None
