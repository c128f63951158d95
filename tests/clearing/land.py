"""Two provinces for a whole life of vouchers: authorities with programmes, firms with agents, labs with instruments."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.reservations.wishes import Paying
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.payers import PayerKind
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price
from tests.factories.programmes import make_authority, make_programme
from tests.factories.vouchers import accept, make_firm

HOURLY = 9_990
"""An hour and a half comes to 149.85 yuan, of which 30 % are half a fen more than 44.95."""
PLACES = {"50": "500109", "51": "510704"}
AUTHORITIES = {"50": "500000", "51": "510000"}
AGENTS = {"50": "lead", "51": "other"}
CAP, BUDGET = 30_000, {"issue": 150_000, "hold": 25_000}
WAYS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("50", {"redeemed_by": "provider", "reserves_budget": "issue", "counts_on": "service", "valid_days": 12}),
    ("50", {"redeemed_by": "enterprise", "reserves_budget": "hold", "counts_on": "service"}),
    ("51", {"redeemed_by": "provider", "reserves_budget": "hold", "counts_on": "invoice"}),
    ("51", {"redeemed_by": "enterprise", "reserves_budget": "issue", "counts_on": "invoice", "use_by": "2027-01-31"}),
)
"""Of any two of the three switches every two values stand together once; those that issue are advanced."""


def terms_of(number: int) -> dict[str, Any]:
    """What a programme says."""
    _province, said = WAYS[number]
    at_issue = said["reserves_budget"] == "issue"
    return {
        "border_way": "advance_then_net" if at_issue else "home_pays",
        "budget_fen": BUDGET[said["reserves_budget"]],
        "year_cap_fen": CAP,
        **said,
    }


@dataclass
class Land:
    """Who and what there is, by ids; `payers` are the accounts of the agent who has any, the other pays by bill."""

    who: dict[str, Actor]
    programmes: list[int]
    firms: dict[str, int]
    labs: dict[str, int]
    instruments: list[int]
    payers: dict[str, Paying]


def make_land(session: Session, now: datetime) -> Land:
    """All of it, committed."""
    names = ("lead", "other", "steward", "finance", "first50", "second50", "first51", "second51")
    people = {name: make_user(session, name) for name in names}
    labs = {code: make_organisation(session, adcode=place) for code, place in PLACES.items()}
    instruments = [_instrument(session, lab, people) for lab in labs.values()]
    firms = {code: make_firm(session, PLACES[code]) for code in PLACES}
    for code, firm in firms.items():
        give(session, people[AGENTS[code]], Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    authorities = {code: make_authority(session, place) for code, place in AUTHORITIES.items()}
    for code, authority in authorities.items():
        for turn in ("first", "second"):
            give(session, people[f"{turn}{code}"], Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, authority.id)
        accept(session, authority, labs.values(), now=now)
    payers = [make_payer(session, lab, people["lead"], 1_000_000, kind=PayerKind.ON_ACCOUNT) for lab in labs.values()]
    who = {name: actor_for(session, person, now=now) for name, person in people.items()}
    programmes = [_programme(session, number, authorities, who, now) for number in range(len(WAYS))]
    session.commit()
    return Land(
        who,
        programmes,
        {code: firm.id for code, firm in firms.items()},
        {code: lab.id for code, lab in labs.items()},
        instruments,
        {code: Paying(payer.id) for code, payer in zip(labs, payers, strict=True)},
    )


def _instrument(session: Session, lab: Organisation, people: dict[str, User]) -> int:
    """An instrument with its steward and its price, at a lab with its finance."""
    made: Instrument = make_instrument(session, lab, policy={"closes_on_holidays": False})
    give(session, people["steward"], Role.STEWARD, ScopeKind.INSTRUMENT, made.id)
    give(session, people["finance"], Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, lab.id)
    fees: dict[str, Any] = {"cancel_hours": 12, "cancel_share": 5_000, "no_show_share": 10_000}
    make_hourly_price(session, made, HOURLY, people["steward"], **fees)
    return made.id


def _programme(
    session: Session, number: int, authorities: dict[str, Organisation], who: dict[str, Actor], now: datetime
) -> int:
    """A programme of the province's authority."""
    code, _said = WAYS[number]
    named = {"name_zh": f"创新券{number}", "name_en": f"Vouchers {number}"}
    return make_programme(session, authorities[code], who[f"first{code}"], now=now, **named, **terms_of(number)).id
