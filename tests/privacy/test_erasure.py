from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import limits, tokens
from booking.accounts.audit import Origin
from booking.accounts.mailed import write_secret
from booking.accounts.tokens import NewToken
from booking.attachments.preparing import Uploaded, prepare
from booking.attachments.rules import Limits
from booking.calendars.forms import FeedForm
from booking.calendars.service import make_feed
from booking.core.clock import utcnow
from booking.core.errors import Forbidden
from booking.core.period import Period
from booking.enquiries.forms import EnquiryForm, PeriodForm
from booking.enquiries.service import ask
from booking.notifications.service import announce
from booking.privacy import service
from booking.privacy.rules import email_of, name_of
from booking.privacy.service import Hindered
from booking.reservations.editing import edit_reservation
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Details, Named, Wish
from booking.web.extensions import transaction
from models.accounts import AuditEntry, Grant, User
from models.affiliations import Affiliation
from models.base import Base
from models.directory import Organisation
from models.enquiries import Enquiry, EnquiryMessage, FaqEntry
from models.notifications import Mail
from models.reservations import Reservation, ReservationPerson
from models.vocabulary.accounts import Role, ScopeKind, TokenPurpose
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.calendars import FeedScope
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.enquiries import EnquiryState, WishState
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.looking import look_again
from tests.factories.passwords import PASSWORD, password_hash
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.pictures import PDF

NAME, EMAIL = "qzhang<san>", "qzhangsan@example.org"
FILES = Limits(photo_bytes=10**6, document_bytes=10**6, quota_bytes=10**8, most_files=12)
KEPT_BY_LAW = {"audit_entries", "reviews"}


def make_person(session: Session) -> User:
    person = make_user(session, "qzhangsan", password_hash=password_hash())
    person.name = NAME
    session.commit()
    return person


def leave_traces(session: Session, person: User, university: Organisation, now: datetime) -> Reservation:
    """A booking that is over, and everything that may name the person beside it."""
    instrument = make_instrument(session, university, policy={"closes_on_holidays": False})
    other = make_user(session, "other")
    affiliate(session, person, university)
    give(session, person, Role.RESEARCHER, ScopeKind.ORGANISATION, university.id)
    actor = actor_for(session, person, now=now)
    start = now.replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(days=1)
    details = Details(participants=(Named(NAME, EMAIL), Named("Other", other.email)))
    wish = Wish(instrument.id, Period(start, start + timedelta(hours=1)), details=details)
    reservation = request_reservation(session, wish, actor=actor, now=now)
    named = replace(details, operator=Named(NAME, EMAIL), participants=details.participants[1:])
    edit_reservation(session, reservation.id, named, fields={"operator", "participants"}, actor=actor, now=now)
    edit_reservation(session, reservation.id, details, fields={"operator", "participants"}, actor=actor, now=now)
    steward, wanted = make_user(session, "keeper"), make_instrument(session, booking_mode=BookingMode.ON_REQUEST)
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, wanted.id)
    times = [PeriodForm(starts_at=start, ends_at=start + timedelta(hours=1))]
    question = EnquiryForm(text=f"{NAME} 能做吗？", sample=NAME, purpose=NAME, periods=times)
    files = prepare([Uploaded("样品.pdf", PDF)], FILES)
    enquiry = ask(session, wanted.id, question, files, FILES, days=2, actor=actor, now=now)
    public = {"question_zh": NAME, "answer_zh": "能。", "from_enquiry_id": enquiry.id}
    session.add(FaqEntry(instrument_id=wanted.id, position=1, created_at=now, **public))
    tokens.make_token(session, NewToken("script", True, 30), actor=actor, now=now)
    make_feed(session, FeedForm(scope=FeedScope.MINE, id=None, name=NAME), actor=actor, now=now)
    write_secret(session, person.id, TokenPurpose.CHANGE_ADDRESS, now=now, new_email="qzhangsan@new.example.org")
    limits.count_sign_in(session, EMAIL, origin=Origin("192.0.2.7"), now=now)
    announce(session, "accounts.reset_asked", {"email": EMAIL}, now=now)
    for number, (recipient, text) in enumerate(((EMAIL, "您好"), (other.email, f"{NAME} {EMAIL} 预约了"))):
        mail = {"message_id": f"<{number}@x>", "recipient": recipient, "subject": NAME, "text": text}
        html = "qzhang&lt;san&gt;"
        session.add(Mail(**mail, html=html, next_attempt_at=now, created_at=now))
    session.commit()
    return reservation


