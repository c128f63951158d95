"""Which mails follow from what happened to a contract: each step tells the other side."""

from collections.abc import Iterator
from typing import Any

from booking.catalogue.report_letters import holders
from booking.contracts.grounds import lacking_of
from booking.contracts.queries import in_full, is_known
from booking.contracts.rules import OBJECTING_WITHIN, Side
from booking.contracts.used import GIVEN_UP, NOT_DONE
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.catalogue import Instrument
from models.contracts import Contract, ContractEvent, UseAgreement
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.accounts import Role
from models.vocabulary.contracts import ContractState, ContractStep, Need

TEMPLATE = "contracts/changed"
KEEPERS = (Role.INSTITUTION_FINANCE, Role.INSTITUTION_ADMIN)
SIGNERS = (Role.ENTERPRISE_AGENT, *KEEPERS)
SILENT = frozenset({ContractStep.DRAFT, ContractStep.EDIT})


def on_changed(news: News) -> list[Letter]:
    """To the other side what was done; to both when it is in force or has run out."""
    contract, event = _contract(news), news.session.get(ContractEvent, news.payload["event_id"])
    if contract is None or event is None or event.step in SILENT:
        return []
    side, is_for_both = Side(news.payload["side"]), event.state in {ContractState.SIGNED, ContractState.EXPIRED}
    told = {Side.PARTY, Side.OWNER} if is_for_both else {Side.PARTY, Side.OWNER} - {side}
    values = {"step": event.step.value, "state": event.state.value, "text": event.reason}
    is_for_party = event.facts.get("handed_in_by") == Side.OWNER and Side.PARTY in event.facts["sides"]
    days = {"objecting_days": OBJECTING_WITHIN.days if is_for_party else 0}
    return _letters(news, contract, told, {**values, **days})


def on_lacking(news: News) -> list[Letter]:
    """To who is to use it, what is still missing and where to give it; about a contract also to its keepers.

    About an order of a firm to all its agents. Of what is there by now, was weighed anew, or given up nobody is told.
    """
    row = news.session.get_one(UseAgreement, news.payload["agreement_id"])
    lacking = lacking_of(news.session, reservation_id=row.reservation_id, sample_order_id=row.sample_order_id)
    if lacking is None or lacking.id != row.id:
        return []
    reservation = news.session.get(Reservation, row.reservation_id) if row.reservation_id else None
    order = news.session.get(SampleOrder, row.sample_order_id) if row.sample_order_id else None
    used = reservation or order
    if used is None or used.state in {*GIVEN_UP, *NOT_DONE}:
        return []
    instrument = news.session.get_one(Instrument, used.instrument_id)
    path = f"reservations/{reservation.id}" if reservation else f"sample-orders/{used.id}"
    values = {
        "need": row.need.value,
        "instrument_zh": instrument.name_zh,
        "instrument_en": instrument.name_en,
        "starts_at": reservation.starts_at if reservation else None,
        "ends_at": reservation.ends_at if reservation else None,
        "title": order.title if order else "",
        "amount_fen": row.amount_fen,
        "link": news.link(path),
    }
    users = _users_of(news, row)
    people = list(users)
    if row.need == Need.CONTRACT:
        people += holders(news.session, KEEPERS, row.organisation_id, today=local_date(news.now))
    active = {one.id: one for one in people if one.deactivated_at is None}
    return [
        Letter(one.email, one.language, "contracts/lacking", {**values, "is_user": one in users})
        for one in active.values()
    ]


def _users_of(news: News, row: UseAgreement) -> list[User]:
    """Whose use it is: the person, and everybody who acts for the firm of an order."""
    people = [news.session.get_one(User, row.user_id)]
    if row.sample_order_id is not None and row.party_id is not None:
        people += holders(news.session, (Role.ENTERPRISE_AGENT,), row.party_id, today=local_date(news.now))
    return people


def on_ending(news: News) -> list[Letter]:
    """To both sides: the contract runs out soon."""
    contract = _contract(news)
    if contract is None or contract.state != ContractState.SIGNED:
        return []
    return _letters(
        news, contract, {Side.PARTY, Side.OWNER}, {"step": "ending", "state": "signed", "text": "", "objecting_days": 0}
    )


def _contract(news: News) -> Contract | None:
    """The contract of the event as it is now."""
    return news.session.scalar(in_full().where(Contract.id == news.payload["contract_id"]))


def _letters(news: News, contract: Contract, told: set[Side], more: dict[str, Any]) -> list[Letter]:
    """One letter for each person of the sides that are told."""
    values = {
        "number": contract.number,
        "title": contract.title,
        "owner_zh": contract.owner_name,
        "owner_en": contract.owner_name_en,
        "party_zh": contract.party_name,
        "party_en": contract.party_name_en,
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
        "link": news.link(f"contracts/{contract.id}"),
        **more,
    }
    people = {person.id: person for person in _people(news, contract, told)}
    return [Letter(person.email, person.language, TEMPLATE, values) for person in people.values()]


def _people(news: News, contract: Contract, told: set[Side]) -> Iterator[User]:
    """Who keeps the institution's contracts, and who acts for the party once it knows of the contract."""
    today = local_date(news.now)
    if Side.OWNER in told:
        yield from holders(news.session, KEEPERS, contract.organisation_id, today=today)
    if Side.PARTY in told and is_known(contract):
        yield from holders(news.session, SIGNERS, contract.party_id, today=today)
