"""Who answers for a payer account: its holder, else whoever looks after it where it is kept."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from booking.catalogue.report_letters import holders
from booking.payers.queries import orphaned
from models.accounts import User
from models.payers import PayerAccount
from models.vocabulary.accounts import Role


def answering(session: Session, payer: PayerAccount, *, today: date) -> Sequence[User]:
    """The holder; where they have left or are deactivated, the finance of who keeps it, else its administrators."""
    if not orphaned(session, {payer.id}, today=today):
        return [payer.holder]
    for role in (Role.INSTITUTION_FINANCE, Role.INSTITUTION_ADMIN):
        if found := holders(session, [role], payer.organisation_id, today=today):
            return found
    return []
