"""Firms register themselves and are none until they are verified."""

from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.affiliations import registrations
from booking.affiliations.forms import REGISTERED_KINDS, RegistrationForm, VerifyForm
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from models.accounts import AuditEntry, Grant
from models.affiliations import Affiliation, OrganisationRegistration
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy, RegistrationState
from models.vocabulary.directory import OrganisationKind
from tests.affiliations.conftest import House
from tests.factories.instruments import make_organisation
from tests.factories.letters import mailed
from tests.factories.looking import look_again
from tests.factories.people import actor_for, give, make_user, sign_in

USCC = "91110108551385082Q"


PENDING = RegistrationState.PENDING


def mine(house: House) -> ColumnElement[bool]:
    return Grant.user_id == house.lin.id


def form(**values: object) -> RegistrationForm:
    given: dict[str, object] = {"name_zh": "北碚某某科技有限公司", "adcode": "500109", "uscc": USCC}
    return RegistrationForm.model_validate(given | values)


@pytest.fixture
def operator(session: Session, now: datetime) -> Actor:
    user = make_user(session, "operator")
    centre = make_organisation(session, kind=OrganisationKind.PLATFORM)
    give(session, user, Role.OPERATOR, ScopeKind.ORGANISATION, centre.id)
    return actor_for(session, user, now=now)


def test_a_registration_is_taken_back_by_who_made_it_and_made_anew(
    session: Session, house: House, operator: Actor, now: datetime
) -> None:
    made = registrations.register_organisation(session, form(), actor=house.lin_actor, now=now)
    session.commit()
    with pytest.raises(Forbidden):
        registrations.withdraw_registration(session, made.id, actor=operator, now=now)

    registrations.withdraw_registration(session, made.id, actor=house.lin_actor, now=now)
    session.commit()

    with pytest.raises(Conflict):
        registrations.verify_registration(session, made.id, VerifyForm(), actor=operator, now=now)
    with pytest.raises(Conflict):
        registrations.withdraw_registration(session, made.id, actor=house.lin_actor, now=now)
    assert (made.state, mailed(session, now=now)) == (RegistrationState.WITHDRAWN, [])
    again = registrations.register_organisation(session, form(), actor=house.lin_actor, now=now)
    assert again.state == PENDING


def test_a_firm_waits_and_is_no_organisation_yet(
    session: Session, house: House, operator: Actor, now: datetime
) -> None:
    before = session.scalar(select(func.count()).select_from(Organisation))

    made = registrations.register_organisation(session, form(), actor=house.lin_actor, now=now)
    session.commit()

    assert made.state == RegistrationState.PENDING
    assert session.scalar(select(func.count()).select_from(Organisation)) == before
    assert [letter.recipient for letter in mailed(session, now=now)] == [operator.email]
    with pytest.raises(NotFound):
        registrations.registration_for(session, made.id, house.admin_actor)


def test_verifying_makes_the_organisation_its_agent_and_the_affiliation(
    session: Session, house: House, operator: Actor, now: datetime
) -> None:
    made = registrations.register_organisation(session, form(), actor=house.lin_actor, now=now)

    registrations.verify_registration(session, made.id, VerifyForm(checked="营业执照"), actor=operator, now=now)
    session.commit()

    firm = session.scalars(select(Organisation).where(Organisation.uscc == USCC)).one()
    grant = session.scalars(select(Grant).where(Grant.user_id == house.lin.id)).one()
    held = session.scalars(select(Affiliation)).one()
    assert (firm.kind, made.organisation_id, made.checked) == (OrganisationKind.ENTERPRISE, firm.id, "营业执照")
    assert (grant.role, grant.scope_id, grant.granted_by_id) == (Role.ENTERPRISE_AGENT, firm.id, operator.id)
    assert (held.user_id, held.organisation_id, held.state, held.confirmed_by) == (
        house.lin.id,
        firm.id,
        AffiliationState.CONFIRMED,
        ConfirmedBy.VERIFICATION,
    )
    assert mailed(session, now=now)[-1].recipient == house.lin.email


