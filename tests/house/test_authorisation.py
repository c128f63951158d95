"""Every route and method against every role, in one table; it fails when a route is missing from it."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from booking.accounts import audit, audit_log
from booking.accounts.audit_log import Wanted
from booking.accounts.audit_reach import OF_NOBODY, known_kinds
from booking.core.actors import Reach
from booking.web.extensions import db
from models.accounts import AuditEntry
from tests.house.asking import Crowd, Line
from tests.house.matrix.accounts import ACCOUNTS
from tests.house.matrix.affiliations import AFFILIATIONS, AFFILIATIONS_API, REGISTRATIONS, ROSTERS, VISITS
from tests.house.matrix.announcements import ANNOUNCEMENTS
from tests.house.matrix.applications import APPLICATIONS
from tests.house.matrix.attachments import ATTACHMENTS
from tests.house.matrix.calendars import FEEDS
from tests.house.matrix.catalogue import CATALOGUE, CATALOGUE_API
from tests.house.matrix.charges import CHARGES
from tests.house.matrix.clearing import CLEARING
from tests.house.matrix.contracts import CONTRACTS
from tests.house.matrix.directory import DIRECTORY
from tests.house.matrix.enquiries import ENQUIRIES
from tests.house.matrix.grants import GRANTS, LEAVINGS
from tests.house.matrix.home import HOME
from tests.house.matrix.imports import IMPORTS
from tests.house.matrix.invoices import INVOICES
from tests.house.matrix.operations import OPERATIONS
from tests.house.matrix.owners import OWNERS
from tests.house.matrix.payers import PAYERS
from tests.house.matrix.pricing import PRICING
from tests.house.matrix.privacy import PRIVACY
from tests.house.matrix.programmes import PROGRAMMES
from tests.house.matrix.recognitions import RECOGNITIONS
from tests.house.matrix.redemptions import REDEMPTIONS
from tests.house.matrix.reservations import BOOKING, RESERVATIONS, STEWARDSHIP
from tests.house.matrix.samples import SAMPLES
from tests.house.matrix.search import SEARCH
from tests.house.matrix.standing_in import BOTH, STANDING_IN
from tests.house.matrix.statements import STATEMENTS
from tests.house.matrix.teams import TEAMS
from tests.house.matrix.vouchers import VOUCHERS
from tests.house.snapshots import Snapshot
from tests.house.worlds import World

MATRIX = (
    *ACCOUNTS,
    *ANNOUNCEMENTS,
    *AFFILIATIONS,
    *AFFILIATIONS_API,
    *ROSTERS,
    *ATTACHMENTS,
    *VISITS,
    *REGISTRATIONS,
    *GRANTS,
    *LEAVINGS,
    *TEAMS,
    *ENQUIRIES,
    *SAMPLES,
    *FEEDS,
    *SEARCH,
    *BOOKING,
    *RESERVATIONS,
    *STEWARDSHIP,
    *CATALOGUE,
    *CATALOGUE_API,
    *OWNERS,
    *DIRECTORY,
    *IMPORTS,
    *OPERATIONS,
    *HOME,
    *PRIVACY,
    *PRICING,
    *PAYERS,
    *CHARGES,
    *STATEMENTS,
    *INVOICES,
    *CONTRACTS,
    *PROGRAMMES,
    *RECOGNITIONS,
    *VOUCHERS,
    *APPLICATIONS,
    *REDEMPTIONS,
    *CLEARING,
)
OF_BOTH = {"owner_change"}
OF_AUTHORITIES = {"programme", "recognition", "voucher", "voucher_application", "redemption", "clearing_statement"}
OURS = {"programme": 12, "recognition": 2, "redemption": 18, "voucher": 5, "voucher_application": 35}
THEIRS = {"programme": 3, "recognition": 1, "clearing_statement": 1, "voucher": 1, "voucher_application": 7}
"""How many entries the world's two authorities find of each kind."""
GONE = 2**31 - 1
NOW = datetime(2026, 11, 26, tzinfo=UTC)
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def crowd(engine_app: Flask, world: World, snapshot: Snapshot) -> Crowd:
    snapshot.restore()
    return Crowd(engine_app, world, snapshot)


