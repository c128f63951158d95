"""Adding statements up again: from their items and those from the charges, what is open from what was settled."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.statements import strays
from models.charges import Charge, ChargeLine
from models.ledger import LedgerAccount
from models.statements import Debtor, Receipt, Settlement, Statement, StatementItem, StatementSeries
from models.vocabulary.charges import ON_STATEMENT, ChargeState


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _wrong_totals(session)
    yield from _wrong_items(session)
    yield from _wrong_charges(session)
    yield from _wrong_numbers(session)
    yield from _wrong_open(session)
    yield from _wrong_debtors(session)
    yield from strays.faults(session)


def _sum(column: Any) -> Any:
    """A sum of amounts, whole."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def _wrong_totals(session: Session) -> Iterator[str]:
    """A statement that is not what its items add up to."""
    total, taken = _sum(StatementItem.amount_fen), _sum(StatementItem.taken_fen)
    sums = (
        select(StatementItem.statement_id, total.label("total"), taken.label("taken"))
        .group_by(StatementItem.statement_id)
        .subquery()
    )
    off = (
        select(Statement.id, Statement.total_fen, sums.c.total)
        .outerjoin(sums, sums.c.statement_id == Statement.id)
        .where(
            or_(
                func.coalesce(sums.c.total, 0) != Statement.total_fen,
                func.coalesce(sums.c.taken, 0) != Statement.taken_fen,
            )
        )
    )
    for statement_id, told, found in session.execute(off.order_by(Statement.id)):
        yield f"statement {statement_id} says {told} fen, its items add up to {found}"


def _wrong_items(session: Session) -> Iterator[str]:
    """An item that is not what the lines of the charge add up to that it stands for."""
    before = aliased(StatementItem)
    since = (
        select(func.coalesce(func.max(before.last_line_id), 0))
        .where(before.charge_id == StatementItem.charge_id, before.turn < StatementItem.turn)
        .correlate(StatementItem)
        .scalar_subquery()
    )
    lines = (
        select(_sum(ChargeLine.amount_fen))
        .where(
            ChargeLine.charge_id == StatementItem.charge_id,
            ChargeLine.id <= StatementItem.last_line_id,
            ChargeLine.id > since,
        )
        .correlate(StatementItem)
        .scalar_subquery()
    )
    off = select(StatementItem.id, StatementItem.amount_fen, lines).where(StatementItem.amount_fen != lines)
    for item_id, told, found in session.execute(off.order_by(StatementItem.id)):
        yield f"statement item {item_id} says {told} fen, the charge's lines {found}"


def _wrong_charges(session: Session) -> Iterator[str]:
    """A charge that is not billed what statements say, or whose state says otherwise."""
    total, taken = _sum(StatementItem.amount_fen), _sum(StatementItem.taken_fen)
    sums = (
        select(StatementItem.charge_id, total.label("total"), taken.label("taken"))
        .group_by(StatementItem.charge_id)
        .subquery()
    )
    billed, was_taken = func.coalesce(sums.c.total, 0), func.coalesce(sums.c.taken, 0)
    off = select(Charge.id, Charge.billed_fen, billed).outerjoin(sums, sums.c.charge_id == Charge.id)
    for charge_id, told, found in session.execute(off.where(Charge.billed_fen != billed).order_by(Charge.id)):
        yield f"charge {charge_id} says that {told} fen are billed, statements say {found}"
    says = func.coalesce(Charge.billed_taken_fen, 0)
    other = select(Charge.id, says, was_taken).outerjoin(sums, sums.c.charge_id == Charge.id).where(says != was_taken)
    for charge_id, told, found in session.execute(other.order_by(Charge.id)):
        yield f"charge {charge_id} says that {told} fen were taken, statements say {found}"
    yield from _wrong_states(session)


