"""The ledger: posted once, never below a floor, never changed, and added up again."""

import threading
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.core.errors import Refused
from booking.database.transactions import transaction
from booking.ledger import queries, service
from booking.ledger.rules import Move, Posting
from booking.ledger.verifying import faults
from booking.web.extensions import db
from models.ledger import LedgerAccount, LedgerEntry, LedgerTransfer
from tests.counting import counting
from tests.factories.looking import count


@pytest.fixture
def accounts(session: Session, now: datetime) -> list[int]:
    """A source without a floor, and two that never go below zero."""
    found = [_open(session, floor, now) for floor in (None, 0, 0)]
    session.commit()
    return found


def _open(session: Session, floor: int | None, now: datetime) -> int:
    return service.open_account(session, f"test:{uuid4()}", floor_fen=floor, now=now).id


def balances(session: Session, accounts: Sequence[int]) -> list[int]:
    return [queries.balance_of(session, one) for one in accounts]


def test_an_entry_is_posted_once_and_the_repeat_answers_the_same(
    session: Session, accounts: list[int], now: datetime
) -> None:
    source, first, second = accounts
    moves = [Move(source, first, 500), Move(first, second, 200)]

    made = service.post_entry(session, "key:1", "test", moves, now=now)
    again = service.post_entry(session, "key:1", "test", moves, now=now)
    with pytest.raises(service.EntryDiffers):
        service.post_entry(session, "key:1", "test", moves[:1], now=now)
    session.commit()

    assert again is made
    assert balances(session, accounts) == [-500, 300, 200]
    assert (count(session, LedgerEntry), count(session, LedgerTransfer)) == (1, 2)
    assert list(faults(session)) == []


@pytest.mark.parametrize("count_of", [2, 5])
def test_several_entries_are_posted_once_each_by_as_many_statements_as_one(
    session: Session, accounts: list[int], now: datetime, count_of: int
) -> None:
    source, first, second = accounts
    wanted = [Posting(f"key:{one}", [Move(source, first, 500), Move(first, second, 200)]) for one in range(count_of)]
    alone = service.post_entry(session, "key:0", "test", wanted[0].moves, now=now)

    with counting() as statements:
        made = service.post_entries(session, "test", wanted[1:], now=now)
    again = service.post_entries(session, "test", wanted, now=now)
    session.commit()

    assert len(statements) == (3 if db.engine.dialect.name == "postgresql" else 4)
    assert again == made | {"key:0": alone.id}
    assert [queries.moves_of(session, made[one.key]) for one in wanted[1:]] == [one.moves for one in wanted[1:]]
    assert balances(session, accounts) == [-500 * count_of, 300 * count_of, 200 * count_of]
    assert (count(session, LedgerEntry), count(session, LedgerTransfer)) == (count_of, 2 * count_of)
    assert list(faults(session)) == []


def test_new_keys_are_not_looked_for_and_each_entry_may_have_its_own_cause(
    session: Session, accounts: list[int], now: datetime
) -> None:
    source, first, second = accounts
    wanted = [Posting("key:1", [Move(source, first, 500)], "other"), Posting("key:2", [Move(first, second, 200)])]

    with counting() as statements:
        made = service.post_entries(session, "test", wanted, now=now, is_new=True)
    again = service.post_entries(session, "test", wanted, now=now, is_new=True)
    session.commit()

    assert len(statements) == (2 if db.engine.dialect.name == "postgresql" else 3)
    assert again == made
    assert session.scalars(select(LedgerEntry.cause).order_by(LedgerEntry.id)).all() == ["other", "test"]
    assert balances(session, accounts) == [-500, 300, 200]


