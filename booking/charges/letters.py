"""Which mails follow from what happened to a charge: each step tells the other side."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import and_, or_, select

from booking.catalogue.stewards import named_stewards
from booking.charges.queries import in_full
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.accounts import Grant, User
from models.charges import Charge, ChargeEvent
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.charges import ChargeProblem, ChargeState, ChargeStep

TEMPLATE = "charges/changed"
SILENT = frozenset({ChargeStep.ACCEPT, ChargeStep.TAKE_REST})
TO_STAFF = frozenset({ChargeStep.DISPUTE, ChargeStep.WRITE})


def on_changed(news: News) -> list[Letter]:
    """To whoever answers for the charge and booked the time, or to the owner's people; never to who did it."""
    charge = news.session.scalar(in_full().where(Charge.id == news.payload["charge_id"]))
    event = news.session.get(ChargeEvent, news.payload["event_id"])
    if charge is None or event is None or event.step in SILENT:
        return []
    is_unpriced = event.step == ChargeStep.MAKE and charge.problem == ChargeProblem.NOT_PRICED
    payers = _payers(charge)
    from_payers = any(person.id == event.actor_id for person in payers)
    goes_to_staff = is_unpriced or (event.step in TO_STAFF and from_payers)
    people = list(_staff(news, charge)) if goes_to_staff else payers
    return [
        Letter(one.email, one.language, TEMPLATE, _values(news, charge, event, one, is_staff=goes_to_staff))
        for one in people
        if one.deactivated_at is None and (one.id != event.actor_id or event.step == ChargeStep.MAKE)
    ]


def _payers(charge: Charge) -> list[User]:
    """Who answers for what pays, then who booked."""
    people = [charge.payer.holder, charge.user] if charge.payer else [charge.user]
    return list({person.id: person for person in people}.values())


def _staff(news: News, charge: Charge) -> Iterable[User]:
    """The named stewards and who made the charge; where there is nobody, all who settle charges at the instrument."""
    named = named_stewards(news.session, charge.instrument, today=local_date(news.now)).values()
    made = select(ChargeEvent.actor_id).where(ChargeEvent.charge_id == charge.id, ChargeEvent.step == ChargeStep.MAKE)
    is_theirs = charge.kind.value != "late_cancellation"
    maker = news.session.scalar(select(User).where(User.id.in_(made))) if is_theirs else None
    found = {one.id: one for one in (*named, maker) if one is not None and one.deactivated_at is None}
    return found.values() or _settling(news, charge)


def _settling(news: News, charge: Charge) -> Iterator[User]:
    """Stewards of the instrument, and finance and administrators of its owner, in order of id."""
    today = local_date(news.now)
    here = [(Role.STEWARD, ScopeKind.INSTRUMENT, charge.instrument_id)]
    roles = (Role.STEWARD, Role.INSTITUTION_FINANCE, Role.INSTITUTION_ADMIN)
    here += [(role, ScopeKind.ORGANISATION, charge.organisation_id) for role in roles]
    held = or_(*(and_(Grant.role == role, Grant.scope_kind == kind, Grant.scope_id == key) for role, kind, key in here))
    in_force = and_(Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today))
    rows = select(User).where(User.id.in_(select(Grant.user_id).where(held, in_force))).order_by(User.id)
    yield from news.session.scalars(rows)


def _values(news: News, charge: Charge, event: ChargeEvent, person: User, *, is_staff: bool) -> dict[str, Any]:
    """What the letter says; which instrument it was only to who may know of it."""
    instrument = charge.instrument
    is_public = instrument.publishing_state == PublishingState.PUBLISHED
    knows = is_staff or is_public or person.id == charge.user_id
    return {
        "number": charge.id,
        "instrument_zh": instrument.name_zh if knows else "",
        "instrument_en": instrument.name_en if knows else "",
        "organisation_zh": charge.organisation.name_zh,
        "organisation_en": charge.organisation.name_en,
        "booked_by": charge.user.name,
        "starts_at": charge.booked_starts_at,
        "ends_at": charge.booked_ends_at,
        "step": event.step.value,
        "kind": charge.kind.value,
        "is_estimated": event.state == ChargeState.ESTIMATED,
        "is_waived": event.state == ChargeState.WAIVED,
        "gross_fen": charge.gross_fen,
        "due_at": charge.due_at if event.state in {ChargeState.FINAL, ChargeState.ADJUSTED} else None,
        "text": event.text,
        "is_staff": is_staff,
        "link": news.link(f"charges/{charge.id}"),
    }
