"""The quote of a reservation: worked out before booking, stored with it, never changed."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, insert, select
from sqlalchemy.orm import Session, joinedload

from booking.affiliations.group_reading import Belonging
from booking.core.clock import local_date
from booking.core.money import share_of
from booking.core.period import Period
from booking.pricing.queries import Price, Spot, price_for, terms_of
from booking.pricing.rules import Line, Quote, Terms, Use, quote
from models.base import Base
from models.pricing import PricePolicy, ReservationQuote
from models.reservations import Reservation, ReservationChange
from models.samples import SampleRun
from models.vocabulary.pricing import LineKind
from models.vocabulary.reservations import ChangeKind, ReservationMode

LONGEST = timedelta(days=31)
_MADE_ANEW = (ChangeKind.MOVED, ChangeKind.HANDED_OVER)
_STORE = insert(Base.metadata.tables["reservation_quotes"])


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose time is to be priced: when, how, with how many samples; where they belong, if that was read already."""

    user_id: int | None
    period: Period
    mode: ReservationMode
    samples: int | None
    belonging: Belonging | None = None

    @property
    def use(self) -> Use:
        """The same as the rules read it."""
        return Use(self.period, self.mode == ReservationMode.ASSISTED, self.samples or 0)


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a reservation costs, by which row of prices; no quote where the group is not offered the instrument."""

    policy: PricePolicy
    group_id: int | None
    names: tuple[str, str]
    quote: Quote | None
    start: datetime
    samples: int

    @property
    def terms(self) -> Terms:
        """The price it was worked out with."""
        return terms_of(self.policy)

    @property
    def late_fen(self) -> int:
        """What cancelling late costs."""
        return share_of(self.quote.total_fen, self.policy.cancel_share) if self.quote else 0

    @property
    def no_show_fen(self) -> int:
        """What not coming costs."""
        return share_of(self.quote.total_fen, self.policy.no_show_share) if self.quote else 0

    @property
    def free_until(self) -> datetime:
        """Until when cancelling costs nothing."""
        return self.start - timedelta(hours=self.policy.cancel_hours)


def quoted(session: Session, spot: Spot, wanted: Asked, *, now: datetime) -> Quoted | None:
    """What the time costs by the row that holds on the day it starts; None where there is no price. Reads only."""
    if wanted.period.length > LONGEST:
        return None
    day, today = local_date(wanted.period.start), local_date(now)
    price = price_for(session, spot, wanted.user_id, day=day, today=today, known=wanted.belonging)
    return _quoted(price, wanted) if price else None


def store(session: Session, reservation_id: int, found: Quoted | None, wanted: Asked, *, now: datetime) -> None:
    """Keep the quote with the reservation; without a price there is nothing to keep."""
    if found is None or found.quote is None:
        return
    session.connection().execute(
        _STORE,
        {
            "reservation_id": reservation_id,
            "price_policy_id": found.policy.id,
            "user_group_id": found.group_id,
            "starts_at": wanted.period.start,
            "ends_at": wanted.period.end,
            "mode": wanted.mode,
            "sample_count": wanted.samples,
            "lines": [_plain(line) for line in found.quote.lines],
            "total_fen": found.quote.total_fen,
            "created_at": now,
        },
    )


def quote_again(session: Session, reservation: Reservation, period: Period, *, now: datetime) -> None:
    """A new quote for a time that it has or asks for, with its samples now, by the very price that it was told."""
    earlier = _quote_for(session, reservation, period)
    if earlier is None:
        return
    wanted = Asked(reservation.booked_by_id, period, reservation.mode, reservation.sample_count)
    found = Quoted(
        policy=earlier.policy,
        group_id=earlier.group_id,
        names=earlier.names,
        quote=quote(earlier.terms, wanted.use),
        start=period.start,
        samples=wanted.samples or 0,
    )
    store(session, reservation.id, found, wanted, now=now)


def quote_of(session: Session, reservation: Reservation) -> Quoted | None:
    """The stored quote for the time that a reservation has; the last one, and never that of a move still undecided."""
    return _quote_for(session, reservation, Period(reservation.starts_at, reservation.ends_at))


def is_for_samples(session: Session, reservation_id: int) -> bool:
    """Whether a reservation is time in which samples are tested: it has no price, for their orders are charged."""
    return bool(session.scalar(select(exists().where(SampleRun.reservation_id == reservation_id))))


def quotes_told(session: Session, reservations: Collection[Reservation]) -> dict[int, Quoted]:
    """The stored quotes for the times that these reservations have, by their id, but of no time for samples.

    Three statements however many there are.
    """
    times = {one.id: (one.starts_at, one.ends_at) for one in reservations}
    if not times:
        return {}
    changed = ReservationChange.reservation_id.in_(times), ReservationChange.kind.in_(_MADE_ANEW)
    last = select(ReservationChange.reservation_id, func.max(ReservationChange.occurred_at)).where(*changed)
    anew = dict(session.execute(last.group_by(ReservationChange.reservation_id)).all())
    rows = select(ReservationQuote).where(ReservationQuote.reservation_id.in_(times)).order_by(ReservationQuote.id)
    both = joinedload(ReservationQuote.policy), joinedload(ReservationQuote.user_group)
    told = {
        row.reservation_id: _stored(row)
        for row in session.scalars(rows.options(*both))
        if (row.starts_at, row.ends_at) == times[row.reservation_id]
        and row.created_at >= anew.get(row.reservation_id, row.created_at)
    }
    tested = set(session.scalars(select(SampleRun.reservation_id).where(SampleRun.reservation_id.in_(told))))
    return {key: found for key, found in told.items() if key not in tested}


def terms_told(session: Session, reservations: Collection[Reservation]) -> dict[int, Terms]:
    """The terms that these reservations were booked on, by their id."""
    return {key: found.terms for key, found in quotes_told(session, reservations).items()}


def total_for(session: Session, reservation: Reservation, period: Period) -> int:
    """What the reservation was quoted for one of its times; 0 without a price."""
    return known_total(session, reservation, period) or 0


def known_total(session: Session, reservation: Reservation, period: Period) -> int | None:
    """The same; None without a price."""
    found = _quote_for(session, reservation, period)
    return found.quote.total_fen if found and found.quote else None


def first_total(session: Session, reservation_id: int) -> int | None:
    """What a reservation was quoted when it was made; None without a price."""
    quoted = select(ReservationQuote.total_fen).where(ReservationQuote.reservation_id == reservation_id)
    return session.scalar(quoted.order_by(ReservationQuote.id).limit(1))


def _quote_for(session: Session, reservation: Reservation, period: Period) -> Quoted | None:
    """The last stored quote for one of its times, unless made before that time or the holder became its own."""
    is_asked = period.start == reservation.asked_starts_at and period.end == reservation.asked_ends_at
    kinds = (*_MADE_ANEW, ChangeKind.MOVE_ASKED) if is_asked else _MADE_ANEW
    anew = select(func.max(ReservationChange.occurred_at)).where(
        ReservationChange.reservation_id == reservation.id, ReservationChange.kind.in_(kinds)
    )
    row = session.scalar(
        select(ReservationQuote)
        .where(
            ReservationQuote.reservation_id == reservation.id,
            ReservationQuote.starts_at == period.start,
            ReservationQuote.ends_at == period.end,
            ReservationQuote.created_at >= func.coalesce(anew.scalar_subquery(), ReservationQuote.created_at),
        )
        .order_by(ReservationQuote.id.desc())
        .limit(1)
        .options(joinedload(ReservationQuote.policy), joinedload(ReservationQuote.user_group))
    )
    return _stored(row) if row else None


def _stored(row: ReservationQuote) -> Quoted:
    """A stored quote; its prices and its group must be loaded."""
    group = row.user_group
    return Quoted(
        policy=row.policy,
        group_id=row.user_group_id,
        names=(group.name_zh, group.name_en),
        quote=Quote(tuple(_line(values) for values in row.lines), row.total_fen),
        start=row.starts_at,
        samples=row.sample_count or 0,
    )


def _quoted(price: Price, wanted: Asked) -> Quoted:
    """What a price makes of it."""
    return Quoted(
        policy=price.policy,
        group_id=price.group.id,
        names=(price.group.name_zh, price.group.name_en),
        quote=quote(price.terms, wanted.use) if price.is_offered else None,
        start=wanted.period.start,
        samples=wanted.samples or 0,
    )


def _plain(line: Line) -> dict[str, Any]:
    """A line as it is stored."""
    return {**asdict(line), "kind": str(line.kind)}


def _line(values: Mapping[str, Any]) -> Line:
    """A stored line as the rules made it."""
    return Line(**{**values, "kind": LineKind(values["kind"])})
