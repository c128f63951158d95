"""Reading what an instrument asks of a reservation, in as few statements as can be."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, Integer, Select, String, and_, bindparam, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from booking.affiliations.group_reading import Belonging, belonging
from booking.affiliations.queries import is_member
from booking.catalogue.inheritance import HOURS, POLICY, POLICY_DEFAULTS, Above, Settings, names_in, policy_in_effect
from booking.catalogue.rules import read_hours
from booking.core.actors import Target
from booking.core.clock import local_date
from booking.core.period import Period
from booking.directory.rules import StoredDay, unusual_days
from booking.reservations.firms import has_vouchers
from booking.reservations.opening import DayHours
from booking.reservations.rules import GroupLimit, Terms
from models.affiliations import UserGroup
from models.base import UtcDateTime
from models.catalogue import BookingPolicy, Instrument, OpeningHours, SharedSettings
from models.contracts import ContractSettings
from models.directory import CalendarDay
from models.reservations import Suspension
from models.vocabulary.catalogue import BookingMode, PublishingState, ShareMode
from models.vocabulary.directory import DayKind
from models.vocabulary.programmes import ServiceType

_instruments, _policies = Instrument.__table__.c, BookingPolicy.__table__.c
_unit_settings, _owner_settings = (SharedSettings.__table__.alias(name) for name in ("unit_settings", "owner_settings"))
_units, _owner_wide = _unit_settings.c, _owner_settings.c
_suspensions, _days, _hours = Suspension.__table__.c, CalendarDay.__table__.c, OpeningHours.__table__.c

DECIDING = timedelta(days=90)
"""Within which every deadline of a decision falls, however many holidays lie before it."""

_COLUMNS = (
    _instruments.id,
    _instruments.organisation_id,
    _instruments.unit_id,
    _instruments.publishing_state,
    _instruments.hides_free_time,
    _instruments.running_state,
    _instruments.booking_mode,
    _instruments.booking_url,
    _instruments.share_mode,
    _instruments.service_type,
    *(_policies[name] for name in POLICY),
    _instruments.inherits,
    _units.policy.label("unit_policy"),
    _units.opening_hours.label("unit_hours"),
    _owner_wide.policy.label("owner_policy"),
    _owner_wide.opening_hours.label("owner_hours"),
)

_SUSPENDED = (
    select(_suspensions.ends_at)
    .where(
        _suspensions.user_id == bindparam("user_id"),
        _suspensions.organisation_id == _instruments.organisation_id,
        or_(_suspensions.instrument_id.is_(None), _suspensions.instrument_id == _instruments.id),
        _suspensions.lifted_at.is_(None),
        _suspensions.starts_at <= bindparam("now", type_=UtcDateTime()),
        _suspensions.ends_at > bindparam("now", type_=UtcDateTime()),
    )
    .order_by(_suspensions.ends_at.desc(), _suspensions.id)
    .limit(1)
    .correlate(Instrument.__table__)
)
_SUSPENDED_UNTIL = _SUSPENDED.scalar_subquery().label("suspended_until")
_SUSPENDED_FOR = _SUSPENDED.with_only_columns(_suspensions.reason).scalar_subquery().label("suspended_for")

_groups = UserGroup.__table__.c
_LIMITS_GROUPS = (
    exists()
    .where(_groups.organisation_id == _instruments.organisation_id, _groups.horizon_days.is_not(None))
    .correlate(Instrument.__table__)
    .label("limits_groups")
)

_IS_MEMBER = (
    is_member(bindparam("user_id", type_=Integer()), _instruments.organisation_id, bindparam("today", type_=Date()))
    .correlate(Instrument.__table__)
    .label("is_member")
)

_minutes = [cast(column, String) for column in (_hours.weekday, _hours.opens_minute, _hours.closes_minute)]
_OWN_HOURS = (
    select(func.aggregate_strings(_minutes[0] + " " + _minutes[1] + " " + _minutes[2], ","))
    .where(_hours.instrument_id == _instruments.id)
    .correlate(Instrument.__table__)
    .scalar_subquery()
    .label("own_hours")
)

_required = ContractSettings.__table__.c
_CONTRACT_FROM = (
    select(_required.threshold_fen)
    .where(_required.organisation_id == _instruments.organisation_id, _required.requires)
    .correlate(Instrument.__table__)
    .scalar_subquery()
    .label("contract_from")
)

_HAS_VOUCHERS = has_vouchers(bindparam("user_id", type_=Integer()), bindparam("today", type_=Date())).label(
    "has_vouchers"
)

_READ = (_HAS_VOUCHERS, _OWN_HOURS, _SUSPENDED_UNTIL, _SUSPENDED_FOR, _LIMITS_GROUPS, _IS_MEMBER, _CONTRACT_FROM)
_PLACES = select(*_COLUMNS, *_READ).select_from(
    Instrument.__table__.outerjoin(BookingPolicy.__table__)
    .outerjoin(_unit_settings, _units.unit_id == _instruments.unit_id)
    .outerjoin(
        _owner_settings,
        and_(_owner_wide.organisation_id == _instruments.organisation_id, _owner_wide.unit_id.is_(None)),
    )
)

_DAYS = select(_days.organisation_id, _days.day, _days.kind, _days.runs_as).where(
    _days.day.between(bindparam("first", type_=Date()), bindparam("last", type_=Date()))
)


@dataclass(frozen=True, slots=True)
class _Statements:
    """The two reads, for one instrument or for several: a list of ids has to be written out each time."""

    places: Select[Any]
    days: Select[Any]


_id = bindparam("id", type_=Integer())
_ids = bindparam("ids", type_=Integer(), expanding=True)
_owner = bindparam("owner", type_=Integer())
_owners = bindparam("owners", type_=Integer(), expanding=True)
_nation = _days.organisation_id.is_(None)

_ONE = _Statements(
    _PLACES.where(_instruments.id == _id),
    _DAYS.where(or_(_nation, _days.organisation_id == _owner)),
)
_SEVERAL = _Statements(
    _PLACES.where(_instruments.id.in_(_ids)),
    _DAYS.where(or_(_nation, _days.organisation_id.in_(_owners))),
)


@dataclass(frozen=True, slots=True)
class Place:
    """An instrument as far as booking it goes; `terms.unusual_days` are known for the days that were read.

    `days` are those days as they are stored. `is_member` is whether the person belongs to the institution today,
    `belonging` in which groups anywhere, if that had to be read. From `contract_from` on (fen) an outside use needs a
    contract, below it an order form; None where the institution requires nothing. `has_vouchers` is whether any firm
    for which the person acts has a voucher that can be used; `service_type` what a use of it is to one.
    """

    instrument_id: int
    organisation_id: int
    unit_id: int | None
    publishing_state: PublishingState
    hides_free_time: bool
    terms: Terms
    suspended_until: datetime | None = None
    suspended_for: str = ""
    days: Sequence[StoredDay] = ()
    belonging: Belonging | None = None
    is_member: bool = False
    contract_from: int | None = None
    has_vouchers: bool = False
    service_type: ServiceType = ServiceType.INSTRUMENT_SHARING

    @property
    def target(self) -> Target:
        """What permissions are asked about."""
        return Target(self.organisation_id, self.unit_id, self.instrument_id)

    @property
    def is_public(self) -> bool:
        """Whether everybody may know of it."""
        return self.publishing_state == PublishingState.PUBLISHED


def place_of(
    session: Session, instrument_id: int, window: Period, *, user_id: int | None = None, now: datetime
) -> Place | None:
    """One instrument with its terms for the days of the window and the person's suspension; two statements.

    The days until which a request would have to be decided are known, too. Where the institution limits its user
    groups, one more statement finds the person's.
    """
    known = Period(min(window.start, now), max(window.end, now + DECIDING))
    return places_of(session, [instrument_id], known, user_id=user_id, now=now).get(instrument_id)


def places_of(
    session: Session, instrument_ids: Sequence[int], window: Period, *, user_id: int | None = None, now: datetime
) -> dict[int, Place]:
    """The instruments among the ids with their terms; two statements however many, and one for user groups."""
    connection = session.connection()
    statements, named = _named("id", "ids", instrument_ids)
    today = local_date(now)
    rows = connection.execute(statements.places, {**named, "user_id": user_id, "now": now, "today": today}).all()
    if not rows:
        return {}
    days = _days_read(session, {row.organisation_id for row in rows}, window)
    owners = sorted({row.organisation_id for row in rows if row.limits_groups})
    person = belonging(session, user_id, owners, today) if user_id is not None and owners else None
    return {row.id: _place(row, days, person if row.limits_groups else None) for row in rows}


def _group_limit(person: Belonging, organisation_id: int) -> GroupLimit | None:
    """How far ahead the person's user group may book at an institution; None without a limit of its own."""
    group = person.group_at(organisation_id)
    if group is None or group.horizon_days is None:
        return None
    return GroupLimit(group.name_zh, group.name_en, group.horizon_days)


