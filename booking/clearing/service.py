"""Closing a month between two provinces, and what officers of both sides do with its statement afterwards."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission
from booking.clearing import queries
from booking.clearing.forms import WriteForm
from booking.clearing.queries import Closed, Figures
from booking.clearing.rules import (
    Border,
    month_after,
    net_fen,
    number_of,
)
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, NotFound
from booking.core.texts import N_
from booking.notifications.service import announce
from booking.programmes.authorities import acting_for
from booking.vouchers import opening
from models.base import Base
from models.clearing import ClearingEvent, ClearingStatement
from models.ledger import LedgerAccount
from models.vocabulary.clearing import ClearingStep, Figure
from models.vouchers import ProvincePair

CHANGED = "clearing.changed"
"""What the other side is told of."""
_FIGURES = insert(Base.metadata.tables["clearing_figures"])


class MonthLasts(Conflict):
    """The month is not over yet."""

    code = "month_lasts"
    sentence = N_("这个月还没有结束，结束后才能关账。")


class AlreadyClosed(Conflict):
    """The month was closed before."""

    code = "already_closed"
    sentence = N_("这个月已经关账。")


class EarlierOpen(Conflict):
    """A month before it is not closed."""

    code = "earlier_open"
    sentence = N_("请先关 %(month)s 的账。")


class AlreadyConfirmed(Conflict):
    """The other side confirmed it before."""

    code = "already_confirmed"
    sentence = N_("这张清算单已经确认。")


def close_month(session: Session, border: Border, month: date, *, actor: Actor, now: datetime) -> ClearingStatement:
    """Close a month that is over, for one's province; its figures and its last transfer are kept for good.

    Nothing is posted to the two pairs meanwhile, and of two who close it at once one does. What is posted for the month
    later belongs to the next one. Raises NotFound, Forbidden, MonthLasts, EarlierOpen and AlreadyClosed.
    """
    province, office_id = _acting(session, border, actor)
    if month_after(month) > local_date(now):
        raise MonthLasts
    pairs = _hold_still(session, border, now=now)
    last_id, last = queries.last_transfer(session, pairs), queries.last_statement(session, border)
    if last is not None and month <= last.month:
        raise AlreadyClosed
    due = month_after(last.month) if last is not None else queries.first_month(session, pairs)
    if due is None or last_id is None or month < due:
        raise NotFound
    if month > due:
        raise EarlierOpen(month=f"{due:%Y-%m}")
    figures = queries.figures_of(session, pairs, queries.span_of(session, border, month))
    made = ClearingStatement(
        low_province=border.low,
        high_province=border.high,
        month=month,
        number=last.number + 1 if last is not None else 1,
        last_transfer_id=last_id,
        net_fen=net_fen(border, figures),
        province=province,
        organisation_id=office_id,
        closed_by_id=actor.id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    _store(session, made.id, figures)
    after = {"number": number_of(border, made.number), "month": f"{month:%Y-%m}", "net_fen": made.net_fen}
    audit.note(session, "clearing.closed", ("clearing_statement", made.id), actor=actor, now=now, after=after)
    announce(session, CHANGED, {"statement_id": made.id, "event_id": None}, now=now)
    return made


def confirm(session: Session, border: Border, month: date, *, actor: Actor, now: datetime) -> ClearingEvent:
    """Say for the other province that its statement is right; whoever closed it never does.

    Raises NotFound, Forbidden and AlreadyConfirmed.
    """
    found, province, office_id = held(session, border, month, actor, but_not_of_closer=True)
    if ClearingStep.CONFIRM in steps_of(found):
        raise AlreadyConfirmed
    made = event_of(found, ClearingStep.CONFIRM, province, office_id, actor, now)
    return noted(session, made, "clearing.confirmed", actor=actor, now=now)


def write(
    session: Session, border: Border, month: date, form: WriteForm, *, actor: Actor, now: datetime
) -> ClearingEvent:
    """Object to a statement that the other province closed, or say something about it; for either side to read.

    Raises NotFound, Forbidden, and AlreadyConfirmed where it is too late to object.
    """
    found, province, office_id = held(session, border, month, actor, but_not_of_closer=form.is_objection)
    if form.is_objection and ClearingStep.CONFIRM in steps_of(found):
        raise AlreadyConfirmed
    step = ClearingStep.OBJECT if form.is_objection else ClearingStep.ANSWER
    made = event_of(found, step, province, office_id, actor, now)
    made.text = form.text
    action = "clearing.objected" if form.is_objection else "clearing.answered"
    return noted(session, made, action, actor=actor, now=now, reason=form.text)


def _acting(session: Session, border: Border, actor: Actor) -> tuple[str, int]:
    """For which province and authority somebody acts; raises NotFound and Forbidden."""
    queries.border_seen(session, border, queries.sight_of(session, actor, Permission.SEE_CLEARING))
    return office_of(session, border, actor)


def office_of(session: Session, border: Border, actor: Actor, *, only: str | None = None) -> tuple[str, int]:
    """The province and the authority for which somebody may act at a border; raises Forbidden."""
    offices = acting_for(session, actor, Permission.CLEAR_MONTHS)
    for province in sorted(border.provinces) if not border.is_within else ():
        if province in offices and only in {None, province}:
            return province, offices[province]
    raise Forbidden


def _hold_still(session: Session, border: Border, *, now: datetime) -> Sequence[ProvincePair]:
    """Both pairs, to which nothing is posted until the transaction ends: every entry locks its accounts first."""
    opening.pairs_of(session, [(border.low, border.high), (border.high, border.low)], now=now)
    pairs = queries.pairs_of(session, border)
    ids = [key for pair in pairs for key in queries.sides_of(pair)]
    locked = select(LedgerAccount.id).where(LedgerAccount.id.in_(ids)).order_by(LedgerAccount.id)
    session.execute(locked.with_for_update(key_share=True))
    return pairs


def _store(session: Session, statement_id: int, figures: Figures) -> None:
    """What the statement says."""
    rows = [
        {
            "statement_id": statement_id,
            "issuer_province": course.issuer,
            "provider_province": course.provider,
            "way": course.way,
            **{f"{figure}_fen": amounts[figure] for figure in Figure},
        }
        for course, amounts in figures.items()
    ]
    if rows:
        session.connection().execute(_FIGURES, rows)


def held(
    session: Session, border: Border, month: date, actor: Actor, *, but_not_of_closer: bool = False
) -> tuple[Closed, str, int]:
    """A statement under lock, and for whom somebody acts; raises NotFound and Forbidden."""
    province, office_id = _acting(session, border, actor)
    statement = queries.statement_of(session, border, month)
    if statement is None:
        raise NotFound
    if but_not_of_closer:
        province, office_id = office_of(session, border, actor, only=border.other(statement.province))
        if actor.id == statement.closed_by_id:
            raise Forbidden
    session.execute(select(ClearingStatement.id).where(ClearingStatement.id == statement.id).with_for_update())
    (found,) = queries.closed(session, [statement])
    return found, province, office_id


def steps_of(found: Closed) -> list[ClearingStep]:
    """What was done with it."""
    return [one.step for one in found.events]


def event_of(  # noqa: PLR0917 - what a step is made of
    found: Closed, step: ClearingStep, province: str, office_id: int, actor: Actor, now: datetime
) -> ClearingEvent:
    """A step that is not stored yet."""
    return ClearingEvent(
        statement_id=found.statement.id,
        step=step,
        province=province,
        organisation_id=office_id,
        actor_id=actor.id,
        created_at=now,
    )


def noted(
    session: Session,
    made: ClearingEvent,
    action: str,
    *,
    actor: Actor,
    now: datetime,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> ClearingEvent:
    """The step stored, with its line in the log; the other side is told."""
    session.add(made)
    session.flush()
    subject = ("clearing_statement", made.statement_id)
    audit.note(session, action, subject, actor=actor, now=now, after=after, reason=reason[:300])
    announce(session, CHANGED, {"statement_id": made.statement_id, "event_id": made.id}, now=now)
    return made
