"""Reading prices: what holds where for whom on a day, and everything that ever held."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Date, Integer, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager

from booking.affiliations.group_reading import Belonging, belonging
from booking.affiliations.rules import Group
from booking.catalogue.rules import Hours, read_hours
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.pricing.rules import Extra, Package, Standing, Terms, chosen
from models.affiliations import UserGroup
from models.catalogue import Instrument
from models.pricing import PricePolicy
from models.vocabulary.pricing import ExtraKind, Offer, Per

SCALARS = tuple(name for name in Terms.__dataclass_fields__ if name not in {"peak", "extras", "packages"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What a price belongs to: one instrument, or a unit with all instruments that have none of their own."""

    instrument_id: int | None = None
    unit_id: int | None = None

    @property
    def is_here(self) -> ColumnElement[bool]:
        """The condition that a row belongs to it."""
        if self.instrument_id is not None:
            return PricePolicy.instrument_id == self.instrument_id
        return PricePolicy.unit_id == self.unit_id


@dataclass(frozen=True, slots=True)
class Spot:
    """An instrument with where its prices may come from."""

    instrument_id: int
    unit_id: int | None
    organisation_id: int


@dataclass(frozen=True, slots=True)
class Price:
    """The row that holds for somebody at an instrument, and the group they are in."""

    policy: PricePolicy
    group: Group

    @property
    def is_offered(self) -> bool:
        """Whether the instrument may be used by the group at all."""
        return self.policy.offer == Offer.OFFERED

    @property
    def terms(self) -> Terms:
        """What it says."""
        return terms_of(self.policy)


@dataclass(frozen=True, slots=True)
class Version:
    """One row of the history: how long it held, or that another for the same day took its place."""

    policy: PricePolicy
    until: date | None
    is_replaced: bool


def terms_of(policy: PricePolicy) -> Terms:
    """A row as the rules read it."""
    return Terms(
        **{name: getattr(policy, name) for name in SCALARS},
        peak=_week(policy.peak_hours),
        extras=tuple(extra_of(values) for values in policy.extras),
        packages=tuple(Package(**values) for values in policy.packages),
    )


def extra_of(values: dict[str, Any]) -> Extra:
    """A further line as it is stored."""
    return Extra(**values | {"kind": ExtraKind(values["kind"]), "per": Per(values["per"])})


@lru_cache(maxsize=200)
def _week(text: str) -> tuple[Hours, ...]:
    """Peak hours from their text."""
    return tuple(read_hours(text))


def in_force(
    session: Session, instrument_ids: Sequence[int], unit_ids: Sequence[int], day: date
) -> Sequence[PricePolicy]:
    """The rows of these instruments and units that hold on a day, the newest of each group; one statement."""
    named = {"instrument_ids": instrument_ids, "unit_ids": unit_ids, "day": day}
    return session.scalars(_in_force(), named).all()


@lru_cache(maxsize=1)
def _in_force() -> Select[PricePolicy]:
    """The statement, built once: every booking asks it."""
    at_them = or_(
        PricePolicy.instrument_id.in_(bindparam("instrument_ids", type_=Integer(), expanding=True)),
        PricePolicy.unit_id.in_(bindparam("unit_ids", type_=Integer(), expanding=True)),
    )
    return select(PricePolicy).where(at_them, *holding_on(bindparam("day", type_=Date())))


def holding_on(day: date | BindParameter[date]) -> tuple[ColumnElement[bool], ...]:
    """The conditions that a row holds on a day: it has begun, and no newer one of its place and group has."""
    later = aliased(PricePolicy)
    is_newer = or_(
        later.valid_from > PricePolicy.valid_from,
        and_(later.valid_from == PricePolicy.valid_from, later.revision > PricePolicy.revision),
    )
    same_place = or_(later.instrument_id == PricePolicy.instrument_id, later.unit_id == PricePolicy.unit_id)
    replaced = exists().where(
        same_place, later.user_group_id == PricePolicy.user_group_id, later.valid_from <= day, is_newer
    )
    return PricePolicy.valid_from <= day, ~replaced


