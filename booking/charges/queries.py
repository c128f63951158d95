"""Reading charges: one in full for who may read it, lists for either side, what is due."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.charges.rules import Sight, Standing
from booking.charges.vouchered import Part, parts_of
from booking.core.actors import Actor, Reach, Target
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.payers.queries import is_orphaned, orphaned
from booking.payers.queries import sight_of as payer_sight
from models.catalogue import Instrument
from models.charges import Charge, ChargeCapture, ChargeEvent, ChargeLine
from models.payers import PayerAccount
from models.samples import SampleOrder
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.charges import ANSWERABLE, UNSETTLED, ChargeState, ChargeStep

MOST_AT_ONCE = 200


class Show(StrEnum):
    """Which charges a list shows."""

    OPEN = "open"
    PROBLEMS = "problems"
    DISPUTED = "disputed"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of charges is narrowed to."""

    show: Show = Show.ALL
    state: ChargeState | None = None
    payer_id: int | None = None
    instrument_id: int | None = None
    user_id: int | None = None


PAYERS_STEPS = frozenset({ChargeStep.ACCEPT, ChargeStep.DISPUTE})
"""What is done by who booked, or who answers for the account."""


@dataclass(frozen=True, slots=True)
class Found:
    """A charge with what the actor is to it, and whether they may know which instrument it was, and what pays."""

    charge: Charge
    sight: Sight
    knows: bool
    names_payer: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """A charge with its lines, its history, the entries of the ledger that paid for it, and what vouchers pay."""

    found: Found
    lines: Sequence[ChargeLine]
    events: Sequence[ChargeEvent]
    captures: Sequence[ChargeCapture]
    vouchers: Sequence[Part]

    def hides_author(self, event: ChargeEvent) -> bool:
        """Whether who did something must not be told: who answers for an account that the reader may not know."""
        charge = self.found.charge
        if charge.payer is None or self.found.names_payer or event.actor_id in {None, charge.user_id}:
            return False
        return event.step in PAYERS_STEPS or event.actor_id == charge.payer.holder_id


def charge_for(session: Session, charge_id: int, actor: Actor, *, today: date) -> Found:
    """One charge for who may read it; raises NotFound."""
    charge = session.scalar(in_full().where(Charge.id == charge_id))
    if charge is None:
        raise NotFound
    return found_for(session, charge, actor, today=today)


def found_for(session: Session, charge: Charge, actor: Actor, *, today: date) -> Found:
    """A loaded charge as the actor sees it; raises NotFound."""
    sight = sight_of(session, charge, actor, today=today)
    if not sight.sees:
        raise NotFound
    found = _found(charge, sight, actor)
    if charge.payer is None or found.names_payer:
        return found
    return replace(found, names_payer=payer_sight(session, charge.payer, actor, today=today).sees)


def readable_ids(session: Session, charge_ids: Collection[int], actor: Actor, *, today: date) -> frozenset[int]:
    """Which of some charges the actor may read; a constant number of statements."""
    found = session.scalars(in_full().where(Charge.id.in_(charge_ids))).all() if charge_ids else ()
    gone = _orphaned(session, found, today)
    return frozenset(one.id for one in found if _sight(one, actor, gone).sees)


def whole_charge(session: Session, charge_id: int, actor: Actor, *, today: date) -> Whole:
    """One charge in full."""
    found = charge_for(session, charge_id, actor, today=today)
    of_it = select(ChargeLine).where(ChargeLine.charge_id == charge_id).order_by(ChargeLine.id)
    told = select(ChargeEvent).where(ChargeEvent.charge_id == charge_id).options(joinedload(ChargeEvent.actor))
    paid = select(ChargeCapture).where(ChargeCapture.charge_id == charge_id).order_by(ChargeCapture.id)
    return Whole(
        found,
        session.scalars(of_it).all(),
        session.scalars(told.order_by(ChargeEvent.id)).all(),
        session.scalars(paid).all() if found.names_payer else (),
        parts_of(session, found.charge),
    )


def charge_of(session: Session, reservation_id: int) -> Charge | None:
    """The charge of a reservation."""
    return session.scalar(in_full().where(Charge.reservation_id == reservation_id))


def sight_of(session: Session, charge: Charge, actor: Actor, *, today: date) -> Sight:
    """What the actor is to a charge.

    Who answers for its account has not left the institution that keeps it; where they have, its finance does.
    """
    return _sight(charge, actor, _orphaned(session, [charge], today))


