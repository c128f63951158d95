"""Vouchers under load: thirty people on a voucher that covers ten, a double click, and killed workers, over HTTP."""

import time
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from booking.ledger.verifying import faults as ledger_faults
from booking.operations import proving
from booking.payers.verifying import faults as payer_faults
from booking.vouchers.verifying import faults as voucher_faults
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vouchers import Voucher, VoucherHold
from tests.factories.instruments import make_instrument
from tests.factories.payers import make_payer
from tests.factories.people import give, make_user
from tests.factories.prices import make_hourly_price
from tests.factories.vouchers import make_firm, make_voucher
from tests.storms.sending import Call
from tests.storms.test_booking import booking, codes, held_once, holding, made, statuses, tomorrow
from tests.storms.weather import Server, Storm, in_order

HOURLY, SHARE = 10_000, 3_000
KILLS, WRITERS, LAST = 5, 30, 10


def vouchered(session: Session, uses: int) -> tuple[list[Instrument], Voucher]:
    """Five priced instruments of one place, and a voucher for so many hours of a firm for which all writers act."""
    first = make_instrument(session, policy={"horizon_days": 400})
    place = session.get_one(Organisation, first.organisation_id)
    instruments = [first, *(make_instrument(session, place, policy={"horizon_days": 400}) for _ in range(4))]
    firm = make_firm(session)
    writers = list(session.scalars(select(User).where(User.email.startswith("writer"))))
    for writer in writers:
        give(session, writer, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    for instrument in instruments:
        make_hourly_price(session, instrument, HOURLY, writers[0])
    today = local_date(utcnow())
    days = {"counts_from": today - timedelta(days=9), "use_by": today + timedelta(days=90)}
    redeem_by: date = today + timedelta(days=180)
    said: dict[str, Any] = {name: one.isoformat() for name, one in {**days, "redeem_by": redeem_by}.items()}
    return instruments, make_voucher(session, firm, uses * SHARE, providers=[place], **said)


def with_voucher(call: Call, voucher: Voucher) -> Call:
    """The same with a voucher that is named."""
    return Call(call.token, call.method, call.path, {**(call.body or {}), "voucher_id": voucher.id}, call.key)


def balances(session: Session, voucher: Voucher) -> tuple[int, int]:
    """What is free and held, with all books right."""
    session.rollback()
    assert [*ledger_faults(session), *payer_faults(session), *voucher_faults(session)] == []
    accounts = (session.get_one(LedgerAccount, one, populate_existing=True) for one in _sides(voucher))
    free, held = (one.balance_fen for one in accounts)
    return free, held


def _sides(voucher: Voucher) -> tuple[int, int]:
    return voucher.credit_id, voucher.held_id


def test_of_thirty_bookings_ten_are_covered_by_a_voucher_for_ten(
    session: Session, storm: Storm, tokens: list[str]
) -> None:
    instruments, voucher = vouchered(session, 10)
    calls = [booking(token, instruments[n % 5], tomorrow(n // 5 * 60)) for n, token in enumerate(tokens[:30])]

    replies = storm.volley([with_voucher(one, voucher) for one in calls])

    refused = {code for reply in replies if reply.status == 422 for code in codes(reply)}
    assert statuses(replies) == {201: 10, 422: 20}
    assert refused <= {"voucher_covers_nothing", "voucher_short_now"}
    assert balances(session, voucher) == (0, 10 * SHARE)
    held = session.scalars(select(VoucherHold.reservation_id).where(VoucherHold.amount_fen == SHARE))
    assert set(held) == holding(session) == set(made(replies))


def test_the_same_key_from_many_at_once_holds_once(session: Session, storm: Storm, tokens: list[str]) -> None:
    [instrument, *_], voucher = vouchered(session, 10)
    call = with_voucher(booking(tokens[0], instrument, tomorrow(600), key="double click"), voucher)

    replies = storm.volley([call] * 20)

    assert statuses(replies) == {201: 20}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert balances(session, voucher) == (9 * SHARE, SHARE)
    assert session.scalars(select(Reservation.uses_vouchers)).all() == [True]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_each_acknowledged_booking_holds_its_voucher_and_its_account_once_although_workers_are_killed(
    session: Session, server: Server, storm: Storm, tokens: list[str]
) -> None:
    instruments, voucher = vouchered(session, (KILLS - 1) * WRITERS + LAST)
    place = session.get_one(Organisation, instruments[0].organisation_id)
    writers = list(session.scalars(select(User).where(User.email.startswith("writer"))))
    payer = make_payer(session, place, make_user(session, "lead"), 1_000 * HOURLY, writers)
    acknowledged, broken, refused = set(), 0, Counter[int]()

    for number in range(KILLS):
        calls = [
            with_voucher(
                booking(
                    token,
                    instruments[n % 5],
                    tomorrow(number * 1440 + n // 5 * 60),
                    key=f"{number}.{n}",
                    payer=payer.id,
                ),
                voucher,
            )
            for n, token in enumerate(tokens[:WRITERS])
        ]
        sent = storm.send(calls)
        time.sleep(0.05 + number * 0.04)
        server.kill_a_worker(number)
        replies = in_order(sent)
        while again := [call for call, reply in zip(calls, replies, strict=True) if not reply.status]:
            broken += len(again)
            later = iter(storm.volley(again))
            replies = [reply if reply.status else next(later) for reply in replies]
        acknowledged |= set(made(replies))
        refused.update(reply.status for reply in replies if reply.status != 201)

    assert broken
    assert refused == {422: WRITERS - LAST}
    assert acknowledged == holding(session) == held_once(session)
    holds = session.execute(select(VoucherHold.reservation_id, VoucherHold.amount_fen)).all()
    assert sorted((key, fen) for key, fen in holds) == [(key, SHARE) for key in sorted(acknowledged)]
    assert balances(session, voucher) == (0, len(acknowledged) * SHARE)
    assert list(proving.faults(session)) == []
