"""The page one lands on: what waits for the person, first."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.labels import GRANT_EVENTS, ROLES
from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.home import labels, queries
from booking.home.cards import Card, Hat, Item
from booking.reservations.views.todo import conflicts_shown, requests_shown
from booking.web import filters
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.affiliations import AffiliationState

bp = Blueprint("home", __name__)

ADDRESSES = {
    "reservation": ("reservations.show", "reservation_id"),
    "review": ("catalogue.review", "round_id"),
    "kept_role": ("accounts.end_grant", "grant_id"),
    "owner_change": ("catalogue.owner_change", "change_id"),
    "enquiry": ("enquiries.show", "enquiry_id"),
    "instrument": ("catalogue.edit", "instrument_id"),
    "organisation": ("affiliations.people", "organisation_id"),
    "members": ("affiliations.people", "organisation_id"),
    "roster": ("affiliations.rosters", "organisation_id"),
    "visit": ("affiliations.visit", "visit_id"),
    "registration": ("affiliations.registration", "registration_id"),
    "team": ("teams.show", "team_id"),
    "import": ("imports.show", "import_id"),
    "announcement": ("announcements.edit", "announcement_id"),
}
ANCHORS = {"exemption": ("catalogue.report_dates", "exemption")}
MORE_VALUES = {
    "organisation": {"state": AffiliationState.PENDING.value},
    "members": {"state": AffiliationState.CONFIRMED.value},
}
IN_PLACE: dict[str, Callable[[Sequence[Any]], list[dict[str, Any]]]] = {
    "decisions": requests_shown,
    "conflicts": conflicts_shown,
}


@bp.get("/home")
@signed_in
def index() -> ResponseReturnValue:
    """Everything that waits for the person, grouped by what they are, the most urgent first."""
    actor, now = require_actor(), utcnow()
    found = queries.cards(reading(), actor, settings=current_app.config["SETTINGS"], now=now)
    hats = [(hat, [_shown(card) for card in found if card.hat == hat]) for hat in Hat]
    return render_template(
        "home/index.html",
        name=actor.name,
        today=local_date(now),
        roles=_roles(actor),
        hats=[(_(labels.HATS[hat]), cards) for hat, cards in hats if cards],
        back=url_for(".index"),
        has_board=bool(reach(actor, Permission.SEE_BOOKINGS)),
    )


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of this page stays in a cache: it is one person's."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _roles(actor: Actor) -> list[str]:
    """What the person is, in the order of the roles."""
    held = {grant.role for grant in actor.grants}
    return [_(name) for role, name in ROLES.items() if role in held]


def _shown(card: Card) -> dict[str, Any]:
    """A card as the template takes it: with its own actions where they can be done in place."""
    place = labels.PLACES.get(card.code)
    in_place = IN_PLACE.get(card.code)
    return {
        "code": card.code,
        "title": _(labels.TITLES[card.code]),
        "count": card.found.count,
        "is_more": card.found.is_more,
        "has_more": card.found.is_more or card.found.count > len(card.found.items),
        "items": [_item(item, card.code) for item in card.found.items],
        "todo": in_place(card.found.rows) if in_place else [],
        "more": (url_for(place.endpoint, **place.values), _(place.label)) if place else None,
    }


def _item(item: Item, code: str) -> dict[str, Any]:
    """One line of a card, with its address."""
    change = GRANT_EVENTS.get(item.title_zh)
    counted = labels.COUNTS.get(code)
    return {
        "title": _(change) if change else in_language(item.title_zh, item.title_en),
        "url": _address(item),
        "person": item.person,
        "starts_at": item.starts_at,
        "ends_at": item.ends_at,
        **_due(item, code),
        "count": None if counted else item.count,
        "counted": _(counted, count=item.count) if counted and item.count else "",
    }


def _due(item: Item, code: str) -> dict[str, Any]:
    """By when something is to happen, in words, and whether that is past."""
    if item.due_on is not None:
        late = item.due_on < local_date(utcnow())
        return {"due": _(labels.DUE_ON[code], day=filters.day(item.due_on)), "is_late": late}
    if item.due_at is None:
        return {"due": "", "is_late": False}
    late = item.due_at <= utcnow()
    words = labels.DUE.get(code, labels.LATE if late else labels.DUE_TO_ME)
    return {"due": _(words, moment=filters.moment(item.due_at)), "is_late": late}


def _address(item: Item) -> str | None:
    """Where the thing itself stands."""
    if item.subject in ANCHORS:
        page, part = ANCHORS[item.subject]
        return url_for(page, _anchor=f"{part}-{item.subject_id}")
    if item.subject not in ADDRESSES or item.subject_id is None:
        return None
    endpoint, name = ADDRESSES[item.subject]
    values: dict[str, Any] = {name: item.subject_id, **MORE_VALUES.get(item.subject, {})}
    return url_for(endpoint, **values)
