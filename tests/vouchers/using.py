"""A firm with vouchers and an instrument that it uses, for the tests of vouchers."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.ledger import verifying as ledger
from booking.ledger.queries import balance_of
from booking.payers.holds import Purpose
from booking.programmes.service import write_version
from booking.vouchers import verifying
from booking.vouchers.capturing import Captured, capture
from booking.vouchers.covering import Ask, Plan, Wish, plan
from booking.vouchers.ending import take_step
from booking.vouchers.forms import VoucherReasonForm
from booking.vouchers.holding import hold
from booking.vouchers.wishing import store_wish
from models.catalogue import Instrument
from models.charges import Charge
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.programmes import ServiceType
from models.vocabulary.vouchers import VoucherStep
from models.vouchers import Voucher
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, make_user
from tests.factories.programmes import make_officer, version_form
from tests.factories.vouchers import make_charge, make_firm, make_use, make_voucher

NOON = datetime(2026, 6, 10, 4, tzinfo=UTC)
DAY = date(2026, 6, 12)
MIANYANG = "510704"
_numbers = count(1)


@dataclass
class Bench:
    """A firm of Beibei, and an instrument of Mianyang that its authority recognises."""

    session: Session
    firm: Organisation
    owner: Organisation
    instrument: Instrument
    vouchers: list[Voucher] = field(default_factory=list)

    @classmethod
    def made(cls, session: Session) -> "Bench":
        """A firm without vouchers."""
        owner = make_organisation(session, adcode=MIANYANG)
        return cls(session, make_firm(session), owner, make_instrument(session, owner))

    def issue(self, fen: int, **said: Any) -> Voucher:
        """A voucher more, of a programme of its own unless one is named."""
        known = any(one.programme_id == said["programme"].id for one in self.vouchers) if "programme" in said else False
        made = make_voucher(self.session, self.firm, fen, providers=() if known else [self.owner], **said)
        self.vouchers.append(made)
        return made

    def wish(self, **said: Any) -> Wish:
        """All vouchers, for the use of an instrument."""
        return Wish(**{"organisation_id": self.firm.id, "service_type": ServiceType.INSTRUMENT_SHARING, **said})

    def plan(
        self, fee_fen: int, purpose: Purpose | None = None, *, day: date = DAY, now: datetime = NOON, **said: Any
    ) -> Plan:
        """What is covered of a fee."""
        return plan(self.session, Ask(self.wish(**said), purpose, self.owner.id, fee_fen, day), today=now.date())

    def use(self, start: datetime = NOON) -> Purpose:
        """A reservation that wishes for vouchers."""
        purpose = make_use(self.session, self.instrument, start)
        user = make_user(self.session, f"agent{purpose.reservation_id}")
        actor = actor_for(self.session, user, now=NOON)
        store_wish(self.session, purpose, self.wish(), actor=actor, now=NOON)
        self.session.commit()
        return purpose

    def hold(self, fee_fen: int, purpose: Purpose | None = None, *, day: date = DAY, now: datetime = NOON) -> Purpose:
        """A use that holds what is covered of its fee, committed."""
        held = purpose or self.use()
        hold(self.session, held, self.plan(fee_fen, held, day=day, now=now), now=now)
        self.session.commit()
        return held

    def capture(
        self, purpose: Purpose, charge: Charge, fee_fen: int, *, day: date = DAY, now: datetime = NOON
    ) -> Captured:
        """What vouchers cover of its charge, committed."""
        found = capture(self.session, purpose, charge, fee_fen, day, now=now)
        self.session.commit()
        return found

    def programme(self, voucher: Voucher) -> Programme:
        """The programme of a voucher."""
        return self.session.get_one(Programme, voucher.programme_id)

    def officer(self, voucher: Voucher) -> Actor:
        """An officer of the authority that issued a voucher."""
        authority = self.session.get_one(Organisation, self.programme(voucher).organisation_id)
        return make_officer(self.session, authority, f"someone{next(_numbers)}", now=NOON)

    def step(self, voucher: Voucher, step: VoucherStep, *, now: datetime = NOON) -> None:
        """What an officer does with a voucher, committed."""
        take_step(
            self.session, voucher.id, step, VoucherReasonForm(reason="审计"), actor=self.officer(voucher), now=now
        )
        self.session.commit()

    def write(self, voucher: Voucher, **said: Any) -> None:
        """Another version of a voucher's programme, committed."""
        ways = {"redeemed_by": "provider", "reserves_budget": "hold", "valid_from": NOON.date()}
        form = version_form(**{**ways, **said})
        write_version(self.session, voucher.programme_id, form, actor=self.officer(voucher), now=NOON)
        self.session.commit()

    def charge(self, purpose: Purpose, fen: int) -> Charge:
        """The charge of a use."""
        return make_charge(self.session, purpose, fen)

    def amounts(self, voucher: Voucher) -> tuple[int, int, int]:
        """What a voucher has free, held and captured."""
        sides = (voucher.credit_id, voucher.held_id, voucher.captured_id)
        credit, held, captured = (balance_of(self.session, one) for one in sides)
        return credit, held, captured

    def faults(self) -> list[str]:
        """Everything that is off in the books."""
        self.session.commit()
        return [*ledger.faults(self.session), *verifying.faults(self.session)]
