"""The page of suspensions, and what the suspended person reads."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Target
from booking.core.clock import at_local, local_date, utcnow
from booking.core.period import Period
from booking.reservations import service
from booking.reservations.suspensions import suspend_person
from booking.reservations.wishes import Wish
from booking.web.extensions import transaction
from booking.web.filters import local_input
from models.accounts import User
from models.catalogue import Instrument
from models.reservations import Suspension
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from tests.factories.instruments import make_instrument
from tests.factories.looking import look_again
from tests.factories.people import actor_for, give, make_user, sign_in

TODAY = local_date(utcnow())
NEXT_WEEK = TODAY + timedelta(days=7)


def suspended(session: Session, person: User, where: Target, steward: User, reason: str = "未清洁样品台") -> Suspension:
    now = utcnow()
    actor, until = actor_for(session, steward, now=now), at_local(NEXT_WEEK)
    session.commit()
    return transaction(suspend_person, person.email, where, until, reason, actor=actor, now=now)


def steward_at(session: Session, instrument: Instrument, name: str = "steward") -> User:
    steward = make_user(session, name)
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return steward


def admin_at(session: Session, organisation_id: int) -> User:
    admin = make_user(session, "admin")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation_id)
    return admin


def form_for(person: User, place: str) -> dict[str, str]:
    return {"email": person.email, "place": place, "last_day": NEXT_WEEK.isoformat(), "reason": "未清洁样品台"}


def stored(session: Session) -> list[Suspension]:
    look_again(session)
    return list(session.scalars(select(Suspension).order_by(Suspension.id)))


def test_a_steward_suspends_who_booked_from_the_reservation_and_lifts_it(client: FlaskClient, session: Session) -> None:
    instrument, person = make_instrument(session), make_user(session, "holder")
    steward, now = steward_at(session, instrument), utcnow()
    wish = Wish(
        instrument.id, Period(at_local(TODAY + timedelta(days=1), 540), at_local(TODAY + timedelta(days=1), 600))
    )
    actor = actor_for(session, person, now=now)
    session.commit()
    made = transaction(service.request_reservation, wish, actor=actor, now=now)
    sign_in(client, steward)

    shown = client.get(f"/reservations/{made.id}").text
    form = client.get(f"/suspensions?reservation={made.id}").text
    answer = client.post("/suspensions", data=form_for(person, f"instrument:{instrument.id}"))

    assert f'href="/suspensions?reservation={made.id}"' in shown
    assert f'value="{person.email}"' in form
    assert f'value="instrument:{instrument.id}" selected' in form
    assert (answer.status_code, answer.location) == (303, "/suspensions")
    [one] = stored(session)
    assert (one.user_id, one.instrument_id, one.ends_at) == (person.id, instrument.id, at_local(NEXT_WEEK, 1440))
    assert "未清洁样品台" in client.get("/suspensions").text
    assert client.post(f"/suspensions/{one.id}/lift").status_code == 303
    assert "没有人被暂停。" in client.get("/suspensions").text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        pytest.param({"email": "unknown@example.org"}, "email", id="nobody has the address"),
        pytest.param({"place": ""}, "place", id="nowhere"),
        pytest.param({"place": "universe:1"}, "place", id="an unknown kind of place"),
        pytest.param({"last_day": (TODAY - timedelta(days=2)).isoformat()}, "last_day", id="a day that is over"),
        pytest.param({"last_day": "2999-01-01"}, "last_day", id="centuries away"),
        pytest.param({"reason": " "}, "reason", id="no reason"),
    ],
)
def test_a_wrong_suspension_is_refused_at_its_field_and_keeps_what_was_typed(
    client: FlaskClient, session: Session, typed: dict[str, str], field: str
) -> None:
    instrument, person = make_instrument(session), make_user(session, "holder")
    sign_in(client, steward_at(session, instrument))
    form = {**form_for(person, f"instrument:{instrument.id}"), "reason": "typed reason", **typed}

    page = client.post("/suspensions", data=form)

    assert page.status_code == 422
    assert f'href="#field-{field}"' in page.text
    assert field == "reason" or "typed reason" in page.text
    assert stored(session) == []


def test_a_steward_of_one_instrument_cannot_suspend_from_all_of_them(client: FlaskClient, session: Session) -> None:
    instrument, person = make_instrument(session), make_user(session, "holder")
    sign_in(client, steward_at(session, instrument))

    answer = client.post("/suspensions", data=form_for(person, f"organisation:{instrument.organisation_id}"))

    assert answer.status_code == 403
    assert stored(session) == []


def test_the_list_shows_ones_own_instruments_and_for_admins_the_whole_institution(
    client: FlaskClient, session: Session
) -> None:
    instrument, foreign = make_instrument(session), make_instrument(session)
    person, steward = make_user(session, "holder"), steward_at(session, instrument)
    admin = admin_at(session, instrument.organisation_id)
    suspended(session, person, Target(instrument_id=instrument.id), steward, "ours")
    suspended(session, person, Target(instrument_id=foreign.id), steward_at(session, foreign, "foreign"), "theirs")
    suspended(session, person, Target(instrument.organisation_id), admin, "everywhere")

    pages = {}
    for user in (steward, admin):
        sign_in(client, user)
        pages[user.name] = [
            reason for reason in ("ours", "theirs", "everywhere") if reason in client.get("/suspensions").text
        ]

    assert pages == {steward.name: ["ours"], admin.name: ["ours", "everywhere"]}


def test_the_suspended_person_reads_why_and_until_when_on_their_bookings_and_in_the_refusal(
    client: FlaskClient, session: Session
) -> None:
    instrument, person = make_instrument(session), make_user(session, "holder")
    suspended(session, person, Target(instrument.organisation_id), admin_at(session, instrument.organisation_id))
    sign_in(client, person)
    start = at_local(TODAY + timedelta(days=1), 540)
    times = {"starts_at": local_input(start), "ends_at": local_input(start + timedelta(hours=1))}

    mine = client.get("/reservations").text
    refused = client.post(f"/instruments/{instrument.id}/ask", data=times, headers={"HX-Request": "true"}).text

    for text in (mine, refused):
        assert "原因：未清洁样品台" in text
        assert f"{NEXT_WEEK.month}月{NEXT_WEEK.day}日" in text


def test_an_unpublished_instrument_is_not_named_to_the_suspended_person(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, name_zh="秘密设备", name_en="Secret device")
    person = make_user(session, "holder")
    suspended(session, person, Target(instrument_id=instrument.id), steward_at(session, instrument))
    instrument.publishing_state = PublishingState.WITHHELD
    session.commit()
    sign_in(client, person)

    page = client.get("/reservations").text

    assert "未清洁样品台" in page
    assert "秘密设备" not in page
