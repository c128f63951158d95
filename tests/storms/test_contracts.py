"""A contract's amount is never used twice, and nothing comes to rest on a contract that is being ended."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.contracts import requirements
from booking.contracts.forms import RequirementForm
from booking.contracts.used import is_last
from booking.core.clock import at_local, local_date, utcnow
from models.accounts import User
from models.catalogue import Instrument
from models.contracts import Contract, UseAgreement
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import Audience
from models.vocabulary.contracts import ContractScope, ContractState
from tests.factories.affiliations import affiliate
from tests.factories.contracts import Deals, make_firm
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price
from tests.storms.conftest import token_of
from tests.storms.sending import Call, Reply
from tests.storms.weather import Storm

HOURLY = 10_000


def make_deals(session: Session) -> tuple[Deals, list[Instrument], User]:
    """An institution that asks for a contract in any case, its instruments, and the firm of everybody who writes."""
    now, place, firm = utcnow(), make_organisation(session), make_firm(session)
    clerk, agent = make_user(session, "finance"), make_user(session, "agent")
    give(session, clerk, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, place.id)
    give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    instruments = [make_instrument(session, place, policy={"closes_on_holidays": False}) for _ in range(5)]
    for instrument in instruments:
        make_hourly_price(session, instrument, HOURLY, clerk, audience=Audience.FIRMS)
    for writer in session.scalars(select(User).where(User.email.startswith("writer"))):
        affiliate(session, writer, firm)
    deals = Deals(session, place, firm, actor_for(session, clerk, now=now), actor_for(session, agent, now=now), now)
    form = RequirementForm(requires=True, threshold_fen=0)
    requirements.set_requirement(session, place.id, form, actor=deals.keeper, now=now)
    session.commit()
    return deals, instruments, clerk


def hour(number: int, *, day: int = 1) -> dict[str, str]:
    start = at_local(local_date(utcnow()) + timedelta(days=day), 480 + number * 60)
    return {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}


def statuses(replies: Iterable[Reply]) -> Counter[int]:
    return Counter(reply.status for reply in replies)


def resting(session: Session, contract_id: int) -> list[int | None]:
    """The reservations that rest on a contract now."""
    session.rollback()
    rows = select(UseAgreement.reservation_id).where(UseAgreement.contract_id == contract_id, is_last())
    return list(session.scalars(rows))


def wishes_of(instruments: list[Instrument]) -> list[dict[str, object]]:
    """An hour of each instrument, then the next hour of each, thirty in all."""
    return [{"instrument_id": instruments[n % 5].id, **hour(n // 5)} for n in range(30)]


def booked(storm: Storm, tokens: list[str], instruments: list[Instrument]) -> list[Reply]:
    """Thirty bookings of an hour at once."""
    return storm.volley(asking(tokens, instruments))


def asking(tokens: list[str], instruments: list[Instrument]) -> list[Call]:
    """The calls for them."""
    pairs = zip(tokens, wishes_of(instruments), strict=False)
    return [Call(token, "POST", "/api/v1/reservations", wish) for token, wish in pairs]


def test_of_thirty_bookings_ten_are_covered_where_contracts_cover_ten_and_one_of_an_hour_each_covers_one(
    session: Session, storm: Storm, tokens: list[str]
) -> None:
    deals, instruments, _clerk = make_deals(session)
    contracts = [deals.signed(amount_fen=hours * HOURLY) for hours in (2, *[1] * 8)]
    session.commit()

    replies = booked(storm, tokens, instruments)

    assert statuses(replies) == {201: 30}
    assert [len(resting(session, one.id)) for one in contracts] == [2, *[1] * 8]


def test_nothing_rests_on_five_contracts_that_are_each_ended_while_bookings_under_them_are_made(
    session: Session, storm: Storm, tokens: list[str]
) -> None:
    deals, instruments, clerk = make_deals(session)
    contracts = [deals.signed(scope=ContractScope.INSTRUMENT, instrument_id=one.id) for one in instruments]
    token, paths = token_of(session, clerk), [f"/api/v1/contracts/{one.id}/end" for one in contracts]
    ends = [Call(token, "POST", path, {"reason": "终止"}) for path in paths]
    session.commit()
    calls = asking(tokens, instruments)

    replies = storm.volley([*calls[:10], *ends, *calls[10:]])

    assert statuses(replies) == {201: 30, 200: 5}
    assert [resting(session, one.id) for one in contracts] == [[]] * 5


def test_nothing_rests_on_a_contract_that_is_ended_while_bookings_are_made_and_moved(
    session: Session, storm: Storm, tokens: list[str]
) -> None:
    deals, instruments, clerk = make_deals(session)
    contract = deals.signed()
    session.commit()
    made = booked(storm, tokens, instruments)
    before = len(resting(session, contract.id))
    moves = [
        Call(token, "PATCH", f"/api/v1/reservations/{reply.body['id']}", hour(n // 5, day=2))
        for n, (token, reply) in enumerate(zip(tokens, made, strict=False))
    ]
    wishes = [{"instrument_id": instruments[n % 5].id, **hour(n // 5, day=3)} for n in range(15)]
    more = [Call(token, "POST", "/api/v1/reservations", wish) for token, wish in zip(tokens, wishes, strict=False)]
    end = Call(token_of(session, clerk), "POST", f"/api/v1/contracts/{contract.id}/end", {"reason": "终止"})
    session.commit()

    replies = storm.volley([*moves[:15], end, *more, *moves[15:]])

    assert (before, statuses(replies)) == (30, {200: 31, 201: 15})
    assert resting(session, contract.id) == []
    assert session.scalar(select(Contract.state).where(Contract.id == contract.id)) == ContractState.ENDED
