"""No double booking: many writers over HTTP, in processes of their own, on both engines."""

import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from booking.core.clock import at_local, local_date, utcnow
from booking.ledger.verifying import faults as ledger_faults
from booking.payers.verifying import faults as payer_faults
from booking.reservations.verifying import faults
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.payers import PayerAccount, PayerHold
from models.reservations import Claim, Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.reservations import HOLDING_TIME
from tests.factories.instruments import add_lane_group, make_instrument
from tests.factories.payers import make_payer
from tests.factories.people import give, make_user
from tests.factories.prices import make_hourly_price
from tests.storms.conftest import token_of
from tests.storms.sending import Call, Reply
from tests.storms.weather import Server, Storm, in_order

ROUNDS, KILLS, HOURLY = 50, 20, 10_000
LONGEST = 120.0


def tomorrow(minutes: int = 0) -> datetime:
    return at_local(local_date(utcnow()) + timedelta(days=1), minutes)


def booking(
    token: str, instrument: Instrument, start: datetime, minutes: int = 60, *, key: str = "", payer: int | None = None
) -> Call:
    wish: dict[str, Any] = {
        "instrument_id": instrument.id,
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(minutes=minutes)).isoformat(),
    }
    wish |= {"payer_account_id": payer} if payer else {}
    return Call(token, "POST", "/api/v1/reservations", wish, key)


def statuses(replies: Iterable[Reply]) -> Counter[int]:
    return Counter(reply.status for reply in replies)


def overlaps(session: Session) -> int:
    session.rollback()
    other = aliased(Claim)
    pairs = (
        select(func.count()).select_from(Claim).join(other, and_(other.lane_id == Claim.lane_id, other.id > Claim.id))
    )
    return session.scalars(pairs.where(Claim.starts_at < other.ends_at, other.starts_at < Claim.ends_at)).one()


def holding(session: Session) -> set[int]:
    session.rollback()
    return set(session.scalars(select(Reservation.id).where(Reservation.state.in_(HOLDING_TIME))))


def made(replies: Iterable[Reply]) -> list[int]:
    return [reply.body["id"] for reply in replies if reply.status == 201]


def test_of_fifty_writers_on_one_slot_exactly_one_gets_it(session: Session, storm: Storm, tokens: list[str]) -> None:
    instrument = make_instrument(session)

    replies = storm.volley([booking(token, instrument, tomorrow(600)) for token in tokens])

    assert statuses(replies) == {201: 1, 409: 49}
    assert all("slot_taken" in codes(reply) for reply in replies if reply.status == 409)
    assert holding(session) == set(made(replies))
    assert session.scalar(select(func.count()).select_from(Claim)) == 1


