"""The demo's redemptions across the border, one in every state, and a closed month that is not even."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
    RedemptionRejectionForm,
    RedemptionReviewForm,
)
from booking.reservations.forms import UseForm
from booking.reservations.using import confirm_use
from booking.reservations.wishes import AS_USUAL, Paying
from booking.statements.forms import BillingTermsForm, DraftsForm
from booking.statements.service import issue_statement, make_drafts
from booking.statements.terms import set_terms
from models.catalogue import Instrument
from models.charges import Charge
from models.directory import Organisation
from models.notifications import Event
from models.redemptions import Redemption
from models.reservations import Reservation
from models.statements import Debtor
from models.vocabulary.catalogue import OUT_OF_SERVICE, BookingMode, PublishingState, ShareMode
from models.vocabulary.redemptions import RedemptionStep
from models.vocabulary.reservations import UseOutcome

SEED = 20261202
LOOKED_BACK = timedelta(days=10)
MOST_TRIED = 12
HOURS, A_DAY = timedelta(hours=2), timedelta(days=1)
SIDES = ("500000", "510000")


@dataclass(frozen=True, slots=True)
class Side:
    """Whose agent uses what of the other province, who claims, and who reviews first and second."""

    agent: str
    provider: str
    claimant: str
    officers: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """A use across the border that was confirmed so many days ago, how many reviews it has passed, and how it ended.

    Without days it was in the last whole month, early enough to be paid within that month.
    """

    side: Side
    days_ago: int | None
    reviews: int
    ending: RedemptionStep | None = None


BEIBEI = Side("enterprise", "西南科技大学", "institution-sc", ("officer-cq2", "officer-cq"))
MIANYANG = Side("enterprise-sc", "西南大学", "enterprise-sc", ("officer-my", "officer-sc"))
STORIES = (
    Story(BEIBEI, None, 2, RedemptionStep.PAY),
    Story(MIANYANG, None, 2),
    Story(MIANYANG, 14, 0),
    Story(BEIBEI, 13, 1),
    Story(MIANYANG, 12, 0, RedemptionStep.REJECT),
)
USED_BY = 11
"""The day of the last whole month by which its uses are over."""


def add_redemptions(session: Session, *, actor: Actor, now: datetime) -> int:
    """Uses of either firm in the other province, billed, invoiced and claimed; how many redemptions came of them.

    Mails about the made-up past are dropped.
    """
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
    then = used_by(story.days_ago, now=now)
    agent = people.actor(session, story.side.agent, now=now)
    charge = use_and_bill(session, story.side.provider, agent, chance, approver=actor, then=then)
    return None if charge is None else _claimed(session, story, charge, then=then, now=now)


def used_by(days_ago: int | None, *, now: datetime) -> datetime:
    """When a use of so many days ago is over, without days one of the last whole month.

    Use and invoice lie in one year, whose vouchers pay: over the turn of a year it is over the day before the last.
    """
    if days_ago is None:
        last = local_date(now).replace(day=1) - timedelta(days=1)
        return at_local(last.replace(day=USED_BY), 18 * 60)
    then = now - timedelta(days=days_ago)
    day = local_date(then)
    if (day.month, day.day) == (12, 31) or (day.month == 1 and day.day < USED_BY - 1):
        return at_local(date(day.year - (day.month == 1), 12, 30), 18 * 60)
    return then


def use_and_bill(
    session: Session,
    name: str,
    agent: Actor,
    chance: random.Random,
    *,
    approver: Actor,
    then: datetime,
    paying: Paying = AS_USUAL,
) -> Charge | None:
    """A use of those days of which a voucher pays some, accepted and invoiced whole; none where nothing was free."""
    provider = organisation_by_name(session, name)
    assert provider is not None
    booked = _booked(session, provider, agent, chance, approver=approver, then=then, paying=paying)
    if booked is None:
        return None
    form = UseForm(outcome=UseOutcome.USED, **counted(session, booked.id, chance))
    confirm_use(session, booked.id, form, windows=Windows(), actor=approver, now=then)
    charge = session.scalars(select(Charge).where(Charge.reservation_id == booked.id)).one()
    accept_charge(session, charge.id, actor=agent, now=then + timedelta(hours=2))
    _bill(session, charge, agent, actor=approver, now=then + timedelta(days=1))
    return charge


def _booked(
    session: Session,
    provider: Organisation,
    agent: Actor,
    chance: random.Random,
    *,
    approver: Actor,
    then: datetime,
    paying: Paying,
) -> Reservation | None:
    """A booking of those days, in the same year, for which a voucher holds something."""
    since = max(then - LOOKED_BACK, at_local(local_date(then).replace(month=1, day=1), 0))
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
            lambda one: since < one.start and one.end < then,
            approver=approver,
            now=then,
            paying=paying,
        )
        if made is not None and made.uses_vouchers:
            return made
    return None


def _bill(session: Session, charge: Charge, agent: Actor, *, actor: Actor, now: datetime) -> None:
    """What the firm pays itself on a statement of those days, and its invoice; what others owe stays a draft."""
    firm = session.get_one(Organisation, min(reach(agent, Permission.ORDER_FOR_FIRM).organisation_ids))
    terms = BillingTermsForm(bank_details="户名：示例单位\n开户行：示例银行\n账号：0000 0000 0000")
    set_terms(session, charge.organisation_id, terms, actor=actor, now=now)
    drafts = DraftsForm(until_on=local_date(now))
    for draft in make_drafts(session, charge.organisation_id, drafts, actor=actor, now=now):
        debtor = session.get_one(Debtor, draft.debtor_id)
        if debtor.payer_account_id != charge.payer_account_id or debtor.user_id not in {None, agent.id}:
            continue
        issued = issue_statement(session, draft.id, billed_to=firm.id, actor=actor, now=now)
        form = InvoiceForm(
            number=f"2550{now:%Y%m%d}{issued.id:06d}",
            issued_on=local_date(now),
            title=firm.name_zh,
            tax_number=firm.uscc or "",
            items=[InvoiceItemForm(statement_id=issued.id, amount_fen=issued.total_fen)],
        )
        record_invoice(session, issued.debtor_id, form, actor=actor, now=now)


def _claimed(session: Session, story: Story, charge: Charge, *, then: datetime, now: datetime) -> Redemption | None:
    """What the claimant asked for, as far as the officers have come: at once where it was paid, else these days."""
    is_paid = story.ending == RedemptionStep.PAY
    asked_at, each = (then + timedelta(hours=25), HOURS) if is_paid else (now - timedelta(days=3), A_DAY)
    made = claim(session, story.side.claimant, charge, asked_at=asked_at, now=now)
    if made is None:
        return None
    reviewed_at = asked_at
    for account in story.side.officers[: story.reviews]:
        reviewed_at += each
        review = RedemptionReviewForm(version=made.version)
        service.review(session, made.id, review, actor=people.actor(session, account, now=now), now=reviewed_at)
    if is_paid:
        _pay(session, made, story.side.officers[1], now=now)
    elif story.ending == RedemptionStep.REJECT:
        refused = RedemptionRejectionForm(version=made.version, reason="示例：委托合同没有盖章，请补齐后重新申请。")
        first = people.actor(session, story.side.officers[0], now=now)
        service.reject(session, made.id, refused, actor=first, now=reviewed_at + each)
    return made


def claim(session: Session, account: str, charge: Charge, *, asked_at: datetime, now: datetime) -> Redemption | None:
    """What a claimant asks for of a charge; none where it cannot."""
    claimant = people.actor(session, account, now=now)
    place = min(reach(claimant, Permission.CLAIM_REDEMPTIONS).organisation_ids)
    found = [one for one in claimable(session, place, today=local_date(asked_at)) if one.charge.id == charge.id]
    if not found or any(one.reasons for one in found):
        return None
    form = RedemptionForm(
        organisation_id=place,
        programme_id=found[0].voucher.programme_id,
        items=[ClaimedItemForm(voucher_id=one.voucher.id, charge_id=charge.id) for one in found],
        note="示例：一次测试，发票已开。",
    )
    return service.request_redemption(session, form, actor=claimant, now=asked_at)


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
