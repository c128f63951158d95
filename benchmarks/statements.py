"""How long a month's statements take: drafts for every payer of an institution, all of them issued, one as a paper.

`uv run python -m benchmarks.statements [sqlite] [postgresql] [--payers 1000] [--charges 100000]`
"""

import argparse
import secrets
import tempfile
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from benchmarks.importing import ENGINES, timed
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.operations.server import settle
from booking.payers.service import SIDES
from booking.statements import service
from booking.statements.forms import DraftsForm
from booking.statements.issuing import issue_many
from booking.statements.verifying import faults
from booking.web.extensions import db, transaction
from models.accounts import User
from models.charges import Charge, ChargeLine
from models.ledger import LedgerAccount
from models.payers import PayerAccount
from models.reservations import Reservation
from models.statements import Statement
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.charges import ChargeKind, ChargeState
from models.vocabulary.payers import PayerKind
from models.vocabulary.pricing import LineKind
from models.vocabulary.reservations import ReservationMode, ReservationState
from tests.databases import migrated, postgresql_database, settings_for
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user

TARGET = 60.0
BATCH = 5_000
PRICE = 12_000
HOUR = timedelta(hours=1)


def fill(session: Session, payers: int, charges: int, now: datetime) -> tuple[int, Actor]:
    """An institution with so many accepted charges of the last month, of so many payer accounts."""
    place, person = make_organisation(session), make_user(session, "lead")
    instrument, finance = make_instrument(session, place), make_user(session, "finance")
    give(session, finance, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, place.id)
    accounts = _accounts(session, place.id, person, payers, now)
    first = now - timedelta(days=30)
    for start in range(0, charges, BATCH):
        numbers = range(start, min(start + BATCH, charges))
        starts = [first + HOUR * (number % 600) for number in numbers]
        bookings = [_booking(instrument.id, person.id, at) for at in starts]
        ids = session.scalars(insert(Reservation).returning(Reservation.id), bookings).all()
        values = [
            _charge(reservation_id, place.id, instrument.id, person.id, accounts[number % payers], at)
            for reservation_id, number, at in zip(ids, numbers, starts, strict=True)
        ]
        charged = session.scalars(insert(Charge).returning(Charge.id), values).all()
        session.execute(insert(ChargeLine), [_line(charge_id, now) for charge_id in charged])
    session.commit()
    return place.id, actor_for(session, finance, now=now)


def _accounts(session: Session, place_id: int, person: User, payers: int, now: datetime) -> list[int]:
    """Grants, each with its accounts of the ledger."""
    names = [f"payer:{number}:{side}" for number in range(payers) for side in SIDES]
    rows = [{"name": name, "floor_fen": None, "balance_fen": 0, "created_at": now} for name in names]
    session.execute(insert(LedgerAccount), rows)
    known = {row.name: row.id for row in session.execute(select(LedgerAccount.name, LedgerAccount.id))}
    found: list[dict[str, Any]] = [
        {
            "organisation_id": place_id,
            "kind": PayerKind.GRANT,
            "number": f"{number:08d}",
            "name": f"面上项目 {number}",
            "holder_id": person.id,
            "created_at": now,
            **{f"{side}_id": known[f"payer:{number}:{side}"] for side in SIDES},
        }
        for number in range(payers)
    ]
    return list(session.scalars(insert(PayerAccount).returning(PayerAccount.id), found))


def _booking(instrument_id: int, user_id: int, at: datetime) -> dict[str, Any]:
    """A reservation that was used."""
    return {
        "instrument_id": instrument_id,
        "booked_by_id": user_id,
        "starts_at": at,
        "ends_at": at + HOUR,
        "state": ReservationState.COMPLETED,
        "uid": f"{secrets.token_hex(16)}@example.org",
        "mode": ReservationMode.SELF,
        "purpose": "",
        "project_name": "",
        "project_number": "",
        "sequence": 0,
        "version": 1,
        "created_at": at,
        "updated_at": at,
    }


def _charge(  # noqa: PLR0917 - whose use of what
    reservation_id: int, place_id: int, instrument_id: int, user_id: int, payer_id: int, at: datetime
) -> dict[str, Any]:
    """What it cost, paid by the account and accepted."""
    return {
        "reservation_id": reservation_id,
        "organisation_id": place_id,
        "instrument_id": instrument_id,
        "user_id": user_id,
        "payer_account_id": payer_id,
        "kind": ChargeKind.USE,
        "state": ChargeState.ACCEPTED,
        "booked_starts_at": at,
        "booked_ends_at": at + HOUR,
        "gross_fen": PRICE,
        "captured_fen": PRICE,
        "created_at": at,
        "updated_at": at,
    }


def _line(charge_id: int, now: datetime) -> dict[str, Any]:
    """Its one line."""
    amount = {"amount_fen": PRICE, "unit_fen": PRICE, "minutes": 60, "why": {}}
    return {"charge_id": charge_id, "kind": LineKind.TIME, "created_at": now, **amount}


def measure(engine: str, payers: int, charges: int) -> None:
    """Fill, draft, issue, verify."""
    now = utcnow()
    with timed(engine, f"{charges:,} accepted charges of {payers:,} payers written"), Session(db.engine) as session:
        place_id, finance = fill(session, payers, charges, now)
    form = DraftsForm(until_on=local_date(now))
    with timed(engine, "a month's statements", TARGET):
        with timed(engine, "drafts for everybody"):
            ids = transaction(_drafts, place_id, form, finance, now)
        with timed(engine, "all of them issued"):
            done = issue_many(transaction, ids, actor=finance, now=now, most=len(ids))
    with Session(db.engine) as session:
        total = session.scalar(select(func.sum(Statement.total_fen)))
        print(f"{engine}: {len(done.statement_ids):,} statements over {total:,} fen", flush=True)
    with timed(engine, "statements added up again"), Session(db.engine) as session:
        print(f"{engine}: {len(list(faults(session)))} differences", flush=True)


def _drafts(session: Session, place_id: int, form: DraftsForm, finance: Actor, now: datetime) -> list[int]:
    """Drafts for everybody."""
    return [one.id for one in service.make_drafts(session, place_id, form, actor=finance, now=now)]


def main() -> None:
    """Measure each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="engine")
    parser.add_argument("--payers", type=int, default=1_000)
    parser.add_argument("--charges", type=int, default=100_000)
    wanted = parser.parse_args()
    for engine in [name for name in wanted.engines if name in ENGINES] or ENGINES:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{folder / 'statements.sqlite3'}"
            if engine == "postgresql":
                url = stack.enter_context(postgresql_database("benchmark_statements"))
            app = migrated(settings_for(url, folder, log_level="WARNING"))
            settle()
            with app.app_context():
                measure(engine, wanted.payers, wanted.charges)
                db.engine.dispose()


if __name__ == "__main__":
    main()
