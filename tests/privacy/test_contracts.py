"""What contracts keep of people: told in the text on personal data, handed out, and kept when an account is erased."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.contracts import queries, steps
from booking.contracts.naming import name_of
from booking.privacy import service
from booking.privacy.rules import name_of as pseudonym_of
from booking.web.extensions import transaction
from models.accounts import User
from models.contracts import ContractEvent
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.contracts import ContractSide, ContractStep
from tests.factories.looking import look_again
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.requiring import Place, make_place


@pytest.fixture
def place(session: Session, now: datetime) -> Place:
    return make_place(session, now)


def test_the_text_on_data_tells_of_contracts_and_what_erasing_leaves_of_them(
    client: FlaskClient, session: Session
) -> None:
    told = client.get("/privacy").text
    sign_in(client, make_user(session, "lin"))

    erasing = client.get("/account/erase").text

    assert "合同的签字文件上有双方代表人和签字人的姓名" in told
    assert "合同、签字文件和委托单是双方约定的凭证" in told
    assert "合同、签字文件和委托单：双方约定的凭证，依法保存" in erasing


def test_a_signature_keeps_the_name_of_who_is_erased_and_other_steps_do_not(session: Session, place: Place) -> None:
    signer = session.get_one(User, place.deals.signer.id)
    colleague = make_user(session, "colleague")
    give(session, colleague, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, place.deals.firm.id)
    called = signer.name
    signed, declined = place.deals.sent(), place.deals.sent()
    place.deals.signed_by(signed, ContractSide.PARTY, actor=place.deals.signer)
    steps.end_contract(session, declined.id, reason="不签", actor=place.deals.signer, now=place.now)
    session.commit()

    transaction(service.erase_me, actor=actor_for(session, signer, now=place.now), now=place.now)

    look_again(session)
    whole = queries.whole_contract(session, signed.id, place.deals.keeper)
    ended = select(ContractEvent).where(ContractEvent.step == ContractStep.END)
    ended = ended.options(joinedload(ContractEvent.actor))
    assert whole.signed_names == {ContractSide.PARTY: called}
    assert (name_of(whole.events[-1]), name_of(session.scalars(ended).one())) == (called, pseudonym_of(signer.id))
