"""What waits for secrecy review in the small world, on both sides; its texts are markers."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from booking.catalogue import gate, service
from booking.catalogue.forms import InstrumentChanges
from booking.catalogue.moves import plan_move
from booking.catalogue.owners import propose_owner
from booking.catalogue.reporting import ask_exemption
from booking.catalogue.step_forms import OwnerProposal, PlaceMove
from booking.core.clock import local_date
from models.catalogue import Instrument
from models.directory import Organisation
from models.publishing import ReviewRound
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from tests.factories.instruments import make_instrument
from tests.factories.people import give

READY: dict[str, Any] = {
    "functions_zh": "形貌观察",
    "user_rules_zh": "须预约",
    "fees_zh": "面议",
    "contact_name": "陈老师",
    "phone": "023-68250000",
}


def arrange_reviews(builder: Any, side: str, staff: frozenset[str]) -> None:
    """A complete draft, a record in review, and a change of a published one that waits aside."""
    session, names = builder.session, builder.world.names
    owner = session.get_one(Organisation, names[f"{side}organisation"])
    text = builder.mark(f"{side}ready", staff)
    waiting = builder.mark(f"{side}in_review", staff)
    for name, word in (("ready", text), ("in_review", waiting)):
        made = make_instrument(
            session,
            owner,
            unit_id=names[f"{side}unit"],
            policy={"closes_on_holidays": False},
            publishing_state=PublishingState.DRAFT,
            name_zh=word,
            **READY,
        )
        builder.keep(f"{side}{name}", made)
        give(session, builder.world.users[f"{side}steward"], Role.STEWARD, ScopeKind.INSTRUMENT, made.id)
    steward = builder.actor(f"{side}steward")
    gate.submit_record(session, names[f"{side}in_review"], actor=steward, now=builder.now)
    change = InstrumentChanges(indicators_zh=builder.mark(f"{side}aside", staff))
    service.patch_instrument(session, names[f"{side}asking"], change, actor=steward, now=builder.now)
    session.flush()
    for name, record in (("round", "in_review"), ("update_round", "asking")):
        rounds = select(ReviewRound).where(ReviewRound.instrument_id == names[f"{side}{record}"])
        builder.keep(f"{side}{name}", session.scalars(rounds).one())
    builder.world.markers["qnamestewardxz"] |= {"reviewer", "trainer"}
    session.commit()


def arrange_arrivals(builder: Any, side: str, admins: frozenset[str]) -> None:
    """A draft whose report date is long past, a planned move; on our side somebody asked to be exempt."""
    session, names = builder.session, builder.world.names
    late = session.get_one(Instrument, names[f"{side}draft"])
    late.accepted_on = local_date(builder.now) - timedelta(days=120)
    session.flush()
    move = PlaceMove(
        starts_on=local_date(builder.now) + timedelta(days=30),
        street=builder.mark(f"{side}new_room", frozenset({f"{side}steward"}) | admins),
    )
    made = plan_move(session, names[f"{side}published"], move, actor=builder.actor(f"{side}admin"), now=builder.now)
    builder.keep(f"{side}move", made)
    if not side:
        reason = builder.mark("why_exempt", frozenset({"admin", "reader", "writer"}))
        asked = ask_exemption(session, late.id, reason, actor=builder.actor("admin"), now=builder.now)
        builder.keep("exemption", asked)
    session.commit()


def arrange_owner_change(
    builder: Any, admins: frozenset[str], staff: frozenset[str], their_admins: frozenset[str]
) -> None:
    """A draft of ours that their institution is offered; its receivers read its name and nothing more."""
    session, names = builder.session, builder.world.names
    made = make_instrument(
        session,
        session.get_one(Organisation, names["organisation"]),
        unit_id=names["unit"],
        publishing_state=PublishingState.DRAFT,
        name_zh=builder.mark("offered", staff | their_admins),
        indicators_zh=builder.mark("offered_indicators", staff),
    )
    builder.keep("offered_record", made)
    give(session, builder.world.users["steward"], Role.STEWARD, ScopeKind.INSTRUMENT, made.id)
    offer = OwnerProposal(
        to_organisation_id=names["their_organisation"],
        starts_on=local_date(builder.now) + timedelta(days=30),
        reason=builder.mark("why_given", admins | their_admins),
    )
    change = propose_owner(session, made.id, offer, actor=builder.actor("admin"), now=builder.now)
    builder.keep("owner_change", change)
    for marker in ("qnameadminxz", "qmailadminxz"):
        builder.world.markers[marker] |= their_admins
    session.commit()
