"""Lists of charges tell nothing by what they are narrowed to, and cost the same however long they are."""

from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.answers import charge_answer
from booking.charges.queries import Wanted, charges_at, own_charges, waiting_for_payer, whole_charge
from booking.core.clock import local_date
from models.accounts import User
from models.catalogue import Instrument
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.charges import ChargeState
from tests.charges.houses import ALONE, House
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.people import sign_in

DAY = timedelta(days=1)
MOST_FOR_ONE_USE = 42


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    return House(session, now)


def test_a_list_is_narrowed_by_an_account_or_instrument_as_far_as_one_knows_of_it(house: House) -> None:
    granted, alone = house.book(9), house.book(12, by=house.stranger, paying=ALONE)
    own, free = house.confirm(granted).id, house.confirm(alone).id
    house.session.get_one(Instrument, house.instrument.id).publishing_state = PublishingState.DRAFT
    house.session.commit()
    today = local_date(alone.ends_at)
    payer, instrument = Wanted(payer_id=house.payer.id), Wanted(instrument_id=house.instrument.id)

    def staffed(user: User, wanted: Wanted) -> list[int]:
        found = charges_at(house.session, house.actor(user), wanted, today=today, limit=9)
        return [one.charge.id for one in found.items]

    def mine(user: User, wanted: Wanted) -> list[int]:
        found = own_charges(house.session, house.actor(user), wanted, today=today, limit=9)
        return [one.charge.id for one in found.items]

    assert staffed(house.steward, Wanted()) == [free, own]
    assert staffed(house.steward, payer) == []
    assert staffed(house.steward, instrument) == [free, own]
    assert (mine(house.lead, Wanted()), mine(house.lead, payer), mine(house.lead, instrument)) == ([own], [own], [])
    assert (mine(house.student, payer), mine(house.student, instrument)) == ([own], [own])
    assert (mine(house.stranger, Wanted()), mine(house.stranger, payer)) == ([free], [])


def test_a_longer_list_takes_no_more_statements(house: House) -> None:
    affiliate(house.session, house.lead, house.place)
    made = [house.book(hour, 1) for hour in (9, 10, 11)]
    counts = []
    for one in made:
        house.confirm(one)
        today, lead = local_date(one.ends_at + timedelta(days=1)), house.actor(house.lead)
        house.session.expire_all()
        with counting() as statements:
            found = own_charges(house.session, lead, Wanted(), today=today, limit=9)
        assert all(one.sight.answers for one in found.items)
        counts.append(len(statements))

    assert counts == [counts[0]] * 3


def test_confirming_takes_as_many_statements_however_many_uses_and_charges_there_are(house: House) -> None:
    counts = []
    for made in [house.book(hour, 1) for hour in (9, 10, 11, 12)]:
        with counting() as statements:
            house.confirm(made)
        counts.append(len(statements))

    assert counts[1:] == [counts[1]] * 3
    assert counts[1] <= MOST_FOR_ONE_USE


def test_the_finance_that_keeps_an_account_answers_for_it_once_its_holder_has_left(house: House) -> None:
    made = house.book(9)
    charge, today = house.confirm(made), local_date(made.ends_at + DAY)
    clerk = house.session.scalars(select(User).where(User.name.startswith("Clerk"))).one()

    def steps(user: User) -> set[str]:
        whole = whole_charge(house.session, charge.id, house.actor(user), today=today)
        return {str(step) for step in charge_answer(whole).steps} & {"accept", "dispute"}

    def asked(user: User) -> list[list[int]]:
        actor = house.actor(user)
        waiting = waiting_for_payer(house.session, actor, today=today, limit=9)
        listed = own_charges(house.session, actor, Wanted(), today=today, limit=9).items
        return [[one.id for one in waiting], [one.charge.id for one in listed]]

    assert (steps(clerk), asked(clerk), asked(house.lead)) == (set(), [[], []], [[charge.id], [charge.id]])
    affiliate(house.session, house.lead, house.place, state=AffiliationState.ENDED, ends_on=date(2026, 11, 1))
    assert (steps(clerk), asked(clerk)) == ({"accept", "dispute"}, [[charge.id], [charge.id]])
    assert asked(house.lead) == [[], []]
    house.do(service.dispute_charge, charge.id, "没有来用", by=clerk, at_=made.ends_at + DAY)
    assert house.charge(made).state == ChargeState.DISPUTED


def test_the_owners_people_learn_from_no_history_who_answers_for_an_account(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    house = House(session, now)
    made = house.book(9)
    charge, when = house.confirm(made), made.ends_at + timedelta(hours=2)
    house.do(service.dispute_charge, charge.id, "只用了一小时", by=house.lead, at_=when)
    house.do(service.write_about, charge.id, "请看记录", by=house.steward, at_=when)
    house.do(service.write_about, charge.id, "见附件", by=house.lead, at_=when)

    def authors(reader: User) -> list[str | None]:
        whole = whole_charge(session, charge.id, house.actor(reader), today=local_date(when))
        return [one.by for one in charge_answer(whole).history]

    assert authors(house.steward) == ["Steward", None, "Steward", None]
    assert authors(house.lead) == ["Steward", "Lead", "Steward", "Lead"]
    sign_in(client, house.steward)
    page = client.get(f"/charges/{charge.id}").get_data(as_text=True)
    assert ("Lead" in page, page.count("经费账户的负责人")) == (False, 2)