@pytest.mark.parametrize("kind", sorted(REGISTERED_KINDS))
def test_who_registered_an_owner_of_instruments_administers_it_when_that_was_ticked(
    session: Session, house: House, operator: Actor, now: datetime, kind: OrganisationKind
) -> None:
    is_firm = kind == OrganisationKind.ENTERPRISE
    role = Role.ENTERPRISE_AGENT if is_firm else Role.INSTITUTION_ADMIN
    made = registrations.register_organisation(session, form(kind=kind), actor=house.lin_actor, now=now)
    if not is_firm:
        with pytest.raises(InvalidInput) as refused:
            registrations.verify_registration(session, made.id, VerifyForm(), actor=operator, now=now)
        assert [problem.field for problem in refused.value.problems] == ["gives_administration"]
        assert (made.state, session.scalar(select(func.count()).select_from(Grant).where(mine(house)))) == (PENDING, 0)

    wanted = VerifyForm(gives_administration=True)
    registrations.verify_registration(session, made.id, wanted, actor=operator, now=now)
    session.commit()

    person = actor_for(session, house.lin, now=now)
    place = Target(made.organisation_id)
    note = session.scalars(select(AuditEntry).where(AuditEntry.action == "affiliations.registration_verified")).one()
    letter = mailed(session, now=now)[-1]
    assert [(one.role, one.scope_id) for one in session.scalars(select(Grant).where(mine(house)))] == [
        (role, made.organisation_id)
    ]
    assert [may(person, Permission.ADD_RECORD, place), may(person, Permission.MANAGE_AFFILIATIONS, place)] == [
        not is_firm,
        True,
    ]
    assert (note.after or {})["role"] == role
    assert (letter.recipient, letter.values["is_admin"]) == (house.lin.email, not is_firm)


def test_who_asks_to_look_after_a_known_house_without_anybody_gets_it_verified_once(
    client: FlaskClient, session: Session, house: House, operator: Actor, now: datetime
) -> None:
    known = make_organisation(session, name_zh="北碚大学")
    sign_in(client, house.lin)
    typed = {"name_zh": "北碚大学", "kind": "university", "country": "CN", "adcode": "500109", "uscc": USCC}
    ways_in = (f"/organisations/{known.id}/administration", f"/account/affiliations?organisation={known.id}#ask")

    refused = client.post("/registrations/new", data=typed)
    made = registrations.ask_administration(session, known.id, "设备处", actor=house.lin_actor, now=now)
    other = registrations.ask_administration(session, known.id, "教务处", actor=house.admin_actor, now=now)
    with pytest.raises(Conflict):
        registrations.ask_administration(session, known.id, "设备处", actor=house.lin_actor, now=now)
    with pytest.raises(Conflict):
        registrations.ask_administration(session, house.organisation.id, "我", actor=house.lin_actor, now=now)
    wanted = VerifyForm(gives_administration=True, checked="法人证书")
    stranger, platform = make_user(session, "stranger"), make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    chengdu = make_organisation(session, name_zh="成都中心", kind=OrganisationKind.PLATFORM, adcode="510700")
    give(session, stranger, Role.OPERATOR, ScopeKind.ORGANISATION, chengdu.id)
    with pytest.raises(Forbidden):
        registrations.verify_registration(
            session, made.id, wanted, actor=actor_for(session, stranger, now=now), now=now
        )
    assert session.scalars(select(Grant).where(mine(house))).all() == []
    registrations.verify_registration(session, made.id, wanted, actor=operator, now=now)
    with pytest.raises(Conflict):
        registrations.verify_registration(session, other.id, wanted, actor=operator, now=now)
    session.commit()
    verified = select(AuditEntry.after).where(AuditEntry.action == "affiliations.registration_verified")
    assert [(entry or {})["was_known"] for entry in session.scalars(verified)] == [True]

    assert (refused.status_code, [f'href="{one}"' in refused.text for one in ways_in]) == (422, [True, True])
    assert [(one.role, one.scope_id) for one in session.scalars(select(Grant).where(mine(house)))] == [
        (Role.INSTITUTION_ADMIN, known.id)
    ]
    held = session.scalars(select(Affiliation)).one()
    assert (held.user_id, held.organisation_id, held.confirmed_by) == (
        house.lin.id,
        known.id,
        ConfirmedBy.VERIFICATION,
    )
    assert (made.organisation_id, other.state) == (known.id, PENDING)
    letters = [(letter.template.partition("/")[2], letter.recipient) for letter in mailed(session, now=now)]
    assert letters == [
        ("registration_asked", operator.email),
        ("registration_asked", platform.email),
        ("registration_decided", house.lin.email),
        ("known_verified", platform.email),
    ]


