"""Decisions of the ledger on values alone: whether every floor holds, and what undoes an entry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from booking.core.texts import N_


@dataclass(frozen=True, slots=True)
class Move:
    """An amount above zero, in fen, from one account to another."""

    from_id: int
    to_id: int
    amount_fen: int

    @property
    def back(self) -> "Move":
        """The same the other way round."""
        return Move(self.to_id, self.from_id, self.amount_fen)


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry that is to be posted: the business key by which it is there once, and its moves.

    It may have a cause of its own among others that are posted with it.
    """

    key: str
    moves: Sequence[Move]
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account holds, and what it may not go below (None: nothing)."""

    balance_fen: int
    floor_fen: int | None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """An account that would go below its floor, and by how much."""

    account_id: int
    missing_fen: int


def shortfall(accounts: Mapping[int, Standing], moves: Iterable[Move]) -> Shortfall | None:
    """The first account that the moves, one after the other, would bring below its floor; None when all hold."""
    balances = {account_id: account.balance_fen for account_id, account in accounts.items()}
    for move in moves:
        balances[move.from_id] -= move.amount_fen
        balances[move.to_id] += move.amount_fen
        floor = accounts[move.from_id].floor_fen
        if floor is not None and balances[move.from_id] < floor:
            return Shortfall(move.from_id, floor - balances[move.from_id])
    return None


def fault_in(moves: Iterable[Move]) -> str | None:
    """What is wrong with the moves of an entry: there is one at least, each above zero, between two accounts."""
    found = list(moves)
    if not found:
        return N_("一笔记账至少有一项金额。")
    if any(move.amount_fen <= 0 or move.from_id == move.to_id for move in found):
        return N_("金额须大于零，且在两个不同的账户之间。")
    return None
