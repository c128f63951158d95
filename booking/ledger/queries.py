"""Reading the ledger: accounts, entries by their key, and the transfers of an account in pages."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.core.pages import Page, decode_cursor, encode_cursor, page_of, row_id
from booking.ledger.rules import Move
from models.ledger import LedgerAccount, LedgerEntry, LedgerTransfer


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer as one account sees it: above zero came in, below zero went out."""

    transfer: LedgerTransfer
    amount_fen: int

    @property
    def entry(self) -> LedgerEntry:
        """The entry it is part of."""
        return self.transfer.entry


@dataclass(frozen=True, slots=True)
class Touched:
    """An entry with what it changed of some accounts, by their ids: above zero came in, below zero went out."""

    entry: LedgerEntry
    changes: Mapping[int, int]


def account_by_name(session: Session, name: str) -> LedgerAccount | None:
    """The account of this name."""
    return session.scalar(select(LedgerAccount).where(LedgerAccount.name == name))


def balance_of(session: Session, account_id: int) -> int:
    """What an account holds, in fen."""
    return session.scalars(select(LedgerAccount.balance_fen).where(LedgerAccount.id == account_id)).one()


def entry_by_key(session: Session, key: str) -> LedgerEntry | None:
    """The entry of a business key."""
    return session.scalar(select(LedgerEntry).where(LedgerEntry.key == key))


def entries_by_key(session: Session, keys: Collection[str]) -> dict[str, LedgerEntry]:
    """The entries of business keys, by key; absent where there is none."""
    return {one.key: one for one in session.scalars(select(LedgerEntry).where(LedgerEntry.key.in_(keys)))}


def correction_of(session: Session, entry_id: int) -> LedgerEntry | None:
    """The entry that corrects another."""
    return session.scalar(select(LedgerEntry).where(LedgerEntry.corrects_id == entry_id))


def moves_of(session: Session, entry_id: int) -> list[Move]:
    """What an entry moved, in the order in which it was written."""
    rows = select(LedgerTransfer).where(LedgerTransfer.entry_id == entry_id).order_by(LedgerTransfer.id)
    return [Move(one.from_account_id, one.to_account_id, one.amount_fen) for one in session.scalars(rows)]


def transfers_of(session: Session, account_id: int, *, limit: int, cursor: str = "") -> Page[Posted]:
    """The transfers into and out of an account with their entries, the newest first; they add up to its balance."""
    touching = or_(LedgerTransfer.from_account_id == account_id, LedgerTransfer.to_account_id == account_id)
    wanted = select(LedgerTransfer).where(touching).options(joinedload(LedgerTransfer.entry))
    if cursor:
        wanted = wanted.where(LedgerTransfer.id < decode_cursor(cursor, row_id)[0])
    rows: Sequence[LedgerTransfer] = session.scalars(wanted.order_by(LedgerTransfer.id.desc()).limit(limit + 1)).all()
    page = page_of(rows, limit, lambda row: (row.id,))
    return Page([Posted(row, _signed(row, account_id)) for row in page.items], page.next_cursor)


def entries_of(session: Session, account_ids: Collection[int], *, limit: int, cursor: str = "") -> Page[Touched]:
    """The entries that moved something into or out of these accounts, the newest first.

    What they changed adds up to the balance of each account.
    """
    touching = or_(LedgerTransfer.from_account_id.in_(account_ids), LedgerTransfer.to_account_id.in_(account_ids))
    wanted = select(LedgerEntry).where(LedgerEntry.id.in_(select(LedgerTransfer.entry_id).where(touching)))
    if cursor:
        wanted = wanted.where(LedgerEntry.id < decode_cursor(cursor, row_id)[0])
    rows = session.scalars(wanted.order_by(LedgerEntry.id.desc()).limit(limit + 1)).all()
    page = page_of(rows, limit, lambda row: (row.id,))
    changes: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    moved = select(LedgerTransfer).where(LedgerTransfer.entry_id.in_([one.id for one in page.items]), touching)
    for transfer in session.scalars(moved):
        changes[transfer.entry_id][transfer.to_account_id] += transfer.amount_fen
        changes[transfer.entry_id][transfer.from_account_id] -= transfer.amount_fen
    return Page(
        [Touched(one, {key: changes[one.id][key] for key in account_ids}) for one in page.items], page.next_cursor
    )


def from_entry(entry_id: int) -> str:
    """From where on `entries_of` begins with an entry."""
    return encode_cursor(entry_id + 1)


def cursor_of(session: Session, account_id: int, entry_id: int) -> str:
    """From where on the transfers of an account begin with those of an entry; from the newest on without any."""
    touching = or_(LedgerTransfer.from_account_id == account_id, LedgerTransfer.to_account_id == account_id)
    last = session.scalar(select(func.max(LedgerTransfer.id)).where(LedgerTransfer.entry_id == entry_id, touching))
    return encode_cursor(last + 1) if last is not None else ""


def _signed(transfer: LedgerTransfer, account_id: int) -> int:
    """The amount as the account sees it."""
    return transfer.amount_fen if transfer.to_account_id == account_id else -transfer.amount_fen
