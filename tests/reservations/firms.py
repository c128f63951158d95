"""A firm with vouchers that books an instrument across the border, for the tests of bookings with vouchers."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.ledger.verifying import faults as ledger_faults
from booking.payers.verifying import faults as payer_faults
from booking.reservations.service import request_reservation
from booking.reservations.vouching import Declared, VoucherUse, Vouching
from booking.reservations.wishes import Paying, Wish
from booking.vouchers import verifying
from models.accounts import User
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.payers import PayerAccount, PayerHold
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.payers import PayerKind
from models.vouchers import Voucher
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price
from tests.factories.vouchers import make_firm, make_registered, make_voucher
from tests.reservations.acting import at

HOURLY = 100_000
MIANYANG = "510704"
NO_VOUCHER = Vouching(VoucherUse.NONE)


def named(voucher: Voucher, **declared: bool) -> Vouching:
    """This very voucher."""
    return Vouching(VoucherUse.NAMED, voucher.id, None, Declared(**declared))


def automatic(**declared: bool) -> Vouching:
    """All that are usable."""
    return Vouching(declared=Declared(**declared))


class Firm:
    """An agent of a firm of Beibei, and an instrument of Mianyang at 1,000 yuan an hour where they have an account."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        *,
        credit_fen: int = 10_000_000,
        hourly_fen: int = HOURLY,
        price: dict[str, int] | None = None,
        **policy: Any,
    ) -> None:
        self.session, self.now = session, now
        self.owner = make_organisation(session, adcode=MIANYANG)
        self.instrument = make_instrument(session, self.owner, policy={"closes_on_holidays": False, **policy})
        self.firm = make_firm(session)
        self.agent = make_user(session, "agent")
        give(session, self.agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, self.firm.id)
        self.admin = make_user(session, "admin")
        give(session, self.admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, self.owner.id)
        prices: dict[str, Any] = {"cancel_share": 5_000, "cancel_hours": 24, "no_show_share": 10_000, **(price or {})}
        make_hourly_price(session, self.instrument, hourly_fen, self.admin, **prices)
        self.payer = make_payer(session, self.owner, self.agent, credit_fen, kind=PayerKind.ON_ACCOUNT)

    def issue(self, fen: int = 1_000_000, firm: Organisation | None = None, **said: Any) -> Voucher:
        """A voucher, of a programme of its own."""
        return make_voucher(self.session, firm or self.firm, fen, providers=[self.owner], **said)

    def register(self, fen: int = 1_000_000, **said: Any) -> Voucher:
        """A voucher of another system that the agent registered, of a programme of its own."""
        agent, providers = self.actor(), [self.owner]
        return make_registered(self.session, self.firm, fen, agent=agent, providers=providers, now=self.now, **said)

    def actor(self, user: User | None = None) -> Actor:
        return actor_for(self.session, user or self.agent, now=self.now)

    def wish(self, hour: float, minutes: float, vouching: Vouching | None, *, day: int = 1, **more: Any) -> Wish:
        paying = Paying(more.pop("account_id", None), more.pop("is_later", False), vouching)
        return Wish(self.instrument.id, at(hour, minutes, day), paying=paying, **more)

    def book(
        self,
        hour: float = 9,
        minutes: float = 120,
        vouching: Vouching | None = None,
        *,
        by: User | None = None,
        **more: Any,
    ) -> Reservation:
        """A booking, committed."""
        wish = self.wish(hour, minutes, vouching, **more)
        made = request_reservation(self.session, wish, actor=self.actor(by), now=self.now)
        self.session.commit()
        return made

    def do(self, work: Callable[..., Any], *args: Any, by: User | None = None, **more: Any) -> Any:
        done = work(self.session, *args, **more, actor=self.actor(by), now=self.now)
        self.session.commit()
        return done

    def amounts(self, voucher: Voucher) -> tuple[int, int]:
        """What a voucher has free and holds."""
        self.session.expire_all()
        found = self.session.get_one(Voucher, voucher.id)
        return self._balance(found.credit_id), self._balance(found.held_id)

    def paid(self) -> int:
        """What the account holds; all books are right."""
        self.session.expire_all()
        assert self.faults() == []
        return self._balance(self.session.get_one(PayerAccount, self.payer.id).held_id)

    def holds(self) -> list[int]:
        """Everything that the account held, one after the other."""
        return list(self.session.scalars(select(PayerHold.amount_fen).order_by(PayerHold.id)))

    def faults(self) -> list[str]:
        self.session.commit()
        return [*ledger_faults(self.session), *payer_faults(self.session), *verifying.faults(self.session)]

    def _balance(self, account_id: int) -> int:
        return self.session.get_one(LedgerAccount, account_id).balance_fen
