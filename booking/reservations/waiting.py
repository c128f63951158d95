"""What waits for somebody whose role is over goes on to whoever decides now: the deputy, then the administrators."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from booking.accounts import queries
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from booking.reservations.deciders import HEIGHTS, deciders_of
from booking.reservations.queries import in_full
from models.accounts import Grant, User
from models.catalogue import Instrument
from models.custody import Stewardship
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.reservations import HOLDING_TIME

MOST_LISTED = 50

Others: TypeAlias = Mapping[str, Callable[[Session, ColumnElement[bool]], Mapping[int, int]]]
"""What else waits for an instrument's staff, by name: how much at each of the instruments that fulfil a condition."""


def on_grant_over(news: News, others: Others) -> list[Letter]:
    """To each who decides now, one letter with everything that still waits there, unless somebody nearer decides."""
    kind, scope_id = ScopeKind(news.payload["scope_kind"]), news.payload["scope_id"]
    if (Role(news.payload["role"]), kind) not in HEIGHTS or scope_id is None or _still_holds(news):
        return []
    here = _within(kind, scope_id)
    waiting = _waiting(news.session, here, now=news.now)
    counted = {name: count(news.session, here) for name, count in others.items()}
    left = news.session.get(User, news.payload["user_id"])
    zh, en = queries.scope_names(news.session, kind, scope_id)
    values = {
        "left": left.name if left else "",
        "scope_zh": zh,
        "scope_en": en,
        "link": news.link("board"),
        "enquiries_link": news.link("enquiries/waiting"),
        "sample_orders_link": news.link("sample-orders/queue"),
    }
    letters = []
    for person, theirs in _heirs(news, {one.instrument_id for one in waiting}.union(*counted.values())):
        told = _told([one for one in waiting if one.instrument_id in theirs])
        counts = {name: sum(found.get(number, 0) for number in theirs) for name, found in counted.items()}
        said = {**values, "waiting": told, "others": counts}
        letters.append(Letter(person.email, person.language, "reservations/passed_on", said))
    return letters


def _heirs(news: News, instrument_ids: Collection[int]) -> Collection[tuple[User, set[int]]]:
    """Who decides about these instruments now, and about which, where nobody nearer than who left decides."""
    left_height = HEIGHTS.index((Role(news.payload["role"]), ScopeKind(news.payload["scope_kind"])))
    was_named = _named_at(news.session, news.payload["user_id"])
    heirs: dict[int, tuple[User, set[int]]] = {}
    found = select(Instrument).where(Instrument.id.in_(instrument_ids)).order_by(Instrument.id)
    for instrument in news.session.scalars(found).all():
        decide = deciders_of(news.session, instrument, now=news.now)
        is_theirs = decide.height >= left_height or instrument.id in was_named
        for person in decide.people if is_theirs else ():
            heirs.setdefault(person.id, (person, set()))[1].add(instrument.id)
    return heirs.values()


def _still_holds(news: News) -> bool:
    """Whether the person has the role there after all: the end was put off, or it was given again."""
    today = local_date(news.now)
    held = select(Grant.id).where(
        Grant.user_id == news.payload["user_id"],
        Grant.role == Role(news.payload["role"]),
        Grant.scope_kind == ScopeKind(news.payload["scope_kind"]),
        Grant.scope_id == news.payload["scope_id"],
        Grant.starts_on <= today,
        or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
    )
    active = held.join(User, User.id == Grant.user_id).where(User.deactivated_at.is_(None))
    return news.session.scalar(active.limit(1)) is not None


def _named_at(session: Session, user_id: int) -> set[int]:
    """The instruments whose primary or deputy steward somebody was named."""
    return set(session.scalars(select(Stewardship.instrument_id).where(Stewardship.user_id == user_id)))


def _within(kind: ScopeKind, scope_id: int) -> ColumnElement[bool]:
    """The condition that an instrument lies within a scope."""
    columns = {
        ScopeKind.INSTRUMENT: Instrument.id == scope_id,
        ScopeKind.UNIT: Instrument.unit_id == scope_id,
        ScopeKind.ORGANISATION: Instrument.organisation_id == scope_id,
    }
    return columns[kind]


def _waiting(session: Session, here: ColumnElement[bool], *, now: datetime) -> Sequence[Reservation]:
    """What is undecided on the instruments of a scope, the soonest due first."""
    undecided = (here, Reservation.state.in_(HOLDING_TIME), Reservation.decide_by > now)
    ordered = in_full().where(*undecided).order_by(Reservation.decide_by, Reservation.id)
    return session.scalars(ordered.limit(MOST_LISTED)).all()


def _told(waiting: Sequence[Reservation]) -> list[dict[str, Any]]:
    """What a letter says of each."""
    return [
        {
            "instrument_zh": one.instrument.name_zh,
            "instrument_en": one.instrument.name_en,
            "holder": one.booked_by.name,
            "starts_at": one.asked_starts_at or one.starts_at,
            "ends_at": one.asked_ends_at or one.ends_at,
            "decide_by": one.decide_by,
        }
        for one in waiting
    ]
