"""A contract that was sent or signed calls everybody and everything as they were called then."""

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.contracts import queries, steps
from models.accounts import User
from models.contracts import Contract
from models.vocabulary.contracts import ContractScope, ContractSide
from tests.factories.letters import mailed
from tests.factories.people import sign_in
from tests.factories.requiring import Place

OWNER, PARTY = ContractSide.OWNER, ContractSide.PARTY


def about_the_instrument(place: Place) -> Contract:
    scope: dict[str, Any] = {"scope": ContractScope.INSTRUMENT, "instrument_id": place.instrument.id}
    return place.deals.sent(**scope)


def renamed(session: Session, place: Place) -> None:
    """Both organisations, the instrument and both people are called otherwise from now on."""
    named: list[Any] = [place.deals.firm, place.deals.place, place.instrument]
    for turn, one in enumerate(named):
        one.name_zh, one.name_en = f"改名以后{turn}", f"Called otherwise {turn}"
    for actor in (place.deals.keeper, place.deals.signer):
        session.get_one(User, actor.id).name = "改名的人"
    session.commit()


def test_pages_letters_and_answers_of_a_signed_contract_say_the_names_of_then(
    client: FlaskClient, session: Session, place: Place
) -> None:
    instrument, signer = place.instrument.name_zh, session.get_one(User, place.deals.signer.id)
    called, contract = signer.name, about_the_instrument(place)
    place.deals.signed_by(contract, PARTY, actor=place.deals.signer)
    place.deals.signed_by(contract, OWNER)
    renamed(session, place)
    sign_in(client, signer)

    at = f"/contracts/{contract.id}"
    pages = [client.get(path).text for path in ("/contracts", at, f"{at}/print")]
    told = client.get(f"/api/v1{at}").get_json()
    letters = [one.values for one in mailed(session, now=place.now) if one.template == "contracts/changed"]

    shown = [page[page.index("<main") :] for page in pages]
    assert ["改名以后" in page for page in shown] == [False] * 3
    assert ["改名的人" in page for page in shown] == [False] * 3
    assert [instrument in page for page in shown] == [False, True, True]
    assert [told["instrument_zh"], told["organisation"], told["party"]] == [
        instrument,
        contract.owner_name,
        contract.party_name,
    ]
    assert {one["made_by"] for one in told["signatures"] if one["side"] == "party"} == {called}
    assert "改名的人" not in {one["actor"] for one in told["history"] if one["step"] in {"send", "sign"}}
    assert {one["owner_zh"] for one in letters} == {contract.owner_name}


def test_what_was_taken_back_calls_its_instrument_as_it_is_called_today(session: Session, place: Place) -> None:
    contract = about_the_instrument(place)
    steps.recall_contract(session, contract.id, actor=place.deals.keeper, now=place.now)
    renamed(session, place)

    drafted = queries.whole_contract(session, contract.id, place.deals.signer).subject
    place.deals.sent(contract)
    place.instrument.name_zh = "又改名"
    session.commit()
    sent = queries.whole_contract(session, contract.id, place.deals.signer).subject

    assert (drafted.instrument_zh, sent.instrument_zh) == ("改名以后2", "改名以后2")
