"""What a statement does to its charges, set by set: they are billed, paid with it, and open again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from booking.charges.paying import free_credit
from booking.core.actors import Actor
from booking.statements.rules import number_of
from models.base import Base
from models.charges import Charge, ChargeEvent
from models.ledger import LedgerAccount
from models.statements import Debtor, Statement, StatementItem
from models.vocabulary.charges import ChargeState, ChargeStep
from models.vocabulary.payers import PayerKind
from models.vocabulary.statements import StatementKind

_EVENT = insert(Base.metadata.tables["charge_events"])


def bill_charges(session: Session, statement: Statement, *, actor: Actor, now: datetime) -> None:
    """All that its charges come to is billed with it; what was let off meanwhile stays so."""
    state = case((Charge.state == ChargeState.ACCEPTED, ChargeState.BILLED), else_=Charge.state)
    on_it = Charge.id.in_(_on(statement))
    taken = Charge.captured_fen if statement.kind == StatementKind.TAKEN else None
    values: dict[str, Any] = {"billed_fen": Charge.gross_fen, "billed_taken_fen": taken, "state": state}
    values |= {"version": Charge.version + 1, "updated_at": now}
    session.execute(update(Charge).where(on_it).values(values).execution_options(synchronize_session=False))
    _tell(session, statement, on_it, ChargeStep.BILL, actor=actor, now=now)


def pay_charges(
    session: Session, statements: Sequence[Statement], debtor: Debtor, *, actor: Actor, now: datetime
) -> None:
    """Their charges are paid, those of which no statement is open; a credit limit is free again by that much.

    All of them are under lock before the payer account is.
    """
    on_them = select(StatementItem.charge_id).where(StatementItem.statement_id.in_([one.id for one in statements]))
    other, item = aliased(Statement), aliased(StatementItem)
    still_open = (
        exists()
        .where(item.charge_id == Charge.id, other.id == item.statement_id, LedgerAccount.id == other.open_id)
        .where(LedgerAccount.balance_fen > 0)
    )
    paid = Charge.id.in_(on_them), Charge.state == ChargeState.BILLED, ~still_open
    ids = session.scalars(select(Charge.id).where(*paid).order_by(Charge.id).with_for_update(key_share=True)).all()
    _move(session, statements, ids, ChargeState.PAID, ChargeStep.SETTLE, actor=actor, now=now)
    if debtor.payer is not None and debtor.payer.kind == PayerKind.ON_ACCOUNT:
        spent = select(Charge).where(Charge.id.in_(ids), Charge.captured_fen > 0).order_by(Charge.id)
        free_credit(session, session.scalars(spent.execution_options(populate_existing=True)).all(), now=now)


def reopen_charges(session: Session, statements: Sequence[Statement], *, actor: Actor, now: datetime) -> None:
    """The charges of these statements are not paid after all."""
    on_them = select(StatementItem.charge_id).where(StatementItem.statement_id.in_([one.id for one in statements]))
    paid = Charge.id.in_(on_them), Charge.state == ChargeState.PAID
    ids = session.scalars(select(Charge.id).where(*paid).order_by(Charge.id).with_for_update(key_share=True)).all()
    _move(session, statements, ids, ChargeState.BILLED, ChargeStep.REOPEN, actor=actor, now=now)


def _on(statement: Statement) -> Select[int]:
    """The charges on a statement."""
    return select(StatementItem.charge_id).where(StatementItem.statement_id == statement.id)


def _move(
    session: Session,
    statements: Sequence[Statement],
    ids: Sequence[int],
    state: ChargeState,
    step: ChargeStep,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Put locked charges into another state; the history of each names the last of these statements that it is on."""
    if not ids:
        return
    values = {"state": state, "version": Charge.version + 1, "updated_at": now}
    these = update(Charge).where(Charge.id.in_(ids)).values(values)
    session.execute(these.execution_options(synchronize_session=False))
    numbers = {one.id: number_of(one.year, one.number) for one in statements}
    its_last = select(StatementItem.charge_id, func.max(StatementItem.statement_id)).where(
        StatementItem.charge_id.in_(ids), StatementItem.statement_id.in_(numbers)
    )
    told = {"step": step, "state": state, "actor_id": actor.id, "change_fen": 0, "occurred_at": now}
    rows = session.execute(its_last.group_by(StatementItem.charge_id).order_by(StatementItem.charge_id))
    events = [told | {"charge_id": charge_id, "text": numbers[last]} for charge_id, last in rows]
    session.connection().execute(_EVENT, events)


def _tell(
    session: Session,
    statement: Statement,
    which: ColumnElement[bool],
    step: ChargeStep,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """One row of history for each charge of a statement, with its number; the log has one of the statement."""
    table, names = ChargeEvent.__table__, ("charge_id", "step", "state", "actor_id", "change_fen", "text")
    values = (
        literal(step, table.c.step.type),
        Charge.state,
        literal(actor.id),
        literal(0),
        literal(number_of(statement.year, statement.number)),
        literal(now, table.c.occurred_at.type),
    )
    rows = select(Charge.id, *values).where(which)
    session.execute(insert(ChargeEvent).from_select([*names, "occurred_at"], rows))
