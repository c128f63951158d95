"""Reading the register of mutual recognition: what holds on a day, and whether a provider is accepted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.core.places import PROVINCE_DIGITS, PROVINCE_ENDING
from booking.recognitions.rules import Days, days_of
from models.directory import Organisation
from models.recognitions import Recognition, RecognitionEnding
from models.vocabulary.programmes import ServiceType
from models.vocabulary.recognitions import RecognitionKind

PIECE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the register: of one authority, of one kind, what holds on a day."""

    authority_id: int | None = None
    kind: RecognitionKind | None = None
    on: date | None = None


def recognition(session: Session, recognition_id: int) -> Recognition:
    """One entry with everything that it names; raises NotFound."""
    found = session.scalar(_whole().where(Recognition.id == recognition_id))
    if found is None:
        raise NotFound
    return found


def recognitions(session: Session, wanted: Wanted, *, limit: int, cursor: str = "") -> Page[Recognition]:
    """The entries that match, the newest first; one statement however many there are."""
    statement = _whole().where(*_conditions(wanted)).order_by(Recognition.id.desc())
    if cursor:
        statement = statement.where(Recognition.id < decode_cursor(cursor, row_id)[0])
    return page_of(session.scalars(statement.limit(limit + 1)).all(), limit, lambda row: (row.id,))


def every(session: Session, wanted: Wanted) -> Iterator[Recognition]:
    """The same, all of them, some at a time."""
    cursor: str | None = ""
    while cursor is not None:
        page = recognitions(session, wanted, limit=PIECE, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor


def days(found: Recognition) -> Days:
    """When an entry holds."""
    return days_of(found.starts_on, found.ends_on, found.ending.ends_on if found.ending else None)


def recognised(
    session: Session, authority: Organisation, provider: Organisation, service_type: ServiceType, on: date
) -> bool:
    """Whether the authority accepts the provider for a type of service on a day.

    The provider must be in its register for this type or for all; one of another province also needs that the
    authority accepts this type of service from there.
    """
    there = Organisation.__table__.alias()
    asked = select(accepts(Organisation, there.c, service_type, on)).join(there, there.c.id == provider.id)
    return bool(session.scalar(asked.where(Organisation.id == authority.id)))


def accepts(authority: Any, provider: Any, service_type: Any, on: Any) -> ColumnElement[bool]:
    """The same for an authority and a provider of the statement around it, by their columns."""
    in_register = exists().where(
        Recognition.organisation_id == authority.id, *_of_provider(provider.id, service_type), *holding_on(on)
    )
    from_there = exists().where(
        Recognition.organisation_id == authority.id,
        *_from_province(_province(provider.adcode) + PROVINCE_ENDING, service_type),
        *holding_on(on),
    )
    return and_(in_register, or_(_province(authority.adcode) == _province(provider.adcode), from_there))


def same_subject(session: Session, entry: Recognition) -> Sequence[Recognition]:
    """The entries of an authority about the very same as one that is not stored yet."""
    names = ("organisation_id", "kind", "provider_id", "province", "document", "service_type")
    same = (getattr(Recognition, name).is_not_distinct_from(getattr(entry, name)) for name in names)
    return session.scalars(_whole().where(*same)).all()


def authorities(session: Session) -> Sequence[Organisation]:
    """The authorities that have entered anything, by name."""
    entered = select(Recognition.organisation_id).distinct()
    return session.scalars(
        select(Organisation).where(Organisation.id.in_(entered)).order_by(Organisation.name_zh, Organisation.id)
    ).all()


def _whole() -> Select[Recognition]:
    """Entries with everything that they name."""
    loaded = (Recognition.organisation, Recognition.provider, Recognition.place, Recognition.ending)
    return select(Recognition).options(*(joinedload(one) for one in loaded))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Which entries are wanted."""
    found: list[ColumnElement[bool]] = []
    if wanted.authority_id is not None:
        found.append(Recognition.organisation_id == wanted.authority_id)
    if wanted.kind is not None:
        found.append(Recognition.kind == wanted.kind)
    if wanted.on is not None:
        found += holding_on(wanted.on)
    return found


def _province(adcode: Any) -> ColumnElement[str]:
    """What the codes of a province's places begin with; NULL abroad."""
    return func.substr(adcode, 1, PROVINCE_DIGITS)


def holding_on(day: Any) -> list[ColumnElement[bool]]:
    """Entries that hold on a day: begun, not over, and not ended before it."""
    ended = exists().where(RecognitionEnding.recognition_id == Recognition.id, RecognitionEnding.ends_on < day)
    return [Recognition.starts_on <= day, or_(Recognition.ends_on.is_(None), Recognition.ends_on >= day), ~ended]


def _of_provider(provider_id: Any, service_type: Any) -> tuple[ColumnElement[bool], ...]:
    """Entries that name a provider for a type of service, or for all."""
    for_it = or_(Recognition.service_type.is_(None), Recognition.service_type == service_type)
    return Recognition.kind == RecognitionKind.PROVIDER, Recognition.provider_id == provider_id, for_it


def _from_province(province: Any, service_type: Any) -> tuple[ColumnElement[bool], ...]:
    """Entries that accept a type of service from a province."""
    return (
        Recognition.kind == RecognitionKind.SERVICE_TYPE,
        Recognition.province == province,
        Recognition.service_type == service_type,
    )
