"""Contracts in the world: with the agent's firm in several states, and one of the others with the same firm."""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from booking.accounts.permissions import Permission, reach
from booking.core.clock import local_date
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Wish
from booking.samples import quoting
from booking.samples.queries import quotes_of
from models.attachments import Attachment
from models.contracts import ContractSettings, ContractText, UseAgreement
from models.directory import Organisation
from models.order_forms import OrderForm
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.contracts import Need
from tests.factories.contracts import USCC, Deals
from tests.factories.samples import Orders, request_form

if TYPE_CHECKING:
    from tests.house.worlds import Builder


def add_contracts(
    builder: "Builder", keepers: frozenset[str], their_keepers: frozenset[str], staff: frozenset[str]
) -> None:
    """Led as far as their names say; their titles are markers."""
    names, markers, signer = builder.world.names, builder.world.markers, frozenset({"agent"})
    ours, theirs = (_deals(builder, side) for side in ("", "their_"))
    drafted = ours.drafted(title=builder.mark("contract_draft", keepers))
    asked = ours.asked(remark=builder.mark("contract_asked", keepers | signer))
    sent = ours.sent(title=builder.mark("contract_sent", keepers | signer))
    later = local_date(builder.now) + timedelta(days=30)
    signed = ours.signed(title=builder.mark("contract_signed", keepers | signer), starts_on=later)
    their = theirs.sent(title=builder.mark("contract_their", their_keepers | signer))
    for name, contract in {
        "draft_contract": drafted,
        "asked_contract": asked,
        "sent_contract": sent,
        "signed_contract": signed,
        "their_contract": their,
    }.items():
        builder.keep(name, contract)
    names["firm_id"], names["firm_code"] = ours.firm.id, USCC
    owned = (Attachment.owner_kind == OwnerKind.CONTRACT, Attachment.owner_id == signed.id)
    names["contract_file"] = builder.session.scalars(select(Attachment.id).where(*owned)).one()
    text = select(ContractText).where(ContractText.organisation_id == names["organisation"])
    builder.keep("contract_text", builder.session.scalars(text).one())
    _add_lacking(builder, ours)
    markers["qnameagentxz"] |= keepers | their_keepers
    markers["qmailagentxz"] |= staff
    markers["qnameadminxz"] |= keepers | signer
    markers["qnametheiradminxz"] |= signer
    builder.session.commit()


def _deals(builder: "Builder", side: str) -> Deals:
    """An institution, and the firm that the agent acts for."""
    agent, session = builder.actor("agent"), builder.session
    firm = session.get_one(Organisation, min(reach(agent, Permission.SIGN_CONTRACTS).organisation_ids))
    firm.uscc = USCC
    session.flush()
    place = session.get_one(Organisation, builder.world.names[f"{side}organisation"])
    return Deals(session, place, firm, builder.actor(f"{side}admin"), agent, builder.now)


def _add_lacking(builder: "Builder", ours: Deals) -> None:
    """The institution requires order forms: a booking and a firm's order that still wait for theirs."""
    session, names, text_id = builder.session, builder.world.names, builder.world.names["contract_text"]
    session.add(ContractSettings(organisation_id=ours.place.id, requires=True, threshold_fen=5_000_000))
    wish = Wish(names["published"], builder.at(9, 15), order_form=text_id)
    reservation = request_reservation(session, wish, actor=ours.signer, now=builder.now)
    orders = Orders(session, names["published"], ours.signer, builder.actor("steward"), builder.now)
    order = orders.quoted(orders.asked(request_form(organisation_id=ours.firm.id)))
    quoting.accept_quote(
        session, order.id, quotes_of(session, order.id)[-1].id, text_id, actor=ours.signer, now=builder.now
    )
    session.flush()
    form = select(OrderForm).where(OrderForm.sample_order_id == order.id)
    builder.keep("order_form", session.scalars(form).one())
    lacking = {"organisation_id": ours.place.id, "need": Need.ORDER_FORM, "amount_fen": 0, "created_at": builder.now}
    session.add(UseAgreement(user_id=reservation.booked_by_id, reservation_id=reservation.id, **lacking))
    session.add(UseAgreement(user_id=ours.signer.id, party_id=ours.firm.id, sample_order_id=order.id, **lacking))
    session.flush()
    builder.keep("lacking_reservation", reservation)
    builder.keep("lacking_order", order)