def _sight(charge: Charge, actor: Actor, orphaned: Collection[int]) -> Sight:
    """The same where nobody answers for these accounts; nobody settles what they or their firm pay."""
    target, payer, is_booker = target_of(charge), charge.payer, charge.user_id == actor.id
    answers, keeps, is_own = is_booker, False, is_booker
    if payer is not None:
        kept_by, is_orphaned = Target(payer.organisation_id), payer.id in orphaned
        answers = payer.holder_id == actor.id and not is_orphaned
        is_own = is_booker or answers
        answers = answers or (is_orphaned and may(actor, Permission.MANAGE_PAYERS, kept_by))
        keeps = may(actor, Permission.SEE_PAYERS, kept_by)
    for_firm = _is_for_firm(charge, actor)
    return Sight(
        is_booker=is_booker,
        answers=answers,
        settles=not (is_own or for_firm) and may(actor, Permission.SETTLE_CHARGES, target),
        reads=may(actor, Permission.SEE_CHARGES, target),
        keeps_payer=keeps,
        for_firm=for_firm,
    )


def _is_for_firm(charge: Charge, actor: Actor) -> bool:
    """Whether it is for an order of a firm that the actor acts for now."""
    order = charge.sample_order
    if order is None or order.organisation_id is None:
        return False
    return may(actor, Permission.ORDER_FOR_FIRM, Target(order.organisation_id))


def _orphaned(session: Session, charges: Sequence[Charge], today: date) -> Collection[int]:
    """Of the accounts that pay these charges those that nobody answers for."""
    return orphaned(session, {one.payer.id for one in charges if one.payer is not None}, today=today)


def target_of(charge: Charge) -> Target:
    """Where a charge belongs, for permissions: to the owner of that time, and to those still at the instrument."""
    instrument = charge.instrument
    if instrument.organisation_id != charge.organisation_id:
        return Target(charge.organisation_id)
    return Target(charge.organisation_id, instrument.unit_id, instrument.id)


def standing_of(charge: Charge) -> Standing:
    """How it stands, as the rules read it."""
    return Standing(charge.state, charge.problem, charge.gross_fen)


def own_charges(
    session: Session, actor: Actor, wanted: Wanted, *, today: date, limit: int, cursor: str = ""
) -> Page[Found]:
    """What one booked, what one's firms ordered, and what is paid from accounts that one answers for, the newest first.

    Of one account, for who may read what it pays for, everything.
    """
    within = _own(actor, today)
    payer = session.get(PayerAccount, wanted.payer_id) if wanted.payer_id is not None else None
    if payer is not None and payer_sight(session, payer, actor, today=today).sees_bookings:
        within = true()
    return _page(session, within, wanted, actor, today=today, limit=limit, cursor=cursor)


def charges_at(
    session: Session, actor: Actor, wanted: Wanted, *, today: date, limit: int, cursor: str = ""
) -> Page[Found]:
    """The charges of the instruments whose money the actor may see, the newest first."""
    within = in_reach(reach(actor, Permission.SEE_CHARGES))
    return _page(session, within, wanted, actor, today=today, limit=limit, cursor=cursor)


def waiting_for_payer(session: Session, actor: Actor, *, today: date, limit: int) -> Sequence[Charge]:
    """What the actor is asked to accept, the soonest due first."""
    rows = in_full().where(answered_by(actor, today), Charge.state.in_(ANSWERABLE))
    return session.scalars(rows.order_by(Charge.due_at, Charge.id).limit(limit)).all()


def waiting_at(session: Session, within: Reach, show: Show, *, limit: int) -> tuple[int, Sequence[Charge]]:
    """How many disputes or (other) problems wait for who settles them, and the first of them, the oldest first."""
    shown = Charge.problem.is_not(None) if show == Show.PROBLEMS else _showing(show)
    wanted = (in_reach(within), shown)
    count = select(func.count(Charge.id)).join(Instrument, Instrument.id == Charge.instrument_id).where(*wanted)
    found = session.scalar(count)
    if not found:
        return 0, ()
    rows = in_full().join(Charge.instrument).where(*wanted).order_by(Charge.updated_at, Charge.id).limit(limit)
    return found, session.scalars(rows).all()


def due_to_finish(session: Session, *, now: datetime) -> Sequence[int]:
    """The ids of charges that go on by themselves now, the longest due first."""
    states = (*ANSWERABLE, ChargeState.ESTIMATED)
    due = select(Charge.id).where(Charge.state.in_(states), Charge.due_at <= now)
    return session.scalars(due.order_by(Charge.due_at, Charge.id).limit(MOST_AT_ONCE)).all()


def in_reach(within: Reach) -> ColumnElement[bool]:
    """Charges that a permission reaches; the statement must have joined their instrument."""
    if within.everywhere:
        return true()
    if not within:
        return false()
    still_there = Instrument.organisation_id == Charge.organisation_id
    nearer = or_(Instrument.unit_id.in_(within.unit_ids), Instrument.id.in_(within.instrument_ids))
    return or_(Charge.organisation_id.in_(within.organisation_ids), and_(still_there, nearer))