def prices_for(
    session: Session,
    spots: Sequence[Spot],
    user_id: int | None,
    *,
    day: date,
    today: date,
    known: Belonging | None = None,
) -> dict[int, Price]:
    """What each instrument costs somebody on `day`; at most two statements however many instruments.

    Whoever is not signed in, and whoever belongs nowhere, is told the price of everybody else. The group is today's;
    `known` is for a caller who has read already where that person belongs.
    """
    instrument_ids = [spot.instrument_id for spot in spots]
    unit_ids = sorted({spot.unit_id for spot in spots if spot.unit_id is not None})
    policies = in_force(session, instrument_ids, unit_ids, day) if spots else ()
    if not policies:
        return {}
    owners = sorted({spot.organisation_id for spot in spots})
    person = known or belonging(session, user_id, owners, today)
    priced = ((spot, _price_at(spot, policies, person)) for spot in spots)
    return {spot.instrument_id: price for spot, price in priced if price}


def price_for(
    session: Session, spot: Spot, user_id: int | None, *, day: date, today: date, known: Belonging | None = None
) -> Price | None:
    """What one instrument costs somebody; None when it has no price."""
    return prices_for(session, [spot], user_id, day=day, today=today, known=known).get(spot.instrument_id)


def is_priced(session: Session, instrument_id: int, unit_id: int | None) -> bool:
    """Whether an instrument, or the unit it belongs to, has any price."""
    at_them = or_(PricePolicy.instrument_id == instrument_id, PricePolicy.unit_id == (unit_id or 0))
    return session.scalar(select(exists().where(at_them))) or False


def own_price(session: Session, instrument: Instrument, actor: Actor | None, *, now: datetime) -> Price | None:
    """What an instrument costs the reader today."""
    spot, today = Spot(instrument.id, instrument.unit_id, instrument.organisation_id), local_date(now)
    return price_for(session, spot, actor.id if actor else None, day=today, today=today)


def price_of_group(policies: Iterable[PricePolicy], group: Group, groups: Sequence[Group]) -> Price | None:
    """The row among those in force at one instrument and its unit that holds for a group."""
    rows = {
        Standing(row.user_group_id, row.instrument_id is not None, row.offer, row.valid_from): row for row in policies
    }
    found = chosen(rows, group, groups)
    return Price(rows[found], group) if found else None


def _price_at(spot: Spot, policies: Iterable[PricePolicy], person: Belonging) -> Price | None:
    """What an instrument costs somebody who belongs there."""
    here = [
        row
        for row in policies
        if row.instrument_id == spot.instrument_id or (row.unit_id is not None and row.unit_id == spot.unit_id)
    ]
    group = person.group_at(spot.organisation_id)
    if not here or group is None:
        return None
    return price_of_group(here, group, person.groups[spot.organisation_id])


def history(session: Session, scopes: Iterable[Scope]) -> list[Version]:
    """Every row of these places with its user group, group by group, the newest first."""
    rows = session.scalars(
        select(PricePolicy)
        .join(PricePolicy.user_group)
        .where(or_(*(scope.is_here for scope in scopes)))
        .options(contains_eager(PricePolicy.user_group))
        .order_by(
            UserGroup.position,
            UserGroup.id,
            PricePolicy.unit_id.is_not(None),
            PricePolicy.valid_from.desc(),
            PricePolicy.revision.desc(),
        )
    )
    found: list[Version] = []
    starts: dict[tuple[int, int | None], list[date]] = {}
    for row in rows:
        later = starts.setdefault((row.user_group_id, row.instrument_id), [])
        is_replaced = bool(later) and later[-1] == row.valid_from
        until = next((day for day in reversed(later) if day > row.valid_from), None)
        found.append(Version(row, until, is_replaced))
        later.append(row.valid_from)
    return found


def version_of(session: Session, scope: Scope) -> int:
    """A number that rises with every row of a place, 0 without any."""
    return session.scalar(select(func.max(PricePolicy.id)).where(scope.is_here)) or 0
