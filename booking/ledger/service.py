"""Opening accounts and posting entries: once per business key, whole or not at all, never below a floor."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from booking.core.errors import Conflict, NotFound, Refused
from booking.core.texts import N_
from booking.database.transactions import connection_of
from booking.ledger import queries
from booking.ledger.rules import Move, Posting, Shortfall, Standing, fault_in, shortfall
from booking.ledger.storing import store_new
from models.base import Base
from models.ledger import LedgerAccount, LedgerEntry


class BelowFloor(Conflict):
    """An account does not hold as much as would go out of it."""

    code = "below_floor"
    sentence = N_("剩余金额不足。")

    def __init__(self, found: Shortfall) -> None:
        """Keep which account it is, and how much is missing."""
        super().__init__()
        self.account_id, self.missing_fen = found.account_id, found.missing_fen


class EntryDiffers(Conflict):
    """The business key stands for another entry already."""

    code = "entry_differs"
    sentence = N_("这个编号已用于另一笔记账。")


class AlreadyCorrected(Conflict):
    """The entry was corrected before, or is a correction itself."""

    code = "already_corrected"
    sentence = N_("这笔记账已经更正过，或者它本身就是更正。")


class NoEntry(Refused):
    """Moves that are no entry."""

    code = "no_entry"


_MOVE = insert(Base.metadata.tables["ledger_transfers"])
_ACCOUNTS = Base.metadata.tables["ledger_accounts"]
_LOCKED = (
    select(_ACCOUNTS.c.id, _ACCOUNTS.c.balance_fen, _ACCOUNTS.c.floor_fen)
    .where(_ACCOUNTS.c.id.in_(bindparam("account_ids", expanding=True)))
    .order_by(_ACCOUNTS.c.id)
    .with_for_update(key_share=True)
)
_ENSURED = {
    "postgresql": postgresql.insert(_ACCOUNTS).on_conflict_do_nothing(index_elements=["name"]),
    "sqlite": sqlite.insert(_ACCOUNTS).on_conflict_do_nothing(index_elements=["name"]),
}
_FIRST = {
    "postgresql": postgresql.insert(LedgerEntry).on_conflict_do_nothing(index_elements=["key"]).returning(LedgerEntry),
    "sqlite": sqlite.insert(LedgerEntry).on_conflict_do_nothing(index_elements=["key"]).returning(LedgerEntry),
}


def open_account(session: Session, name: str, *, floor_fen: int | None, now: datetime) -> LedgerAccount:
    """A new account with nothing in it, whose name is its own; without a floor it may go as low as it will."""
    account = LedgerAccount(name=name, floor_fen=floor_fen, balance_fen=0, created_at=now)
    session.add(account)
    session.flush()
    return account


def open_accounts(session: Session, floors: Mapping[str, int | None], *, now: datetime) -> dict[str, int]:
    """Several new accounts at once, by their names with their floors; the id of each."""
    made = [LedgerAccount(name=name, floor_fen=floor, balance_fen=0, created_at=now) for name, floor in floors.items()]
    session.add_all(made)
    session.flush()
    return {one.name: one.id for one in made}


def ensure_accounts(session: Session, floors: Mapping[str, int | None], *, now: datetime) -> dict[str, int]:
    """The accounts of these names, opened with their floors where they are not there yet; the id of each.

    Whoever opens the same ones at the same time waits, and finds them.
    """
    rows = [{"name": name, "floor_fen": floor, "balance_fen": 0, "created_at": now} for name, floor in floors.items()]
    session.execute(_ENSURED[session.get_bind().dialect.name], rows)
    found = select(LedgerAccount.name, LedgerAccount.id).where(LedgerAccount.name.in_(floors))
    return {row.name: row.id for row in session.execute(found)}


def post_entry(
    session: Session,
    key: str,
    cause: str,
    moves: Sequence[Move],
    *,
    now: datetime,
    corrects_id: int | None = None,
    is_new: bool = False,
) -> LedgerEntry:
    """The entry of this business key with these moves; the one that is there already when it was posted before.

    An `is_new` key names what this very transaction made, so that it is not looked for. Locks the accounts in order
    of id. Raises EntryDiffers, BelowFloor, NoEntry, and NotFound for an account.
    """
    if fault := fault_in(moves):
        raise NoEntry(fault)
    standings = _locked(session, moves)
    if not is_new and (earlier := queries.entry_by_key(session, key)):
        return _same(session, earlier, moves)
    if found := shortfall(standings, moves):
        raise BelowFloor(found)
    values = {"key": key, "cause": cause, "corrects_id": corrects_id, "created_at": now}
    entry: LedgerEntry | None = session.scalar(_FIRST[session.get_bind().dialect.name].values(**values))
    if entry is None:
        return _same(session, queries.entry_by_key(session, key), moves)
    session.connection().execute(_MOVE, [_row(entry.id, move) for move in moves])
    _follow(session, standings, moves)
    return entry


def post_entries(
    session: Session, cause: str, wanted: Sequence[Posting], *, now: datetime, is_new: bool = False
) -> dict[str, int]:
    """The same for several entries in this order, by as many statements as for one; the id of each by its key.

    With `is_new` all keys name what this very transaction made. Locks all their accounts in order of id. All of them
    are posted or none; raises what `post_entry` raises.
    """
    for one in wanted:
        if fault := fault_in(one.moves):
            raise NoEntry(fault)
    if not wanted:
        return {}
    standings = _locked(session, [move for one in wanted for move in one.moves])
    earlier = {} if is_new else queries.entries_by_key(session, [one.key for one in wanted])
    found = {one.key: _same(session, earlier[one.key], one.moves).id for one in wanted if one.key in earlier}
    fresh = [one for one in wanted if one.key not in earlier]
    if below := shortfall(standings, [move for one in fresh for move in one.moves]):
        raise BelowFloor(below)
    return found | _store_entries(session, cause, fresh, standings, now=now)


def _store_entries(
    session: Session, cause: str, fresh: Sequence[Posting], standings: Mapping[int, Standing], *, now: datetime
) -> dict[str, int]:
    """Entries with their transfers, of locked accounts; what somebody else posted meanwhile must be the same."""
    if not fresh:
        return {}
    made = store_new(session.connection(), cause, fresh, now=now)
    _follow(session, standings, [move for one in fresh if one.key in made for move in one.moves])
    others = [one for one in fresh if one.key not in made]
    return made | {one.key: _same(session, queries.entry_by_key(session, one.key), one.moves).id for one in others}


def correct_entry(session: Session, entry: LedgerEntry, cause: str, *, now: datetime) -> LedgerEntry:
    """A new entry that takes another back, whole; raises AlreadyCorrected or BelowFloor."""
    if entry.corrects_id is not None or queries.correction_of(session, entry.id) is not None:
        raise AlreadyCorrected
    moves = [move.back for move in reversed(queries.moves_of(session, entry.id))]
    return post_entry(session, f"correction:{entry.id}", cause, moves, now=now, corrects_id=entry.id)


def _locked(session: Session, moves: Sequence[Move]) -> dict[int, Standing]:
    """How the accounts of moves stand now, under lock in order of id; raises NotFound when one is none."""
    account_ids = {one for move in moves for one in (move.from_id, move.to_id)}
    rows = connection_of(session).execute(_LOCKED, {"account_ids": sorted(account_ids)}).all()
    if len(rows) < len(account_ids):
        raise NotFound
    for row in rows:
        _hold_now(session, row.id, row.balance_fen)
    return {row.id: Standing(row.balance_fen, row.floor_fen) for row in rows}


def _hold_now(session: Session, account_id: int, balance_fen: int) -> None:
    """Let an account hold this where the session has loaded it."""
    loaded = session.identity_map.get(identity_key(LedgerAccount, account_id))
    if loaded is not None:
        set_committed_value(loaded, "balance_fen", balance_fen)


def _row(entry_id: int, move: Move) -> dict[str, int]:
    """A transfer as it is stored."""
    ends = {"from_account_id": move.from_id, "to_account_id": move.to_id}
    return {"entry_id": entry_id, **ends, "amount_fen": move.amount_fen}


def _follow(session: Session, standings: Mapping[int, Standing], moves: Sequence[Move]) -> None:
    """Let loaded accounts hold what the database lets them hold after these transfers."""
    changes: defaultdict[int, int] = defaultdict(int)
    for move in moves:
        changes[move.from_id] -= move.amount_fen
        changes[move.to_id] += move.amount_fen
    for account_id, change in changes.items():
        _hold_now(session, account_id, standings[account_id].balance_fen + change)


def _same(session: Session, entry: LedgerEntry | None, moves: Sequence[Move]) -> LedgerEntry:
    """An entry that was posted before, if it moved the same."""
    if entry is None:
        raise NotFound
    if queries.moves_of(session, entry.id) != list(moves):
        raise EntryDiffers
    return entry
