"""Who stands in for an administrator gives themselves nothing that lasts longer; the administrator may."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.standing_in import NOT_ONESELF, NOT_OWN_UNIT, NotForOneself
from booking.affiliations import rosters
from booking.affiliations import service as affiliations
from booking.affiliations.forms import AffiliationDetailsForm, AskAffiliationForm, RosterForm
from booking.affiliations.roster_plans import Fate
from booking.catalogue.bulk import edit_many
from booking.catalogue.bulk_forms import BulkChange
from booking.catalogue.service import update_instrument
from booking.core.actors import Actor
from booking.core.errors import InvalidInput
from booking.payers import service as payers
from booking.payers.forms import NewPayerForm, PayerChangeForm
from booking.teams import joining
from booking.teams import service as teams
from booking.teams.forms import InviteForm
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.payers import PayerAccount, PayerMember
from models.teams import Team, TeamInvitation, TeamMember
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.payers import PayerKind
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import count
from tests.factories.people import actor_for, give, make_user, stand_in
from tests.imports.importing import Importer, csv_of, row


@dataclass
class House:
    """The institution, its administrator and who stands in for them."""

    organisation: Organisation
    admin: Actor
    deputy: Actor


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    organisation = make_organisation(session)
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    admin = actor_for(session, user, now=now)
    return House(organisation, admin, stand_in(session, admin, now=now))


def refused_at(refused: InvalidInput) -> list[tuple[str, str]]:
    return [(problem.field, problem.message) for problem in refused.problems]


def test_they_make_themselves_neither_holder_nor_member_of_a_payer_account(
    session: Session, house: House, now: datetime
) -> None:
    terms = {"name": "面上项目", "holder": house.admin.email}
    grant = NewPayerForm(kind=PayerKind.GRANT, number="52170001", **terms)
    own = grant.model_copy(update={"number": "52170002", "holder": house.deputy.email})
    account = payers.open_payer(session, house.organisation.id, grant, actor=house.deputy, now=now)
    session.commit()
    change = PayerChangeForm(reason="换人", **{**terms, "holder": house.deputy.email})

    with pytest.raises(InvalidInput) as opened:
        payers.open_payer(session, house.organisation.id, own, actor=house.deputy, now=now)
    session.rollback()
    with pytest.raises(InvalidInput) as changed:
        payers.change_payer(session, account.id, change, actor=house.deputy, now=now)
    session.rollback()
    with pytest.raises(InvalidInput) as added:
        payers.add_member(session, account.id, house.deputy.email, actor=house.deputy, now=now)
    session.rollback()

    assert [refused_at(one.value) for one in (opened, changed, added)] == [
        [("holder", NOT_ONESELF)],
        [("holder", NOT_ONESELF)],
        [("email", NOT_ONESELF)],
    ]
    assert session.scalars(select(PayerAccount.holder_id)).all() == [house.admin.id]
    assert count(session, PayerMember) == 0

    made = payers.add_member(session, account.id, house.deputy.email, limit_fen=100, actor=house.admin, now=now)
    session.commit()
    with pytest.raises(NotForOneself):
        payers.set_limit(session, account.id, made.id, None, actor=house.deputy, now=now)
    assert made.limit_fen == 100


def test_they_let_themselves_neither_into_a_team_nor_up_in_it(session: Session, house: House, now: datetime) -> None:
    lead = actor_for(session, make_user(session, "lead"), now=now)
    place, deputy = house.organisation.id, house.deputy
    team = teams.create_team(session, place, "涂层组", "", lead.email, actor=house.admin, now=now)
    request = joining.ask_to_join(session, team.id, "", actor=deputy, now=now)
    session.commit()

    with pytest.raises(InvalidInput) as made:
        teams.create_team(session, place, "另一组", "", "", actor=deputy, now=now)
    session.rollback()
    with pytest.raises(InvalidInput) as appointed:
        teams.appoint_lead(session, team.id, deputy.id, actor=deputy, now=now)
    session.rollback()
    with pytest.raises(NotForOneself):
        joining.decide_request(session, team.id, request.id, True, "", actor=deputy, now=now)
    session.rollback()
    with pytest.raises(NotForOneself):
        joining.invite(session, team.id, InviteForm(email=deputy.email), actor=deputy, now=now)
    session.rollback()
    assert [refused_at(one.value) for one in (made, appointed)] == [[("lead", NOT_ONESELF)]] * 2
    assert session.scalars(select(TeamMember.user_id)).all() == [lead.id]
    assert count(session, TeamInvitation) == 0

    joining.decide_request(session, team.id, request.id, True, "", actor=lead, now=now)
    [member] = session.scalars(select(TeamMember).where(TeamMember.user_id == deputy.id))
    session.commit()
    for step in (
        lambda: teams.set_deputy(session, team.id, member.id, True, actor=deputy, now=now),
        lambda: teams.ask_successor(session, team.id, member.id, actor=deputy, now=now),
    ):
        with pytest.raises(NotForOneself):
            step()
        session.rollback()
    [standing] = session.scalars(select(Team))
    assert (standing.lead_id, standing.successor_id, member.is_deputy) == (lead.id, None, False)


def test_they_confirm_and_change_their_own_affiliation_neither_alone_nor_by_a_roster(
    session: Session, house: House, now: datetime
) -> None:
    place, deputy = house.organisation.id, house.deputy
    asked = affiliations.ask_affiliation(session, AskAffiliationForm(organisation_id=place), actor=deputy, now=now)
    other = make_user(session, "other")
    text = f"姓名,邮箱\n甲,{deputy.email}\n乙,{other.email}\n"
    roster = rosters.upload_roster(session, place, RosterForm(text=text), actor=deputy, now=now)
    session.commit()

    with pytest.raises(NotForOneself):
        affiliations.confirm_affiliation(session, asked.id, AffiliationDetailsForm(), actor=deputy, now=now)
    session.rollback()
    by_deputy = rosters.plan_of(session, roster, actor=deputy, now=now)
    by_admin = rosters.plan_of(session, roster, actor=house.admin, now=now)

    assert [one.fate for one in by_deputy.rows] == [Fate.REFUSED, Fate.CONFIRMED]
    assert [problem.message for problem in by_deputy.rows[0].row.problems] == [NOT_ONESELF]
    assert [one.fate for one in by_admin.rows] == [Fate.CONFIRMED, Fate.CONFIRMED]
    assert asked.state == AffiliationState.PENDING

    affiliations.confirm_affiliation(session, asked.id, AffiliationDetailsForm(), actor=house.admin, now=now)
    session.commit()
    with pytest.raises(NotForOneself):
        affiliations.change_affiliation(
            session, asked.id, AffiliationDetailsForm(staff_number="1"), actor=deputy, now=now
        )
    assert asked.staff_number == ""


def test_they_move_no_instrument_to_where_they_have_a_role_of_their_own(
    session: Session, house: House, now: datetime
) -> None:
    own, other = (Unit(organisation_id=house.organisation.id, name_zh=name) for name in ("我的中心", "别的中心"))
    instrument = make_instrument(session, house.organisation, inner_id="A-1")
    session.add_all([own, other])
    session.flush()
    person = session.get_one(User, house.deputy.id)
    give(session, person, Role.STEWARD, ScopeKind.UNIT, own.id)
    deputy = actor_for(session, person, now=now)

    with pytest.raises(InvalidInput) as refused:
        update_instrument(session, instrument.id, {"unit_id": own.id}, actor=deputy, now=now)
    session.rollback()
    [changed] = edit_many(session, [instrument.id], BulkChange(unit_id=own.id), actor=deputy, now=now)
    session.commit()

    assert refused_at(refused.value) == [("unit_id", NOT_OWN_UNIT)]
    assert isinstance(changed.refused, InvalidInput)
    importer = Importer(session, deputy, now)
    moving = importer.dry_run(csv_of([row(1, unit=own.name_zh), row(2, unit=own.name_zh)]))
    importer.apply(moving)
    assert [one.problems[0]["message"] for one in importer.rows(moving) if one.problems] == [NOT_OWN_UNIT]
    assert importer.counts(moving) == (1, 0, 0, 1)
    assert session.get_one(Instrument, instrument.id).unit_id is None
    update_instrument(session, instrument.id, {"unit_id": other.id}, actor=deputy, now=now)
    update_instrument(session, instrument.id, {"unit_id": own.id}, actor=house.admin, now=now)
    assert instrument.unit_id == own.id
