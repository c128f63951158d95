"""`may`, `reach` and the conditions in SQL agree with a plain model over random roles, scopes and days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.accounts import audit_log, grant_queries, queries
from booking.accounts.labels import PERMISSIONS
from booking.accounts.permissions import NEEDED_ROLES, NEVER_DELEGATED, Permission, gives, may, reach
from booking.accounts.rules import SCOPES_OF_ROLE
from booking.catalogue.queries import within
from booking.core.actors import HeldGrant, Target
from booking.core.clock import at_local
from booking.reservations.queries import in_reach
from models.accounts import Grant
from models.catalogue import Instrument
from models.vocabulary.accounts import Role, ScopeKind
from tests.accounts.landscapes import Landscape, allowed, arrange, listed
from tests.counting import counting
from tests.factories.instruments import make_organisation
from tests.factories.people import LONG_AGO, actor_for, give, make_user, sign_in

TODAY = date(2026, 11, 23)
NOON = at_local(TODAY, 720)
POSSIBLE = [(role, kind) for role, kinds in SCOPES_OF_ROLE.items() for kind in sorted(kinds)]


@dataclass(frozen=True)
class Drawn:
    """A role at the n-th place of its kind, from and to so many days from today."""

    role: tuple[Role, ScopeKind]
    place: int
    first: int
    last: int | None
    stands_in: bool


@pytest.fixture
def landscape(session: Session) -> Landscape:
    return arrange(session, NOON)


drawn = st.builds(
    Drawn,
    role=st.sampled_from(POSSIBLE),
    place=st.sampled_from((0, 1, 0, 1, 0, 1, 2, 3, 4, 5)),
    first=st.integers(-2, 2),
    last=st.one_of(st.none(), st.integers(0, 3)),
    stands_in=st.booleans(),
)


def test_who_stands_in_has_everything_of_the_role_but_what_outlasts_it() -> None:
    roles = (Role.INSTITUTION_ADMIN, Role.PLATFORM_ADMIN, Role.OPERATOR, Role.STEWARD, Role.ENTERPRISE_AGENT)
    everywhere = Target()

    def held(role: Role, *, is_delegated: bool) -> set[str]:
        grant = HeldGrant(role, ScopeKind.PLATFORM, None, is_delegated=is_delegated)
        return {permission.value for permission in Permission if gives(grant, permission, everywhere)}

    withheld = [held(role, is_delegated=False) - held(role, is_delegated=True) for role in roles]

    assert withheld == [
        {"give_grants", "name_agents", "change_owner", "manage_contracts", "sign_contracts"},
        {
            "give_grants",
            "name_agents",
            "change_owner",
            "verify_organisations",
            "deactivate_people",
            "erase_people",
            "move_addresses",
        },
        {"verify_organisations"},
        set(),
        {"name_agents", "sign_contracts"},
    ]


def stored(session: Session, land: Landscape, wanted: Sequence[Drawn]) -> list[Grant]:
    session.rollback()
    session.execute(delete(Grant).where(Grant.user_id == land.person.id))
    grants = []
    for one in wanted:
        role, kind = one.role
        places = land.places.get(kind)
        first = TODAY + timedelta(days=one.first)
        last = first + timedelta(days=one.last) if one.last is not None else None
        grants.append(
            Grant(
                user_id=land.person.id,
                role=role,
                scope_kind=kind,
                scope_id=places[one.place % len(places)] if places else None,
                starts_on=first,
                ends_on=last,
                delegated_from_id=land.absent.id if one.stands_in and last else None,
                created_at=LONG_AGO,
            )
        )
    session.add_all(grants)
    session.commit()
    return grants


def plainly(grants: Sequence[Grant], permission: Permission, instrument: Instrument) -> bool:
    """The rules once more, as slowly and plainly as can be."""
    for grant in grants:
        in_force = grant.starts_on <= TODAY and (grant.ends_on is None or grant.ends_on >= TODAY)
        held_back = grant.delegated_from_id is not None and permission in NEVER_DELEGATED
        covered = {
            ScopeKind.PLATFORM: True,
            ScopeKind.ORGANISATION: grant.scope_id == instrument.organisation_id,
            ScopeKind.UNIT: instrument.unit_id is not None and grant.scope_id == instrument.unit_id,
            ScopeKind.INSTRUMENT: grant.scope_id == instrument.id,
        }[grant.scope_kind]
        if in_force and covered and not held_back and grant.role in NEEDED_ROLES[permission]:
            return True
    return False


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(drawn, max_size=5), permission=st.sampled_from(Permission))
def test_python_and_sql_agree_with_the_plain_rules(
    session: Session, landscape: Landscape, wanted: list[Drawn], permission: Permission
) -> None:
    grants = stored(session, landscape, wanted)
    actor = actor_for(session, landscape.person, now=NOON)
    expected = [one.id for one in landscape.instruments if plainly(grants, permission, one)]
    targets = {one.id: Target(one.organisation_id, one.unit_id, one.id) for one in landscape.instruments}

    permitted = [key for key, target in targets.items() if may(actor, permission, target)]
    filtered = [
        session.scalars(select(Instrument.id).where(condition(reach(actor, permission))).order_by(Instrument.id)).all()
        for condition in (in_reach, within)
    ]
    explained = [
        key
        for key, target in targets.items()
        for reason in grant_queries.reasons(session, actor.id, target, today=TODAY)
        if reason.permission == permission and reason.grants
    ]

    assert permitted == expected
    assert [list(one) for one in filtered] == [expected, expected]
    assert explained == expected
    assert listed(session, landscape, actor, TODAY) == allowed(session, landscape, actor)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(drawn, max_size=4))
def test_nobody_reads_people_or_the_log_of_the_other_province(
    session: Session, landscape: Landscape, wanted: list[Drawn]
) -> None:
    grants = stored(session, landscape, wanted)
    actor = actor_for(session, landscape.person, now=NOON)

    shown = grant_queries.visible_grants(session, landscape.staff.id, actor, today=TODAY)
    log = audit_log.page(
        session, audit_log.Wanted(subject_kind="organisation"), reach(actor, Permission.SEE_AUDIT), limit=9
    )

    assert {one.grant.scope_id for one in shown} == readable(grants, landscape, Permission.SEE_GRANTS)
    assert {entry.subject_id for entry in log.items} == readable(grants, landscape, Permission.SEE_AUDIT)


def readable(grants: Sequence[Grant], land: Landscape, permission: Permission) -> set[int]:
    """The organisations at which one of these grants gives the permission today, told plainly."""
    places = land.places[ScopeKind.ORGANISATION]
    held = [
        one
        for one in grants
        if one.starts_on <= TODAY
        and (one.ends_on is None or one.ends_on >= TODAY)
        and one.role in NEEDED_ROLES[permission]
    ]
    if any(one.scope_kind == ScopeKind.PLATFORM for one in held):
        return set(places)
    return {one.scope_id for one in held if one.scope_kind == ScopeKind.ORGANISATION and one.scope_id}


def test_every_permission_has_a_name() -> None:
    assert set(PERMISSIONS) == set(Permission) == set(NEEDED_ROLES)


def test_a_request_learns_who_asks_and_what_they_may_do_in_one_statement(client: FlaskClient, session: Session) -> None:
    admin = make_user(session, "admin")
    for _ in range(3):
        give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, make_organisation(session).id)
    sign_in(client, admin)
    client.get("/board")

    with counting() as refused:
        status = client.get("/operations/jobs").status_code
    with counting() as allowed:
        page = client.get("/catalogue")
    asked = [text for text in allowed.texts if "grants" in text or "users" in text]

    assert (status, page.status_code) == (403, 200)
    assert len(refused) <= 2
    assert len(asked) <= 2


def test_the_grants_of_a_person_come_with_the_person(session: Session) -> None:
    user = make_user(session, "user")

    with counting(session.get_bind().engine) as statements:
        actor = queries.actor_by_session(session, user.id, user.credential_version, now=NOON)
        may(actor, Permission.GIVE_GRANTS, Target(1))
        reach(actor, Permission.SEE_BOOKINGS)

    assert len(statements) == 1
