"""A house in which uses are charged: an instrument with a price, its people, and a grant that pays."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.queries import due_to_finish
from booking.charges.verifying import faults as charge_faults
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.ledger.verifying import faults as ledger_faults
from booking.payers.service import held_in, left_in
from booking.payers.verifying import faults
from booking.reservations.forms import UseForm
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Paying, Wish
from models.accounts import User
from models.charges import Charge
from models.ledger import LedgerAccount
from models.payers import PayerAccount
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price
from tests.reservations.acting import at

HOURLY = 10_000
PIECES: dict[str, Any] = {
    "kind": "consumable",
    "per": "piece",
    "name_zh": "铜网",
    "name_en": "Copper grid",
    "unit_fen": 3_000,
}
PAID = Paying()
ALONE = Paying(is_later=True)


class House:
    """An instrument at 100 yuan an hour, its steward, a grant of a lead's with a student, and a stranger."""

    def __init__(self, session: Session, now: datetime, *, payer_fen: int = 50_000, **price: Any) -> None:
        self.session, self.now = session, now
        self.place = make_organisation(session)
        self.instrument = make_instrument(session, self.place, policy={"closes_on_holidays": False})
        self.lead, self.student, self.stranger = (make_user(session, name) for name in ("lead", "student", "stranger"))
        self.steward, self.admin = make_user(session, "steward"), make_user(session, "admin")
        give(session, self.steward, Role.STEWARD, ScopeKind.INSTRUMENT, self.instrument.id)
        give(session, self.admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, self.place.id)
        terms = {"cancel_share": 5_000, "no_show_share": 10_000, **price}
        self.price = make_hourly_price(session, self.instrument, HOURLY, self.admin, **terms)
        self.payer = make_payer(session, self.place, self.lead, payer_fen, [self.student])

    def actor(self, user: User) -> Actor:
        return actor_for(self.session, user, now=self.now)

    def book(
        self,
        hour: int,
        hours: int = 2,
        by: User | None = None,
        paying: Paying = PAID,
        day: int = 1,
    ) -> Reservation:
        wish = Wish(self.instrument.id, at(hour, hours * 60, day), paying=paying)
        made = request_reservation(self.session, wish, actor=self.actor(by or self.student), now=self.now)
        self.session.commit()
        return made

    def do(self, work: Callable[..., Any], *args: Any, by: User, at_: datetime, **more: Any) -> Any:
        done = work(self.session, *args, **more, actor=self.actor(by), now=at_)
        self.session.commit()
        return done

    def confirm(self, reservation: Reservation, after: timedelta = timedelta(hours=1), **said: Any) -> Any:
        when = reservation.ends_at + after
        self.do(confirm_use, reservation.id, UseForm(**said), windows=Windows(), by=self.steward, at_=when)
        return self.charge(reservation)

    def charge(self, reservation: Reservation) -> Any:
        self.session.expire_all()
        return self.session.scalar(sa.select(Charge).where(Charge.reservation_id == reservation.id))

    def go_on(self, now: datetime) -> None:
        for charge_id in due_to_finish(self.session, now=now):
            service.go_on(self.session, charge_id, windows=Windows(), now=now)
        self.session.commit()

    def books(self) -> tuple[int, int, int]:
        """What is left, held and captured; the books are right."""
        self.session.expire_all()
        found = self.session.get_one(PayerAccount, self.payer.id)
        wrong = [*ledger_faults(self.session), *faults(self.session), *charge_faults(self.session)]
        assert wrong == []
        left, held = left_in(self.session, found), held_in(self.session, found)
        return left, held, self.session.get_one(LedgerAccount, found.captured_id).balance_fen
