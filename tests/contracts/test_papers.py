"""A contract as a PDF under its number: drafted, sent, and signed by hand."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.contracts.wording import PROPOSED
from models.accounts import User
from models.vocabulary.contracts import ContractScope, ContractSide
from tests.contracts.test_order_forms import text_of
from tests.factories.people import sign_in
from tests.factories.requiring import Place


def test_a_contract_is_printed_under_its_number_in_every_state_for_who_may_read_it(
    client: FlaskClient, session: Session, place: Place
) -> None:
    deals = place.deals
    about = {"scope": ContractScope.INSTRUMENT, "instrument_id": place.instrument.id}
    contract = deals.drafted(amount_fen=8_000_050, number="合同2026-17", remark="另付运费", **about)
    at, keeper, signer = f"/contracts/{contract.id}", deals.keeper, deals.signer

    def printed(who: int, path: str = f"{at}.pdf") -> str:
        session.commit()
        sign_in(client, session.get_one(User, who))
        answer = client.get(path)
        return text_of(answer.data) if answer.status_code == 200 else str(answer.status_code)

    draft, hidden = printed(keeper.id), printed(signer.id)
    deals.sent(contract)
    sent, by_api = printed(signer.id), printed(signer.id, f"/api/v1{at}.pdf")
    deals.signed_by(contract, ContractSide.OWNER, ContractSide.PARTY)
    signed = printed(signer.id)

    assert (hidden, "草稿" in draft, "草稿" in sent) == ("404", True, False)
    terms = ("合同2026-17", contract.title, contract.owner_name, contract.party_name, contract.party_uscc)
    said = (*terms, place.instrument.name_zh, "80000.50", "另付运费", "委托方代表（签字）", "承接方（盖章）")
    assert [[word for word in said if word not in text] for text in (draft, sent, signed)] == [[], [], []]
    for clause in PROPOSED.values():
        assert clause["zh"][:30] in sent
        assert clause["en"].split(".")[0][:40] in sent
    assert ("SHA-256" in sent, "SHA-256" in signed, by_api == sent) == (False, True, True)


def test_the_paper_is_saved_under_the_number_of_its_contract(
    client: FlaskClient, session: Session, place: Place
) -> None:
    contract = place.deals.sent(number="合同2026-17")
    session.commit()
    sign_in(client, session.get_one(User, place.deals.keeper.id))

    answer = client.get(f"/contracts/{contract.id}.pdf")

    assert answer.headers["Content-Disposition"].endswith("filename*=UTF-8''%E5%90%88%E5%90%8C2026-17.pdf")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert answer.data.startswith(b"%PDF")
