"""The public page of an instrument's prices with its history and calculator, and a unit's page for its editors."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may
from booking.affiliations.rules import Group
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput
from booking.core.forms import read
from booking.pricing import labels, queries, service, trying
from booking.pricing.forms import TryForm
from booking.pricing.queries import Price, Scope, Version
from booking.pricing.rules import Extra, Terms
from booking.pricing.service import Place
from booking.pricing.trying import Tried
from booking.pricing.views.typed import use_in
from booking.pricing.wording import SpokenLine, group_name, headline, rows_of, spoken_lines
from booking.web.errors import problems_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.signed_in import actor, require_actor, signed_in
from models.vocabulary.pricing import Offer, Per


@dataclass(frozen=True, slots=True)
class Result:
    """What a use comes to, in words."""

    lines: list[SpokenLine]
    total_fen: int
    late_fen: int
    no_show_fen: int


def show(instrument_id: int) -> ResponseReturnValue:
    """Show what an instrument costs whom, what it did and will cost, and a calculator that needs no script."""
    session, who, now = reading(), actor(), utcnow()
    place, today = service.place_for(session, Scope(instrument_id), who), local_date(now)
    shown = trying.shown_on(session, place, who, day=today, today=today)
    found, problems = None, {}
    if request.args.get("try"):
        try:
            form = read(TryForm, {**use_in(request.args), "user_group": request.args.get("user_group", "")})
            found = trying.try_price(session, place, form, actor=who, now=now)
        except InvalidInput as invalid:
            problems = problems_of(invalid)
    own = next((price for price in shown.prices if price.group == shown.own), None)
    asked = next((price for price in shown.prices if price.group.name_zh == request.args.get("user_group")), own)
    page = render_template(
        "pricing/show.html",
        **frame(place),
        prices=[priced(price, shown.own) for price in shown.prices],
        own=own,
        tried=found,
        result=result_of(found),
        form=request.args,
        problems=problems,
        groups=[(group.name_zh, group_name(group)) for group in shown.groups],
        group=request.args.get("user_group") or (shown.own.name_zh if shown.own else ""),
        pieces=pieces_of(asked.terms if asked else Terms()),
        versions=versions_of(place),
        may_edit=may(who, Permission.SET_PRICES, place.target),
        may_edit_unit=place.target.unit_id is not None
        and may(who, Permission.SET_PRICES, Target(place.organisation_id, place.target.unit_id)),
    )
    return page, 422 if problems else 200


@signed_in
def unit(unit_id: int) -> ResponseReturnValue:
    """Show what a unit sets for its instruments, for who sets prices there."""
    session, who, today = reading(), require_actor(), local_date(utcnow())
    place = service.place_to_price(session, Scope(unit_id=unit_id), who)
    shown = trying.shown_on(session, place, who, day=today, today=today)
    return render_template(
        "pricing/unit.html",
        **frame(place),
        prices=[priced(price, None) for price in shown.prices],
        versions=versions_of(place),
    )


def frame(place: Place) -> dict[str, Any]:
    """What every page of prices needs to know of its place."""
    return {
        "place": place,
        "name": in_language(place.name_zh, place.name_en),
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
    }


def priced(price: Price, own: Group | None) -> dict[str, Any]:
    """What a group pays now."""
    return {
        "group": group_name(price.group),
        "name": price.group.name_zh,
        "is_own": own is not None and price.group == own,
        "is_offered": price.is_offered,
        "headline": headline(price.terms) if price.is_offered else _("不对这个类别开放"),
        "is_inherited": price.policy.instrument_id is None,
        "policy": price.policy,
        "rows": rows_of(price.policy),
    }


def versions_of(place: Place) -> list[dict[str, Any]]:
    """The history of a place in words."""
    return [_version(one) for one in queries.history(reading(), place.scopes)]


def _version(one: Version) -> dict[str, Any]:
    """One row of the history."""
    policy = one.policy
    is_offered = policy.offer == Offer.OFFERED
    return {
        "version": one,
        "group": group_name(policy.user_group),
        "headline": headline(queries.terms_of(policy)) if is_offered else _(labels.OFFERS[policy.offer]),
        "rows": rows_of(policy),
    }


def result_of(found: Tried | None) -> Result | None:
    """What was tried, in words; None without a price."""
    if found is None or found.quote is None:
        return None
    return Result(spoken_lines(found.quote), found.quote.total_fen, found.late_fen or 0, found.no_show_fen or 0)


def pieces_of(terms: Terms) -> list[tuple[int, str]]:
    """The lines that are counted by the piece, by their place."""
    return [(place, _name(extra)) for place, extra in enumerate(terms.extras) if extra.per == Per.PIECE]


def _name(extra: Extra) -> str:
    """What the line is called."""
    return in_language(extra.name_zh, extra.name_en)
