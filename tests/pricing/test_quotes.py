"""What a booking is quoted: shown before, stored with it, kept when prices change, made again by a move."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.affiliations.user_groups import remove_group
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date, utcnow
from booking.core.errors import Conflict
from booking.core.period import Period
from booking.pricing import service
from booking.pricing.forms import PriceForm
from booking.pricing.queries import Scope
from booking.pricing.quoting import quote_of
from booking.reservations.approval import confirm_reservation, reject_reservation
from booking.reservations.editing import edit_reservation
from booking.reservations.handing_over import hand_over_bookings
from booking.reservations.moving import move_reservation
from booking.reservations.refusals import ReservationRefused
from booking.reservations.service import ask, request_reservation
from booking.reservations.wishes import Details, Wish
from models.accounts import User
from models.affiliations import UserGroup
from models.catalogue import Instrument
from models.directory import Organisation
from models.pricing import ReservationQuote
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.pricing import Offer
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count
from tests.factories.people import actor_for, give, make_user, sign_in

TODAY = date(2026, 11, 23)


@pytest.fixture
def instrument(session: Session) -> Instrument:
    return make_instrument(session, policy={"closes_on_holidays": False})


@pytest.fixture
def admin(session: Session, instrument: Instrument) -> User:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, instrument.organisation_id)
    return user


@pytest.fixture
def setter(session: Session, admin: User, now: datetime) -> Actor:
    return actor_for(session, admin, now=now)


@pytest.fixture
def booker(session: Session, now: datetime) -> Actor:
    return actor_for(session, make_user(session), now=now)


def at(hour: int, hours: int = 2, day: int = 1) -> Period:
    start = at_local(TODAY + timedelta(days=day), hour * 60)
    return Period(start, start + timedelta(hours=hours))


def set_hourly(session: Session, instrument: Instrument, fen: int, setter: Actor, now: datetime, **values: Any) -> None:
    day = values.pop("day", TODAY)
    form = PriceForm(user_group="其他", valid_from=day, hourly_fen=fen, **values)
    service.set_price(session, Scope(instrument.id), form, actor=setter, now=now)
    session.commit()


def totals(session: Session) -> list[int]:
    return list(session.scalars(sa.select(ReservationQuote.total_fen).order_by(ReservationQuote.id)))


def quoted(session: Session, reservation: Reservation) -> int | None:
    found = quote_of(session, session.get_one(Reservation, reservation.id, populate_existing=True))
    return found.quote.total_fen if found and found.quote else None


def test_a_quote_is_told_before_stored_with_the_booking_and_stays_when_prices_change(
    session: Session, instrument: Instrument, setter: Actor, booker: Actor, now: datetime
) -> None:
    set_hourly(session, instrument, 10_000, setter, now, sample_fen=500, cancel_share=5_000)
    wish = Wish(instrument.id, at(10), details=Details(sample_count=3))

    told = ask(session, wish, actor=booker, now=now).price
    made = request_reservation(session, wish, actor=booker, now=now)
    session.commit()
    set_hourly(session, instrument, 99_900, setter, now)

    assert told is not None
    assert (told.quote and told.quote.total_fen, told.late_fen) == (21_500, 10_750)
    assert quoted(session, made) == 21_500
    edit_reservation(session, made.id, Details(sample_count=5), actor=booker, now=now)
    assert quoted(session, made) == 22_500
    move_reservation(session, made.id, at(14, 1), actor=booker, now=now)
    assert (quoted(session, made), totals(session)) == (99_900, [21_500, 22_500, 99_900])
    session.commit()
    with pytest.raises(DBAPIError, match="reservation_quotes_append_only"):
        session.execute(sa.text("UPDATE reservation_quotes SET total_fen = 0"))
    session.rollback()


def test_a_price_that_is_known_for_the_day_of_use_counts_from_that_day_on(
    session: Session, instrument: Instrument, setter: Actor, booker: Actor, now: datetime
) -> None:
    set_hourly(session, instrument, 10_000, setter, now)
    set_hourly(session, instrument, 12_000, setter, now, day=TODAY + timedelta(days=5))

    for day in (4, 5):
        request_reservation(session, Wish(instrument.id, at(10, day=day)), actor=booker, now=now)

    assert totals(session) == [20_000, 24_000]


def test_an_instrument_that_is_not_offered_refuses_the_group_and_one_without_price_is_free(
    session: Session, instrument: Instrument, setter: Actor, booker: Actor, now: datetime
) -> None:
    set_hourly(session, instrument, 0, setter, now, offer=Offer.NOT_OFFERED)
    free = make_instrument(session)

    with pytest.raises(ReservationRefused) as refused:
        request_reservation(session, Wish(instrument.id, at(10)), actor=booker, now=now)
    session.rollback()
    assert [str(refusal.code) for refusal in refused.value.refusals] == ["not_offered"]
    assert count(session, Reservation) == 0
    made = request_reservation(session, Wish(free.id, at(10)), actor=booker, now=now)
    assert (quoted(session, made), totals(session)) == (None, [])


def test_a_move_that_is_rejected_leaves_the_quote_of_the_old_time(
    session: Session, setter: Actor, booker: Actor, now: datetime, instrument: Instrument
) -> None:
    owner = session.get_one(Organisation, instrument.organisation_id)
    asking = make_instrument(session, owner, policy={"needs_approval": True})
    set_hourly(session, asking, 10_000, setter, now)
    made = request_reservation(session, Wish(asking.id, at(10)), actor=booker, now=now)
    session.commit()
    confirm_reservation(session, made.id, actor=setter, now=now)
    session.commit()

    move_reservation(session, made.id, at(14, 4), actor=booker, now=now)
    session.commit()
    assert (quoted(session, made), totals(session)) == (20_000, [20_000, 40_000])
    reject_reservation(session, made.id, reason="不行", actor=setter, now=now)

    assert quoted(session, made) == 20_000


def test_a_group_that_was_quoted_by_the_price_of_another_is_not_removed(
    session: Session, instrument: Instrument, setter: Actor, now: datetime
) -> None:
    set_hourly(session, instrument, 10_000, setter, now)
    firm = make_user(session, "firm")
    affiliate(session, firm, make_organisation(session, kind=OrganisationKind.ENTERPRISE))
    request_reservation(session, Wish(instrument.id, at(10)), actor=actor_for(session, firm, now=now), now=now)
    group_id = session.scalars(sa.select(ReservationQuote.user_group_id)).one()

    with pytest.raises(Conflict, match="收费标准"):
        remove_group(session, group_id, actor=setter, now=now)

    assert session.get_one(UserGroup, group_id).name_zh == "企业"


def test_a_quote_counts_only_for_whom_and_since_when_it_was_made(
    session: Session, instrument: Instrument, setter: Actor, booker: Actor, now: datetime
) -> None:
    set_hourly(session, instrument, 10_000, setter, now)
    given, moved = (
        request_reservation(session, Wish(instrument.id, at(hour)), actor=booker, now=now) for hour in (8, 10)
    )
    set_hourly(session, instrument, 0, setter, now, offer=Offer.NOT_OFFERED)
    heir, later = make_user(session, "heir"), [now + timedelta(minutes=minutes) for minutes in (1, 2)]

    hand_over(session, given, heir, setter, later[0])
    for hour, moment in zip((14, 10), later, strict=True):
        move_reservation(session, moved.id, at(hour), reason="调整", actor=setter, now=moment)
        session.commit()

    assert (quoted(session, given), quoted(session, moved)) == (None, None)


def test_an_approved_move_is_quoted_with_the_samples_and_for_the_holder_of_that_day(
    session: Session, setter: Actor, booker: Actor, now: datetime, instrument: Instrument
) -> None:
    owner = session.get_one(Organisation, instrument.organisation_id)
    asking = make_instrument(session, owner, policy={"needs_approval": True})
    set_hourly(session, asking, 10_000, setter, now, sample_fen=500)
    details, later = Details(sample_count=1), [now + timedelta(minutes=minutes) for minutes in range(1, 5)]
    made = request_reservation(session, Wish(asking.id, at(10), details=details), actor=booker, now=now)
    session.commit()
    confirm_reservation(session, made.id, actor=setter, now=now)
    session.commit()
    move_reservation(session, made.id, at(14, 4), actor=booker, now=later[0])
    session.commit()

    edit_reservation(session, made.id, Details(sample_count=3), actor=booker, now=later[1])
    session.commit()
    assert (quoted(session, made), totals(session)[2:]) == (21_500, [21_500, 41_500])
    hand_over(session, made, make_user(session, "heir"), setter, later[2])
    assert totals(session)[4:] == [21_500, 41_500]
    confirm_reservation(session, made.id, actor=setter, now=later[3])
    session.commit()

    assert quoted(session, made) == 41_500


def hand_over(session: Session, made: Reservation, heir: User, setter: Actor, now: datetime) -> None:
    session.commit()
    owner = session.get_one(Instrument, made.instrument_id).organisation_id
    arguments = (owner, made.booked_by_id, [made.id], heir.email)
    hand_over_bookings(session, *arguments, reason="毕业离校", actor=setter, now=now)
    session.commit()


def test_the_panel_the_page_and_the_api_show_the_lines(
    client: FlaskClient, session: Session, instrument: Instrument, setter: Actor, booker: Actor
) -> None:
    now = utcnow()
    form = PriceForm(user_group="其他", valid_from=local_date(now), hourly_fen=45_000)
    service.set_price(session, Scope(instrument.id), form, actor=setter, now=now)
    session.commit()
    start = at_local(local_date(now) + timedelta(days=2), 600)
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
    body = {"instrument_id": instrument.id, **times}

    strangers = client.post("/api/v1/quotes", json=body).get_json()["price"]
    sign_in(client, session.get_one(User, booker.id))
    local = {
        name: f"{(start + timedelta(hours=8 + 2 * place)).strftime('%Y-%m-%dT%H:%M')}"
        for place, name in enumerate(times)
    }
    panel = client.post(f"/instruments/{instrument.id}/ask", data=local, headers={"HX-Request": "true"})
    with counting() as statements:
        made = client.post("/api/v1/reservations", json=body).get_json()
    shown = client.get(f"/api/v1/reservations/{made['id']}").get_json()["price"]
    page = client.get(f"/reservations/{made['id']}").get_data(as_text=True)

    assert (strangers["gross_fen"], strangers["lines"][0]["label"]) == (90_000, "机时")
    assert (shown["gross_fen"], shown["user_group"], shown["own_fen"]) == (90_000, "其他", 90_000)
    assert ["¥900.00" in text for text in (panel.get_data(as_text=True), page)] == [True, True]
    assert len(statements) <= 16
