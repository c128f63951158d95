"""Asking for and deciding exemptions from the report date, and reminding, each once."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.catalogue.changes import lock
from booking.catalogue.report_queries import Terms, unsent_notices
from booking.core.actors import Actor, Reach
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.notifications.service import announce
from models.arrivals import ReportExemption, ReportNotice
from models.directory import Organisation
from models.vocabulary.arrivals import ExemptionState


class ExemptionStands(Conflict):
    """An exemption was asked for already."""

    code = "exemption_stands"
    sentence = N_("这台仪器已经申请过免报，请等待答复。")


class ExemptionDecided(Conflict):
    """Somebody decided before."""

    code = "exemption_decided"
    sentence = N_("这份申请已经有了答复。")


def ask_exemption(session: Session, instrument_id: int, reason: str, *, actor: Actor, now: datetime) -> ReportExemption:
    """Ask that an accepted instrument need not be reported; raises InvalidInput or ExemptionStands."""
    instrument = lock(session, instrument_id, Permission.PUBLISH_RECORD, actor=actor)
    if instrument.accepted_on is None:
        raise InvalidInput([Problem("accepted_on", N_("请先填写验收日期。"))])
    if not reason:
        raise InvalidInput([Problem("exemption_reason", N_("请填写申请免报的理由。"))])
    made = ReportExemption(instrument_id=instrument_id, reason=reason, asked_by_id=actor.id, asked_at=now)
    try:
        session.add(made)
        session.flush()
    except IntegrityError as standing:
        raise ExemptionStands from standing
    subject, after = ("instrument", instrument_id), {"exemption_id": made.id, "reason": reason}
    audit.note(session, "catalogue.exemption_asked", subject, actor=actor, now=now, after=after, reason=reason)
    announce(session, "catalogue.exemption_asked", {"exemption_id": made.id}, now=now)
    return made


def decide_exemption(
    session: Session, exemption_id: int, state: ExemptionState, note: str = "", *, actor: Actor, now: datetime
) -> ReportExemption:
    """Approve or refuse; a refusal says why. Raises NotFound, Forbidden or ExemptionDecided."""
    require(actor, Permission.DECIDE_EXEMPTIONS)
    found = session.scalar(
        select(ReportExemption)
        .where(ReportExemption.id == exemption_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    if found.state != ExemptionState.ASKED:
        raise ExemptionDecided
    if state == ExemptionState.REFUSED and not note:
        raise InvalidInput([Problem("note", N_("请填写不同意的理由。"))])
    found.state, found.note, found.decided_by_id, found.decided_at = state, note, actor.id, now
    session.flush()
    subject, after = ("instrument", found.instrument_id), {"exemption_id": found.id, "state": state.value}
    audit.note(session, "catalogue.exemption_decided", subject, actor=actor, now=now, after=after, reason=note)
    announce(session, "catalogue.exemption_decided", {"exemption_id": found.id}, now=now)
    return found


def remind_of_reports(session: Session, organisation_id: int, terms: Terms, *, now: datetime) -> bool:
    """Send an institution the reminders that are due and were not sent before, in one announcement; whether any were.

    The institution is locked, so that who does the same meanwhile finds them sent.
    """
    session.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(key_share=True))
    theirs = Reach(organisation_ids=frozenset({organisation_id}))
    due = unsent_notices(session, theirs, terms, today=local_date(now))
    if not due:
        return False
    session.add_all(
        ReportNotice(instrument_id=one.instrument.id, kind=kind, accepted_on=one.accepted_on, noted_at=now)
        for one, kind in due
    )
    session.flush()
    told = [[one.instrument.id, kind.value, one.due_on.isoformat()] for one, kind in due]
    announce(session, "catalogue.report_due", {"organisation_id": organisation_id, "due": told}, now=now)
    return True
