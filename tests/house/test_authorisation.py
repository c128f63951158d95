"""Every route and method against every role, in one table; it fails when a route is missing from it."""

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.house.asking import Crowd, Line
from tests.house.matrix.accounts import ACCOUNTS
from tests.house.matrix.affiliations import AFFILIATIONS, AFFILIATIONS_API, REGISTRATIONS, ROSTERS, VISITS
from tests.house.matrix.announcements import ANNOUNCEMENTS
from tests.house.matrix.attachments import ATTACHMENTS
from tests.house.matrix.calendars import FEEDS
from tests.house.matrix.catalogue import CATALOGUE, CATALOGUE_API
from tests.house.matrix.directory import DIRECTORY
from tests.house.matrix.enquiries import ENQUIRIES
from tests.house.matrix.grants import GRANTS, LEAVINGS
from tests.house.matrix.home import HOME
from tests.house.matrix.imports import IMPORTS
from tests.house.matrix.operations import OPERATIONS
from tests.house.matrix.owners import OWNERS
from tests.house.matrix.pricing import PRICING
from tests.house.matrix.privacy import PRIVACY
from tests.house.matrix.reservations import BOOKING, RESERVATIONS, STEWARDSHIP
from tests.house.matrix.search import SEARCH
from tests.house.matrix.teams import TEAMS
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
)
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
    outcomes = {role: crowd.outcome(role, line) for role in line.roles}
    expected = {role: line.expected(role) for role in line.roles}

    assert {role: (got, expected[role]) for role, (got, _) in outcomes.items() if got != expected[role]} == {}
    assert [fault for _, faults in outcomes.values() for fault in faults] == []