def in_full() -> Select[Charge]:
    """Charges with what pages and answers show."""
    return select(Charge).options(
        joinedload(Charge.instrument),
        joinedload(Charge.sample_order),
        joinedload(Charge.organisation),
        joinedload(Charge.user),
        joinedload(Charge.payer).joinedload(PayerAccount.holder),
        joinedload(Charge.user_group),
        joinedload(Charge.policy),
    )


def _found(charge: Charge, sight: Sight, actor: Actor) -> Found:
    """A charge with how much of it the actor may know."""
    is_public = charge.instrument.publishing_state == PublishingState.PUBLISHED
    knows = sight.is_booker or sight.for_firm or is_public or sees_record(charge, actor)
    return Found(charge, sight, knows, charge.payer is not None and (sight.answers or sight.keeps_payer))


def sees_record(charge: Charge, actor: Actor) -> bool:
    """Whether somebody may read the record of the instrument although it is not public."""
    return may(actor, Permission.SEE_RECORD, target_of(charge))


def answered_by(actor: Actor, today: date) -> ColumnElement[bool]:
    """Charges that the actor answers for: those of their accounts, and what they booked themselves without one.

    Whoever manages an institution's accounts answers for those whose holder has left it.
    """
    kept_by = reach(actor, Permission.MANAGE_PAYERS).organisation_ids
    gone = is_orphaned(today)
    theirs = and_(PayerAccount.holder_id == actor.id, ~gone)
    left_to_them = and_(PayerAccount.organisation_id.in_(kept_by), gone) if kept_by else false()
    accounts = select(PayerAccount.id).where(or_(theirs, left_to_them))
    paid = and_(Charge.payer_account_id.is_not(None), Charge.payer_account_id.in_(accounts))
    without = and_(Charge.payer_account_id.is_(None), Charge.user_id == actor.id)
    return or_(paid, without)


def _own(actor: Actor, today: date) -> ColumnElement[bool]:
    """What one booked, what was ordered for firms that one acts for, and what one answers for."""
    own = or_(Charge.user_id == actor.id, answered_by(actor, today))
    firms = reach(actor, Permission.ORDER_FOR_FIRM).organisation_ids
    if not firms:
        return own
    return or_(own, Charge.sample_order_id.in_(select(SampleOrder.id).where(SampleOrder.organisation_id.in_(firms))))


def _showing(show: Show) -> ColumnElement[bool]:
    """The charges of one part of a list."""
    return {
        Show.OPEN: Charge.state.in_(UNSETTLED),
        Show.PROBLEMS: or_(Charge.problem.is_not(None), Charge.state == ChargeState.DISPUTED),
        Show.DISPUTED: Charge.state == ChargeState.DISPUTED,
        Show.ALL: true(),
    }[show]


def _page(
    session: Session,
    within: ColumnElement[bool],
    wanted: Wanted,
    actor: Actor,
    *,
    today: date,
    limit: int,
    cursor: str,
) -> Page[Found]:
    """One page, the newest first."""
    shown = (within, _showing(wanted.show), *_narrowed(session, wanted, actor, today))
    rows = in_full().join(Charge.instrument).where(*shown)
    if cursor:
        rows = rows.where(Charge.id < decode_cursor(cursor, row_id)[0])
    page = page_of(
        session.scalars(rows.order_by(Charge.id.desc()).limit(limit + 1)).all(), limit, lambda row: (row.id,)
    )
    gone = _orphaned(session, page.items, today)
    return Page([_found(one, _sight(one, actor, gone), actor) for one in page.items], page.next_cursor)


def _narrowed(session: Session, wanted: Wanted, actor: Actor, today: date) -> Iterator[ColumnElement[bool]]:
    """What a list is narrowed to; by an account or an instrument as far as the actor may know of that."""
    if wanted.state is not None:
        yield Charge.state == wanted.state
    if wanted.user_id is not None:
        yield Charge.user_id == wanted.user_id
    own = Charge.user_id == actor.id
    if wanted.payer_id is not None:
        payer = session.get(PayerAccount, wanted.payer_id)
        sight = payer_sight(session, payer, actor, today=today) if payer is not None else None
        yield Charge.payer_account_id == wanted.payer_id
        if sight is None or not sight.sees_bookings:
            yield own if sight is not None and sight.sees else false()
    if wanted.instrument_id is not None:
        yield Charge.instrument_id == wanted.instrument_id
        if not _knows_instrument(session, wanted.instrument_id, actor):
            yield own


def _knows_instrument(session: Session, instrument_id: int, actor: Actor) -> bool:
    """Whether an instrument is public, or the actor may read its record."""
    found = session.get(Instrument, instrument_id)
    if found is None or found.publishing_state == PublishingState.PUBLISHED:
        return found is not None
    return may(actor, Permission.SEE_RECORD, Target(found.organisation_id, found.unit_id, found.id))
