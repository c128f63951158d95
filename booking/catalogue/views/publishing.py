"""The tab of publishing: state, sharing, and what everybody may see."""

from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.catalogue import arrival_labels, gate, report_queries, review_labels, review_queries, service
from booking.catalogue.arrivals import arrival_for
from booking.catalogue.inheritance import VISIBILITY
from booking.catalogue.page_forms import NoteSection, ReasonSection, Section, SharingSection, VisibilitySection
from booking.catalogue.report_terms import report_terms
from booking.catalogue.review_rules import REVIEWERS_NEEDED
from booking.catalogue.views.sheet import editable, saved, shown
from booking.core.clock import local_date, utcnow
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.signed_in import require_actor
from models.catalogue import Instrument
from models.vocabulary.publishing import RoundState


def publishing(instrument_id: int) -> ResponseReturnValue:
    """Show where the record stands on its way to the public."""
    return shown("publishing", instrument_id, **more_of(instrument_id))


def submit(instrument_id: int) -> ResponseReturnValue:
    """Ask for secrecy review."""
    more = more_of(instrument_id)

    def work() -> None:
        form = read_form(NoteSection)
        transaction(gate.submit_record, instrument_id, form.note, **_who(form))

    return saved("publishing", instrument_id, NoteSection, work, **more)


def withdraw(instrument_id: int) -> ResponseReturnValue:
    """Take back what waits for review."""
    more = more_of(instrument_id)

    def work() -> None:
        transaction(gate.withdraw_submission, instrument_id, **_who(read_form(Section)))

    return saved("publishing", instrument_id, Section, work, **more)


def unpublish(instrument_id: int) -> ResponseReturnValue:
    """Take the record back to draft."""
    more = more_of(instrument_id)

    def work() -> None:
        form = read_form(ReasonSection)
        transaction(gate.unpublish_record, instrument_id, form.reason, **_who(form))

    return saved("publishing", instrument_id, ReasonSection, work, **more)


def withhold(instrument_id: int) -> ResponseReturnValue:
    """Keep the record from the public."""
    more = more_of(instrument_id)

    def work() -> None:
        form = read_form(ReasonSection)
        transaction(gate.withhold_record, instrument_id, form.reason, **_who(form))

    return saved("publishing", instrument_id, ReasonSection, work, **more)


def save_sharing(instrument_id: int) -> ResponseReturnValue:
    """Store running state and share mode."""
    more = more_of(instrument_id)

    def work() -> None:
        form = read_form(SharingSection)
        transaction(service.update_instrument, instrument_id, form.columns(), reason=form.change_reason, **_who(form))

    return saved("publishing", instrument_id, SharingSection, work, **more)


def save_visibility(instrument_id: int) -> ResponseReturnValue:
    """Store what everybody may see."""
    more = more_of(instrument_id)

    def work() -> None:
        form = read_form(VisibilitySection)
        inherit = (VISIBILITY,) if form.inherits_contact_visibility else ()
        why = form.change_reason
        transaction(service.update_instrument, instrument_id, form.columns(), inherit=inherit, reason=why, **_who(form))

    return saved("publishing", instrument_id, VisibilitySection, work, **more)


def _who(form: Section) -> dict[str, Any]:
    """Who acts, when, and from which version."""
    return {"actor": require_actor(), "now": utcnow(), "expected_version": form.version}


def more_of(instrument_id: int) -> dict[str, Any]:
    """The rounds of review so far, and how many people could review what is there."""
    instrument, session = editable(instrument_id).instrument, reading()
    rounds = review_queries.rounds_of(session, instrument_id)
    waiting = next((found for found in rounds if found.state == RoundState.OPEN), None)
    approvals = review_queries.approvals_of(waiting) if waiting else []
    reviewers = review_queries.reviewers_of(session, instrument, today=local_date(utcnow()))
    able = {one.id for one in reviewers} | {one.reviewer_id for one in approvals}
    return {
        "rounds": rounds,
        "waiting": waiting,
        "approvals": approvals,
        "changes": review_queries.changes_of(session, waiting) if waiting and waiting.is_update else [],
        "is_short": len(able) < REVIEWERS_NEEDED,
        "reviewers_needed": REVIEWERS_NEEDED,
        "review_labels": review_labels,
        **_arrival(session, instrument),
    }


def _arrival(session: Session, instrument: Instrument) -> dict[str, Any]:
    """The report date and the steps of a new instrument."""
    report = report_queries.report_date_of(session, instrument, report_terms())
    return {
        "report": report,
        "report_state": report.state(local_date(utcnow())) if report else None,
        "exemption": report_queries.standing_exemption(session, instrument.id),
        "arrival": arrival_for(session, instrument),
        "arrival_labels": arrival_labels,
    }
