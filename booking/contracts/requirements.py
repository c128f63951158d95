"""What an institution requires of outside uses: nothing, or an order form and from an amount on a contract."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.contracts.forms import RequirementForm
from booking.contracts.needs import THRESHOLD_FEN
from booking.contracts.texts import text_in_force
from booking.core.actors import Actor, Target
from booking.core.errors import StaleVersion
from booking.directory.queries import organisation
from models.contracts import ContractSettings
from models.directory import Organisation


def requirement_of(session: Session, organisation_id: int) -> ContractSettings:
    """What an institution requires; the defaults as a row that is not stored, while it has set nothing."""
    found = session.get(ContractSettings, organisation_id)
    if found is not None:
        return found
    return ContractSettings(organisation_id=organisation_id, requires=False, threshold_fen=THRESHOLD_FEN, version=0)


def set_requirement(
    session: Session,
    organisation_id: int,
    form: RequirementForm,
    *,
    version: int | None = None,
    actor: Actor,
    now: datetime,
) -> ContractSettings:
    """Require something of outside uses from now on, or no longer; what was booked before keeps what it rests on.

    Whoever requires something has a text. Raises NotFound, Forbidden and StaleVersion.
    """
    organisation(session, organisation_id)
    require(actor, Permission.MANAGE_CONTRACTS, Target(organisation_id))
    session.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(key_share=True))
    found = session.get(ContractSettings, organisation_id, populate_existing=True)
    if version is not None and version != (found.version if found else 0):
        raise StaleVersion
    text_in_force(session, organisation_id, now=now)
    before = {"requires": found.requires, "threshold_fen": found.threshold_fen} if found else None
    after = {"requires": form.requires, "threshold_fen": form.threshold_fen}
    if before == after and found is not None:
        return found
    if found is None:
        found = ContractSettings(organisation_id=organisation_id, version=0, **after)
        session.add(found)
    found.requires, found.threshold_fen = form.requires, form.threshold_fen
    found.version += 1
    session.flush()
    subject = ("organisation", organisation_id)
    audit.note(session, "contracts.requirement_set", subject, actor=actor, now=now, before=before, after=after)
    return found
