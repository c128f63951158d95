"""What two do with a contract at once: its last amount covers one of two bookings, and its end waits for a booking."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.contracts import steps
from booking.contracts.used import is_last
from booking.core.actors import Actor
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Wish
from booking.web.extensions import transaction
from models.accounts import User
from models.catalogue import Instrument
from models.contracts import UseAgreement
from models.vocabulary.affiliations import Audience
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument
from tests.factories.looking import look_again
from tests.factories.people import actor_for, make_user
from tests.factories.prices import make_hourly_price
from tests.factories.requiring import HOURLY, Place

LONG_ENOUGH = 2.0
"""Seconds in which the second of two is done, unless it waits for the first."""


def at_once(app: Flask, first: Callable[[Session], Any], second: Callable[[Session], Any]) -> None:
    """Do the second while the first has done its work and not committed it yet."""
    is_made, is_done = Event(), Event()

    def before(session: Session) -> None:
        first(session)
        is_made.set()
        is_done.wait(LONG_ENOUGH)

    def work(turn: int) -> None:
        with app.app_context():
            if turn:
                is_made.wait()
                transaction(second)
                is_done.set()
            else:
                transaction(before)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))


def resting(session: Session, contract_id: int) -> list[int | None]:
    """The reservations that rest on a contract now."""
    look_again(session)
    rows = select(UseAgreement.reservation_id).where(UseAgreement.contract_id == contract_id, is_last())
    return list(session.scalars(rows.order_by(UseAgreement.id)))


def booking(place: Place, instrument: Instrument, actor: Actor) -> Callable[[Session], Any]:
    """Four hours of an instrument, which only a contract covers."""
    wish = Wish(instrument.id, place.at(4))
    return lambda session: request_reservation(session, wish, actor=actor, now=place.now)


@pytest.fixture
def other(session: Session, place: Place) -> tuple[Instrument, Actor]:
    """Another instrument at the same price, and another of the firm's people: nothing that both bookings lock."""
    instrument = make_instrument(session, place.deals.place, policy={"closes_on_holidays": False})
    clerk = session.get_one(User, place.deals.keeper.id)
    make_hourly_price(session, instrument, HOURLY, clerk, audience=Audience.FIRMS)
    colleague = make_user(session, "colleague")
    affiliate(session, colleague, place.deals.firm)
    return instrument, actor_for(session, colleague, now=place.now)


def test_the_last_of_a_contracts_amount_covers_one_of_two_bookings_made_at_once(
    app: Flask, session: Session, place: Place, other: tuple[Instrument, Actor]
) -> None:
    contract = place.deals.signed(amount_fen=7 * HOURLY)
    session.commit()

    at_once(app, booking(place, place.instrument, place.outsider), booking(place, *other))

    rows = session.scalars(select(UseAgreement).where(is_last()).order_by(UseAgreement.id)).all()
    assert [(one.user_id, one.contract_id) for one in rows] == [
        (place.outsider.id, contract.id),
        (other[1].id, None),
    ]


def test_a_contract_that_is_ended_while_a_booking_is_made_covers_it_no_more(
    app: Flask, session: Session, place: Place
) -> None:
    contract = place.deals.signed()
    session.commit()

    def end(opened: Session) -> None:
        steps.end_contract(opened, contract.id, reason="终止", actor=place.deals.keeper, now=place.now)

    at_once(app, booking(place, place.instrument, place.outsider), end)

    assert resting(session, contract.id) == []
    [last] = session.scalars(select(UseAgreement).where(is_last())).all()
    assert last.is_lacking
