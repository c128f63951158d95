"""The demo's redemptions across the border: one that was paid, one in public, one to be reviewed; a month is closed."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.charges.service import accept_charge
from booking.charges.windows import Windows
from booking.clearing import queries as clearing
from booking.clearing.rules import border_of, month_after
from booking.clearing.service import close_month
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.places import province_of
from booking.core.working_days import add_working_days
from booking.demo import bookings, people
from booking.demo.uses import counted
from booking.directory.queries import organisation_by_name, working_day_test
from booking.invoices.forms import InvoiceForm, InvoiceItemForm
from booking.invoices.service import record_invoice
from booking.redemptions import paying, service
from booking.redemptions.claimable import claimable
from booking.redemptions.forms import (
    ClaimedItemForm,
    RedemptionForm,
    RedemptionPaymentForm,
    RedemptionReviewForm,
)
from booking.reservations.forms import UseForm
from booking.reservations.using import confirm_use
from booking.statements.forms import BillingTermsForm, DraftsForm
from booking.statements.service import issue_statement, make_drafts
from booking.statements.terms import set_terms
from models.catalogue import Instrument
from models.charges import Charge
from models.directory import Organisation
from models.notifications import Event
from models.redemptions import Redemption
from models.reservations import Reservation
from models.vocabulary.catalogue import OUT_OF_SERVICE, BookingMode, PublishingState, ShareMode
from models.vocabulary.reservations import UseOutcome

SEED = 20261202
LOOKED_BACK = timedelta(days=5)
MOST_TRIED = 12
SIDES = ("500000", "510000")


@dataclass(frozen=True, slots=True)
class Story:
    """A use across the border so many days ago: whose agent, where, who claims, whose officers; how far it went."""

    days_ago: int
    agent: str
    provider: str
    claimant: str
    officers: tuple[str, str]
    reviews: int
    is_paid: bool = False


STORIES = (
    Story(66, "enterprise", "西南科技大学", "institution-sc", ("officer-cq2", "officer-cq"), 2, is_paid=True),
    Story(62, "enterprise-sc", "西南大学", "enterprise-sc", ("officer-my", "officer-sc"), 2),
    Story(19, "enterprise-sc", "西南大学", "enterprise-sc", ("officer-my", "officer-sc"), 0),
)
FIRST = max(one.days_ago for one in STORIES) + LOOKED_BACK.days + 4
"""Since so many days the vouchers must be there."""


def add_redemptions(session: Session, *, actor: Actor, now: datetime) -> int:
    """Uses of either firm in the other province, billed, invoiced and claimed; how many redemptions came of them.

    In the first weeks of a year there is nothing: this year's programmes have only begun. Mails about the made-up past
    are dropped.
    """
    if local_date(now - timedelta(days=FIRST)).year != local_date(now).year:
        return 0
    chance = random.Random(SEED)  # noqa: S311 - made-up uses, no secret
    before = session.scalar(select(func.max(Event.id))) or 0
    made = [_told(session, story, chance, actor=actor, now=now) for story in STORIES]
    session.execute(delete(Event).where(Event.id > before))
    return len([one for one in made if one is not None])


def close_first_month(session: Session, *, now: datetime) -> int:
    """Close the first month between the two provinces for Chongqing, for Sichuan to confirm; how many were closed."""
    border = border_of(*(province_of(one) for one in SIDES))
    month = clearing.first_month(session, clearing.pairs_of(session, border))
    if month is None or month_after(month) > local_date(now):
        return 0
    close_month(session, border, month, actor=people.actor(session, "officer-cq", now=now), now=now)
    return 1


def _told(session: Session, story: Story, chance: random.Random, *, actor: Actor, now: datetime) -> Redemption | None:
    """One story as far as it went; none where nothing could be booked with a voucher."""
    then = now - timedelta(days=story.days_ago)
    provider = organisation_by_name(session, story.provider)
    assert provider is not None
    agent = people.actor(session, story.agent, now=now)
    booked = _booked(session, provider, agent, chance, approver=actor, then=then)
    if booked is None:
        return None
    form = UseForm(outcome=UseOutcome.USED, **counted(session, booked.id, chance))
    confirm_use(session, booked.id, form, windows=Windows(), actor=actor, now=then)
    charge = session.scalars(select(Charge).where(Charge.reservation_id == booked.id)).one()
    accept_charge(session, charge.id, actor=agent, now=then + timedelta(hours=2))
    _bill(session, provider, agent, actor=actor, now=then + timedelta(days=1))
    return _claimed(session, story, charge, now=now)


def _booked(
    session: Session, provider: Organisation, agent: Actor, chance: random.Random, *, approver: Actor, then: datetime
) -> Reservation | None:
    """A booking of those days for which a voucher holds something."""
    ids = session.scalars(
        select(Instrument.id)
        .where(
            Instrument.organisation_id == provider.id,
            Instrument.booking_mode == BookingMode.HERE,
            Instrument.publishing_state == PublishingState.PUBLISHED,
            Instrument.share_mode == ShareMode.EXTERNAL,
            Instrument.running_state.not_in(OUT_OF_SERVICE),
        )
        .order_by(Instrument.id)
        .limit(MOST_TRIED)
    ).all()
    for busy in bookings.bookable(session, ids):
        made = bookings.book_first(
            session,
            busy,
            agent,
            chance,
            lambda one: then - LOOKED_BACK < one.start and one.end < then,
            approver=approver,
            now=then,
        )
        if made is not None and made.uses_vouchers:
            return made
    return None


def _bill(session: Session, provider: Organisation, agent: Actor, *, actor: Actor, now: datetime) -> None:
    """What the firm pays itself on a statement of those days, and its invoice."""
    firm = session.get_one(Organisation, min(reach(agent, Permission.ORDER_FOR_FIRM).organisation_ids))
    terms = BillingTermsForm(bank_details="户名：示例单位\n开户行：示例银行\n账号：0000 0000 0000")
    set_terms(session, provider.id, terms, actor=actor, now=now)
    drafts = DraftsForm(until_on=local_date(now))
    for draft in make_drafts(session, provider.id, drafts, actor=actor, now=now):
        issued = issue_statement(session, draft.id, billed_to=firm.id, actor=actor, now=now)
        form = InvoiceForm(
            number=f"2550{now:%Y%m%d}{issued.id:06d}",
            issued_on=local_date(now),
            title=firm.name_zh,
            tax_number=firm.uscc or "",
            items=[InvoiceItemForm(statement_id=issued.id, amount_fen=issued.total_fen)],
        )
        record_invoice(session, issued.debtor_id, form, actor=actor, now=now)


def _claimed(session: Session, story: Story, charge: Charge, *, now: datetime) -> Redemption | None:
    """What the claimant asked for, as far as the officers have come; the last step was yesterday."""
    claimant = people.actor(session, story.claimant, now=now)
    place = min(reach(claimant, Permission.CLAIM_REDEMPTIONS).organisation_ids)
    asked_at = now - timedelta(days=story.days_ago - 4) if story.is_paid else now - timedelta(days=3)
    found = [one for one in claimable(session, place, today=local_date(asked_at)) if one.charge.id == charge.id]
    if not found or any(one.reasons for one in found):
        return None
    form = RedemptionForm(
        organisation_id=place,
        programme_id=found[0].voucher.programme_id,
        items=[ClaimedItemForm(voucher_id=one.voucher.id, charge_id=charge.id) for one in found],
        note="示例：一次测试，发票已开。",
    )
    made = service.request_redemption(session, form, actor=claimant, now=asked_at)
    reviewed_at = asked_at
    for account in story.officers[: story.reviews]:
        reviewed_at += timedelta(days=1)
        review = RedemptionReviewForm(version=made.version)
        service.review(session, made.id, review, actor=people.actor(session, account, now=now), now=reviewed_at)
    if story.is_paid:
        _pay(session, made, story.officers[1], now=now)
    return made


def _pay(session: Session, made: Redemption, officer: str, *, now: datetime) -> None:
    """Paid on the first working day after the public notice."""
    assert made.notice_until is not None
    last = made.notice_until
    is_working = working_day_test(session, made.programme.organisation_id, last, last + timedelta(days=20))
    paid_on = add_working_days(last, 1, is_working)
    form = RedemptionPaymentForm(paid_on=paid_on, receipt_number="示例-HD0001")
    paying.record_payment(
        session, made.id, form, actor=people.actor(session, officer, now=now), now=at_local(paid_on, 60 * 10)
    )
