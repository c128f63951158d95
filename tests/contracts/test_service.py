"""Contracts through the services: drafted, sent, signed by both, ended; who sees them and who is told."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.attachments.preparing import FilesRefused
from booking.contracts import queries, service, steps, texts
from booking.contracts.asking import MOST_A_DAY, OffersNothing, TooManyAsked
from booking.contracts.forms import ContractTextForm, SignForm
from booking.contracts.queries import Wanted
from booking.contracts.rules import OBJECTING_WITHIN, Side
from booking.contracts.service import ContractNotNow
from booking.contracts.steps import AlreadySigned, ContractOver
from booking.contracts.wording import PROPOSED
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from models.accounts import AuditEntry, User
from models.contracts import Contract, ContractSignature, ContractText
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.contracts import ContractScope, ContractSide, SignatureKind
from models.vocabulary.contracts import ContractState as State
from models.vocabulary.contracts import ContractStep as Step
from tests.factories.contracts import LIMITS, Deals, make_firm, scan
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.looking import count
from tests.factories.people import actor_for, give, make_user

OTHER_USCC = "91110108551385082Q"
OWNER, PARTY = ContractSide.OWNER, ContractSide.PARTY


@pytest.fixture
def deals(session: Session, now: datetime) -> Deals:
    place, firm = make_organisation(session), make_firm(session)
    clerk, agent = make_user(session, "finance"), make_user(session, "agent")
    give(session, clerk, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, place.id)
    give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    people = actor_for(session, clerk, now=now), actor_for(session, agent, now=now)
    return Deals(session, place, firm, *people, now)


@pytest.fixture
def stranger(session: Session) -> User:
    return make_user(session, "stranger")


def letters(session: Session, now: datetime) -> list[tuple[str, str]]:
    return [(one.recipient.partition("@")[0], one.values["step"]) for one in mailed(session, now=now)]


def test_a_contract_goes_from_draft_to_signed_by_both_and_each_side_is_told(session: Session, deals: Deals) -> None:
    contract = deals.drafted(amount_fen=10_000_000)
    with pytest.raises(NotFound):
        queries.contract_for(session, contract.id, deals.signer)

    deals.sent(contract)
    deals.signed_by(contract, PARTY, actor=deals.signer)
    halfway = contract.state
    deals.signed_by(contract, OWNER)

    whole = queries.whole_contract(session, contract.id, deals.signer)
    assert (halfway, contract.state, contract.signed_at) == (State.SENT, State.SIGNED, deals.now)
    assert (contract.party_name, contract.party_uscc) == (deals.firm.name_zh, deals.firm.uscc)
    assert (whole.side, whole.signed) == (Side.PARTY, frozenset({OWNER, PARTY}))
    assert [event.step for event in whole.events] == [Step.SEND, Step.SIGN, Step.SIGN]
    assert whole.events[-1].facts["amount_fen"] == 10_000_000
    assert contract.number == f"HT{local_date(deals.now):%Y%m%d}-{contract.id:05d}"
    assert letters(session, deals.now) == [
        ("agent", "send"),
        ("finance", "sign"),
        ("finance", "sign"),
        ("agent", "sign"),
    ]


def test_the_institution_hands_in_a_paper_that_both_signed_and_no_side_signs_twice(
    session: Session, deals: Deals
) -> None:
    contract = deals.sent()
    session.commit()
    form = SignForm(sides=[OWNER, PARTY], kind=SignatureKind.SCAN, **deals.read(contract))
    at: dict[str, Any] = {"actor": deals.signer, "now": deals.now}
    with pytest.raises(InvalidInput):
        steps.sign_contract(session, contract.id, form, scan(), LIMITS, **at)
    with pytest.raises(FilesRefused):
        steps.sign_contract(session, contract.id, form, [], LIMITS, actor=deals.keeper, now=deals.now)
    assert count(session, ContractSignature) == 0

    with pytest.raises(ContractOver):
        replace(deals, now=deals.now + timedelta(days=366)).signed_by(contract, PARTY)
    deals.signed_by(contract, PARTY)
    with pytest.raises(AlreadySigned):
        deals.signed_by(contract, OWNER, PARTY)
    deals.signed_by(contract, OWNER)

    assert contract.state == State.SIGNED
    with pytest.raises(ContractNotNow):
        steps.recall_contract(session, contract.id, actor=deals.keeper, now=deals.now)


def test_a_party_ends_a_contract_whose_signature_it_did_not_hand_in_and_no_other(
    session: Session, deals: Deals
) -> None:
    foreign, own = deals.signed(), deals.signed_by(deals.signed_by(deals.sent(), PARTY, actor=deals.signer), OWNER)
    told = [one for one in mailed(session, now=deals.now) if one.values["state"] == "signed"]
    session.commit()
    later = deals.now + OBJECTING_WITHIN
    at: dict[str, Any] = {"reason": "不是我们签的", "actor": deals.signer}
    for contract, moment in ((own, deals.now), (foreign, later + timedelta(seconds=1))):
        with pytest.raises(ContractNotNow):
            steps.end_contract(session, contract.id, **at, now=moment)
        session.rollback()

    steps.end_contract(session, foreign.id, **at, now=later)

    assert (foreign.state, own.state) == (State.ENDED, State.SIGNED)
    assert [one.values["objecting_days"] for one in told] == [15, 15, 0, 0]


def test_a_firm_asks_for_a_contract_and_the_institution_makes_it_its_own(session: Session, deals: Deals) -> None:
    instrument = make_instrument(session, deals.place)
    contract = deals.asked(scope=ContractScope.INSTRUMENT, instrument_id=instrument.id)
    told = letters(session, deals.now)

    form = deals.form(scope=ContractScope.INSTRUMENT, instrument_id=instrument.id, number="2026-17")
    with pytest.raises(Forbidden):
        service.edit_contract(session, contract.id, form, actor=deals.signer, now=deals.now)
    with pytest.raises(StaleVersion):
        service.edit_contract(session, contract.id, form, version=9, actor=deals.keeper, now=deals.now)
    service.edit_contract(session, contract.id, form, version=1, actor=deals.keeper, now=deals.now)
    deals.sent(contract)
    steps.end_contract(session, contract.id, reason="条件不合适", actor=deals.signer, now=deals.now)

    assert told == [("finance", "ask")]
    assert (contract.number, contract.state, contract.version) == ("2026-17", State.ENDED, 4)
    noted = select(AuditEntry.reason).where(AuditEntry.action == "contracts.changed").order_by(AuditEntry.id.desc())
    assert session.scalar(noted.limit(1)) == "条件不合适"


def test_a_contract_names_both_parties_as_they_were_called_when_it_was_sent(session: Session, deals: Deals) -> None:
    contract = deals.drafted()
    deals.firm.name_zh, deals.place.name_zh = "更名公司", "更名大学"
    session.flush()
    drafted = contract.party_name, contract.owner_name
    deals.sent(contract)
    deals.firm.name_zh, deals.place.name_zh = "再更名公司", "再更名大学"
    session.flush()

    signed = deals.signed_by(contract, OWNER, PARTY)

    assert "更名" not in "".join(drafted)
    assert (signed.party_name, signed.owner_name) == ("更名公司", "更名大学")
    assert queries.whole_contract(session, contract.id, deals.signer).events[-1].facts["owner_name"] == "更名大学"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"amount_fen": 1}, id="another amount"),
        pytest.param({"ends_on": date(2030, 1, 1)}, id="another day"),
        pytest.param({"party_name": "另一家公司"}, id="another party"),
        pytest.param({"state": State.DRAFT}, id="back to a draft"),
    ],
)
def test_the_database_refuses_other_terms_of_a_signed_contract(
    session: Session, deals: Deals, changed: dict[str, Any]
) -> None:
    contract, open_one = deals.signed(), deals.sent()
    session.commit()

    with pytest.raises(DBAPIError, match="contracts_signed"):
        session.execute(update(Contract).where(Contract.id == contract.id).values(changed))
    session.rollback()
    session.execute(update(Contract).where(Contract.id == open_one.id).values(changed))

    steps.end_contract(session, contract.id, reason="到此为止", actor=deals.keeper, now=deals.now)
    session.flush()
    with pytest.raises(DBAPIError, match="contracts_signed"):
        session.execute(update(Contract).where(Contract.id == contract.id).values(state=State.SIGNED))
    session.rollback()


def test_a_number_written_by_hand_does_not_meet_the_one_that_a_later_contract_gets(
    session: Session, deals: Deals
) -> None:
    first = deals.drafted()
    number = f"HT{local_date(deals.now):%Y%m%d}-{first.id + 2:05d}"
    deals.drafted(number=number)

    third = deals.drafted()

    assert (third.id, third.number) == (first.id + 2, f"{number}-2")


def test_institutions_with_instruments_are_asked_for_some_contracts_a_day(session: Session, deals: Deals) -> None:
    with pytest.raises(OffersNothing):
        deals.asked()
    make_instrument(session, deals.place)

    for _turn in range(MOST_A_DAY):
        deals.asked()
    with pytest.raises(TooManyAsked):
        deals.asked()
    replace(deals, now=deals.now + timedelta(days=1)).asked()
    session.commit()

    assert count(session, Contract) == MOST_A_DAY + 1


def test_a_contract_that_its_party_knows_of_is_given_no_other_party(session: Session, deals: Deals) -> None:
    other = make_firm(session, name_zh="另一家公司", name_en="Another Ltd", uscc=OTHER_USCC)
    rival = make_user(session, "rival")
    give(session, rival, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, other.id)
    recalled = steps.recall_contract(session, deals.sent().id, actor=deals.keeper, now=deals.now)
    make_instrument(session, deals.place)
    known, unknown = [deals.asked(), recalled], deals.drafted()
    form = deals.form(party=other.uscc)
    at: dict[str, Any] = {"actor": deals.keeper, "now": deals.now}

    for contract in known:
        with pytest.raises(InvalidInput) as refused:
            service.edit_contract(session, contract.id, form, **at)
        assert [one.field for one in refused.value.problems] == ["party"]
        with pytest.raises(NotFound):
            queries.contract_for(session, contract.id, actor_for(session, rival, now=deals.now))
    service.edit_contract(session, unknown.id, form, **at)

    assert [one.party_id for one in (*known, unknown)] == [deals.firm.id, deals.firm.id, other.id]


def test_what_does_not_fit_is_refused_with_every_reason_and_nothing_is_stored(session: Session, deals: Deals) -> None:
    theirs = make_instrument(session)
    today = local_date(deals.now)
    form = deals.form(
        party="91110108551385082X",
        scope=ContractScope.INSTRUMENT,
        instrument_id=theirs.id,
        ends_on=today - timedelta(days=1),
    )

    with pytest.raises(InvalidInput) as refused:
        service.draft_contract(session, deals.place.id, form, actor=deals.keeper, now=deals.now)
    with pytest.raises(InvalidInput) as other:
        deals.drafted(scope=ContractScope.INSTRUMENT, instrument_id=theirs.id)
    with pytest.raises(InvalidInput) as itself:
        deals.drafted(party=deals.place.name_zh)
    with pytest.raises(InvalidInput) as foreign:
        replace(deals, signer=deals.keeper).asked()

    found = [[one.field for one in refusal.value.problems] for refusal in (refused, other, itself, foreign)]
    assert found == [["party", "ends_on", "ends_on"], ["instrument_id"], ["party", "party"], ["party_id"]]
    assert count(session, Contract) == 0


def test_lists_show_each_side_its_own_and_those_that_end_soon(session: Session, deals: Deals, stranger: User) -> None:
    today = local_date(deals.now)
    deals.drafted()
    soon = deals.signed(ends_on=today + timedelta(days=60))
    later = deals.signed(ends_on=today + timedelta(days=61))
    everything: dict[str, Any] = {"today": today, "limit": 10}
    other = actor_for(session, stranger, now=deals.now)

    kept = queries.contracts_at(session, deals.place.id, Wanted(), **everything)
    ending = queries.contracts_at(session, deals.place.id, Wanted(ending=True), **everything)
    own = [queries.own_contracts(session, one, Wanted(), **everything) for one in (deals.signer, other)]

    assert (len(kept.items), ending.items, [page.items for page in own]) == (3, [soon], [[later, soon], []])


def test_ends_are_told_once_and_days_that_are_over_end_what_is_open(session: Session, deals: Deals) -> None:
    today = local_date(deals.now)
    contract = deals.signed(ends_on=today + timedelta(days=10))
    letters(session, deals.now)

    due = [queries.ending_untold(session, today=today)]
    told = [steps.tell_of_end(session, contract.id, now=deals.now) for _turn in range(2)]
    due.append(queries.ending_untold(session, today=today))
    ending = letters(session, deals.now)
    after = deals.now + timedelta(days=11)
    over = queries.past_their_end(session, today=local_date(after))
    ended = [steps.expire_contract(session, contract.id, now=moment) for moment in (deals.now, after, after)]

    assert (due, told, over) == ([[contract.id], []], [True, False], [contract.id])
    assert (ended, contract.state) == ([False, True, False], State.EXPIRED)
    both = [(who, step) for step in ("ending", "expire") for who in ("finance", "agent")]
    assert ending + letters(session, after) == both


def test_another_version_of_the_text_leaves_what_was_agreed_on_as_it_was(session: Session, deals: Deals) -> None:
    before = deals.sent()
    clauses = {code: {**said, "zh": f"新：{said['zh']}"} for code, said in PROPOSED.items()}
    at: dict[str, Any] = {"actor": deals.keeper, "now": deals.now}

    made = texts.write_text(session, deals.place.id, ContractTextForm(clauses=clauses), **at)
    again = texts.write_text(session, deals.place.id, ContractTextForm(clauses=clauses), **at)
    after = deals.drafted()
    form = ContractTextForm(clauses=PROPOSED)
    with pytest.raises(Forbidden):
        texts.write_text(session, deals.place.id, form, actor=deals.signer, now=deals.now)

    kept = session.get_one(ContractText, before.text_id)
    assert (kept.number, kept.clauses, kept.made_by_id) == (1, PROPOSED, None)
    assert (made.number, again.id, after.text_id) == (2, made.id, made.id)
