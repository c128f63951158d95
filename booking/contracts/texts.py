"""The text of an institution's contracts and order forms, version by version."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.contracts.forms import ContractTextForm
from booking.contracts.queries import text_now
from booking.contracts.rules import text_problems
from booking.contracts.wording import PROPOSED, Clauses
from booking.core.actors import Actor, Target
from booking.core.errors import InvalidInput
from booking.directory.queries import organisation
from models.contracts import ContractText
from models.directory import Organisation


def write_text(
    session: Session, organisation_id: int, form: ContractTextForm, *, actor: Actor, now: datetime
) -> ContractText:
    """Another version of the text, which holds from now on; what was agreed on before keeps its own."""
    organisation(session, organisation_id)
    require(actor, Permission.MANAGE_CONTRACTS, Target(organisation_id))
    clauses = form.plain
    if problems := text_problems(clauses):
        raise InvalidInput(problems)
    _lock(session, organisation_id)
    last = text_now(session, organisation_id)
    if last is not None and last.clauses == clauses:
        return last
    made = _store(session, organisation_id, clauses, (last.number if last else 0) + 1, actor.id, now)
    after = {"text_id": made.id, "number": made.number}
    audit.note(session, "contracts.text_written", ("organisation", organisation_id), actor=actor, now=now, after=after)
    return made


def text_in_force(session: Session, organisation_id: int, *, now: datetime) -> ContractText:
    """The version that holds now; where an institution has none, the platform's becomes its first, once."""
    if found := text_now(session, organisation_id):
        return found
    _lock(session, organisation_id)
    return text_now(session, organisation_id) or _store(session, organisation_id, PROPOSED, 1, None, now)


def clauses_now(session: Session, organisation_id: int) -> Clauses:
    """What an institution agrees on with outside users; the platform's wording while it has none of its own."""
    found = text_now(session, organisation_id)
    return found.clauses if found else PROPOSED


def _lock(session: Session, organisation_id: int) -> None:
    """Versions of an institution are counted one after the other."""
    session.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(key_share=True))


def _store(  # noqa: PLR0917 - the columns of a version
    session: Session, organisation_id: int, clauses: Clauses, number: int, made_by_id: int | None, now: datetime
) -> ContractText:
    """One version."""
    made = ContractText(
        organisation_id=organisation_id, number=number, clauses=clauses, made_by_id=made_by_id, made_at=now
    )
    session.add(made)
    session.flush()
    return made