def traces_left(session: Session) -> list[str]:
    """Every column of every table that still holds a word of the person's."""
    found = []
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            texts = session.scalars(select(sa.cast(column, sa.Text)).where(column.is_not(None)))
            if any("qzhang" in text.lower() for text in texts if table.name not in KEPT_BY_LAW):
                found.append(f"{table.name}.{column.name}")
    return found


def past(now: datetime) -> datetime:
    """A moment after the arranged booking."""
    return now + timedelta(days=3)


def test_nothing_names_an_erased_person_and_the_books_keep_a_pseudonym(session: Session, now: datetime) -> None:
    person, university = make_person(session), make_organisation(session)
    reservation = leave_traces(session, person, university, now)
    actor = actor_for(session, person, now=now)
    assert len(traces_left(session)) > 5
    mailed(session, now=now)
    session.rollback()

    transaction(service.erase_me, actor=actor, now=past(now))

    look_again(session)
    assert traces_left(session) == []
    assert (person.name, person.email) == (f"已注销用户 {person.id}", f"erased-{person.id}@erased.invalid")
    assert (person.password_hash, person.credential_version) == (None, 2)
    assert session.get_one(Reservation, reservation.id).booked_by_id == person.id
    names = session.scalars(select(ReservationPerson.name).order_by(ReservationPerson.name)).all()
    assert (person.name in names, "Other" in names) == (True, True)
    assert session.scalars(select(Mail.recipient)).all() == ["other@example.org"]
    assert session.scalars(select(Affiliation.state)).all() == [AffiliationState.ENDED]
    own = select(Grant.ends_on).where(Grant.user_id == person.id)
    assert session.scalars(own).all() == [date(2026, 11, 25)]
    assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first() == "privacy.erased"
    enquiry, message = session.scalars(select(Enquiry)).one(), session.scalars(select(EnquiryMessage)).one()
    assert (enquiry.state, enquiry.wish_state, message.text) == (EnquiryState.CLOSED, WishState.DECLINED, "")
    log = session.scalars(select(AuditEntry).where(AuditEntry.action == "enquiries.withdrawn")).one()
    counts = {"message_ids": [message.id], "faq_removed": 1, "files_removed": 1}
    assert (log.before, log.after) == (
        {"state": "waiting", "wish": "asked"},
        {"state": "closed", "wish": "declined", **counts},
    )
    letters = [one for one in mailed(session, now=past(now)) if one.template == "enquiries/withdrawn"]
    assert [(one.recipient, one.values["has_ended"]) for one in letters] == [("keeper@example.org", True)]


def test_coming_bookings_last_roles_and_contacts_come_first_and_nothing_is_erased(
    session: Session, now: datetime
) -> None:
    person, university = make_person(session), make_organisation(session, name_zh="西南大学")
    leave_traces(session, person, university, now)
    make_instrument(session, university, name_zh="光谱仪", email=EMAIL)
    give(session, person, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, university.id)
    actor = actor_for(session, person, now=now)
    look_again(session)

    with pytest.raises(Hindered) as refused:
        transaction(service.erase_me, actor=actor, now=now)

    assert [one.kind.value for one in refused.value.hindrances] == ["coming_booking", "last_role", "contact"]
    assert refused.value.hindrances[1].name_zh == "西南大学"
    look_again(session)
    assert (person.name, person.deactivated_at) == (NAME, None)


