"""Prices of the HTTP API: read by everybody, set by who may, tried out."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, url_for
from sqlalchemy.orm import Session

from booking.catalogue.api.answering import json_answer
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.pricing import bulk, queries, service, trying
from booking.pricing.answers import (
    BulkPrices,
    PriceAnswer,
    PriceList,
    TriedPrice,
    bulk_answer,
    group_answer,
    own_answer,
    price_answer,
    quote_answer,
    version_answer,
)
from booking.pricing.forms import BulkPriceForm, PriceForm, TryForm
from booking.pricing.queries import Scope
from booking.pricing.service import Place
from booking.web.errors import sentence_of
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json
from booking.web.repeats import create_once
from booking.web.signed_in import actor, require_actor

bp = Blueprint("pricing_api", __name__, url_prefix="/api/v1")

TAG = "prices"
SETTING = (400, 401, 403, 404, 412, 415, 422)
TRYING = (400, 401, 403, 404, 415, 422)
OF_INSTRUMENT = "/instruments/<int:instrument_id>/prices"
OF_UNIT = "/units/<int:unit_id>/prices"


@bp.get(OF_INSTRUMENT)
@documented(tag=TAG, answers={200: PriceList}, refusals=(401, 404))
def of_instrument(instrument_id: int) -> Response:
    """What an instrument costs whom, from its first price to those of days to come, the unit's among them."""
    place = service.place_for(reading(), Scope(instrument_id), actor())
    return _list(place, actor(), utcnow())


@bp.get(OF_UNIT)
@documented(tag=TAG, answers={200: PriceList}, refusals=(401, 403, 404))
def of_unit(unit_id: int) -> Response:
    """What a unit sets for its instruments (for who sets prices there)."""
    who = require_actor()
    return _list(service.place_to_price(reading(), Scope(unit_id=unit_id), who), who, utcnow())


@bp.post(OF_INSTRUMENT)
@documented(tag=TAG, body=PriceForm, answers={201: PriceAnswer}, refusals=SETTING)
def set_of_instrument(instrument_id: int) -> Response:
    """Set what an instrument costs a user group from a day on."""
    response = _set(Scope(instrument_id))
    response.headers["Location"] = url_for("pricing_api.of_instrument", instrument_id=instrument_id)
    return response


@bp.post(OF_UNIT)
@documented(tag=TAG, body=PriceForm, answers={201: PriceAnswer}, refusals=SETTING)
def set_of_unit(unit_id: int) -> Response:
    """Set what the instruments of a unit cost a user group from a day on."""
    response = _set(Scope(unit_id=unit_id))
    response.headers["Location"] = url_for("pricing_api.of_unit", unit_id=unit_id)
    return response


@bp.post(f"{OF_INSTRUMENT}/try")
@documented(tag=TAG, body=TryForm, answers={200: TriedPrice}, refusals=TRYING)
def try_instrument(instrument_id: int) -> Response:
    """What a use would cost: by the price that holds, or by one's own terms (for who sets prices); nothing is kept."""
    session, who = reading(), actor()
    place = service.place_for(session, Scope(instrument_id), who)
    return _tried(trying.try_price(session, place, read_json(TryForm), actor=who, now=utcnow()))


@bp.post(f"{OF_UNIT}/try")
@documented(tag=TAG, body=TryForm, answers={200: TriedPrice}, refusals=TRYING)
def try_unit(unit_id: int) -> Response:
    """The same for the instruments of a unit (for who sets prices there)."""
    session, who = reading(), require_actor()
    place = service.place_to_price(session, Scope(unit_id=unit_id), who)
    return _tried(trying.try_price(session, place, read_json(TryForm), actor=who, now=utcnow()))


@bp.post("/prices/bulk")
@documented(tag=TAG, body=BulkPriceForm, answers={200: BulkPrices}, refusals=(400, 401, 403, 415, 422))
def change_many() -> Response:
    """Change the prices of many instruments and units by a share (basis points), or to the same; `dry_run` tells."""
    who, form, now = require_actor(), read_json(BulkPriceForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return bulk_answer(bulk.change_many(session, form, actor=who, now=now), sentence_of).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=who, now=now)
    return json_answer(BulkPrices(**answer))


def _list(place: Place, who: Actor | None, now: datetime) -> Response:
    """The history of a place, with the caller's own price."""
    session, today = reading(), local_date(now)
    shown = trying.shown_on(session, place, who, day=today, today=today)
    own = next((price for price in shown.prices if price.group == shown.own), None)
    version = queries.version_of(session, place.scope)
    answer = PriceList(
        items=[version_answer(one) for one in queries.history(session, place.scopes)],
        own=own_answer(own),
        groups=[group_answer(group) for group in shown.groups],
        version=version,
    )
    response = json_answer(answer)
    response.set_etag(str(version))
    return response


def _set(scope: Scope) -> Response:
    """A new row, once per key."""
    who, form, expected, now = require_actor(), read_json(PriceForm), if_match(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        policy = service.set_price(session, scope, form, actor=who, now=now, expected_version=expected)
        return price_answer(policy, policy.user_group).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=who, now=now)
    return json_answer(PriceAnswer(**answer), 201)


def _tried(found: trying.Tried) -> Response:
    """What was tried, as JSON."""
    return json_answer(
        TriedPrice(
            user_group=group_answer(found.group) if found.group else None,
            policy_id=found.policy.id if found.policy else None,
            is_offered=found.is_offered,
            price=quote_answer(found.quote) if found.quote else None,
            late_cancellation_fen=found.late_fen,
            no_show_fen=found.no_show_fen,
        )
    )
