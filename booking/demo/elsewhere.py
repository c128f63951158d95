"""The demo's voucher of another system: registered, used, and what came of it there."""

import random
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.attachments.preparing import Uploaded, prepare
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.demo import people
from booking.demo.papers import LIMITS, plain_pdf
from booking.demo.redemptions import claim, use_and_bill, used_by
from booking.demo.vouchers import issued_at
from booking.redemptions import elsewhere
from booking.redemptions.forms import PaidElsewhereForm, SubmittedElsewhereForm
from booking.reservations.vouching import VoucherUse, Vouching
from booking.reservations.wishes import Paying
from booking.vouchers.forms import RegisterVoucherForm
from booking.vouchers.registering import register
from models.notifications import Event
from models.programmes import Programme
from models.redemptions import Redemption
from models.vouchers import Voucher

SEED = 20261204
DAYS_AGO = 11
AGENT, PROVIDER = "enterprise", "西南大学"


def add_elsewhere(session: Session, *, actor: Actor, now: datetime) -> int:
    """A voucher of 科创通 of the firm in Beibei, one use of it, and that it was paid there; how many redemptions.

    Mails about the made-up past are dropped.
    """
    before = session.scalar(select(func.max(Event.id))) or 0
    then = used_by(DAYS_AGO, now=now)
    voucher = _registered(session, local_date(then).year, now=now)
    paying = Paying(vouching=Vouching(VoucherUse.NAMED, voucher.id))
    chance = random.Random(SEED)  # noqa: S311 - made-up uses, no secret
    agent = people.actor(session, AGENT, now=now)
    charge = use_and_bill(session, PROVIDER, agent, chance, approver=actor, then=then, paying=paying)
    count = 0
    if charge is not None and (made := claim(session, AGENT, charge, asked_at=then + timedelta(days=2), now=now)):
        _paid(session, made, agent, then=then)
        count = 1
    session.execute(delete(Event).where(Event.id > before))
    return count


def _registered(session: Session, year: int, *, now: datetime) -> Voucher:
    """The voucher of a year, with a file that stands for its evidence."""
    agent = people.actor(session, AGENT, now=now)
    there = select(Programme.id).where(Programme.runs_at != "", Programme.year == year)
    form = RegisterVoucherForm(
        organisation_id=min(reach(agent, Permission.APPLY_FOR_VOUCHERS).organisation_ids),
        programme_id=session.scalars(there).one(),
        number_there=f"KCT-{year}-0417",
        face_fen=800_000,
        use_by=date(year, 12, 31),
        redeem_by=date(year + 1, 3, 31),
    )
    files = prepare([Uploaded("科创通创新券.pdf", plain_pdf("Kechuangtong voucher (sample)", now))], LIMITS)
    return register(session, form, files, LIMITS, actor=agent, now=issued_at(year, now=now))


def _paid(session: Session, made: Redemption, agent: Actor, *, then: datetime) -> None:
    """Handed in there three days behind the use, and paid there three days later, with its notice."""
    handed_in, paid = then + timedelta(days=3), then + timedelta(days=6)
    submitted = SubmittedElsewhereForm(submitted_on=local_date(handed_in))
    elsewhere.record_submitted(session, made.id, submitted, actor=agent, now=handed_in)
    form = PaidElsewhereForm(version=made.version, paid_on=local_date(paid), receipt_number="示例-KCT0001")
    notice = prepare([Uploaded("科创通兑付通知.pdf", plain_pdf("Notice of payment (sample)", paid))], LIMITS)
    elsewhere.record_paid(session, made.id, form, actor=agent, now=paid, files=(notice, LIMITS))
