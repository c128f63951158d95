"""Charges of the world: the holder's at ours, final, disputed and short; one of the others'; and uses to confirm."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from booking.charges import service
from booking.charges.windows import Windows
from booking.payers import amounts
from booking.payers.forms import NewPayerForm, PayerAmountForm
from booking.payers.service import add_member, open_payer
from booking.reservations.forms import UseForm
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Paying, Wish
from models.catalogue import Instrument
from models.charges import Charge
from models.reservations import Reservation
from models.vocabulary.payers import PayerKind
from models.vocabulary.pricing import BilledOn
from tests.factories.prices import make_hourly_price

if TYPE_CHECKING:
    from tests.house.worlds import Builder

HOURLY = 20_000


def add_charges(builder: "Builder", staff: frozenset[str], money: frozenset[str], theirs: frozenset[str]) -> None:
    """`staff` see who booked, `money` what it costs; what is said of a use and of a charge is a marker."""
    session, names, now = builder.session, builder.world.names, builder.now
    for record, key in (("published", "admin"), ("their_published", "their_admin")):
        instrument, until = session.get_one(Instrument, names[record]), date(2020, 1, 1)
        user = builder.world.users[key]
        make_hourly_price(session, instrument, HOURLY, user, valid_from=until, billed_on=BilledOn.LARGER)
    note = builder.mark("use_note", staff | {"holder"})
    builder.keep("charge", _charged(builder, "published", "holder", "steward", 8, note=note))
    disputed = _charged(builder, "published", "holder", "steward", 10)
    why = builder.mark("disputed", money | {"holder"})
    service.dispute_charge(session, disputed.id, why, actor=builder.actor("holder"), now=now)
    builder.keep("disputed_charge", disputed)
    builder.keep("short_charge", _short(builder))
    builder.keep("orphan_charge", _orphaned(builder, money - staff | {"admin", "reader", "writer", "holder"}))
    builder.keep("unconfirmed", _booked(builder, "published", "holder", 16))
    their_note = builder.mark("their_use_note", theirs)
    later = Paying(is_later=True)
    their_charge = _charged(
        builder, "their_published", "their_holder", "their_steward", 8, paying=later, note=their_note
    )
    their_why = builder.mark("their_dispute", theirs - {"their_technician"})
    service.dispute_charge(session, their_charge.id, their_why, actor=builder.actor("their_holder"), now=now)
    builder.keep("their_charge", their_charge)
    for name in ("charge", "disputed_charge", "short_charge", "orphan_charge"):
        builder.world.names[f"{name}_version"] = session.get_one(Charge, builder.world.names[name]).version
    builder.world.markers["qnamestewardxz"] |= {"finance"}
    session.commit()


def _booked(builder: "Builder", record: str, booker: str, hour: int, *, paying: Paying | None = None) -> Reservation:
    """An hour of yesterday, booked some days before."""
    wanted = paying or Paying(builder.world.names["paying"])
    wish = Wish(builder.world.names[record], builder.at(-1, hour), paying=wanted)
    before = builder.now - timedelta(days=4)
    return request_reservation(builder.session, wish, actor=builder.actor(booker), now=before)


def _charged(  # noqa: PLR0917 - whose use of what, confirmed by whom
    builder: "Builder", record: str, booker: str, steward: str, hour: int, paying: Paying | None = None, **said: Any
) -> Charge:
    """The charge of a use that the steward confirmed."""
    made = _booked(builder, record, booker, hour, paying=paying)
    form = UseForm(**said)
    actor, now = builder.actor(steward), builder.now
    confirm_use(builder.session, made.id, form, windows=Windows(), actor=actor, now=now)
    return builder.session.scalars(select(Charge).where(Charge.reservation_id == made.id)).one()


def _short(builder: "Builder") -> Charge:
    """An accepted charge that its account could not pay whole, and could now."""
    session, now, payer_id = builder.session, builder.now, builder.world.names["paying"]
    made = _booked(builder, "published", "holder", 13)
    admin, why = builder.actor("admin"), "qwhypayingxz"
    spent = sum(charge.captured_fen for charge in session.scalars(select(Charge))) + HOURLY + 300
    amounts.set_amount(session, payer_id, PayerAmountForm(amount_fen=spent, reason=why), actor=admin, now=now)
    actual = {"actual_starts_at": made.starts_at, "actual_ends_at": made.ends_at + timedelta(hours=1)}
    form = UseForm(**{name: moment.isoformat() for name, moment in actual.items()})
    confirm_use(session, made.id, form, windows=Windows(), actor=builder.actor("steward"), now=now)
    charge = session.scalars(select(Charge).where(Charge.reservation_id == made.id)).one()
    service.accept_charge(session, charge.id, actor=builder.actor("holder"), now=now)
    amounts.set_amount(session, payer_id, PayerAmountForm(amount_fen=500_000, reason=why), actor=admin, now=now)
    return charge


def _orphaned(builder: "Builder", readers: frozenset[str]) -> Charge:
    """A charge that nobody answers for but the finance: the holder of its account is deactivated."""
    session, names, admin = builder.session, builder.world.names, builder.actor("admin")
    holder, name = builder.world.users["holder"], builder.mark("of_orphan", readers)
    form = NewPayerForm(kind=PayerKind.GRANT, number="2026-9", name=name, holder=holder.email)
    account = open_payer(session, names["organisation"], form, actor=admin, now=builder.now)
    amount = PayerAmountForm(amount_fen=500_000, reason=builder.mark("why_orphan", readers))
    amounts.set_amount(session, account.id, amount, actor=admin, now=builder.now)
    account.holder_id = builder.world.users["closed"].id
    add_member(session, account.id, holder.email, actor=admin, now=builder.now)
    for told in ("nameclosed", "mailclosed"):
        builder.world.markers[f"q{told}xz"] |= readers
    session.flush()
    return _charged(builder, "published", "holder", "steward", 18, paying=Paying(account.id))
