"""Adding the ledger up again: every balance from its transfers, nothing below its floor, no entry without any."""

from collections.abc import Iterator

from sqlalchemy import BigInteger, case, cast, exists, func, select, union_all
from sqlalchemy.orm import Session

from models.ledger import LedgerAccount, LedgerEntry, LedgerTransfer


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _wrong_balances(session)
    yield from _below_floor(session)
    yield from _empty_entries(session)
    yield from _impossible_transfers(session)
    yield from _wrong_corrections(session)


def _wrong_balances(session: Session) -> Iterator[str]:
    """An account whose stored balance is not what its transfers add up to."""
    came_in = select(LedgerTransfer.to_account_id.label("account_id"), LedgerTransfer.amount_fen.label("amount"))
    went_out = select(LedgerTransfer.from_account_id, -LedgerTransfer.amount_fen)
    moved = union_all(came_in, went_out).subquery()
    total = cast(func.sum(moved.c.amount), BigInteger).label("total")
    sums = select(moved.c.account_id, total).group_by(moved.c.account_id).subquery()
    added = func.coalesce(sums.c.total, 0)
    wrong = (
        select(LedgerAccount.id, LedgerAccount.name, LedgerAccount.balance_fen, added)
        .outerjoin(sums, sums.c.account_id == LedgerAccount.id)
        .where(LedgerAccount.balance_fen != added)
        .order_by(LedgerAccount.id)
    )
    for account_id, name, balance, found in session.execute(wrong):
        off = balance - found
        yield f"account {account_id} ({name}) holds {balance} fen, its transfers add up to {found}: {off:+d}"


def _below_floor(session: Session) -> Iterator[str]:
    """An account that holds less than it may."""
    low = select(LedgerAccount).where(LedgerAccount.balance_fen < LedgerAccount.floor_fen).order_by(LedgerAccount.id)
    for one in session.scalars(low):
        yield f"account {one.id} ({one.name}) holds {one.balance_fen} fen, below its floor of {one.floor_fen}"


def _empty_entries(session: Session) -> Iterator[str]:
    """An entry that moved nothing."""
    has_some = exists().where(LedgerTransfer.entry_id == LedgerEntry.id)
    for entry_id, key in session.execute(select(LedgerEntry.id, LedgerEntry.key).where(~has_some)):
        yield f"entry {entry_id} ({key}) has no transfers"


def _impossible_transfers(session: Session) -> Iterator[str]:
    """A transfer of nothing, or from an account to itself."""
    nowhere = LedgerTransfer.from_account_id == LedgerTransfer.to_account_id
    for transfer_id in session.scalars(select(LedgerTransfer.id).where((LedgerTransfer.amount_fen <= 0) | nowhere)):
        yield f"transfer {transfer_id} moves nothing"


def _wrong_corrections(session: Session) -> Iterator[str]:
    """A correction that does not take back, to the fen, what it corrects."""
    is_one = LedgerEntry.corrects_id.is_not(None)
    itself = select(LedgerEntry.id.label("correction"), LedgerEntry.id.label("part")).where(is_one)
    parts = union_all(itself, select(LedgerEntry.id, LedgerEntry.corrects_id).where(is_one)).subquery()
    source, target = LedgerTransfer.from_account_id, LedgerTransfer.to_account_id
    signed = case((source < target, LedgerTransfer.amount_fen), else_=-LedgerTransfer.amount_fen)
    pair = case((source < target, source), else_=target), case((source < target, target), else_=source)
    off = (
        select(parts.c.correction)
        .join(LedgerTransfer, LedgerTransfer.entry_id == parts.c.part)
        .group_by(parts.c.correction, *pair)
        .having(func.sum(signed) != 0)
    )
    for entry_id in sorted(set(session.scalars(off))):
        yield f"entry {entry_id} does not take back the one that it corrects"