def _named(single: str, several: str, ids: Collection[int]) -> tuple[_Statements, dict[str, object]]:
    """The statements that fit so many ids, and the ids under the name that they have there."""
    if len(ids) == 1:
        return _ONE, {single: next(iter(ids))}
    return _SEVERAL, {several: sorted(ids)}


def with_days(session: Session, place: Place, window: Period) -> Place:
    """The same place with the unusual days of another window; one statement."""
    days = _days_read(session, {place.organisation_id}, window)
    unusual = unusual_days(days, place.organisation_id, on_holidays=place.terms.closes_on_holidays)
    return replace(place, terms=replace(place.terms, unusual_days=unusual))


def _days_read(session: Session, organisation_ids: set[int], window: Period) -> list[StoredDay]:
    """The stored days of the window, national and of these organisations."""
    statements, named = _named("owner", "owners", organisation_ids)
    values = {**named, "first": local_date(window.start), "last": local_date(window.end)}
    return [
        StoredDay(owner, day, DayKind(kind), runs_as)
        for owner, day, kind, runs_as in session.connection().execute(statements.days, values)
    ]


@lru_cache(maxsize=1000)
def slots_of(written: str) -> tuple[DayHours, ...]:
    """Fixed slots, or the hours of a week, from their text."""
    return tuple(DayHours(item.weekday, item.opens_minute, item.closes_minute) for item in read_hours(written))


