"""Reading organisations, places, units and the days that are not ordinary ones."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from booking.core.errors import NotFound
from booking.directory.rules import StoredDay
from booking.directory.rules import working_day_test as test_of
from models.accounts import Grant, User
from models.catalogue import Instrument
from models.directory import CalendarDay, Organisation, Place, Unit
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.directory import PlaceLevel

LEVELS = list(PlaceLevel)


def organisation(session: Session, organisation_id: int) -> Organisation:
    """The organisation; raises NotFound."""
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound
    return found


def organisation_by_name(session: Session, name: str) -> Organisation | None:
    """The organisation whose Chinese or English name this is, letter case aside."""
    wanted = name.strip().lower()
    matches = or_(func.lower(Organisation.name_zh) == wanted, func.lower(Organisation.name_en) == wanted)
    return session.scalar(select(Organisation).where(matches).order_by(Organisation.id).limit(1))


def organisations_alike(session: Session, name: str, uscc: str) -> Sequence[Organisation]:
    """The organisations that have exactly this Chinese name or this number; empty ones mean none."""
    names = [text for text in [" ".join(name.split())] if text]
    numbers = [text for text in [uscc.strip().upper()] if text]
    same = or_(Organisation.name_zh.in_(names), Organisation.uscc.in_(numbers))
    return session.scalars(select(Organisation).where(same).order_by(Organisation.id)).all()


def places(session: Session) -> list[Place]:
    """Every place in order of code, which puts districts after their city and province."""
    return list(session.scalars(select(Place).order_by(Place.adcode)))


def place_path(session: Session, adcode: str | None) -> list[Place]:
    """Province, city and district of a place, the widest first; one statement."""
    if not adcode:
        return []
    return sorted(session.scalars(_places_above(), {"adcode": adcode}), key=lambda place: LEVELS.index(place.level))


@cache
def _places_above() -> Select[Place]:
    """A place and those that it lies in; built once."""
    start = select(Place.adcode, Place.parent_adcode).where(Place.adcode == bindparam("adcode"))
    above = start.cte(recursive=True)
    parents = select(Place.adcode, Place.parent_adcode).where(Place.adcode == above.c.parent_adcode)
    chain = above.union_all(parents)
    return select(Place).join(chain, chain.c.adcode == Place.adcode)


def units(session: Session, organisation_id: int) -> list[Unit]:
    """The units of an organisation by name, without those that were removed."""
    standing = Unit.organisation_id == organisation_id, Unit.removed_at.is_(None)
    return list(session.scalars(select(Unit).where(*standing).order_by(Unit.name_zh)))


def stewards_of_unit(session: Session, unit_id: int, today: date) -> list[User]:
    """Who has a steward's grant on the very unit today, by name."""
    held = (
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(
            Grant.role == Role.STEWARD,
            Grant.scope_kind == ScopeKind.UNIT,
            Grant.scope_id == unit_id,
            Grant.starts_on <= today,
            or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
            User.deactivated_at.is_(None),
        )
    )
    return list(session.scalars(held.distinct().order_by(User.name, User.id)))


def published_instruments(session: Session, organisation_id: int, *, limit: int, offset: int) -> list[Instrument]:
    """A page of what the organisation has published, by name."""
    published = select(Instrument).where(
        Instrument.organisation_id == organisation_id, Instrument.publishing_state == PublishingState.PUBLISHED
    )
    ordered = published.order_by(Instrument.name_zh, Instrument.name_en, Instrument.id)
    return list(session.scalars(ordered.limit(limit).offset(offset)))


def count_published(session: Session, organisation_id: int) -> int:
    """How many instruments the organisation has published."""
    counted = select(func.count()).where(
        Instrument.organisation_id == organisation_id, Instrument.publishing_state == PublishingState.PUBLISHED
    )
    return session.scalar(counted) or 0


def days_ahead(session: Session, organisation_id: int | None, *, today: date, until: date) -> list[CalendarDay]:
    """National days, and an organisation's own, from today until a day, both included, in order."""
    return list(
        session.scalars(
            select(CalendarDay)
            .where(
                CalendarDay.day.between(today, until),
                or_(CalendarDay.organisation_id.is_(None), CalendarDay.organisation_id == organisation_id),
            )
            .order_by(CalendarDay.day, CalendarDay.id)
        )
    )


def working_day_test(session: Session, organisation_id: int | None, first: date, last: date) -> Callable[[date], bool]:
    """A function that says of each day from `first` to `last` whether the organisation works; one statement.

    Beyond those days it knows only the week.
    """
    own = CalendarDay.organisation_id == organisation_id if organisation_id is not None else None
    nation = CalendarDay.organisation_id.is_(None)
    rows = session.execute(
        select(CalendarDay.organisation_id, CalendarDay.day, CalendarDay.kind, CalendarDay.runs_as).where(
            CalendarDay.day.between(first, last), nation if own is None else or_(nation, own)
        )
    )
    return test_of([StoredDay(*row) for row in rows])
