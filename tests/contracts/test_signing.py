"""Nobody signs what was changed after they read it."""

import re
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.contracts import service, steps
from booking.contracts.reading import ContractChanged
from models.accounts import User
from models.attachments import Attachment
from models.contracts import Contract, ContractSignature
from models.vocabulary.contracts import ContractSide, ContractState
from tests.contracts.test_views import signing
from tests.factories.contracts import LIMITS, Deals, scan
from tests.factories.looking import count
from tests.factories.people import sign_in
from tests.factories.requiring import Place

OWNER, PARTY = ContractSide.OWNER, ContractSide.PARTY
YUAN = 100


@pytest.fixture
def deals(place: Place) -> Deals:
    return place.deals


def changed(deals: Deals, contract: Contract, **values: Any) -> Contract:
    """Taken back, changed, and sent again."""
    at: dict[str, Any] = {"actor": deals.keeper, "now": deals.now}
    steps.recall_contract(deals.session, contract.id, **at)
    service.edit_contract(deals.session, contract.id, deals.form(**values), **at)
    return deals.sent(contract)


def test_a_text_that_was_changed_after_it_was_read_is_not_signed(session: Session, deals: Deals) -> None:
    contract = deals.sent(amount_fen=500 * YUAN)
    read = contract.version
    changed(deals, contract, amount_fen=900 * YUAN, remark="另付运费")
    session.commit()

    with pytest.raises(ContractChanged) as refused:
        deals.signed_by(contract, PARTY, actor=deals.signer, version=read)

    told = [(one.field, one.before, one.now) for one in refused.value.changes]
    assert told == [("amount_fen", 500 * YUAN, 900 * YUAN), ("remark", "", "另付运费")]
    assert (count(session, ContractSignature), count(session, Attachment)) == (0, 0)
    deals.signed_by(contract, PARTY, actor=deals.signer)
    session.commit()
    assert count(session, ContractSignature) == 1


def test_a_signature_of_the_other_side_and_another_sending_leave_what_was_read_as_it_was(
    session: Session, deals: Deals
) -> None:
    contract = deals.sent(amount_fen=500 * YUAN)
    read = contract.version
    changed(deals, contract, amount_fen=500 * YUAN)
    deals.signed_by(contract, OWNER)

    deals.signed_by(contract, PARTY, actor=deals.signer, version=read)

    assert contract.state == ContractState.SIGNED


def test_files_that_were_sent_later_are_to_be_read_too_and_so_is_what_nobody_can_have_read(
    session: Session, deals: Deals
) -> None:
    contract = deals.sent()
    read = contract.version
    steps.recall_contract(session, contract.id, actor=deals.keeper, now=deals.now)
    files = scan("盖章文本.jpg")
    steps.send_contract(session, contract.id, files, LIMITS, actor=deals.keeper, now=deals.now)
    session.commit()

    refused = []
    for version in (read, contract.version + 1):
        with pytest.raises(ContractChanged) as one:
            deals.signed_by(contract, PARTY, actor=deals.signer, version=version)
        refused.append([change.field for change in one.value.changes])
        session.rollback()

    assert refused == [["files"], []]


def test_the_page_and_the_api_say_what_was_changed_and_sign_nothing(
    client: FlaskClient, session: Session, deals: Deals, now: datetime
) -> None:
    contract = deals.sent(amount_fen=500 * YUAN)
    session.commit()
    sign_in(client, session.get_one(User, deals.signer.id))
    at = f"/contracts/{contract.id}"
    read = re.findall(r'name="version" value="(\d+)"', client.get(at).text)[0]
    changed(deals, contract, amount_fen=900 * YUAN)
    session.commit()

    page = client.post(f"{at}/sign", data={**signing("party", now, version=read), "sides": "party"})
    told = client.post(f"/api/v1{at}/signatures", data=signing("party", now, version=read))
    blank = client.post(f"/api/v1{at}/signatures", data=signing("party", now, version=""))

    signed = session.scalar(select(func.count()).select_from(ContractSignature))
    assert (page.status_code, told.status_code, blank.status_code, signed) == (409, 409, 422, 0)
    assert "金额上限：原为 ¥500.00，现为 ¥900.00" in page.text
    assert re.findall(r'name="version" value="(\d+)"', page.text) == [str(contract.version)]
    assert told.get_json()["code"] == "contract_changed"
    assert told.get_json()["changed"] == [{"field": "amount_fen", "before": 500 * YUAN, "now": 900 * YUAN}]
