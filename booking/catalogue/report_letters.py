"""Which mails follow from the report date and from exemptions."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import NEEDED_ROLES, Permission
from booking.catalogue.stewards import candidates, named_stewards
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.accounts import Grant, User
from models.arrivals import ReportExemption
from models.catalogue import Instrument
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.arrivals import ExemptionState


def on_report_due(news: News) -> list[Letter]:
    """To primary and deputy, else every steward, and to the institution's admins, while it is not public."""
    instrument = news.session.get(Instrument, news.payload["instrument_id"])
    if instrument is None or instrument.first_published_at is not None:
        return []
    today = local_date(news.now)
    named = named_stewards(news.session, instrument, today=today)
    people = list(named.values()) or list(candidates(news.session, instrument, today=today))
    people += holders(news.session, [Role.INSTITUTION_ADMIN], instrument.organisation_id, today=today)
    values = _named(instrument) | {
        "due_on": date.fromisoformat(news.payload["due_on"]),
        "is_overdue": news.payload["kind"] == "overdue",
        "link": news.link(f"catalogue/{instrument.id}/publishing"),
    }
    return [
        Letter(person.email, person.language, "catalogue/report_due", values)
        for person in {person.id: person for person in people}.values()
    ]


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