def test_of_thirty_bookings_ten_are_held_where_the_money_covers_ten(
    session: Session, storm: Storm, tokens: list[str]
) -> None:
    instruments, [payer] = paid(session, 10 * HOURLY)

    replies = storm.volley(
        [booking(token, instruments[n % 5], tomorrow(n // 5 * 60)) for n, token in enumerate(tokens[:30])]
    )

    session.rollback()
    short = [refusal for reply in replies if reply.status == 422 for refusal in reply.body["refusals"]]
    assert statuses(replies) == {201: 10, 422: 20}
    assert {refusal["code"] for refusal in short} == {"payer_short"}
    assert {remedy["action"] for refusal in short for remedy in refusal["remedies"]} == {"pay_later"}
    assert session.get_one(LedgerAccount, payer.held_id, populate_existing=True).balance_fen == 10 * HOURLY
    assert session.get_one(LedgerAccount, payer.left_id, populate_existing=True).balance_fen == 0
    assert held_once(session) == holding(session) == set(made(replies))


def paid(session: Session, fen: int, accounts: int = 1) -> tuple[list[Instrument], list[PayerAccount]]:
    """Five priced instruments of one place, and so many accounts that everybody there may use."""
    first = make_instrument(session, policy={"horizon_days": 400})
    place = session.get_one(Organisation, first.organisation_id)
    instruments = [first, *(make_instrument(session, place, policy={"horizon_days": 400}) for _ in range(4))]
    writers = list(session.scalars(select(User).where(User.email.startswith("writer"))))
    for instrument in instruments:
        make_hourly_price(session, instrument, HOURLY, writers[0])
    lead = make_user(session, "lead")
    return instruments, [make_payer(session, place, lead, fen, writers, number=f"{n}") for n in range(accounts)]


def held_once(session: Session) -> set[int]:
    """The reservations that something is held for; the books are right."""
    session.rollback()
    assert [*ledger_faults(session), *payer_faults(session), *faults(session)] == []
    rows = session.execute(select(PayerHold.reservation_id, PayerHold.amount_fen)).all()
    assert len(rows) == len({reservation_id for reservation_id, _ in rows})
    return {reservation_id for reservation_id, fen in rows if fen and reservation_id is not None}


def codes(reply: Reply) -> list[str]:
    return [refusal["code"] for refusal in reply.body["refusals"]]


def test_an_instrument_with_three_lanes_takes_exactly_three(session: Session, storm: Storm, tokens: list[str]) -> None:
    instrument = make_instrument(session, capacity=3)

    replies = storm.volley([booking(token, instrument, tomorrow(600)) for token in tokens])

    assert statuses(replies) == {201: 3, 409: 47}
    assert list(faults(session)) == []


def test_two_instruments_that_share_a_detector_never_both_have_it(
    session: Session, storm: Storm, tokens: list[str]
) -> None:
    first, second = make_instrument(session), make_instrument(session)
    add_lane_group(session, first, second, shared=True)

    replies = storm.volley([booking(token, (first, second)[n % 2], tomorrow(600)) for n, token in enumerate(tokens)])

    assert statuses(replies) == {201: 1, 409: 49}
    assert list(faults(session)) == []


def test_overlapping_wishes_never_overlap_and_none_is_lost(session: Session, storm: Storm, tokens: list[str]) -> None:
    chance = random.Random(17)
    instrument = make_instrument(session, policy={"grid_minutes": 5, "longest_minutes": 480, "horizon_days": 400})
    seen: Counter[int] = Counter()
    acknowledged: list[int] = []

    for number in range(ROUNDS):
        day = tomorrow(number * 1440)
        wishes = [(chance.randrange(0, 1200, 5), chance.randrange(30, 240, 5)) for _ in tokens]
        replies = storm.volley(
            [booking(t, instrument, day + timedelta(minutes=s), m) for t, (s, m) in zip(tokens, wishes, strict=True)]
        )
        seen.update(statuses(replies))
        acknowledged += made(replies)

    assert set(seen) == {201, 409}
    assert sum(seen.values()) == ROUNDS * len(tokens)
    assert holding(session) == set(acknowledged)
    assert overlaps(session) == 0
    assert list(faults(session)) == []


def test_creating_moving_cancelling_and_blocking_at_once_keeps_every_claim_right(
    session: Session, storm: Storm, tokens: list[str]
) -> None:
    chance = random.Random(23)
    instrument = make_instrument(session, capacity=2, policy={"cleanup_minutes": 15})
    steward = make_user(session, "steward")
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    steward_token = token_of(session, steward)
    owners: dict[int, str] = {}
    seen: Counter[int] = Counter()

    for _ in range(8):
        calls = [wild_call(chance, token, instrument, owners) for token in tokens]
        calls[::10] = [block(steward_token, instrument, chance) for _ in calls[::10]]
        replies = storm.volley(calls)
        seen.update(statuses(replies))
        owners |= {
            reply.body["id"]: call.token
            for call, reply in zip(calls, replies, strict=True)
            if reply.status == 201 and call.path == "/api/v1/reservations"
        }

    assert not [status for status in seen if status >= 500 or status == 0]
    assert {200, 201, 409} <= set(seen)
    assert overlaps(session) == 0
    assert list(faults(session)) == []


def wild_call(chance: random.Random, token: str, instrument: Instrument, owners: dict[int, str]) -> Call:
    start = tomorrow(chance.randrange(0, 1200, 30))
    chosen = chance.choice(list(owners)) if owners else 0
    what = chance.choice(["book", "move", "cancel"]) if owners else "book"
    if what == "book":
        return booking(token, instrument, start, chance.choice([30, 60, 90]))
    if what == "cancel":
        return Call(owners[chosen], "POST", f"/api/v1/reservations/{chosen}/cancel", {"reason": ""})
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(minutes=60)).isoformat()}
    return Call(owners[chosen], "PATCH", f"/api/v1/reservations/{chosen}", times)


def block(token: str, instrument: Instrument, chance: random.Random) -> Call:
    start = tomorrow(chance.randrange(0, 1200, 30))
    body = {
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(minutes=45)).isoformat(),
        "kind": "maintenance",
        "reason": "",
    }
    return Call(token, "POST", f"/api/v1/instruments/{instrument.id}/blocks", body)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_was_acknowledged_is_there_after_workers_were_killed_twenty_times(
    session: Session, server: Server, storm: Storm, tokens: list[str]
) -> None:
    instruments, payers = paid(session, 1_000 * HOURLY, 5)
    acknowledged: set[int] = set()
    broken = 0

    for number in range(KILLS):
        calls = [
            booking(token, instruments[n % 5], tomorrow(number * 1440 + n // 5 * 90), 90, payer=payers[n % 5].id)
            for n, token in enumerate(tokens)
        ]
        sent = storm.send(calls)
        time.sleep(0.05 + number % 5 * 0.04)
        server.kill_a_worker(number)
        replies = [reply for share in sent for reply in share.result(LONGEST)]
        assert set(statuses(replies)) <= {0, 201, 409}
        acknowledged |= set(made(replies))
        broken += statuses(replies)[0]

    assert acknowledged
    assert broken
    assert acknowledged <= holding(session) == held_once(session)
    assert overlaps(session) == 0
    assert list(faults(session)) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_ten_of_thirty_are_held_where_the_money_covers_ten_although_workers_are_killed(
    session: Session, server: Server, storm: Storm, tokens: list[str]
) -> None:
    instruments, payers = paid(session, 10 * HOURLY, 5)
    acknowledged, broken = set(), 0

    for number, payer in enumerate(payers):
        calls = [
            booking(
                token, instruments[n % 5], tomorrow(number * 1440 + n // 5 * 60), key=f"{number}.{n}", payer=payer.id
            )
            for n, token in enumerate(tokens[:30])
        ]
        sent = storm.send(calls)
        time.sleep(0.05 + number * 0.04)
        server.kill_a_worker(number)
        replies = in_order(sent)
        again = [call for call, reply in zip(calls, replies, strict=True) if not reply.status]
        while again:
            broken += len(again)
            later = storm.volley(again)
            replies += later
            again = [call for call, reply in zip(again, later, strict=True) if not reply.status]
        assert set(statuses(replies)) <= {0, 201, 422}
        acknowledged |= set(made(replies))
        session.rollback()
        assert session.get_one(LedgerAccount, payer.held_id, populate_existing=True).balance_fen == 10 * HOURLY

    assert broken
    assert held_once(session) == holding(session) == acknowledged
    assert len(acknowledged) == 5 * 10


def test_the_same_key_from_many_at_once_books_and_holds_once(
    session: Session, storm: Storm, tokens: Sequence[str]
) -> None:
    [instrument, *_], [payer] = paid(session, 10 * HOURLY)

    replies = storm.volley([booking(tokens[0], instrument, tomorrow(600), key="double click") for _ in range(20)])

    assert statuses(replies) == {201: 20}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert len(holding(session)) == 1
    assert held_once(session) == set(made(replies))
    assert session.get_one(LedgerAccount, payer.held_id, populate_existing=True).balance_fen == HOURLY