def test_of_several_entries_all_are_posted_or_none(session: Session, accounts: list[int], now: datetime) -> None:
    source, first, second = accounts
    service.post_entry(session, "key:0", "test", [Move(source, first, 500)], now=now)
    session.commit()
    fits, more = Posting("key:1", [Move(first, second, 300)]), Posting("key:2", [Move(first, second, 201)])

    for wanted, refusal in (
        ([fits, more], service.BelowFloor),
        ([fits, Posting("key:0", [Move(source, first, 501)])], service.EntryDiffers),
        ([fits, Posting("key:3", [])], service.NoEntry),
    ):
        with pytest.raises(refusal):
            service.post_entries(session, "test", wanted, now=now)
        session.rollback()

    assert balances(session, accounts) == [-500, 500, 0]
    assert service.post_entries(session, "test", [], now=now) == {}
    # What comes in first may go out of it in the same breath.
    through = [Posting("key:4", [Move(source, first, 300)]), Posting("key:5", [Move(first, second, 800)])]
    service.post_entries(session, "test", through, now=now)
    session.commit()
    assert balances(session, accounts) == [-800, 0, 800]


def test_what_would_go_below_a_floor_is_refused_by_the_service_and_by_the_database(
    session: Session, accounts: list[int], now: datetime
) -> None:
    source, first, _second = accounts
    entry = service.post_entry(session, "key:1", "test", [Move(source, first, 500)], now=now)
    session.commit()

    with pytest.raises(service.BelowFloor) as refused:
        service.post_entry(session, "key:2", "test", [Move(first, source, 501)], now=now)
    session.rollback()
    with pytest.raises(DBAPIError, match="ck_ledger_accounts_floor"):
        session.execute(
            sa.insert(LedgerTransfer).values(
                entry_id=entry.id, from_account_id=first, to_account_id=source, amount_fen=501
            )
        )
    session.rollback()

    assert (refused.value.account_id, refused.value.missing_fen) == (first, 1)
    assert balances(session, accounts) == [-500, 500, 0]
    assert (count(session, LedgerEntry), count(session, LedgerTransfer)) == (1, 1)


@pytest.mark.parametrize("moves", [[], [(0, 0, 5)], [(0, 1, 0)], [(0, 1, -5)]])
def test_moves_that_are_no_entry_are_refused(
    session: Session, accounts: list[int], now: datetime, moves: list[tuple[int, int, int]]
) -> None:
    wanted = [Move(accounts[one], accounts[other], amount) for one, other, amount in moves]

    with pytest.raises(service.NoEntry):
        service.post_entry(session, "key:1", "test", wanted, now=now)

    assert count(session, LedgerEntry) == 0


def test_a_correction_takes_an_entry_back_once(session: Session, accounts: list[int], now: datetime) -> None:
    source, first, second = accounts
    entry = service.post_entry(session, "key:1", "test", [Move(source, first, 5), Move(first, second, 5)], now=now)

    correction = service.correct_entry(session, entry, "test", now=now)
    for one in (entry, correction):
        with pytest.raises(service.AlreadyCorrected):
            service.correct_entry(session, one, "test", now=now)
    session.commit()

    assert balances(session, accounts) == [0, 0, 0]
    assert count(session, LedgerEntry) == 2
    assert list(faults(session)) == []


@pytest.mark.parametrize("table", ["ledger_entries", "ledger_transfers"])
def test_entries_and_transfers_cannot_be_changed_or_deleted(
    session: Session, accounts: list[int], now: datetime, table: str
) -> None:
    service.post_entry(session, "key:1", "test", [Move(accounts[0], accounts[1], 5)], now=now)
    session.commit()

    for forbidden in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match=f"{table}_append_only"):
            session.execute(sa.text(forbidden))
        session.rollback()

    assert balances(session, accounts) == [-5, 5, 0]


def test_the_transfers_of_an_account_come_in_pages_and_add_up(
    session: Session, accounts: list[int], now: datetime
) -> None:
    source, first, second = accounts
    for number, move in enumerate((Move(source, first, 7), Move(first, second, 2), Move(second, first, 1))):
        service.post_entry(session, f"key:{number}", "test", [move], now=now)

    page = queries.transfers_of(session, first, limit=2)
    rest = queries.transfers_of(session, first, limit=2, cursor=page.next_cursor or "")

    assert [[one.amount_fen for one in part.items] for part in (page, rest)] == [[1, -2], [7]]
    assert rest.next_cursor is None
    assert [one.entry.key for one in page.items] == ["key:2", "key:1"]


