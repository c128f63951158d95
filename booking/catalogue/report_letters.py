"""Which mails follow from the report date and from exemptions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, load_only

from booking.accounts.permissions import NEEDED_ROLES, Permission
from booking.catalogue.stewards import first_stewards_of_all
from booking.core.clock import local_date
from booking.database.bulk import among
from booking.notifications.letters import Letter, News
from models.accounts import Grant, User
from models.arrivals import ReportExemption
from models.base import Base
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.arrivals import ExemptionState, NoticeKind

_instruments = Base.metadata.tables["instruments"]
_READ = (Instrument.name_zh, Instrument.name_en, Instrument.organisation_id, Instrument.unit_id)
MOST_NAMED = 20
"""So many instruments are named in a letter; the page it leads to has them all."""


def on_report_due(news: News) -> list[Letter]:
    """One letter to each: primary and deputy, else every steward, of theirs; the admins of all that are not public."""
    organisation_id, told = _told(news)
    due = [one for one in told if one.instrument.organisation_id == organisation_id]
    if not due:
        return []
    today, ours = local_date(news.now), [one.instrument for one in due]
    stewards = first_stewards_of_all(news.session, organisation_id, ours, today=today)
    admins = holders(news.session, [Role.INSTITUTION_ADMIN], organisation_id, today=today)
    admin_ids = {person.id for person in admins}
    people: dict[int, tuple[User, list[_Due]]] = {}
    for one in due:
        for person in {user.id: user for user in (*stewards[one.instrument.id], *admins)}.values():
            people.setdefault(person.id, (person, []))[1].append(one)
    owner = news.session.get_one(Organisation, organisation_id)
    return [_report_due(news, owner, user, rows, is_admin=user.id in admin_ids) for user, rows in people.values()]


@dataclass(frozen=True, slots=True)
class _Due:
    """An instrument with the day by which it must be public, and whether that is past."""

    instrument: Instrument
    is_overdue: bool
    due_on: date


def _told(news: News) -> tuple[int, list[_Due]]:
    """The institution of the event, and those of its instruments that never were public, the first due first.

    Events of one instrument were written before; they go on as its institution's.
    """
    if "due" in news.payload:
        organisation_id, due = news.payload["organisation_id"], news.payload["due"]
    else:
        number = news.payload["instrument_id"]
        organisation_id = news.session.scalar(select(Instrument.organisation_id).where(Instrument.id == number)) or 0
        due = [(number, news.payload["kind"], news.payload["due_on"])]
    known = among(news.session, _instruments.c.id, [number for number, _kind, _day in due])
    rows = select(Instrument).where(known, Instrument.first_published_at.is_(None)).options(load_only(*_READ))
    found = {row.id: row for row in news.session.scalars(rows)}
    return organisation_id, [
        _Due(found[number], kind == NoticeKind.OVERDUE, date.fromisoformat(day))
        for number, kind, day in due
        if number in found
    ]


def _report_due(news: News, owner: Organisation, person: User, rows: list[_Due], *, is_admin: bool) -> Letter:
    """One person's letter: of one instrument about it, of several the first of them and how many there are."""
    first, link = rows[0], "report-dates" if is_admin else "catalogue"
    if len(rows) == 1:
        link = f"catalogue/{first.instrument.id}/publishing"
    values = _named(first.instrument) | {
        "due_on": first.due_on,
        "is_overdue": first.is_overdue,
        "organisation_zh": owner.name_zh,
        "organisation_en": owner.name_en,
        "count": len(rows),
        "overdue": sum(one.is_overdue for one in rows),
        "rows": [_named(one.instrument) | {"due_on": one.due_on} for one in rows[:MOST_NAMED]],
        "left_off": max(0, len(rows) - MOST_NAMED),
        "link": news.link(link),
    }
    return Letter(person.email, person.language, "catalogue/report_due", values)


def on_exemption_asked(news: News) -> list[Letter]:
    """To who decides, while it is undecided."""
    found = _exemption(news)
    if found is None or found.state != ExemptionState.ASKED:
        return []
    roles = sorted(NEEDED_ROLES[Permission.DECIDE_EXEMPTIONS])
    values = _named(found.instrument) | {"reason": found.reason, "link": news.link("report-dates")}
    people = holders(news.session, roles, None, today=local_date(news.now))
    return [Letter(person.email, person.language, "catalogue/exemption_asked", values) for person in people]


def on_exemption_decided(news: News) -> list[Letter]:
    """To who asked."""
    found = _exemption(news)
    if found is None or found.asked_by.deactivated_at is not None:
        return []
    values = _named(found.instrument) | {
        "is_approved": found.state == ExemptionState.APPROVED,
        "reason": found.note,
        "link": news.link(f"catalogue/{found.instrument_id}/publishing"),
    }
    return [Letter(found.asked_by.email, found.asked_by.language, "catalogue/exemption_decided", values)]


def _exemption(news: News) -> ReportExemption | None:
    """The exemption of the event as it is now."""
    statement = select(ReportExemption).where(ReportExemption.id == news.payload["exemption_id"])
    loaded = statement.options(joinedload(ReportExemption.instrument), joinedload(ReportExemption.asked_by))
    return news.session.scalar(loaded)


def holders(session: Session, roles: Sequence[Role], organisation_id: int | None, *, today: date) -> Sequence[User]:
    """Who holds one of the roles at an organisation, or on the whole platform, today."""
    kind = ScopeKind.PLATFORM if organisation_id is None else ScopeKind.ORGANISATION
    place = Grant.scope_id.is_(None) if organisation_id is None else Grant.scope_id == organisation_id
    held = select(Grant.user_id).where(
        Grant.role.in_(roles),
        Grant.scope_kind == kind,
        place,
        Grant.starts_on <= today,
        or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
    )
    active = User.id.in_(held), User.deactivated_at.is_(None)
    return session.scalars(select(User).where(*active).order_by(User.id)).all()


def _named(instrument: Instrument) -> dict[str, Any]:
    """What letters call the record."""
    return {"instrument_zh": instrument.name_zh, "instrument_en": instrument.name_en}