def route_of(app: Flask, world: World, line: Line) -> tuple[str, str] | None:
    try:
        path = world.filled(f"/{line.path[1:].partition('?')[0]}")
        endpoint, _values = app.url_map.bind("localhost").match(str(path), method=line.method)
    except HTTPException:
        return None
    return endpoint, line.method


def test_no_route_is_missing_from_the_matrix(engine_app: Flask, world: World) -> None:
    routes = {
        (rule.endpoint, method)
        for rule in engine_app.url_map.iter_rules()
        for method in (rule.methods or set()) & METHODS
    }

    assert routes - {route_of(engine_app, world, line) for line in MATRIX} == set()


@pytest.mark.parametrize("line", MATRIX, ids=lambda line: line.call)
def test_every_role_gets_what_the_matrix_says_and_reads_nothing_private(crowd: Crowd, line: Line) -> None:
    assert differing(crowd, line, line.roles_on(crowd.snapshot.engine.dialect.name)) == ({}, [])


@pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True, scope="session")
@pytest.mark.parametrize("line", STANDING_IN, ids=lambda line: line.call)
def test_who_stands_in_for_an_administrator_does_nothing_that_outlasts_it(crowd: Crowd, line: Line) -> None:
    assert differing(crowd, line, sorted(BOTH)) == ({}, [])


def differing(crowd: Crowd, line: Line, roles: list[str]) -> tuple[dict[str, tuple[int | str, int | str]], list[str]]:
    """Who of these gets something else than the line says, and everything that is wrong with the answers."""
    outcomes = {role: crowd.outcome(role, line) for role in roles}
    expected = {role: line.expected(role) for role in roles}
    others = {role: (got, expected[role]) for role, (got, _) in outcomes.items() if got != expected[role]}
    return others, [fault for _, faults in outcomes.values() for fault in faults]


def entries(session: Session, *organisation_ids: int) -> dict[str, set[int]]:
    """The entries that the organisations' auditors find, by kind of subject."""
    found: dict[str, set[int]] = defaultdict(set)
    reach = Reach(organisation_ids=frozenset(organisation_ids))
    for entry in audit_log.every(session, Wanted(), reach):
        found[entry.subject_kind].add(entry.id)
    return found


def test_each_institution_finds_its_own_entries_of_every_kind_and_none_of_others(
    engine_app: Flask, world: World
) -> None:
    with engine_app.app_context(), Session(db.engine) as session:
        sides = world.names["organisation"], world.names["their_organisation"]
        for owner in sides:
            gone = {"organisation_id": owner, "domain": "example.org"}
            audit.note(session, "affiliations.domain_removed", ("mail_domain", GONE), actor=None, now=NOW, before=gone)
        session.flush()
        kinds = set(session.scalars(select(AuditEntry.subject_kind).distinct()))
        ours, theirs = (entries(session, owner) for owner in sides)
        authorities = [entries(session, world.names[name]) for name in ("authority", "their_authority")]
        session.rollback()

    assert kinds - known_kinds() == set()
    assert (set(ours) | set(theirs)) & OF_NOBODY == set()
    assert {kind for kind in set(ours) & set(theirs) if ours[kind] & theirs[kind]} == OF_BOTH
    assert kinds - OF_NOBODY - set(ours) == OF_AUTHORITIES
    assert [{kind: len(found[kind]) for kind in sorted(OF_AUTHORITIES)} for found in authorities] == [
        {**dict.fromkeys(sorted(OF_AUTHORITIES), 0), **OURS},
        {**dict.fromkeys(sorted(OF_AUTHORITIES), 0), **THEIRS},
    ]
    assert {kind for kind in OF_AUTHORITIES if authorities[0][kind] & authorities[1][kind]} == set()
    assert set(theirs) >= {"instrument", "block", "enquiry", "team", "mail_domain", "owner_change"}