def _wrong_states(session: Session) -> Iterator[str]:
    """A charge that stands elsewhere than its statements say."""
    is_open = exists().where(
        StatementItem.charge_id == Charge.id,
        Statement.id == StatementItem.statement_id,
        LedgerAccount.id == Statement.open_id,
        LedgerAccount.balance_fen > 0,
    )
    state = Charge.state
    says_all = and_(
        Charge.billed_fen == Charge.gross_fen,
        or_(Charge.billed_taken_fen.is_(None), Charge.billed_taken_fen == Charge.captured_fen),
    )
    has_items = exists().where(StatementItem.charge_id == Charge.id)
    wrong = or_(
        and_(state.in_(ON_STATEMENT), ~says_all),
        and_(state == ChargeState.ACCEPTED, Charge.problem.is_(None), says_all, has_items),
        and_(state == ChargeState.PAID, is_open),
        and_(state == ChargeState.BILLED, ~is_open),
    )
    for charge_id, told in session.execute(select(Charge.id, state).where(wrong).order_by(Charge.id)):
        yield f"charge {charge_id} is {told}, which its statements do not say"


def _wrong_numbers(session: Session) -> Iterator[str]:
    """A year of an institution whose numbers have a gap, or go on beyond the last one given."""
    given = (
        select(
            Statement.organisation_id,
            Statement.year,
            func.count(Statement.id).label("count"),
            func.max(Statement.number).label("last"),
        )
        .group_by(Statement.organisation_id, Statement.year)
        .subquery()
    )
    same = and_(given.c.organisation_id == StatementSeries.organisation_id, given.c.year == StatementSeries.year)
    count, last = func.coalesce(given.c.count, 0), func.coalesce(given.c.last, 0)
    off = (
        select(StatementSeries.organisation_id, StatementSeries.year, count, last)
        .outerjoin(given, same)
        .where(or_(count != last, last != StatementSeries.last_number))
    )
    for organisation_id, year, found, most in session.execute(off):
        yield f"organisation {organisation_id} has {found} statements of {year}, numbered up to {most}"


def _wrong_open(session: Session) -> Iterator[str]:
    """A statement of which something else is open than what was not settled."""
    settled = (
        select(Settlement.statement_id, _sum(Settlement.amount_fen).label("total"))
        .group_by(Settlement.statement_id)
        .subquery()
    )
    rest = Statement.due_fen - func.coalesce(settled.c.total, 0)
    off = (
        select(Statement.id, LedgerAccount.balance_fen, rest)
        .join(LedgerAccount, LedgerAccount.id == Statement.open_id)
        .outerjoin(settled, settled.c.statement_id == Statement.id)
        .where(LedgerAccount.balance_fen != rest)
    )
    for statement_id, balance, found in session.execute(off.order_by(Statement.id)):
        yield f"statement {statement_id} has {balance} fen open, {found} are not settled"


def _wrong_debtors(session: Session) -> Iterator[str]:
    """A debtor whose accounts do not say what statements asked for and what receipts brought."""
    asked = select(_sum(Statement.due_fen)).where(Statement.debtor_id == Debtor.id).scalar_subquery()
    wrong = aliased(Receipt)
    came = (
        select(_sum(Receipt.amount_fen * strays.receipt_sign(wrong)))
        .select_from(Receipt)
        .outerjoin(wrong, wrong.id == Receipt.corrects_id)
        .where(Receipt.debtor_id == Debtor.id)
        .scalar_subquery()
    )
    billed, cash, credit, settled = (aliased(LedgerAccount) for _ in range(4))
    owed = -billed.balance_fen - credit.balance_fen
    rows = (
        select(Debtor.id, owed, asked - came)
        .join(billed, billed.id == Debtor.billed_id)
        .join(cash, cash.id == Debtor.cash_id)
        .join(credit, credit.id == Debtor.credit_id)
        .join(settled, settled.id == Debtor.settled_id)
    )
    says = or_(
        owed != asked - came,
        cash.balance_fen != -came,
        cash.balance_fen + credit.balance_fen + settled.balance_fen != 0,
    )
    for debtor_id, told, found in session.execute(rows.where(says).order_by(Debtor.id)):
        yield f"debtor {debtor_id} owes {told} fen by the ledger, by statements and receipts {found}"