@lru_cache(maxsize=1000)
def _own_hours(written: str | None) -> tuple[DayHours, ...]:
    """An instrument's own hours in the order of the week, as the database wrote them into one text."""
    rows = sorted(tuple(map(int, row.split())) for row in written.split(",")) if written else ()
    return tuple(DayHours(*row) for row in rows)


def _place(row: Any, days: Sequence[StoredDay], person: Belonging | None) -> Place:
    """One instrument from its row; without a policy row the defaults hold."""
    inherited = names_in(row.inherits)
    above = _above(row) if inherited else Above()
    own = {name: getattr(row, name) for name in POLICY} if row.grid_minutes is not None else POLICY_DEFAULTS
    policy = policy_in_effect(own, inherited, above)
    slots = slots_of(policy.pop("slots"))
    terms = Terms(
        **policy,
        hours=slots_of(above.given(HOURS)[0]) if HOURS in inherited else _own_hours(row.own_hours),
        slots=slots,
        unusual_days=unusual_days(days, row.organisation_id, on_holidays=policy["closes_on_holidays"]),
        running_state=row.running_state,
        booking_mode=BookingMode(row.booking_mode),
        booking_url=row.booking_url,
        share_mode=ShareMode(row.share_mode),
        is_published=row.publishing_state == PublishingState.PUBLISHED,
        group=_group_limit(person, row.organisation_id) if person else None,
    )
    return Place(
        instrument_id=row.id,
        organisation_id=row.organisation_id,
        unit_id=row.unit_id,
        publishing_state=row.publishing_state,
        hides_free_time=row.hides_free_time,
        terms=terms,
        suspended_until=row.suspended_until,
        suspended_for=row.suspended_for or "",
        days=days,
        belonging=person,
        is_member=bool(row.is_member),
        contract_from=row.contract_from,
        has_vouchers=bool(row.has_vouchers),
        service_type=ServiceType(row.service_type),
    )


def _above(row: Any) -> Above:
    """What the unit and the institution set for bookings."""
    return Above(Settings.of(row.unit_policy, row.unit_hours), Settings.of(row.owner_policy, row.owner_hours))
