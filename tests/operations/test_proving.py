"""Adding the books up again each night: kept, shown to who may see, and told of when something is off."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.operations.proving import MOST_KEPT, REMEMBERED, keep, prove_books
from booking.web.extensions import transaction
from models.jobs import LedgerProof
from models.ledger import LedgerAccount
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.letters import mailed
from tests.factories.looking import look_again
from tests.factories.people import give, make_user, sign_in
from tests.statements.office import Office


def test_what_is_off_is_kept_shown_and_mailed_and_what_adds_up_is_not(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    office = Office(session, now)
    office.used(9)
    office.bill()
    auditor, admin = make_user(session, "auditor"), make_user(session, "admin")
    give(session, auditor, Role.AUDITOR, ScopeKind.PLATFORM)
    give(session, admin, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    house = make_user(session, "house")
    give(session, house, Role.AUDITOR, ScopeKind.ORGANISATION, office.place.id)
    session.commit()
    sign_in(client, auditor)
    before = client.get("/operations/system").get_data(as_text=True)
    mailed(session, now=now)

    clean = prove_books(now)
    fine = client.get("/operations/system").get_data(as_text=True)
    quiet = mailed(session, now=now)
    session.execute(
        sa.update(LedgerAccount)
        .where(LedgerAccount.id == office.payer.left_id)
        .values(balance_fen=LedgerAccount.balance_fen + 1)
    )
    session.commit()
    off = prove_books(now + timedelta(days=1))
    told = mailed(session, now=now)
    page = client.get("/operations/system").get_data(as_text=True)
    answer = client.get("/api/v1/system").get_json()["last_proof"]

    assert ("还没有核对过" in before, clean, "全部一致" in fine, quiet) == (True, 0, True, [])
    assert off > 0
    assert sorted(one.recipient for one in told) == sorted([auditor.email, admin.email])
    assert told[0].values["faults"] == answer["faults"]
    assert (answer["fault_count"], f"有 {off} 处对不上" in page, answer["faults"][0] in page) == (off, True, True)
    sign_in(client, house)
    assert client.get("/api/v1/system").status_code == 403


def test_a_long_list_is_cut_and_old_proofs_are_forgotten(session: Session, now: datetime) -> None:
    transaction(keep, [], seconds=1, now=now - REMEMBERED - timedelta(days=1))
    transaction(keep, ["x"] * (MOST_KEPT + 7), seconds=2, now=now)
    look_again(session)

    (left,) = session.scalars(sa.select(LedgerProof)).all()

    assert (left.fault_count, len(left.faults)) == (MOST_KEPT + 7, MOST_KEPT)
