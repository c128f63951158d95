"""Letters about statements reach whoever answers for them."""

from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.notifications.service import announce
from models.accounts import User
from models.affiliations import Affiliation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState
from tests.factories.affiliations import affiliate
from tests.factories.letters import mailed
from tests.factories.people import give, make_user
from tests.statements.office import Office


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    return Office(session, now)


def test_letters_about_a_statement_go_to_who_looks_after_the_account_once_its_holder_is_gone(office: Office) -> None:
    office.used(9)
    (bill,) = office.bill()
    mailed(office.session, now=office.later)
    clerk = office.session.scalars(sa.select(User).where(User.name.startswith("Clerk"))).one()
    admin = make_user(office.session, "admin")
    give(office.session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, office.place.id)
    affiliate(office.session, office.lead, office.place, state=AffiliationState.ENDED, ends_on=date(2026, 11, 1))

    def told() -> list[str]:
        announce(office.session, "statements.issued", {"statement_id": bill.id}, now=office.later)
        announce(office.session, "statements.overdue", {"statement_id": bill.id}, now=office.later)
        return [one.recipient.partition("@")[0] for one in mailed(office.session, now=office.later)]

    keepers = sorted([clerk.email.partition("@")[0], "finance"])
    assert sorted(told()) == sorted(keepers * 2)
    for one in (clerk, office.finance):
        one.deactivated_at = office.later
    office.session.commit()
    assert told() == ["admin", "admin"]
    office.session.delete(office.session.scalars(sa.select(Affiliation)).one())
    office.session.commit()
    assert told() == ["lead", "lead"]
    office.lead.deactivated_at = office.later
    office.session.commit()
    assert told() == ["admin", "admin"]
