"""Trying a price out: what a use would cost by the price that holds, or by terms that nobody has stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.affiliations.group_reading import groups_of, memberships_of
from booking.affiliations.rules import Group, group_among
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, Problem
from booking.core.money import share_of
from booking.core.texts import N_
from booking.pricing.forms import TryForm, UseForm
from booking.pricing.queries import Price, in_force, price_of_group
from booking.pricing.rules import Quote, Terms, billed_time, quote
from booking.pricing.service import Place
from models.pricing import PricePolicy


@dataclass(frozen=True, slots=True)
class Tried:
    """What would be paid, by which price, and what cancelling late or not coming would cost."""

    group: Group | None
    policy: PricePolicy | None
    is_offered: bool
    quote: Quote | None = None
    late_fen: int | None = None
    no_show_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What holds at a place on a day: for every group its row, if any, and whose group the reader is in."""

    groups: Sequence[Group]
    prices: Sequence[Price]
    own: Group | None


def shown_on(session: Session, place: Place, actor: Actor | None, *, day: date, today: date) -> Shown:
    """What every user group pays at an instrument or a unit on a day."""
    scope = place.scope
    own_ids = [scope.instrument_id] if scope.instrument_id is not None else []
    unit_ids = [place.target.unit_id] if place.target.unit_id is not None else []
    policies = in_force(session, own_ids, unit_ids, day)
    groups = groups_of(session, place.organisation_id)
    found = (price_of_group(policies, group, groups) for group in groups)
    held = memberships_of(session, actor.id, today) if actor else []
    own = group_among(groups, held, place.organisation_id) if groups else None
    return Shown(groups, [price for price in found if price], own)


def try_price(session: Session, place: Place, form: TryForm, *, actor: Actor | None, now: datetime) -> Tried:
    """What the use costs, by terms of one's own for who sets prices there; raises InvalidInput for a use that is none.

    Raises NotSignedIn or Forbidden for terms of anybody else. Reads only.
    """
    if form.terms is not None:
        require(actor, Permission.SET_PRICES, place.target)
        return tried(None, form.terms.terms, form)
    today, booked = local_date(now), form.booked
    day = local_date(booked.start) if booked else today
    shown = shown_on(session, place, actor, day=day, today=today)
    group = _named(shown, form.user_group) if form.user_group else shown.own
    price = next((one for one in shown.prices if group and one.group == group), None)
    if price is None or not price.is_offered:
        return Tried(group, price.policy if price else None, is_offered=price is None)
    return tried(price, price.terms, form)


def tried(price: Price | None, terms: Terms, form: UseForm) -> Tried:
    """What the use costs under these terms."""
    booked, actual = form.booked, form.actual
    period = billed_time(terms, booked, actual) if booked else actual
    found = quote(terms, form.use(period))
    return Tried(
        group=price.group if price else None,
        policy=price.policy if price else None,
        is_offered=True,
        quote=found,
        late_fen=share_of(found.total_fen, terms.cancel_share),
        no_show_fen=share_of(found.total_fen, terms.no_show_share),
    )


def _named(shown: Shown, name: str) -> Group:
    """The group of this Chinese name; raises InvalidInput."""
    found = next((group for group in shown.groups if group.name_zh == name), None)
    if found is None:
        raise InvalidInput([Problem("user_group", N_("这个单位没有这个用户类别。"))])
    return found
