"""For how many payers something is to be billed, at several institutions at once."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.actors import Reach
from booking.home import billed
from booking.home.cards import Asked
from booking.settings import Settings
from booking.statements.billable import count_to_bill, to_bill
from booking.statements.rules import Untils
from models.vocabulary.payers import PayerKind
from tests.counting import counting
from tests.statements.office import Office

ALREADY, NEVER = date(2000, 1, 1), date(2100, 1, 1)


def test_each_institution_counts_its_own_payers_until_its_own_days(session: Session, now: datetime) -> None:
    grant, firm, idle = (
        Office(session, now),
        Office(session, now, PayerKind.ON_ACCOUNT, mark="f"),
        Office(session, now, mark="i"),
    )
    grant.used(9)
    grant.used(10, by=grant.other)
    firm.used(9)
    firm.used(10)
    firm.used(11, by=firm.other)
    bills_only, slips_only, both = Untils(NEVER, ALREADY), Untils(ALREADY, NEVER), Untils(NEVER, NEVER)

    def counts(of_grant: Untils, of_firm: Untils) -> dict[int, int]:
        return count_to_bill(session, {grant.place.id: of_grant, firm.place.id: of_firm, idle.place.id: both})

    assert counts(both, both) == {grant.place.id: 2, firm.place.id: 2}
    assert counts(bills_only, slips_only) == {grant.place.id: 1}
    assert counts(slips_only, bills_only) == {grant.place.id: 1, firm.place.id: 2}
    assert count_to_bill(session, {}) == {}
    assert len(to_bill(session, firm.place.id, both)) == 2


def test_the_card_takes_as_many_statements_for_three_institutions_as_for_one(session: Session, now: datetime) -> None:
    offices = [Office(session, now, mark=mark) for mark in ("a", "b", "c")]
    for office in offices:
        office.used(9)
    then = now + timedelta(days=62)
    counts, found = [], []
    for number in (1, 3):
        within = Reach(organisation_ids=frozenset(office.place.id for office in offices[:number]))
        asked = Asked(session, offices[0].actor(offices[0].finance), within, Settings(), then)
        with counting() as statements:
            found.append([item.subject_id for item in billed.billable(asked).items])
        counts.append(len(statements))

    assert found == [[offices[0].place.id], [office.place.id for office in offices]]
    assert counts == [2, 2]
