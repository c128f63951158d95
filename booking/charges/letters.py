"""Which mails follow from what happened to a charge: each step tells the other side."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import and_, or_, select

from booking.affiliations.queries import has_left
from booking.catalogue.stewards import named_stewards
from booking.charges.queries import in_full
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.accounts import Grant, User
from models.charges import Charge, ChargeEvent
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.charges import ChargeProblem, ChargeState, ChargeStep

TEMPLATE, WAITING = "charges/changed", "charges/disputes_wait"
MOST_LISTED = 50
SILENT = frozenset({ChargeStep.ACCEPT, ChargeStep.TAKE_REST})
TO_STAFF = frozenset({ChargeStep.DISPUTE, ChargeStep.WRITE})


def on_changed(news: News) -> list[Letter]:
    """To whoever answers for the charge and booked the time, or to the owner's people; never to who did it."""
    charge = news.session.scalar(in_full().where(Charge.id == news.payload["charge_id"]))
    event = news.session.get(ChargeEvent, news.payload["event_id"])
    if charge is None or event is None or event.step in SILENT:
        return []
    is_unpriced = event.step == ChargeStep.MAKE and charge.problem == ChargeProblem.NOT_PRICED
    payers = _payers(news, charge)
    from_payers = any(person.id == event.actor_id for person in payers)
    goes_to_staff = is_unpriced or (event.step in TO_STAFF and from_payers)
    people = list(_staff(news, charge)) if goes_to_staff else payers
    return [
        Letter(one.email, one.language, TEMPLATE, _values(news, charge, event, one, is_staff=goes_to_staff))
        for one in people
        if one.deactivated_at is None and (one.id != event.actor_id or event.step == ChargeStep.MAKE)
    ]


def on_disputes_wait(news: News) -> list[Letter]:
    """One letter to each of the owner's people with every dispute that they have not answered."""
    told: dict[int, tuple[User, list[dict[str, Any]]]] = {}
    rows = in_full().where(Charge.id.in_(news.payload["charge_ids"]), Charge.state == ChargeState.DISPUTED)
    for charge in news.session.scalars(rows.order_by(Charge.updated_at, Charge.id)):
        for person in _staff(news, charge):
            told.setdefault(person.id, (person, []))[1].append(_waiting(charge))
    link = news.link("charges/staffed?show=disputed")
    return [
        Letter(one.email, one.language, WAITING, {"count": len(rows), "waiting": rows[:MOST_LISTED], "link": link})
        for one, rows in told.values()
    ]


def _waiting(charge: Charge) -> dict[str, Any]:
    """One dispute in a list."""
    return {
        "number": charge.id,
        "instrument_zh": charge.instrument.name_zh,
        "instrument_en": charge.instrument.name_en,
        "booked_by": charge.user.name,
        "gross_fen": charge.gross_fen,
        "since": charge.updated_at,
    }


def _payers(news: News, charge: Charge) -> list[User]:
    """Who answers for what pays and who booked, unless they have left the institution that keeps the account.

    Where nobody is left who answers for it, the finance of that institution.
    """
    if charge.payer is None:
        return [charge.user]
    keeper_id, people = charge.payer.organisation_id, {one.id: one for one in (charge.payer.holder, charge.user)}
    gone = has_left(User.id, keeper_id, local_date(news.now))
    left = set(news.session.scalars(select(User.id).where(User.id.in_(people), gone)))
    still = [one for one in people.values() if one.id not in left and one.deactivated_at is None]
    return still if charge.payer.holder in still else [*still, *_finance(news, keeper_id)]


def _finance(news: News, organisation_id: int) -> list[User]:
    """Those who look after an institution's accounts, else its administrators, in order of id."""
    today = local_date(news.now)
    for role in (Role.INSTITUTION_FINANCE, Role.INSTITUTION_ADMIN):
        held = (Grant.role == role, Grant.scope_kind == ScopeKind.ORGANISATION, Grant.scope_id == organisation_id)
        in_force = and_(Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today))
        rows = select(User).where(User.id.in_(select(Grant.user_id).where(*held, in_force)))
        if found := news.session.scalars(rows.where(User.deactivated_at.is_(None)).order_by(User.id)).all():
            return list(found)
    return []


def _staff(news: News, charge: Charge) -> Iterable[User]:
    """The named stewards, and who made the charge as long as they settle charges there; else all who do."""
    settling = {one.id: one for one in _settling(news, charge)}
    made = select(ChargeEvent.actor_id).where(ChargeEvent.charge_id == charge.id, ChargeEvent.step == ChargeStep.MAKE)
    named = named_stewards(news.session, charge.instrument, today=local_date(news.now)) if _is_theirs(charge) else {}
    asked = [*named.values(), *(settling[one] for one in news.session.scalars(made) if one in settling)]
    return {one.id: one for one in asked}.values() or settling.values()


def _settling(news: News, charge: Charge) -> Iterator[User]:
    """Stewards of the instrument and its unit, finance and administrators of its owner, in order of id."""
    today, instrument = local_date(news.now), charge.instrument
    roles = (Role.STEWARD, Role.INSTITUTION_FINANCE, Role.INSTITUTION_ADMIN)
    here = [(role, ScopeKind.ORGANISATION, charge.organisation_id) for role in roles]
    if _is_theirs(charge):
        here.append((Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id))
        here += [(Role.STEWARD, ScopeKind.UNIT, instrument.unit_id)] if instrument.unit_id is not None else []
    held = or_(*(and_(Grant.role == role, Grant.scope_kind == kind, Grant.scope_id == key) for role, kind, key in here))
    in_force = and_(Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today))
    rows = select(User).where(User.id.in_(select(Grant.user_id).where(held, in_force)))
    yield from news.session.scalars(rows.where(User.deactivated_at.is_(None)).order_by(User.id))


def _is_theirs(charge: Charge) -> bool:
    """Whether the instrument still is the one's that it was used at."""
    return charge.instrument.organisation_id == charge.organisation_id


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
