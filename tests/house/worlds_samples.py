"""Sample orders in the world: the holder's in several states, one of the agent's firm, one at the others."""

from typing import TYPE_CHECKING

from sqlalchemy import select

from booking.accounts.permissions import Permission, reach
from booking.attachments.preparing import Prepared, Uploaded, prepare
from booking.samples import handling
from booking.samples.queries import quotes_of
from models.attachments import Attachment
from models.directory import Organisation
from models.samples import SampleOrder
from models.vocabulary.attachments import OwnerKind
from tests.factories.affiliations import affiliate
from tests.factories.pictures import photo
from tests.factories.samples import LIMITS, Orders, request_form

if TYPE_CHECKING:
    from tests.house.worlds import Builder


def add_samples(builder: "Builder", staff: frozenset[str], their_staff: frozenset[str]) -> None:
    """Orders led as far as their names say; what is written in them is a marker."""
    names, markers, asker = builder.world.names, builder.world.markers, frozenset({"holder"})
    ours = _orders(builder, "published", "holder", "steward")
    made = {
        "asked_order": ours.asked(request_form(builder.mark("sample_asked", staff | asker)), _photo()),
        "quoted_order": ours.quoted(),
        "accepted_order": ours.accepted(),
        "questioned_order": ours.received(missing=[1], note="少一件"),
        "queued_order": ours.received(),
    }
    testing, reported, disputed = ours.received(), ours.received(), ours.received()
    ours.run(testing, reported, disputed, period=builder.at(10, 10))
    for order in (reported, disputed):
        ours.reported(order)
    handling.dispute_results(builder.session, disputed.id, reason="偏高", actor=ours.asker, now=builder.now)
    cancelled = ours.received()
    handling.cancel_order(builder.session, cancelled.id, reason="不测了", actor=ours.asker, now=builder.now)
    made |= {"testing_order": testing, "reported_order": reported, "disputed_order": disputed}
    firm = _orders(builder, "published", "agent", "steward")
    form = request_form(builder.mark("sample_firm", staff | {"agent"}), organisation_id=_firm(firm))
    theirs = _orders(builder, "their_published", "their_holder", "their_steward")
    their_form = request_form(builder.mark("sample_their", their_staff))
    made |= {
        "cancelled_order": cancelled,
        "firm_order": firm.quoted(firm.asked(form)),
        "their_order": theirs.asked(their_form),
    }
    for name, order in made.items():
        builder.keep(name, order)
    names["queued_number"] = made["queued_order"].number or ""
    names["firm"] = _firm(firm)
    affiliate(builder.session, builder.world.users["agent"], builder.session.get_one(Organisation, names["firm"]))
    names["order_file"] = _file_of(builder, made["asked_order"]).id
    names["quote_id"] = _quote_of(ours, made["quoted_order"])
    names["firm_quote_id"] = _quote_of(firm, made["firm_order"])
    markers["qnameagentxz"] |= staff
    markers["qnamestewardxz"] |= {"agent"}
    builder.session.commit()


def _orders(builder: "Builder", record: str, asker: str, staff: str) -> Orders:
    """Both sides at a record."""
    actors = builder.actor(asker), builder.actor(staff)
    return Orders(builder.session, builder.world.names[record], *actors, builder.now)


def _firm(orders: Orders) -> int:
    """The firm that the asker acts for."""
    return min(reach(orders.asker, Permission.ORDER_FOR_FIRM).organisation_ids)


def _photo() -> list[Prepared]:
    """A photo ready to be stored."""
    return prepare([Uploaded("样品.jpg", photo())], LIMITS)


def _quote_of(orders: Orders, order: SampleOrder) -> int:
    """The number of its quote."""
    return quotes_of(orders.session, order.id)[-1].id


def _file_of(builder: "Builder", order: SampleOrder) -> Attachment:
    """Its one file."""
    owned = (Attachment.owner_kind == OwnerKind.SAMPLE_ORDER, Attachment.owner_id == order.id)
    return builder.session.scalars(select(Attachment).where(*owned)).one()
