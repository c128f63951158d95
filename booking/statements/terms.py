"""What an institution's finance office has set for its statements, and until when the next ones run."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.errors import StaleVersion
from booking.directory.queries import organisation
from booking.statements.forms import BillingTermsForm
from booking.statements.rules import Untils, last_cut_off, last_term_end, term_days
from models.directory import Organisation
from models.statements import BillingTerms
from models.vocabulary.statements import Withholding

TOLD = ("cut_off_day", "term_ends", "pays_within_days", "refuses_overdue", "withholds_results", "bank_details")


def terms_of(session: Session, organisation_id: int) -> BillingTerms:
    """What is set, or the defaults in a row that is not stored."""
    return session.get(BillingTerms, organisation_id) or default_terms(organisation_id)


def untils_of(terms: BillingTerms, today: date, until_on: date | None = None) -> Untils:
    """The last cut-off and the last end of a term before today, or the one day that is named."""
    if until_on is not None:
        return Untils(until_on, until_on)
    bills = last_cut_off(today, terms.cut_off_day)
    return Untils(bills, last_term_end(today, term_days(terms.term_ends)) or bills)


def set_terms(
    session: Session,
    organisation_id: int,
    form: BillingTermsForm,
    *,
    version: int | None = None,
    actor: Actor,
    now: datetime,
) -> BillingTerms:
    """Set how an institution bills from now on; what is issued stays. Raises NotFound, Forbidden and StaleVersion."""
    place = organisation(session, organisation_id)
    require(actor, Permission.MANAGE_STATEMENTS, Target(organisation_id))
    # Of two who set them for the first time the second one changes what the first one set.
    session.execute(select(Organisation.id).where(Organisation.id == place.id).with_for_update(key_share=True))
    wanted = session.get(BillingTerms, organisation_id, with_for_update=True)
    terms = wanted or default_terms(organisation_id)
    if version is not None and version != terms.version:
        raise StaleVersion
    before = {name: getattr(terms, name) for name in TOLD}
    after = {name: getattr(form, name) for name in TOLD}
    if before == after:
        return terms
    for name in TOLD:
        setattr(terms, name, after[name])
    terms.version, terms.updated_at = terms.version + 1, now
    session.add(terms)
    session.flush()
    changed = [name for name in TOLD if before[name] != after[name]]
    old, new = ({name: said[name] for name in changed} for said in (before, after))
    subject = ("organisation", place.id)
    audit.note(session, "statements.terms_set", subject, actor=actor, now=now, before=old, after=new)
    return terms


def default_terms(organisation_id: int) -> BillingTerms:
    """What holds as long as nothing is set."""
    return BillingTerms(
        organisation_id=organisation_id,
        cut_off_day=31,
        term_ends="",
        pays_within_days=30,
        refuses_overdue=False,
        withholds_results=Withholding.NEVER,
        bank_details="",
        version=0,
    )
