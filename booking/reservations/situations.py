"""A wish weighed against rules and taken time: one way for asking, booking, moving and approving."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, may
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.errors import NotFound
from booking.core.period import Period, merged
from booking.pricing.queries import Spot
from booking.pricing.quoting import Asked, Quoted, is_for_samples, quoted, store
from booking.reservations import claims
from booking.reservations.claims import Freed, Holder
from booking.reservations.reasons import Code, Refusal, overridable
from booking.reservations.refusals import ReservationRefused, SlotTaken
from booking.reservations.remedies import FreeTime, remedied
from booking.reservations.rules import GroupName, Standing, Terms, Wanted, refusals
from booking.reservations.taken import lane_time
from booking.reservations.terms import Place, place_of, with_days

LOOKED_BACK, LOOKED_AHEAD = timedelta(days=1), timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Situation:
    """Who wants what where; `own_id` is the reservation that moves, `keeps_old` whether its old time stays claimed.

    `is_inside` is a use by one of the owner's own people, where the owner requires something of outside uses.
    """

    place: Place
    wanted: Wanted
    standing: Standing
    sees_free_time: bool
    own_id: int = 0
    keeps_old: bool = False
    asked: Asked | None = None
    price: Quoted | None = None
    is_inside: bool = False

    def claimed(self, period: Period) -> list[Period]:
        """What would be claimed for `period`, buffers included."""
        terms = self.place.terms
        held = [terms.claimed(self.wanted.held)] if self.keeps_old and self.wanted.held else []
        return merged([terms.claimed(period), *held])


def find_place(
    session: Session,
    instrument_id: int,
    period: Period,
    *,
    actor: Actor | None,
    user_id: int | None = None,
    internal: bool = False,
    now: datetime,
) -> Place:
    """The instrument with its terms for a wish; raises NotFound when the actor may not know of it.

    `internal` is for an instrument that the caller has found through a reservation the actor may see.
    """
    days = _days(period)
    return find_place_over(session, instrument_id, days, actor=actor, user_id=user_id, internal=internal, now=now)


def find_place_over(
    session: Session,
    instrument_id: int,
    days: Period,
    *,
    actor: Actor | None,
    user_id: int | None = None,
    internal: bool = False,
    now: datetime,
) -> Place:
    """The same with the closing of all these days, however many."""
    place = place_of(session, instrument_id, days, user_id=user_id, now=now)
    if place is None or not (internal or place.is_public or may(actor, Permission.SEE_RECORD, place.target)):
        raise NotFound
    return place


def standing_of(place: Place, actor: Actor | None) -> Standing:
    """How the actor stands with the instrument; suspension and membership were read with the place.

    What is shared inside is for everybody who belongs to the institution, and for whom a role there lets book.
    """
    return Standing(
        is_known=actor is not None,
        books_internally=place.is_member or may(actor, Permission.BOOK_INTERNALLY, place.target),
        suspended_until=place.suspended_until,
        suspended_for=place.suspended_for,
    )


def priced(
    session: Session,
    situation: Situation,
    *,
    user_id: int | None,
    samples: int | None,
    may_refuse: bool = True,
    now: datetime,
) -> Situation:
    """The situation with what it costs that person; a group to which the instrument is not offered is refused.

    Time in which samples are tested stays free, however it is moved and whoever takes it over.
    """
    if situation.own_id and is_for_samples(session, situation.own_id):
        return situation
    place, wanted = situation.place, situation.wanted
    asked = Asked(user_id, wanted.period, wanted.mode, samples, place.belonging)
    spot = Spot(place.instrument_id, place.unit_id, place.organisation_id)
    found = quoted(session, spot, asked, now=now)
    if found is None:
        return situation
    standing = situation.standing
    if found.quote is None and may_refuse:
        standing = replace(standing, not_offered_to=GroupName(*found.names))
    return replace(situation, standing=standing, asked=asked, price=found)


def store_quote(session: Session, situation: Situation, reservation_id: int, *, now: datetime) -> None:
    """Keep with the reservation what it was quoted; nothing where there is no price."""
    if situation.asked:
        store(session, reservation_id, situation.price, situation.asked, now=now)


def sees_free_time(place: Place, actor: Actor | None) -> bool:
    """Whether free time may be shown to the actor."""
    return not place.hides_free_time or may(actor, Permission.SEE_BOOKINGS, place.target)


def rule_refusals(situation: Situation, *, now: datetime) -> list[Refusal]:
    """What the rules alone say, without remedies."""
    return refusals(situation.wanted, situation.place.terms, situation.standing, now=now)


def weighed(session: Session, situation: Situation, *, now: datetime) -> list[Refusal]:
    """Every reason, taken time among them, each with the remedies that would really cure it."""
    found = rule_refusals(situation, now=now)
    groups = claims.needed_groups(session, situation.place.instrument_id)
    wanted = situation.claimed(situation.wanted.period)
    if not claims.is_free(session, groups, wanted, own_id=situation.own_id):
        found.append(Refusal(Code.SLOT_TAKEN))
    return cured(session, situation, found, now=now) if found else []


def cured(session: Session, situation: Situation, found: list[Refusal], *, now: datetime) -> list[Refusal]:
    """The refusals with their remedies; nearest free times only for those who may see free time."""
    window = _around(situation.wanted.period, situation.place.terms, now)
    place = with_days(session, situation.place, window)
    time = lane_time(session, place.instrument_id, window, own_id=situation.own_id)
    seen = replace(situation, place=place)
    free = FreeTime(
        window=window,
        periods=time.free() if situation.sees_free_time else (),
        fits=lambda period: situation.sees_free_time and all(time.fits(part) for part in seen.claimed(period)),
    )
    return remedied(found, situation.wanted, place.terms, situation.standing, free, now=now)


def _days(period: Period) -> Period:
    """The days whose closing a wish must know; a stay beyond a month is refused without looking."""
    return Period(period.start, min(period.end, period.start + timedelta(days=32)))


def _around(period: Period, terms: Terms, now: datetime) -> Period:
    """Where remedies are looked for: around the wish, as far as anything may be booked."""
    horizon = terms.horizon(now)
    centre = min(max(period.start, now), horizon)
    start = max(centre - LOOKED_BACK, now - timedelta(hours=1))
    return Period(at_local(local_date(start)), at_local(local_date(centre + LOOKED_AHEAD)))


def refuse_or_override(
    session: Session,
    situation: Situation,
    override_reason: str,
    *,
    within: Collection[str] | None = None,
    now: datetime,
) -> list[Refusal]:
    """The rules that a steward's reason sets aside; raises ReservationRefused when they cannot be.

    `within` are the codes that were set aside when the reason was given: it covers no others.
    """
    found = rule_refusals(situation, now=now)
    if not found:
        return []
    is_covered = within is None or {str(refusal.code) for refusal in found} <= set(within)
    if override_reason and is_covered and overridable(found):
        return found
    raise ReservationRefused(weighed(session, situation, now=now))


def note_override(
    session: Session, reservation_id: int, set_aside: list[Refusal], reason: str, *, actor: Actor | None, now: datetime
) -> None:
    """Log which rules were set aside, and why; without an actor they were when the time was offered."""
    after = {"set_aside": [str(refusal.code) for refusal in set_aside]}
    subject = ("reservation", reservation_id)
    audit.note(session, "reservations.rules_overridden", subject, actor=actor, now=now, after=after, reason=reason)


def take_or_refuse(
    session: Session,
    situation: Situation,
    reservation_id: int,
    group_ids: Iterable[int],
    replacing: Iterable[int] = (),
    *,
    now: datetime,
) -> list[Freed]:
    """Take the wanted time of every group; a taken slot becomes ReservationRefused with its remedies."""
    wanted = [(group_id, period) for group_id in group_ids for period in situation.claimed(situation.wanted.period)]
    try:
        return claims.take(session, Holder(reservation_id), wanted, replacing)
    except SlotTaken as taken:
        raise ReservationRefused(cured(session, situation, [Refusal(Code.SLOT_TAKEN)], now=now)) from taken
