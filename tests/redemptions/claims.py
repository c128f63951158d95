"""A claim in the making: an authority with two officers, a firm with a voucher, a provider that bills and invoices."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.forms import ChargeChangeForm
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.invoices.forms import InvoiceForm
from booking.invoices.service import record_invoice
from booking.ledger.queries import balance_of
from booking.recognitions.forms import RecognitionForm
from booking.recognitions.service import recognise
from booking.redemptions import paying, service
from booking.redemptions.claimable import claimable
from booking.redemptions.forms import (
    RedemptionForm,
    RedemptionPaymentForm,
    RedemptionRejectionForm,
    RedemptionReviewForm,
)
from booking.redemptions.verifying import faults
from booking.reservations.vouching import VoucherUse, Vouching
from booking.vouchers.issuing import Issue, issue
from booking.vouchers.verifying import faults as voucher_faults
from models.accounts import User
from models.charges import Charge
from models.invoices import Invoice
from models.redemptions import Redemption, RedemptionItem
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import ServiceType
from models.vocabulary.recognitions import RecognitionKind
from models.vouchers import ProgrammeBook, ProvincePair, Voucher
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give
from tests.factories.programmes import CHONGQING, SICHUAN, make_authority, make_officer, make_programme
from tests.factories.vouchers import make_registered
from tests.statements.office import Office, faults_of

FACE = 10_000_000
NOTICE_OVER = date(2026, 12, 9)
"""A day after the public notice of what was reviewed on 30 November: five working days, then the next."""


class Claims:
    """Uses vouchers, bills, claims and reviews in one line each; `later` is after every use of the week."""

    def __init__(
        self, session: Session, now: datetime, *, mark: str = "", border: str = CHONGQING, **terms: Any
    ) -> None:
        self.session, self.now = session, now
        self.by_firm = terms.get("redeemed_by", "enterprise") == "enterprise"
        self.office = Office(session, now, fen=50_000_000, mark=mark)
        self.later = self.office.later
        self.authority = make_authority(session, border)
        self.first, self.second = (
            make_officer(session, self.authority, mark + name, now=now) for name in ("first", "second")
        )
        self.programme = make_programme(session, self.authority, self.first, now=now, **terms)
        self.firm = make_organisation(session, kind=OrganisationKind.ENTERPRISE, adcode=border)
        self.agent = self.office.lead
        give(session, self.agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, self.firm.id)
        self._recognise(border)
        if self.programme.runs_at:
            agent = self.actor(self.agent)
            self.voucher = make_registered(session, self.firm, FACE, agent=agent, programme=self.programme, now=now)
        else:
            self.voucher = issue(session, Issue(self.programme.id, self.firm.id, FACE), actor=self.first, now=now)
        session.commit()

    def _recognise(self, border: str) -> None:
        """The authority accepts the provider, and what comes from its province where that is another one."""
        named = {"organisation_id": self.authority.id, "starts_on": date(2026, 1, 1), "notice": "互认通知"}
        forms = [RecognitionForm(kind=RecognitionKind.PROVIDER, provider_id=self.office.place.id, **named)]
        if border == SICHUAN:
            way = {"province": "500000", "service_type": ServiceType.INSTRUMENT_SHARING}
            forms.append(RecognitionForm(kind=RecognitionKind.SERVICE_TYPE, **way, **named))
        for form in forms:
            recognise(self.session, form, actor=self.first, now=self.now)

    def actor(self, user: User) -> Actor:
        return actor_for(self.session, user, now=self.now)

    def used(self, hour: int, hours: int = 2, day: int = 1) -> Charge:
        """A use of the agent that was booked with the voucher, charged and accepted: the voucher covered its share."""
        return self.office.used(hour, hours, day=day, vouching=Vouching(VoucherUse.NAMED, self.voucher.id))

    def change(self, charge: Charge, fen: int, at_: datetime | None = None) -> None:
        """A charge by so much more or less, accepted again."""
        form = ChargeChangeForm(change_fen=fen, reason="协商")
        steward, agent = self.actor(self.office.steward), self.actor(self.agent)
        self.do(charges.adjust_charge, charge.id, form, windows=Windows(), by=steward, at_=at_)
        self.do(charges.accept_charge, charge.id, by=agent, at_=at_)

    def invoice(self, number: str = "1", on: str = "2026-11-27", fen: int | None = None, **said: Any) -> Invoice:
        """One invoice over everything that can be billed; over less where an amount is said."""
        (slip,) = self.office.bill()
        said = {"number": number, "issued_on": on, "title": self.firm.name_zh, **said}
        covers = [{"statement_id": slip.id, "amount_fen": fen or slip.total_fen}]
        form = InvoiceForm.model_validate({**said, "items": covers})
        office = self.office
        made: Invoice = office.do(record_invoice, slip.debtor_id, form, by=office.finance, at_=self.later)
        return made

    def claimant(self) -> tuple[int, Actor]:
        """Who claims, by the programme."""
        office = self.office
        return (self.firm.id, self.actor(self.agent)) if self.by_firm else (office.place.id, self.actor(office.finance))

    def form(self, *charges: Charge, **said: Any) -> RedemptionForm:
        items = [{"voucher_id": self.voucher.id, "charge_id": one.id} for one in charges]
        named = {"organisation_id": self.claimant()[0], "programme_id": self.programme.id, "items": items}
        return RedemptionForm.model_validate({**named, **said})

    def ask(self, *charges: Charge) -> Redemption:
        made: Redemption = self.do(service.request_redemption, self.form(*charges), by=self.claimant()[1])
        return made

    def review(self, redemption: Redemption, by: Actor, *cuts: tuple[RedemptionItem, int]) -> Redemption:
        items = [{"item_id": one.id, "approved_fen": fen, "reason": "发票所列与合同不符"} for one, fen in cuts]
        form = RedemptionReviewForm.model_validate({"version": self.version(redemption), "items": items})
        made: Redemption = self.do(service.review, redemption.id, form, by=by)
        return made

    def reject(self, redemption: Redemption, by: Actor, reason: str = "材料不全", *, is_final: bool = False) -> None:
        form = RedemptionRejectionForm(version=self.version(redemption), reason=reason, is_final=is_final)
        self.do(service.reject, redemption.id, form, by=by)

    def version(self, redemption: Redemption) -> int:
        """Which version whoever reads it now decides on."""
        self.session.rollback()
        return self.session.get_one(Redemption, redemption.id, populate_existing=True).version

    def pay(self, redemption: Redemption) -> Redemption:
        form = RedemptionPaymentForm(paid_on=NOTICE_OVER, receipt_number="HD-1")
        paid_at = at_local(NOTICE_OVER, 600)
        made: Redemption = self.do(paying.record_payment, redemption.id, form, by=self.second, at_=paid_at)
        return made

    def paid(self, *charges: Charge) -> Redemption:
        """A redemption that went all the way."""
        made = self.ask(*charges)
        self.review(made, self.first)
        self.review(made, self.second)
        return self.pay(made)

    def do(self, work: Callable[..., Any], *args: Any, by: Actor, at_: datetime | None = None, **more: Any) -> Any:
        try:
            done = work(self.session, *args, **more, actor=by, now=at_ or self.later)
        except Exception:
            self.session.rollback()
            raise
        self.session.commit()
        return done

    def items(self, redemption: Redemption) -> list[RedemptionItem]:
        self.session.expire_all()
        rows = sa.select(RedemptionItem).where(RedemptionItem.redemption_id == redemption.id)
        return list(self.session.scalars(rows.order_by(RedemptionItem.id)))

    def claimable(self) -> list[tuple[int, int, list[str]]]:
        """What can be claimed: of which charge, how much, and why not."""
        self.session.expire_all()
        found = claimable(self.session, self.claimant()[0], today=local_date(self.later))
        return [(one.charge.id, one.amount_fen, [str(reason) for reason in one.reasons]) for one in found]

    def books(self) -> dict[str, int]:
        """What the voucher, the programme and the provinces hold; everything adds up."""
        self.session.expire_all()
        assert self.faults() == []
        voucher = self.session.get_one(Voucher, self.voucher.id)
        book = self.session.scalars(sa.select(ProgrammeBook)).one()
        pair = self.session.scalars(sa.select(ProvincePair)).one()
        accounts = {
            "captured": voucher.captured_id,
            "paid": voucher.paid_id,
            "committed": book.committed_id,
            "budget": book.budget_id,
            "programme_paid": book.paid_id,
            "pair_captured": pair.captured_id,
            "pair_paid": pair.paid_id,
            "owed": pair.owed_id,
        }
        return {name: balance_of(self.session, one) for name, one in accounts.items()}

    def faults(self) -> list[str]:
        """Everything that is off."""
        return [*faults_of(self.session), *voucher_faults(self.session), *faults(self.session)]
