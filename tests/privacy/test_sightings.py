"""Every look at somebody's sensitive data is told to them, and to nobody else."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.affiliations import visitors
from booking.affiliations.forms import VisitForm
from booking.core.clock import local_date, utcnow
from booking.teams.service import add_member, create_team
from models.accounts import AuditEntry
from models.affiliations import Invitation, Visit
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import IdentityKind, VisitState
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user, sign_in

SIGHTINGS = "/api/v1/me/sightings"


def test_a_look_by_an_admin_is_told_to_the_person_alone(client: FlaskClient, session: Session) -> None:
    university = make_organisation(session, name_zh="西南大学", name_en="Southwest University")
    lin, admin, other = (make_user(session, name) for name in ("lin", "qadmin", "other"))
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, university.id)
    give(session, lin, Role.RESEARCHER, ScopeKind.ORGANISATION, university.id)
    affiliation = affiliate(session, lin, university)
    now = utcnow()
    sign_in(client, admin)
    client.get(f"/affiliations/{affiliation.id}")
    client.get(f"/api/v1/organisations/{university.id}/people/{lin.id}/leaving")
    form = VisitForm(
        name="Lin",
        email=lin.email,
        identity_kind=IdentityKind.PASSPORT,
        identity_number="G12345678",
        starts_on=local_date(now),
        ends_on=local_date(now),
        purpose="合作测试",
    )
    visit = visitors.register_visitor(session, university.id, form, actor=actor_for(session, admin, now=now), now=now)
    session.commit()
    client.post(f"/api/v1/visits/{visit.id}/reveal")
    own = client.get(SIGHTINGS).get_json()["items"]
    sign_in(client, other)
    others = client.get(SIGHTINGS).get_json()["items"]
    sign_in(client, lin)
    client.get(f"/affiliations/{affiliation.id}")

    first = client.get(f"{SIGHTINGS}?limit=2").get_json()
    rest = client.get(f"{SIGHTINGS}?cursor={first['next_cursor']}").get_json()
    page = client.get("/account/sightings").get_data(as_text=True)
    exported = client.get("/api/v1/me/data").get_json()["sections"]["looks_of_others"]

    assert (own, others) == ([], [])
    looks = [*first["items"], *rest["items"]]
    assert [look["what"] for look in looks] == [
        "affiliations.identity_seen",
        "reservations.leaving_read",
        "affiliations.person_read",
    ]
    assert {(look["role"], look["organisation_zh"]) for look in looks} == {("institution_admin", "西南大学")}
    assert [look["what"] for look in exported] == [look["what"] for look in looks]
    assert page.count("西南大学") == 3
    assert [word for word in ("qadmin", "Qadmin", "G12345678") if word in page] == []


def test_being_seen_in_a_list_is_told_once_a_day_for_each_who_looks_in_few_statements(
    client: FlaskClient, session: Session
) -> None:
    university, now = make_organisation(session, name_zh="西南大学"), utcnow()
    lin, qadmin, auditor = (make_user(session, name) for name in ("lin", "qadmin", "auditor"))
    give(session, qadmin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, university.id)
    give(session, auditor, Role.AUDITOR, ScopeKind.PLATFORM)
    for person in (lin, qadmin):
        affiliate(session, person, university)
    invited = {"name": "Lin", "email": lin.email, "phone": "13800138000", "created_by_id": qadmin.id}
    days = {"created_at": now, "expires_at": now + timedelta(days=9)}
    session.add(Invitation(organisation_id=university.id, **invited, **days))
    paper = {"identity_kind": IdentityKind.PASSPORT, "identity_number": "G12345678", "purpose": "合作测试"}
    stay = {"starts_on": local_date(now), "ends_on": local_date(now), "created_at": now, "decided_at": now}
    people = {"host_id": lin.id, "registered_by_id": lin.id, "name": "Lin", "email": lin.email}
    session.add(Visit(organisation_id=university.id, state=VisitState.CONFIRMED, **paper, **stay, **people))
    session.commit()
    of, api = f"/organisations/{university.id}", f"/api/v1/organisations/{university.id}"

    for who in (qadmin, auditor):
        sign_in(client, who)
        for path in (f"{of}/people", f"/api/v1/affiliations?organisation={university.id}", f"{of}/invitations"):
            client.get(path)
        client.get(f"{api}/visitors")
    counts = []
    for number in range(2):
        newcomers = [make_user(session, f"new{number}{extra}") for extra in range(1 + 4 * number)]
        for newcomer in newcomers:
            affiliate(session, newcomer, university)
        with counting() as statements:
            client.get(f"{of}/people")
        counts.append(len(statements))
    sign_in(client, lin)
    looks = client.get(SIGHTINGS).get_json()["items"]

    told = [(look["what"].removeprefix("affiliations."), look["role"]) for look in looks]
    seen = ["visitor_read", "invited_listed", "people_listed"]
    assert told == [(what, role) for role in ("auditor", "institution_admin") for what in seen]
    assert counts[0] == counts[1]
    own = select(AuditEntry.id).where(AuditEntry.action == "affiliations.people_listed")
    assert session.scalars(own.where(AuditEntry.subject_id == AuditEntry.actor_id)).all() == []


def test_a_look_by_the_platform_names_no_institution_and_a_refused_one_is_none(
    client: FlaskClient, session: Session
) -> None:
    lin, platform, other = (make_user(session, name) for name in ("lin", "platform", "other"))
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    affiliation = affiliate(session, lin, make_organisation(session))
    sign_in(client, other)
    refused = [client.get(f"/users/{lin.id}").status_code, client.get(f"/affiliations/{affiliation.id}").status_code]
    sign_in(client, platform)
    client.get(f"/users/{lin.id}")
    client.get(f"/api/v1/users/{lin.id}/erase")
    sign_in(client, lin)

    looks = client.get(SIGHTINGS).get_json()["items"]

    assert refused == [403, 404]
    told = [(look["what"], look["role"], look["organisation_id"]) for look in looks]
    assert told == [("accounts.user_read", "platform_admin", None)] * 2
    assert session.scalars(select(AuditEntry.subject_id)).all() == [lin.id] * 2


def test_lists_of_accounts_roles_members_and_the_log_are_looks_at_those_in_them(
    client: FlaskClient, session: Session
) -> None:
    university, now = make_organisation(session, name_zh="西南大学"), utcnow()
    lin, lead, qadmin, platform = (make_user(session, name) for name in ("lin", "lead", "qadmin", "platform"))
    give(session, qadmin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, university.id)
    give(session, lin, Role.RESEARCHER, ScopeKind.ORGANISATION, university.id)
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    give(session, lead, Role.LEAD, ScopeKind.ORGANISATION, university.id)
    leading = actor_for(session, lead, now=now)
    team = create_team(session, university.id, "拉曼组", "Raman", "", actor=leading, now=now)
    add_member(session, team, lin.id, approved_by_id=lead.id, now=now)
    subject = ("organisation", university.id)
    audit.note(session, "directory.organisation_changed", subject, actor=actor_for(session, lin, now=now), now=now)
    session.commit()
    lists = {
        qadmin: (f"/grants/organisation/{university.id}", f"/teams/{team.id}", "/audit"),
        platform: ("/users", "/audit.csv?person=lin@example.org"),
        lead: (f"/teams/{team.id}", "/users", "/audit"),
    }

    for who, paths in lists.items():
        sign_in(client, who)
        for path in paths * 2:
            client.get(path)
    sign_in(client, qadmin)
    for path in (f"grants?scope_kind=organisation&scope_id={university.id}", f"teams/{team.id}", "audit-entries"):
        client.get(f"/api/v1/{path}")
    sign_in(client, lin)
    looks = client.get(SIGHTINGS).get_json()["items"]

    told = [(look["what"], look["role"], look["organisation_zh"]) for look in looks]
    assert told == [
        ("accounts.log_read", "platform_admin", ""),
        ("accounts.users_listed", "platform_admin", ""),
        ("accounts.log_read", "institution_admin", "西南大学"),
        ("teams.members_read", "institution_admin", "西南大学"),
        ("accounts.roles_read", "institution_admin", "西南大学"),
    ]
