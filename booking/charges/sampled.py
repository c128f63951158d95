"""Charges of sample orders: made when results are accepted, or of what was done when an order ends midway."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from booking.catalogue.keeping import staff_organisation_id
from booking.charges import paying
from booking.charges.books import tell
from booking.charges.counting import Work, due_lines, work_of
from booking.charges.vouchered import ever_held, fee_of, release_vouchers
from booking.charges.windows import Windows, accept_by
from booking.core.actors import Actor
from booking.payers.holds import Wanted, for_order, set_hold
from booking.pricing.rules import Line
from models.charges import Charge
from models.samples import Sample, SampleOrder, SampleOrderStep, SampleQuote, SampleResult
from models.vocabulary.charges import ChargeKind, ChargeState, ChargeStep
from models.vocabulary.samples import SampleStep

LEAST = timedelta(minutes=1)
"""An order that is over as soon as it was accepted took so long, as far as its charge goes."""


def charge_of_order(session: Session, order_id: int) -> Charge | None:
    """The charge of an order with what pays for it, without the rest of what pages show."""
    rows = select(Charge).where(Charge.sample_order_id == order_id).options(joinedload(Charge.payer))
    return session.scalar(rows)


def accepted_quote(session: Session, order_id: int) -> SampleQuote:
    """The quote that an accepted order rests on: its last one, for nobody quotes what was accepted."""
    rows = select(SampleQuote).where(SampleQuote.order_id == order_id).order_by(SampleQuote.id.desc())
    return session.scalars(rows.limit(1)).one()


def work_done(session: Session, order_id: int) -> Work:
    """What became of an order's samples."""
    return work_of(session.scalars(select(Sample.state).where(Sample.order_id == order_id)))


def said_counts(session: Session, order_id: int) -> list[int] | None:
    """What staff said last of how much was done of each line; None while they said nothing."""
    said = (SampleOrderStep.order_id == order_id, SampleOrderStep.step == SampleStep.COUNT)
    facts = session.scalar(select(SampleOrderStep.facts).where(*said).order_by(SampleOrderStep.id.desc()).limit(1))
    return list(facts["counts"]) if facts else None


def lines_due(session: Session, order_id: int) -> list[Line]:
    """What an order costs as things stand: its quote's lines by what staff said was done, else by the samples."""
    quote, work = accepted_quote(session, order_id), work_done(session, order_id)
    return due_lines(quote.lines, said_counts(session, order_id), work, quote.total_fen)


def charge_order(
    session: Session, order: SampleOrder, *, windows: Windows, actor: Actor | None, now: datetime
) -> Charge | None:
    """The charge for a locked order whose results were accepted; what costs nothing has none, and holds no more.

    One that is there already stays as it is.
    """
    if found := charge_of_order(session, order.id):
        return found
    ended_at = _reported_at(session, order.id) or now
    return _final(session, order, ended_at, windows=windows, actor=actor, now=now)


def _final(
    session: Session, order: SampleOrder, ended_at: datetime, *, windows: Windows, actor: Actor | None, now: datetime
) -> Charge | None:
    """A charge that is asked about at once; what costs nothing has none."""
    lines = lines_due(session, order.id)
    if not lines:
        release_order(session, order, now=now)
        return None
    charge = _new(session, order, ended_at, ChargeState.FINAL, now=now)
    charge.due_at = accept_by(session, charge.organisation_id, windows.accept_days, now=now)
    return _store(session, charge, lines, actor=actor, now=now)


def charge_ended(
    session: Session, order: SampleOrder, *, windows: Windows, actor: Actor, now: datetime
) -> Charge | None:
    """The charge for what was done of a locked order that ends midway: at once where staff have said how much.

    Else it is estimated, and the quote stays held, until they say so or the working days for that are over.
    """
    if found := charge_of_order(session, order.id):
        return found
    if said_counts(session, order.id) is not None:
        return _final(session, order, now, windows=windows, actor=actor, now=now)
    charge = _new(session, order, now, ChargeState.ESTIMATED, now=now)
    charge.due_at = accept_by(session, charge.organisation_id, windows.confirm_days, now=now)
    return _store(session, charge, [], actor=actor, now=now)


def finish_order(
    session: Session, charge: Charge, order_id: int, *, windows: Windows, actor: Actor | None, now: datetime
) -> None:
    """A locked estimated charge becomes what was done, spent of what is held; or nothing, and it is let off."""
    paying.change(session, charge, lines_due(session, order_id), now=now)
    if fee_of(charge):
        charge.state = ChargeState.FINAL
        charge.due_at = accept_by(session, charge.organisation_id, windows.accept_days, now=now)
    else:
        charge.state, charge.due_at = ChargeState.WAIVED, None
    tell(session, charge, ChargeStep.FINISH, actor=actor, now=now)


def release_order(session: Session, order: SampleOrder, *, now: datetime) -> None:
    """Give back whatever is held for a locked order that is charged nothing."""
    if order.payer_account_id is not None:
        set_hold(session, for_order(order.id), Wanted(None, charged_user_id(order), 0), now=now)
    if order.organisation_id is not None:
        release_vouchers(session, for_order(order.id), now=now)


def charged_user_id(order: SampleOrder) -> int:
    """Who answers for an order that no account pays: who accepted its quote, else who asked."""
    return order.accepted_by_id or order.requested_by_id


def _store(session: Session, charge: Charge, lines: Sequence[Line], *, actor: Actor | None, now: datetime) -> Charge:
    """Store a charge; one that is final is paid as far as what is held goes."""
    charge.uses_vouchers = ever_held(for_order(charge.sample_order_id or 0))
    session.add(charge)
    session.flush()
    session.refresh(charge, ["payer"])
    if charge.state == ChargeState.FINAL:
        paying.change(session, charge, lines, now=now)
    tell(session, charge, ChargeStep.MAKE, actor=actor, now=now)
    return charge


def _new(session: Session, order: SampleOrder, ended_at: datetime, state: ChargeState, *, now: datetime) -> Charge:
    """The row of a charge, with nothing on it yet."""
    quote = accepted_quote(session, order.id)
    starts_at = order.accepted_at or order.requested_at
    return Charge(
        sample_order_id=order.id,
        organisation_id=staff_organisation_id(order),
        instrument_id=order.instrument_id,
        user_id=charged_user_id(order),
        payer_account_id=order.payer_account_id,
        price_policy_id=quote.price_policy_id,
        kind=ChargeKind.SAMPLES,
        state=state,
        booked_starts_at=starts_at,
        booked_ends_at=max(ended_at, starts_at + LEAST),
        estimated_fen=quote.total_fen,
        gross_fen=0,
        captured_fen=0,
        paper_fen=0,
        version=0,
        created_at=now,
        updated_at=now,
    )


def _reported_at(session: Session, order_id: int) -> datetime | None:
    """When the last results were handed over."""
    return session.scalar(select(func.max(SampleResult.made_at)).where(SampleResult.order_id == order_id))
