"""Who owes something overdue takes over no booking that costs something, unless an account pays it."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from booking.payers import service as payers
from booking.reservations.handing_over import hand_over_bookings
from booking.reservations.refusals import ReservationRefused
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Paying, Wish
from booking.statements.forms import BillingTermsForm
from booking.statements.terms import set_terms
from models.accounts import User
from models.reservations import Reservation
from tests.accounts.leaving import admin_of
from tests.reservations.acting import at
from tests.statements.office import ALONE, Office

LATE = at(10, day=39).start


class Giving(Office):
    """Books for later and lets the institution hand over."""

    def __init__(self, session: Session, now: datetime) -> None:
        super().__init__(session, now)
        self.admin = admin_of(session, self.place.id, now)

    def booked(self, hour: int, by: User, paying: Paying) -> Reservation:
        made: Reservation = self.do(
            request_reservation, Wish(self.instrument.id, at(hour, day=50), paying=paying), by=by, at_=LATE
        )
        return made

    def handed(self, one: Reservation, of: User, to: User) -> list[str]:
        """Against which codes it is; none where it goes over."""
        asked = (self.place.id, of.id, [one.id], to.email)
        try:
            hand_over_bookings(self.session, *asked, reason="毕业离校", actor=self.admin, now=LATE)
        except ReservationRefused as refused:
            self.session.rollback()
            return [str(code.code) for code in refused.refusals]
        self.session.commit()
        return []

    def payer_of(self, one: Reservation) -> tuple[int, int | None]:
        self.session.expire_all()
        assert self.faults() == []
        found = self.session.get_one(Reservation, one.id)
        return found.booked_by_id, found.payer_account_id


@pytest.fixture
def office(session: Session, now: datetime) -> Giving:
    made = Giving(session, now)
    made.do(set_terms, made.place.id, BillingTermsForm(refuses_overdue=True), by=made.finance)
    return made


def test_who_owes_takes_over_what_an_account_pays_and_nothing_that_they_would_settle_later(office: Giving) -> None:
    office.used(9, by=office.other)
    office.bill()
    paid = office.booked(9, office.lead, Paying(office.payer.id))
    later = office.booked(13, office.stranger, ALONE)

    refused = [office.handed(paid, office.lead, office.other), office.handed(later, office.stranger, office.other)]
    unchanged = [office.payer_of(paid), office.payer_of(later)]
    office.do(payers.add_member, office.payer.id, office.other.email, by=office.finance)
    taken = office.handed(paid, office.lead, office.other)

    assert refused == [["cannot_take_over"]] * 2
    assert unchanged == [(office.lead.id, office.payer.id), (office.stranger.id, None)]
    assert (taken, office.payer_of(paid)) == ([], (office.other.id, office.payer.id))


def test_an_overdue_account_pays_for_nobody_who_takes_over(office: Giving) -> None:
    booked = office.booked(9, office.lead, Paying(office.payer.id))
    office.do(payers.add_member, office.payer.id, office.other.email, by=office.finance)
    office.used(9)
    office.bill()

    assert office.handed(booked, office.lead, office.other) == ["cannot_take_over"]
    assert office.payer_of(booked) == (office.lead.id, office.payer.id)
    assert office.handed(booked, office.lead, office.stranger) == []
    assert office.payer_of(booked) == (office.stranger.id, None)