def test_an_address_that_nobody_confirmed_is_forgotten_after_a_month(session: Session, now: datetime) -> None:
    long_ago, unproven = now - timedelta(days=31), {"confirmed_at": None, "password_hash": "x"}
    typed = make_user(session, "typed", created_at=long_ago, **unproven)
    member = make_user(session, "member", created_at=long_ago, **unproven)
    affiliate(session, member, make_organisation(session))
    waits = make_user(session, "waits", created_at=long_ago, **unproven)
    write_secret(session, waits.id, TokenPurpose.CONFIRM_ADDRESS, now=now)
    make_user(session, "fresh", created_at=now - timedelta(days=29), **unproven)
    make_user(session, "confirmed", created_at=long_ago)
    session.commit()

    due = service.unconfirmed(session, now=now)
    forgotten = [service.forget_unconfirmed(session, typed.id, now=now) for _ in "12"]

    assert (due, forgotten) == ([typed.id], [True, False])
    assert (typed.email, typed.name, typed.password_hash) == (email_of(typed.id), name_of(typed.id), None)
    assert service.unconfirmed(session, now=now) == []


def test_a_role_that_somebody_else_holds_too_is_no_hindrance(session: Session, now: datetime) -> None:
    person, university = make_person(session), make_organisation(session)
    for one in (person, make_user(session, "colleague")):
        give(session, one, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, university.id)
    actor = actor_for(session, person, now=now)
    look_again(session)

    transaction(service.erase_me, actor=actor, now=now)

    look_again(session)
    ends = {row.user_id: row.ends_on for row in session.execute(select(Grant.user_id, Grant.ends_on))}
    assert ends[person.id] == date(2026, 11, 22)
    assert list(ends.values()).count(None) == 1


def test_the_page_asks_for_the_password_and_ends_the_session(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_person(session))

    page = client.get("/account/erase").get_data(as_text=True)
    wrong = client.post("/account/erase", data={"current_password": "not the password"})
    right = client.post("/account/erase", data={"current_password": PASSWORD})

    assert "保留什么，为什么" in page
    assert (wrong.status_code, right.status_code) == (422, 303)
    assert client.get("/account").status_code == 303
    look_again(session)
    assert traces_left(session) == []


def test_only_the_platforms_administrators_erase_others_and_only_once(client: FlaskClient, session: Session) -> None:
    person, platform = make_person(session), make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    now, reason = utcnow(), "来信要求"
    lay = actor_for(session, make_user(session, "lay"), now=now)
    look_again(session)
    with pytest.raises(Forbidden):
        transaction(service.erase_person, person.id, reason, actor=lay, now=now)
    sign_in(client, platform)
    body: dict[str, Any] = {"reason": reason}

    answers = [client.post(f"/api/v1/users/{person.id}/erase", json=body).status_code for _ in range(2)]

    assert answers == [204, 404]
    look_again(session)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "privacy.erased")).one()
    assert (entry.actor_id, entry.subject_id, entry.reason) == (platform.id, person.id, reason)


def test_an_administrator_erases_on_a_page_with_a_successor_in_the_same_step(
    client: FlaskClient, session: Session
) -> None:
    person, platform, heir = make_person(session), make_user(session, "platform"), make_user(session, "heir")
    instrument = make_instrument(session)
    steward = give(session, person, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    sign_in(client, platform)
    address, form = f"/users/{person.id}/erase", {"reason": "来信要求", "confirmation": EMAIL}

    page = client.get(address).get_data(as_text=True)
    unsure = client.post(address, data={**form, "confirmation": "else@example.org"})
    alone = client.post(address, data=form)
    own = client.get(f"/users/{platform.id}").get_data(as_text=True)
    look_again(session)
    kept = person.email
    done = client.post(address, data={**form, f"successor_{steward.id}": heir.email})

    assert f'name="successor_{steward.id}"' in page
    assert (unsure.status_code, alone.status_code, done.status_code) == (422, 409, 303)
    assert "来信要求" in alone.get_data(as_text=True)
    assert (kept, f"/users/{platform.id}/erase" in own) == (EMAIL, False)
    look_again(session)
    assert traces_left(session) == []
    holders = select(Grant.user_id).where(Grant.role == Role.STEWARD, Grant.ends_on.is_(None))
    assert session.scalars(holders).all() == [heir.id]
