"""Every role's home page over one world in which something waits for each card: who meets which cards, and no other."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.accounts.queries import actor_of
from booking.core.clock import at_local, local_date, utcnow
from booking.home.queries import PROVIDERS, cards
from booking.ledger.rules import Move
from booking.ledger.service import post_entry
from booking.settings import Settings
from booking.statements.service import issue_statement
from booking.web.extensions import db
from models.accounts import Grant
from models.affiliations import Visit
from models.contracts import Contract
from models.directory import Organisation
from models.jobs import JobRun
from models.reservations import Block, Reservation
from models.teams import Team, TeamRequest
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.jobs import RunOutcome
from models.vocabulary.reservations import BlockKind
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument
from tests.factories.many_waiting import add_waiting
from tests.factories.payers import make_payer
from tests.factories.people import LONG_AGO
from tests.house.worlds import World

Codes = Mapping[str, frozenset[str]]

HANDS_ON = frozenset({"enquiries", "sample_orders", "blocks_today"})
SETTLING = frozenset({"charges_disputed", "charge_problems"})
STEWARDING = HANDS_ON | SETTLING | {"decisions", "conflicts", "unagreed", "drafts", "training", "uses"}
MONEY = frozenset({"payers_expiring", "payers_low", "prices_missing", "to_bill", "statements_overdue"})
AGREED = frozenset({"contracts_to_keep", "contracts_ending"})
ADMINISTERING = (
    STEWARDING
    | MONEY
    | AGREED
    | {"imports", "reports", "reviews", "role_changes", "successors", "roles_ending"}
    | {"affiliations", "visits", "visits_without_host", "rosters", "affiliations_ending", "team_requests_left"}
)
OPERATING = frozenset({"failing_jobs", "backup", "events_set_aside"})
EXPECTED: Codes = {
    "researcher": frozenset({"lead_asked", "team_requests", "answers", "visits_hosted", "team_members_ending"}),
    "holder": frozenset({"team_requests", "answers", "own_sample_orders", "own_requests", "own_bookings"})
    | {"charges_to_accept", "statements_owed"},
    "their_holder": frozenset({"own_bookings", "feeds_hint", "statements_owed"}),
    "steward": STEWARDING - {"training"} | {"own_bookings"},
    "second": frozenset({"decisions", "training", "own_roles_ending"}),
    "technician": HANDS_ON,
    "trainer": frozenset({"training"}),
    "reviewer": frozenset({"reviews"}),
    "finance": MONEY | AGREED | SETTLING | {"charges_to_accept"},
    "admin": ADMINISTERING | {"charges_to_accept"},
    "their_admin": frozenset({"drafts", "enquiries", "sample_orders", "imports", "reports", "reviews", "role_changes"})
    | {"affiliations", "visits", "left_behind", "owner_changes", "charges_disputed"},
    "operator": frozenset({"registrations"}),
    "agent": frozenset(
        {"own_sample_orders", "own_unagreed", "own_bookings", "contracts_to_sign", "applications_returned"}
        | {"feeds_hint", "statements_owed"}
    ),
    "officer": frozenset({"applications_to_review", "redemptions", "clearing"}),
    "auditor": OPERATING | {"role_changes", "charges_seen", "statements_seen"},
    "platform": OPERATING
    | {"registrations", "mail_domains", "affiliations_unmanaged", "exemptions", "mails_set_aside", "announced"}
    | {"successors", "roles_ending", "role_changes"},
}


@pytest.fixture(scope="module")
def met(engine_app: Flask, world: World) -> Codes:
    """The codes that each person meets, once what the world lacks was added."""
    now = utcnow()
    with engine_app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        _add_what_lacks(session, world, now)
        settings = Settings()
        found = {}
        for key in EXPECTED:
            actor = actor_of(session, world.users[key].email, now=now)
            assert actor is not None
            found[key] = frozenset(card.code for card in cards(session, actor, settings=settings, now=now))
        return found


@pytest.mark.parametrize("role", EXPECTED)
def test_each_role_meets_exactly_its_cards(met: Codes, role: str) -> None:
    assert met[role] == EXPECTED[role]


def test_every_card_is_met_by_somebody() -> None:
    assert frozenset().union(*EXPECTED.values()) == {provider.code for provider in PROVIDERS}


def _add_what_lacks(session: Session, world: World, now: datetime) -> None:
    """What comes to its end, is missing, failed or was left behind."""
    ours, today = session.get_one(Organisation, world.names["organisation"]), local_date(now)
    add_waiting(session, ours, world.users["researcher"], "more", now)
    session.get_one(Visit, world.names["visit"]).host_missed_on = today
    _add_money(session, world, ours, today)
    _add_roles(session, world, ours, today)
    make_instrument(session, ours, unit_id=world.names["unit"], accepted_on=today)
    session.add(JobRun(job="send_mails", fire_at=now, started_at=now, outcome=RunOutcome.FAILED, last_error="broken"))
    day = {"starts_at": at_local(today), "ends_at": at_local(today + timedelta(days=1)), "kind": BlockKind.MAINTENANCE}
    where = {"instrument_id": world.names["published"], "lane_group_id": world.names["group"]}
    session.add(Block(created_at=now, **where, **day))
    team = Team(organisation_id=ours.id, name_zh="无人的组", lead_id=world.users["closed"].id, created_at=now)
    session.add(team)
    session.flush()
    session.add(TeamRequest(team_id=team.id, user_id=world.users["agent"].id, created_at=now))
    theirs = session.get_one(Organisation, world.names["their_organisation"])
    affiliate(session, world.users["their_holder"], theirs, ends_on=today - timedelta(days=1))
    nobody = {"state": AffiliationState.PENDING, "confirmed_by": None, "decided_at": None}
    affiliate(session, world.users["former"], session.get_one(Organisation, world.names["unmanaged"]), **nobody)
    left = session.get_one(Reservation, world.names["their_reservation"])
    left.created_at = now - timedelta(days=3)
    session.commit()


def _add_money(session: Session, world: World, ours: Organisation, today: date) -> None:
    """An account that expires, one that is nearly spent, and an instrument to be paid for without a price."""
    holder = world.users["holder"]
    make_payer(session, ours, holder, 100_000, number="8", expires_on=today + timedelta(days=3))
    spent = make_payer(session, ours, holder, 100_000, number="9")
    post_entry(session, "spent", "payers", [Move(spent.left_id, spent.held_id, 90_001)], now=utcnow())
    make_instrument(session, ours, policy={"needs_payer": True})
    signed = session.get_one(Contract, world.names["signed_contract"])
    same = {one.key: getattr(signed, one.key) for one in Contract.__table__.columns if one.key not in {"id", "number"}}
    session.add(Contract(**same | {"number": "E-1", "ends_on": today + timedelta(days=60)}))
    _bill(session, world)


def _bill(session: Session, world: World) -> None:
    """A statement that is overdue; a charge is to be billed already."""
    now = utcnow()
    admin = actor_of(session, world.users["admin"].email, now=now)
    assert admin is not None
    issue_statement(session, world.names["draft_statement"], actor=admin, now=now - timedelta(days=45))
    session.commit()


def _add_roles(session: Session, world: World, ours: Organisation, today: date) -> None:
    """A role that ends and nobody else holds, and one whose holder has left."""
    made = make_instrument(session, ours)
    role = {"role": Role.STEWARD, "scope_kind": ScopeKind.INSTRUMENT, "created_at": LONG_AGO}
    second, former = world.users["second"].id, world.users["former"].id
    ending, leaving = today + timedelta(days=3), today - timedelta(days=1)
    session.add(Grant(user_id=second, scope_id=made.id, starts_on=date(2020, 1, 1), ends_on=ending, **role))
    other = make_instrument(session, ours)
    session.add(Grant(user_id=former, scope_id=other.id, starts_on=date(2020, 1, 1), due_to_end_on=leaving, **role))
    session.commit()