def test_a_house_is_nobodys_to_ask_for_some_days_after_a_term_and_before_the_next(
    session: Session, house: House, now: datetime
) -> None:
    known, admin, today = make_organisation(session), make_user(session, "admin2"), local_date(now)
    term = give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, known.id)
    days = {"lately": (None, -14), "long ago": (None, -15), "from next year": (200, None)}
    asked = {}
    for name, (first, last) in days.items():
        term.starts_on = date(2020, 1, 1) if first is None else today + timedelta(days=first)
        term.ends_on = None if last is None else today + timedelta(days=last)
        session.flush()
        asked[name] = registrations.is_unmanaged(session, known, now=now)

    assert asked == {"lately": False, "long ago": True, "from next year": False}
    admin.deactivated_at = now
    session.flush()
    assert registrations.is_unmanaged(session, known, now=now)


def test_nobody_verifies_their_own_firm_or_without_the_right_or_twice(
    session: Session, house: House, operator: Actor, now: datetime
) -> None:
    own = registrations.register_organisation(session, form(), actor=operator, now=now)
    theirs = registrations.register_organisation(
        session, form(uscc=None, country="DE", adcode=None), actor=house.lin_actor, now=now
    )

    for registration, actor, refusal in (
        (own, operator, Forbidden),
        (theirs, house.lin_actor, Forbidden),
        (theirs, house.admin_actor, NotFound),
    ):
        with pytest.raises(refusal):
            registrations.verify_registration(session, registration.id, VerifyForm(), actor=actor, now=now)
    registrations.refuse_registration(session, theirs.id, "材料不全", actor=operator, now=now)
    with pytest.raises(Conflict):
        registrations.verify_registration(session, theirs.id, VerifyForm(), actor=operator, now=now)

    assert theirs.reason == "材料不全"
    assert session.scalar(select(func.count()).select_from(Affiliation)) == 0


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        pytest.param({"uscc": None}, ["uscc"], id="at home without a number"),
        pytest.param({"uscc": "91110108551385082X"}, ["uscc"], id="a wrong check digit"),
        pytest.param({"adcode": None}, ["adcode"], id="nowhere"),
        pytest.param({"country": "DE", "adcode": None}, ["uscc"], id="abroad with a number"),
        pytest.param({"name_zh": "示例大学"}, ["name_zh"], id="a name that is taken"),
    ],
)
def test_what_is_unsound_is_refused_at_its_field(
    session: Session, house: House, now: datetime, values: dict[str, object], fields: list[str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        registrations.register_organisation(session, form(**values), actor=house.lin_actor, now=now)

    assert [problem.field for problem in refused.value.problems] == fields
    assert session.scalar(select(func.count()).select_from(OrganisationRegistration)) == 0


def test_abroad_there_is_no_number(session: Session, house: House, operator: Actor, now: datetime) -> None:
    wanted = form(uscc=None, country="DE", adcode=None, name_zh="Beispiel GmbH")

    made = registrations.register_organisation(session, wanted, actor=house.lin_actor, now=now)
    registrations.verify_registration(session, made.id, VerifyForm(), actor=operator, now=now)

    firm = session.get_one(Organisation, made.organisation_id)
    assert (firm.country, firm.uscc) == ("DE", None)


def test_a_registration_that_waits_is_corrected_and_read_anew_before_it_is_verified(
    session: Session, house: House, operator: Actor, now: datetime
) -> None:
    made = registrations.register_organisation(session, form(), actor=house.lin_actor, now=now)
    session.commit()

    better = form(name_zh="北碚某某检测有限公司", website="https://example.org")
    registrations.correct_registration(session, made.id, better, actor=house.lin_actor, now=now, expected_version=1)
    session.commit()

    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, (entry.before or {})["name_zh"], sorted(entry.after or {})) == (
        "affiliations.registration_corrected",
        "北碚某某科技有限公司",
        ["name_zh", "website"],
    )
    with pytest.raises(StaleVersion):
        registrations.verify_registration(session, made.id, VerifyForm(), actor=operator, now=now, expected_version=1)
    registrations.verify_registration(session, made.id, VerifyForm(), actor=operator, now=now, expected_version=2)
    firm = session.scalars(select(Organisation).where(Organisation.uscc == USCC)).one()
    assert (firm.name_zh, firm.website) == ("北碚某某检测有限公司", "https://example.org")
    with pytest.raises(Conflict):
        registrations.correct_registration(session, made.id, better, actor=house.lin_actor, now=now)


def test_what_is_unsound_or_anothers_is_not_corrected(
    client: FlaskClient, session: Session, house: House, operator: Actor, now: datetime
) -> None:
    made = registrations.register_organisation(session, form(), actor=house.lin_actor, now=now)
    session.commit()
    page = f"/registrations/{made.id}/edit"
    sound = {"name_zh": "北碚某某检测有限公司", "country": "CN", "adcode": "500109", "uscc": USCC, "kind": "enterprise"}

    with pytest.raises(Forbidden):
        registrations.correct_registration(session, made.id, form(), actor=operator, now=now)
    session.rollback()
    sign_in(client, house.lin)
    unsound = client.post(page, data=sound | {"uscc": "1", "version": 1})
    shown = client.get(page).text
    stale, saved = (client.post(page, data=sound | {"version": version}).status_code for version in (7, 1))

    look_again(session)
    assert (unsound.status_code, stale, saved) == (422, 412, 303)
    assert "北碚某某科技有限公司" in shown
    assert (made.name_zh, made.version) == ("北碚某某检测有限公司", 2)


def test_an_auditor_reads_the_registrations_of_what_they_audit_and_decides_none(
    session: Session, house: House, operator: Actor, now: datetime, client: FlaskClient
) -> None:
    first = registrations.register_organisation(session, form(), actor=house.lin_actor, now=now)
    registrations.verify_registration(session, first.id, VerifyForm(checked="执照"), actor=operator, now=now)
    other = form(uscc=None, country="DE", adcode=None, name_zh="Beispiel GmbH")
    second = registrations.register_organisation(session, other, actor=house.lin_actor, now=now)
    user = make_user(session, "auditor")
    give(session, user, Role.AUDITOR, ScopeKind.ORGANISATION, first.organisation_id)
    auditor = actor_for(session, user, now=now)
    sign_in(client, user)

    seen = registrations.registration_for(session, first.id, auditor)
    listed = [one["id"] for one in client.get("/api/v1/registrations").get_json()["items"]]
    pages = [client.get(f"/registrations?state={state}").text for state in ("verified", "pending")]

    assert (seen.id, listed) == (first.id, [first.id])
    assert ["北碚某某科技有限公司" in pages[0], "Beispiel" in pages[1]] == [True, False]
    with pytest.raises(NotFound):
        registrations.registration_for(session, second.id, auditor)
    with pytest.raises(Forbidden):
        registrations.refuse_registration(session, first.id, "不符", actor=auditor, now=now)
