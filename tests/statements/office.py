"""An institution that bills: an instrument at 100 yuan an hour, finance, a lead with an account, and others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.forms import ChargeChangeForm
from booking.charges.verifying import faults as charge_faults
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.ledger.queries import balance_of
from booking.ledger.verifying import faults as ledger_faults
from booking.payers import amounts
from booking.payers.forms import PayerReceiptForm
from booking.payers.verifying import faults as payer_faults
from booking.reservations.forms import UseForm
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.vouching import Vouching
from booking.reservations.wishes import Paying, Wish
from booking.statements import receipts, service
from booking.statements.forms import DraftsForm, ReceiptForm
from booking.statements.verifying import faults as statement_faults
from models.accounts import User
from models.charges import Charge
from models.payers import PayerAccount
from models.statements import Debtor, Statement
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.payers import PayerKind
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price
from tests.reservations.acting import at

HOURLY = 10_000
ALONE = Paying(is_later=True)


class Office:
    """Books, confirms, accepts and bills in one line each; `later` is after every use of the week."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        kind: PayerKind = PayerKind.GRANT,
        fen: int = 100_000,
        mark: str = "",
        **price: Any,
    ) -> None:
        self.session, self.now, self.later = session, now, at(12, day=7).start
        self.place = make_organisation(session)
        self.instrument = make_instrument(session, self.place, policy={"closes_on_holidays": False})
        names = (mark + one for one in ("lead", "other", "steward", "finance", "stranger"))
        self.lead, self.other, self.steward, self.finance, self.stranger = (
            make_user(session, mark + one) for one in names
        )
        give(session, self.steward, Role.STEWARD, ScopeKind.INSTRUMENT, self.instrument.id)
        give(session, self.finance, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, self.place.id)
        make_hourly_price(session, self.instrument, HOURLY, self.steward, **price)
        by_receipt = kind in {PayerKind.PREPAID, PayerKind.DEPOSIT}
        self.payer = make_payer(session, self.place, self.lead, 0 if by_receipt else fen, kind=kind)
        if by_receipt:
            paid = PayerReceiptForm(amount_fen=fen, receipt_number="T1", receipt_on=now.date())
            self.do(amounts.top_up, self.payer.id, paid, by=self.finance)

    def actor(self, user: User) -> Actor:
        return actor_for(self.session, user, now=self.now)

    def do(self, work: Callable[..., Any], *args: Any, by: User, at_: datetime | None = None, **more: Any) -> Any:
        done = work(self.session, *args, **more, actor=self.actor(by), now=at_ or self.now)
        self.session.commit()
        return done

    def used(
        self,
        hour: int,
        hours: int = 1,
        by: User | None = None,
        *,
        day: int = 1,
        vouching: Vouching | None = None,
        **said: Any,
    ) -> Charge:
        """A use of so many hours that its payer has accepted: the lead's by the account, another's by themselves."""
        person = by or self.lead
        paying = replace(Paying(self.payer.id) if person is self.lead else ALONE, vouching=vouching)
        wish = Wish(self.instrument.id, at(hour, hours * 60, day), paying=paying)
        made = self.do(request_reservation, wish, by=person)
        self.do(confirm_use, made.id, UseForm(**said), windows=Windows(), by=self.steward, at_=made.ends_at)
        charge: Charge = self.session.scalars(sa.select(Charge).where(Charge.reservation_id == made.id)).one()
        self.do(charges.accept_charge, charge.id, by=person, at_=made.ends_at)
        return charge

    def changed(self, charge: Charge, fen: int, by: User | None = None) -> None:
        """The same by so much more or less, and accepted again."""
        form = ChargeChangeForm(change_fen=fen, reason="协商")
        self.do(charges.adjust_charge, charge.id, form, windows=Windows(), by=self.steward, at_=self.later)
        self.do(charges.accept_charge, charge.id, by=by or self.lead, at_=self.later)

    def drafts(self, **said: Any) -> list[int]:
        form = DraftsForm(until_on=self.later.date(), **said)
        made = self.do(service.make_drafts, self.place.id, form, by=self.finance, at_=self.later)
        return [one.id for one in made]

    def bill(self) -> list[Statement]:
        """Everything that can be billed."""
        ids = self.drafts()
        return [self.do(service.issue_statement, one, by=self.finance, at_=self.later) for one in ids]

    def receive(self, statement: Statement, fen: int, number: str) -> Any:
        form = ReceiptForm(amount_fen=fen, number=number, received_on=self.later.date())
        more: dict[str, Any] = {"statement_id": statement.id}
        return self.do(
            receipts.record_receipt, statement.debtor_id, form, by=self.finance, at_=self.later, **more
        ).receipt

    def state(self, charge: Charge) -> str:
        self.session.expire_all()
        return str(self.session.get_one(Charge, charge.id).state)

    def owed(self, statement: Statement) -> tuple[int, int, int]:
        """What is open of a statement, of all of its debtor, and what is credited to it; the books are right."""
        self.session.expire_all()
        assert self.faults() == []
        debtor = self.session.get_one(Debtor, statement.debtor_id)
        of_it = balance_of(self.session, statement.open_id) if statement.open_id else 0
        return of_it, -balance_of(self.session, debtor.billed_id), balance_of(self.session, debtor.credit_id)

    def faults(self) -> list[str]:
        """Everything that is off in the books."""
        return faults_of(self.session)

    def left(self) -> int:
        """What is left in the lead's account."""
        self.session.expire_all()
        return balance_of(self.session, self.session.get_one(PayerAccount, self.payer.id).left_id)


def faults_of(session: Session) -> list[str]:
    """Everything that is off in the books."""
    proofs = (ledger_faults, payer_faults, charge_faults, statement_faults)
    return [line for proof in proofs for line in proof(session)]


def open_statements(session: Session) -> list[tuple[Statement, int]]:
    """Those of which something is to be paid, with how much."""
    rows = session.scalars(sa.select(Statement).order_by(Statement.id))
    return [(one, fen) for one in rows if one.open_id and (fen := balance_of(session, one.open_id))]
