"""Payer accounts of the world: a grant, a credit that pays and money paid in at ours, a grant at theirs; all marked."""

from typing import TYPE_CHECKING

from booking.core.clock import local_date
from booking.payers import amounts, service
from booking.payers.forms import NewPayerForm, PayerAmountForm, PayerReceiptForm
from booking.payers.holds import Wanted, for_reservation, set_hold
from booking.payers.rules import BY_AMOUNT
from models.reservations import Reservation
from models.vocabulary.payers import PayerKind

if TYPE_CHECKING:
    from tests.house.worlds import Builder


def add_payers(builder: "Builder", ours: frozenset[str], theirs: frozenset[str]) -> None:
    """Ours are answered for by the holder, who pays a booking from one; the participant uses the grant."""
    session, names, now = builder.session, builder.world.names, builder.now
    for name, kind, place, holder, admin, readers in (
        ("payer", PayerKind.GRANT, "organisation", "holder", "admin", ours),
        ("prepaid", PayerKind.PREPAID, "organisation", "holder", "admin", ours),
        ("paying", PayerKind.ON_ACCOUNT, "organisation", "holder", "admin", ours - {"participant"}),
        ("their_payer", PayerKind.GRANT, "their_organisation", "their_holder", "their_admin", theirs),
    ):
        actor, email = builder.actor(admin), builder.world.users[holder].email
        form = NewPayerForm(kind=kind, number="2026-1", name=builder.mark(f"of_{name}", readers), holder=email)
        account = service.open_payer(session, names[place], form, actor=actor, now=now)
        builder.keep(name, account)
        why = builder.mark(f"why_{name}", readers)
        if kind in BY_AMOUNT:
            amounts.set_amount(
                session, account.id, PayerAmountForm(amount_fen=500_000, reason=why), actor=actor, now=now
            )
        else:
            receipt = PayerReceiptForm(amount_fen=500_000, receipt_number="R1", receipt_on=local_date(now), reason=why)
            made = amounts.top_up(session, account.id, receipt, actor=actor, now=now)
            builder.keep("movement", made.movement)
    email = builder.world.users["participant"].email
    member = service.add_member(session, names["payer"], email, actor=builder.actor("admin"), now=now)
    builder.keep("payer_member", member)
    using = ("holder", "participant", "researcher")
    for told in ("nameadmin", *(f"{what}{key}" for key in using for what in ("name", "mail"))):
        builder.world.markers[f"q{told}xz"] |= {"finance"}
    reservation = session.get_one(Reservation, names["reservation"])
    reservation.payer_account_id = names["paying"]
    session.flush()
    set_hold(session, for_reservation(reservation.id), Wanted(names["paying"], reservation.booked_by_id, 300), now=now)
    session.commit()
