"""Writing entries with their transfers: by one statement on PostgreSQL, where what was written can feed the next."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, text
from sqlalchemy.dialects import sqlite

from booking.ledger.rules import Posting
from models.base import Base, UtcDateTime

_ENTRIES, _TRANSFERS = Base.metadata.tables["ledger_entries"], Base.metadata.tables["ledger_transfers"]
_SEVERAL = (
    sqlite.insert(_ENTRIES).on_conflict_do_nothing(index_elements=["key"]).returning(_ENTRIES.c.id, _ENTRIES.c.key)
)
_MOVES = insert(_TRANSFERS)
_TOGETHER = text("""
    WITH made AS (
        INSERT INTO ledger_entries (key, cause, created_at)
        SELECT wanted.key, wanted.cause, :now
        FROM unnest(CAST(:keys AS text[]), CAST(:causes AS text[])) WITH ORDINALITY AS wanted (key, cause, place)
        ORDER BY wanted.place
        ON CONFLICT (key) DO NOTHING
        RETURNING id, key
    ), moved AS (
        INSERT INTO ledger_transfers (entry_id, from_account_id, to_account_id, amount_fen)
        SELECT made.id, move.from_id, move.to_id, move.amount_fen
        FROM unnest(
            CAST(:moved AS text[]), CAST(:from_ids AS integer[]), CAST(:to_ids AS integer[]), CAST(:amounts AS bigint[])
        ) WITH ORDINALITY AS move (key, from_id, to_id, amount_fen, place)
        JOIN made ON made.key = move.key
        ORDER BY move.place
    )
    SELECT made.id, made.key FROM made
""").bindparams(bindparam("now", type_=UtcDateTime()))


def store_new(connection: Connection, cause: str, wanted: Sequence[Posting], *, now: datetime) -> dict[str, int]:
    """The ids of those entries whose keys were not there yet, each stored with its transfers in their order."""
    if connection.dialect.name == "postgresql":
        return _together(connection, cause, wanted, now=now)
    rows = [{"key": one.key, "cause": one.cause or cause, "created_at": now} for one in wanted]
    made: dict[str, int] = {key: entry_id for entry_id, key in connection.execute(_SEVERAL, rows)}
    moves = [
        {
            "entry_id": made[one.key],
            "from_account_id": move.from_id,
            "to_account_id": move.to_id,
            "amount_fen": move.amount_fen,
        }
        for one in wanted
        if one.key in made
        for move in one.moves
    ]
    if moves:
        connection.execute(_MOVES, moves)
    return made


def _together(connection: Connection, cause: str, wanted: Sequence[Posting], *, now: datetime) -> dict[str, int]:
    """The same by one statement, whose text is the same for any number of entries and transfers."""
    moves = [(one.key, move) for one in wanted for move in one.moves]
    rows = connection.execute(
        _TOGETHER,
        {
            "now": now,
            "keys": [one.key for one in wanted],
            "causes": [one.cause or cause for one in wanted],
            "moved": [key for key, _ in moves],
            "from_ids": [move.from_id for _, move in moves],
            "to_ids": [move.to_id for _, move in moves],
            "amounts": [move.amount_fen for _, move in moves],
        },
    )
    return {key: entry_id for entry_id, key in rows}