def test_verifying_names_every_difference_and_ends_with_1(
    app: Flask, session: Session, accounts: list[int], now: datetime
) -> None:
    source, first, second = accounts
    service.post_entry(session, "key:1", "test", [Move(source, first, 5)], now=now)
    session.commit()
    clean = app.test_cli_runner().invoke(args=["ledger", "verify"])
    session.execute(sa.update(LedgerAccount).where(LedgerAccount.id == second).values(balance_fen=3))
    empty = LedgerEntry(key="key:2", cause="test", created_at=now)
    session.add(empty)
    session.commit()
    db.session.remove()

    found = app.test_cli_runner().invoke(args=["ledger", "verify"])

    name = session.get_one(LedgerAccount, second).name
    assert (clean.exit_code, clean.stderr) == (0, "")
    assert found.exit_code == 1
    assert found.stderr.splitlines() == [
        f"account {second} ({name}) holds 3 fen, its transfers add up to 0: +3",
        f"entry {empty.id} (key:2) has no transfers",
    ]


def test_of_many_who_post_the_same_or_take_the_last_at_once_each_fen_is_moved_once(
    app: Flask, session: Session, accounts: list[int], now: datetime
) -> None:
    source, first, second = accounts
    engine, refused = db.engine, []
    service.post_entry(session, "start", "test", [Move(source, first, 30)], now=now)
    session.commit()

    def post(key: str) -> None:
        try:
            transaction(engine, lambda one: service.post_entry(one, key, "test", [Move(first, second, 10)], now=now).id)
        except service.BelowFloor:
            refused.append(key)

    keys = [f"key:{number}" for number in range(5)] * 2
    threads = [threading.Thread(target=post, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    session.rollback()
    assert balances(session, accounts) == [-30, 0, 30]
    assert count(session, LedgerEntry) == 4
    assert len(set(refused)) == 2
    assert list(faults(session)) == []


AMOUNTS = st.integers(min_value=-1, max_value=60)
MOVES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), AMOUNTS), max_size=3)
STEPS = st.lists(st.tuples(st.integers(0, 5), MOVES, st.booleans()), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(floors=st.lists(st.sampled_from([0, -50, 10_000 * -1]), min_size=3, max_size=3), steps=STEPS)
def test_any_sequence_of_entries_does_what_a_plain_model_does(
    session: Session, now: datetime, floors: list[int], steps: list[tuple[int, list[tuple[int, int, int]], bool]]
) -> None:
    limits: list[int | None] = [None, *floors]
    ids = [_open(session, floor, now) for floor in limits]
    held, corrected = [0, 0, 0, 0], set[int]()
    posted: dict[int, list[tuple[int, int, int]]] = {}

    for key, moves, takes_back in steps:
        known = posted.get(key)
        if takes_back and known is not None:
            expected = key not in corrected and _moved(held, limits, [(b, a, n) for a, b, n in reversed(known)])
            entry = queries.entry_by_key(session, f"{ids[0]}:{key}")
            assert entry is not None
            assert expected == _done(lambda one=entry: service.correct_entry(session, one, "test", now=now))
            corrected |= {key} if expected else set()
            continue
        expected = bool(moves) and all(a != b and n > 0 for a, b, n in moves)
        expected = expected and (known == moves if known is not None else _moved(held, limits, moves))
        wanted = [Move(ids[a], ids[b], n) for a, b, n in moves]
        name = f"{ids[0]}:{key}"
        assert expected == _done(lambda n=name, w=wanted: service.post_entry(session, n, "test", w, now=now))
        if expected:
            posted.setdefault(key, moves)

    assert balances(session, ids) == held
    assert list(faults(session)) == []
    session.rollback()


def _moved(held: list[int], limits: list[int | None], moves: list[tuple[int, int, int]]) -> bool:
    """Change what is held, unless a floor is broken on the way."""
    after = list(held)
    for one, other, amount in moves:
        after[one] -= amount
        after[other] += amount
        limit = limits[one]
        if limit is not None and after[one] < limit:
            return False
    held[:] = after
    return True


def _done(work: object) -> bool:
    """Whether it was not refused."""
    try:
        work()  # type: ignore[operator]
    except Refused:
        return False
    return True
