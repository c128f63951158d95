"""Rosters: every row accounted for, repeatable, fast, and the yearly renewal."""

import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.accounts.mailed import LinkSpent
from booking.affiliations import invitations, leaving, mail_domains, queries, rosters, service, withdrawing
from booking.affiliations.forms import (
    AffiliationDetailsForm,
    AffiliationSettingsForm,
    ApplyRosterForm,
    AskAffiliationForm,
    MailDomainForm,
    RosterForm,
)
from booking.affiliations.letters import on_address_confirmed
from booking.affiliations.roster_plans import Fate, Plan
from booking.affiliations.roster_reading import read_roster
from booking.affiliations.rules import INVITATIONS_PER_DAY
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.csv_tables import decoded
from booking.core.errors import Conflict, InvalidInput, NotFound
from booking.core.secret import normal_code, secret_hash
from booking.notifications.letters import News
from models.accounts import AuditEntry, Grant
from models.affiliations import Affiliation, AffiliationSettings, Invitation, Roster
from models.directory import Unit
from models.notifications import Event
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy, InvitationState, RosterState
from models.vocabulary.directory import OrganisationKind
from tests.affiliations.conftest import House
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.letters import SETTINGS, mailed, path_in, secret_in
from tests.factories.looking import look_again
from tests.factories.people import actor_for, give, make_user, sign_in

HEAD = "工号,姓名,邮箱,手机,部门,用户类别,有效期至\n"
TODAY = date(2026, 11, 23)
APPLY = ApplyRosterForm()


def upload(session: Session, house: House, text: str, now: datetime, *, complete: bool = False) -> Roster:
    form = RosterForm(text=text, is_complete=complete)
    made = rosters.upload_roster(session, house.organisation.id, form, actor=house.admin_actor, now=now)
    session.commit()
    return made


def applied(session: Session, house: House, text: str, now: datetime) -> dict[str, int]:
    roster = upload(session, house, text, now)
    done = rosters.apply_roster(session, roster.id, APPLY, actor=house.admin_actor, now=now)
    session.commit()
    assert done.outcome is not None
    counts: dict[str, int] = done.outcome["counts"]
    return {name: count for name, count in counts.items() if count}


def planned(session: Session, house: House, roster: Roster, now: datetime) -> Plan:
    return rosters.plan_of(session, roster, actor=house.admin_actor, now=now)


def test_who_has_an_account_is_confirmed_and_who_has_none_is_invited(
    session: Session, house: House, now: datetime
) -> None:
    session.add(Unit(organisation_id=house.organisation.id, name_zh="化学学院", name_en="Chemistry"))
    session.commit()
    text = (
        HEAD + "001,林,LIN@cs.uni.edu.cn,,化学学院,本组,2027/7/1\n002,新,new@uni.edu.cn,,,,\n003,电,,13800000000,,,\n"
    )

    counts = applied(session, house, text, now)

    held = session.scalars(select(Affiliation)).one()
    assert counts == {"confirmed": 1, "invited": 2}
    assert (held.user_id, held.staff_number, held.confirmed_by) == (house.lin.id, "001", ConfirmedBy.ROSTER)
    assert (held.ends_on, held.unit_id is not None, held.user_group_id is not None) == (date(2027, 7, 1), True, True)
    letters = [(letter.recipient, letter.template) for letter in mailed(session, now=now)]
    assert letters == [
        ("lin@cs.uni.edu.cn", "affiliations/confirmed"),
        ("new@uni.edu.cn", "affiliations/invited"),
    ]


def test_a_second_time_changes_nothing_and_mails_nobody(session: Session, house: House, now: datetime) -> None:
    text = HEAD + "001,林,lin@cs.uni.edu.cn,,,本组,2027-07-01\n002,新,new@uni.edu.cn,,,,\n"
    applied(session, house, text, now)
    mailed(session, now=now)

    again = applied(session, house, text, now)

    assert again == {"unchanged": 2}
    assert mailed(session, now=now) == []


def test_the_preview_says_the_same_and_stores_nothing(session: Session, house: House, now: datetime) -> None:
    roster = upload(session, house, HEAD + "001,林,lin@cs.uni.edu.cn,,,,\n002,新,new@uni.edu.cn,,,,\n", now)

    counts = planned(session, house, roster, now).counts()

    assert (counts["confirmed"], counts["invited"]) == (1, 1)
    assert session.scalar(select(func.count()).select_from(Affiliation)) == 0
    assert session.scalar(select(func.count()).select_from(Invitation)) == 0


@pytest.mark.parametrize(
    ("cells", "fields"),
    [
        pytest.param("9,,a@uni.edu.cn,,,,", ["name"], id="no name"),
        pytest.param("9,王,not an address,,,,", ["email"], id="bad mail"),
        pytest.param(",王,,,,,", ["email"], id="nothing to know them by"),
        pytest.param("9,王,,12,,,", ["phone"], id="bad telephone"),
        pytest.param("9,王,a@uni.edu.cn,,没有的学院,,", ["unit"], id="unknown unit"),
        pytest.param("9,王,a@uni.edu.cn,,,没有的类别,", ["user_group"], id="unknown group"),
        pytest.param("9,王,a@uni.edu.cn,,,,soon", ["until"], id="no day"),
        pytest.param("9,王,a@uni.edu.cn,,,,2020-01-01", ["until"], id="a day that is over"),
        pytest.param("1,王,a@uni.edu.cn,,,,", ["staff_number"], id="a number twice"),
        pytest.param("9,王,first@uni.edu.cn,,,,", ["email"], id="an address twice"),
        pytest.param("7,王,lin@cs.uni.edu.cn,,,,", ["staff_number"], id="another's number"),
        pytest.param("9,王,a@uni.edu.cn,,,,,x", [""], id="too many cells"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_at_its_columns(
    session: Session, house: House, now: datetime, cells: str, fields: list[str]
) -> None:
    affiliate(session, make_user(session, "seven"), house.organisation, staff_number="7")
    roster = upload(session, house, HEAD + "1,一,first@uni.edu.cn,,,,\n" + cells + "\n", now)

    rows = planned(session, house, roster, now).rows

    assert [row.fate for row in rows] == [Fate.INVITED, Fate.REFUSED]
    assert [problem.field for problem in rows[1].row.problems] == fields


@pytest.mark.parametrize(
    "text", ["", "\n", "工号,姓名\n", "a,b\n1,2\n", "姓名\n张\n", "姓名,姓名,邮箱\n张,张,a@b.cn\n"]
)
def test_what_is_no_roster_is_refused_whole(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_roster(text, today=TODAY)


@given(st.text(max_size=200))
def test_any_text_below_a_header_is_rows_with_a_fate(text: str) -> None:
    try:
        rows = read_roster(HEAD + text, today=TODAY)
    except InvalidInput:
        return

    assert all((row.values is None) == bool(row.problems) for row in rows)


def test_bytes_that_are_no_text_refuse_their_row_alone(session: Session, house: House, now: datetime) -> None:
    data = (HEAD + "1,林,lin@cs.uni.edu.cn,,,,\n2,坏\0,a@uni.edu.cn,,,,\n3,坏XX,b@uni.edu.cn,,,,\n").encode()
    roster = upload(session, house, decoded(data.replace(b"XX", b"\xff\xfe")).text, now)

    rows = planned(session, house, roster, now).rows

    assert [row.fate for row in rows] == [Fate.CONFIRMED, Fate.REFUSED, Fate.REFUSED]
    assert [row.row.problems[0].field for row in rows[1:]] == ["name", "name"]


def test_pasted_cells_are_separated_by_tabs() -> None:
    rows = read_roster("姓名\t邮箱\n张三\tzhang@uni.edu.cn\n", today=TODAY)

    assert [(row.label, row.email) for row in rows] == [("张三", "zhang@uni.edu.cn")]


def test_a_complete_roster_ends_who_is_missing_only_when_asked_to(
    session: Session, house: House, now: datetime
) -> None:
    gone = affiliate(session, house.lin, house.organisation, staff_number="1")
    grant = give(session, house.lin, Role.RESEARCHER, ScopeKind.ORGANISATION, house.organisation.id)
    stays = affiliate(session, make_user(session, "stays"), house.organisation, staff_number="2")
    wrong = affiliate(session, make_user(session, "wrong"), house.organisation, staff_number="3")
    affiliate(session, house.admin, house.organisation)
    elsewhere = affiliate(session, make_user(session, "else"), make_organisation(session))
    asked = "4,请,four@uni.edu.cn,,,,\n5,坏,five@uni.edu.cn,,,,\n"
    applied(session, house, HEAD + asked + "6,旧,six@uni.edu.cn,,,,\n,电,,138 0000 0000,,,\n,话,,13900000000,,,\n", now)
    standing = {one.email or one.phone: one for one in session.scalars(select(Invitation).order_by(Invitation.id))}
    text = HEAD + "2,留,,,,,2027-12-31\n3,错,not an address,,,,\n4,请,four@uni.edu.cn,,,,\n,坏,five@uni.edu.cn,x,,,\n"
    text += ",电,,13800000000,,,soon\n"
    kept = upload(session, house, text, now, complete=True)

    preview = planned(session, house, kept, now)
    rosters.apply_roster(session, kept.id, APPLY, actor=house.admin_actor, now=now)
    session.commit()
    before = session.get_one(Affiliation, gone.id, populate_existing=True).ends_on
    kept_open = {one.state for one in session.scalars(select(Invitation))}
    again = upload(session, house, text, now, complete=True)
    form = ApplyRosterForm(ends_missing=True, last_day=local_date(now))
    rosters.apply_roster(session, again.id, form, actor=house.admin_actor, now=now)
    session.commit()
    session.expire_all()

    assert [leaver.email for leaver in preview.leavers] == [house.lin.email]
    assert [one.email or one.phone for one in preview.uninvited] == ["six@uni.edu.cn", "13900000000"]
    assert (before, kept_open) == (None, {InvitationState.OPEN})
    assert again.outcome is not None
    assert (again.outcome["counts"]["ended"], again.outcome["counts"]["withdrawn"]) == (1, 2)
    withdrawn = [key for key, one in standing.items() if one.state == InvitationState.WITHDRAWN]
    assert withdrawn == ["six@uni.edu.cn", "13900000000"]
    noted = select(AuditEntry.subject_id).where(AuditEntry.action == "affiliations.invitation_withdrawn")
    assert session.scalars(noted.order_by(AuditEntry.id)).all() == [standing[key].id for key in withdrawn]
    assert (gone.ends_on, gone.ended_by_id) == (local_date(now), house.admin.id)
    assert (stays.ends_on, wrong.ends_on, elsewhere.ends_on) == (date(2027, 12, 31), None, None)
    assert session.get_one(Grant, grant.id).ends_on == local_date(now)
    told = select(Event.name).where(Event.name != "affiliations.invited").order_by(Event.id)
    assert session.scalars(told).all() == ["accounts.grant_over", "affiliations.ended"]


def test_whom_an_address_confirmed_stays_beyond_its_term_when_on_a_complete_roster(
    session: Session, house: House, now: datetime
) -> None:
    told = make_user(session, "told", email="told@cs.uni.edu.cn")
    dated = make_user(session, "dated", email="dated@cs.uni.edu.cn")
    give(session, house.admin, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    root, where = actor_for(session, house.admin, now=now), house.organisation.id
    mail_domains.add_domain(session, where, MailDomainForm(domain="cs.uni.edu.cn"), actor=root, now=now)
    of = {one.user_id: one for one in session.scalars(select(Affiliation).where(Affiliation.organisation_id == where))}
    last_day = local_date(now) + timedelta(days=30)
    leaving.end_affiliation(session, of[told.id].id, last_day, "", actor=house.admin_actor, now=now)
    form = AffiliationDetailsForm(ends_on=last_day)
    service.change_affiliation(session, of[dated.id].id, form, actor=house.admin_actor, now=now)
    text = HEAD + "".join(f",{one.name},{one.email},,,,\n" for one in (house.lin, told, dated))
    later = now + timedelta(hours=1)

    some = planned(session, house, upload(session, house, text, later), later)
    roster = upload(session, house, text, later, complete=True)
    preview = planned(session, house, roster, later)
    rosters.apply_roster(session, roster.id, APPLY, actor=house.admin_actor, now=later)
    session.commit()
    again = planned(session, house, upload(session, house, text, later, complete=True), later)
    over = now + timedelta(days=366)
    ended = [leaving.end_over(session, one, now=over) for one in leaving.due_to_end(session, now=over)]
    session.commit()
    session.expire_all()

    assert [one.fate for one in some.rows] == [Fate.UNCHANGED] * 3
    assert [one.fate for one in preview.rows] == [Fate.CHANGED, Fate.UNCHANGED, Fate.UNCHANGED]
    assert [one.fate for one in again.rows] == [Fate.UNCHANGED] * 3
    assert ended == [True, True]
    there = [queries.belongs(session, one.id, where, local_date(over)) for one in (house.lin, told, dated)]
    assert there == [True, False, False]
    held = of[house.lin.id]
    assert (held.confirmed_by, held.ends_on, held.decided_at) == (ConfirmedBy.ROSTER, None, later)
    assert [of[one.id].ends_on for one in (told, dated)] == [last_day, last_day]


def test_the_renewal_knows_who_came_by_an_invitation_and_a_second_time_changes_nothing(
    session: Session, house: House, now: datetime
) -> None:
    renewals = [
        ("letter", ",甲,,138 0000 0001,,,", ",甲,,13800000001,,,", Fate.UNCHANGED),
        ("another account", ",乙,b@uni.edu.cn,,,,", ",乙,b@uni.edu.cn,,,,", Fate.UNCHANGED),
        ("new mail", ",丙,c@uni.edu.cn,13800000003,,,", "7,丙,c2@uni.edu.cn,13800000003,,,", Fate.CHANGED),
        ("wrong row", ",丁,,13800000004,,,", ",丁,,13800000004,,,soon", Fate.REFUSED),
        ("other at the telephone", ",戊,,13800000005,,,", ",己,,13800000005,,,", Fate.INVITED),
    ]
    people = [make_user(session, name) for name, *_ in renewals]
    applied(session, house, HEAD + "\n".join(row for _, row, *_ in renewals), now)
    for person, one in zip(people, session.scalars(select(Invitation).order_by(Invitation.id)).all(), strict=True):
        _, secret = invitations.make_link(session, one.id, actor=house.admin_actor, now=now)
        invitations.accept_invitation(session, secret, actor=actor_for(session, person, now=now), now=now)
    make_user(session, "owner", email="b@uni.edu.cn")
    text = HEAD + "\n".join(row for *_, row, _ in renewals)
    roster = upload(session, house, text, now, complete=True)

    preview = planned(session, house, roster, now)
    rosters.apply_roster(session, roster.id, APPLY, actor=house.admin_actor, now=now)
    again = planned(session, house, upload(session, house, text, now, complete=True), now)

    assert [one.fate for one in preview.rows] == [fate for *_, fate in renewals]
    assert [one.user_id for one in preview.rows] == [person.id for person in people[:3]] + [None, None]
    assert [one.affiliation.user_id for one in preview.leavers] == [people[4].id]
    assert {one.fate for one in again.rows} == {Fate.UNCHANGED, Fate.REFUSED}
    held = session.scalars(select(Affiliation.user_id).order_by(Affiliation.id))
    assert held.all() == [person.id for person in people]


def test_a_number_that_was_given_to_somebody_else_means_nobody_who_had_it(
    session: Session, house: House, now: datetime
) -> None:
    before = make_user(session, "before")
    applied(session, house, HEAD + "100,甲,old@uni.edu.cn,,,,\n", now)
    invitation = session.scalars(select(Invitation)).one()
    _, secret = invitations.make_link(session, invitation.id, actor=house.admin_actor, now=now)
    invitations.accept_invitation(session, secret, actor=actor_for(session, before, now=now), now=now)
    session.scalars(select(Affiliation).where(Affiliation.user_id == before.id)).one().staff_number = "200"
    session.commit()

    plan = planned(session, house, upload(session, house, HEAD + "100,乙,b@uni.edu.cn,,,,\n", now, complete=True), now)

    assert [(one.fate, one.user_id) for one in plan.rows] == [(Fate.INVITED, None)]
    assert before.id in [one.affiliation.user_id for one in plan.leavers]


def test_a_roster_is_applied_once_by_its_own_admin_and_keeps_nobody_afterwards(
    session: Session, house: House, now: datetime
) -> None:
    roster = upload(session, house, HEAD + "1,林,lin@cs.uni.edu.cn,,,,\n", now)
    other = make_user(session, "other")
    give(session, other, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, make_organisation(session).id)

    with pytest.raises(NotFound):
        rosters.apply_roster(session, roster.id, APPLY, actor=actor_for(session, other, now=now), now=now)
    rosters.apply_roster(session, roster.id, APPLY, actor=house.admin_actor, now=now)
    with pytest.raises(Conflict):
        rosters.apply_roster(session, roster.id, APPLY, actor=house.admin_actor, now=now)

    assert (roster.state, roster.content) == (RosterState.APPLIED, "")


def test_three_hundred_people_are_confirmed_and_invited_within_seconds_and_few_statements(
    session: Session, house: House, now: datetime
) -> None:
    def of(count: int, start: int) -> str:
        numbers = range(start, start + count)
        return HEAD + "".join(f"N{n},人{n},p{n}@uni.edu.cn,,,本组,2027-07-01\n" for n in numbers)

    for number in range(1000, 1150):
        make_user(session, f"p{number}", email=f"p{number}@uni.edu.cn")
    few, many = upload(session, house, of(4, 0), now), upload(session, house, of(300, 1000), now)

    with counting() as little:
        rosters.apply_roster(session, few.id, APPLY, actor=house.admin_actor, now=now)
    session.commit()
    started = time.monotonic()
    with counting() as much:
        rosters.apply_roster(session, many.id, APPLY, actor=house.admin_actor, now=now)
    session.commit()

    assert many.outcome is not None
    assert (many.outcome["counts"]["confirmed"], many.outcome["counts"]["invited"]) == (150, 150)
    assert len(much) <= len(little) + 10
    assert time.monotonic() - started < 5


def test_invitations_have_a_limit_a_day_that_only_the_platform_raises(
    client: FlaskClient, session: Session, house: House, now: datetime
) -> None:
    platform = make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    root, where = actor_for(session, platform, now=now), house.organisation.id

    def allow(number: int | None, actor: Actor) -> None:
        form = AffiliationSettingsForm(mail_domain_days=365, invitations_per_day=number)
        mail_domains.change_settings(session, where, form, actor=actor, now=now)

    allow(2, root)
    with pytest.raises(InvalidInput):
        allow(3, house.admin_actor)
    session.commit()
    sign_in(client, platform)
    client.post(f"/organisations/{where}/mail-domains/settings", data={"mail_domain_days": 365})
    look_again(session)
    allow(INVITATIONS_PER_DAY, house.admin_actor)
    assert session.scalars(select(AffiliationSettings.invitations_per_day)).all() == [None]
    allow(2, root)
    applied(session, house, HEAD + "1,甲,a@uni.edu.cn,,,,\n2,乙,,13800000001,,,\n", now)
    two = upload(session, house, HEAD + "3,丙,c@uni.edu.cn,,,,\n4,丁,d@uni.edu.cn,,,,\n", now)

    with pytest.raises(invitations.TooManyInvitations) as refused:
        rosters.apply_roster(session, two.id, APPLY, actor=house.admin_actor, now=now)
    session.rollback()
    assert refused.value.values == {"left": 1, "wanted": 2}
    assert session.scalars(select(Invitation.name).order_by(Invitation.id)).all() == ["甲", "乙"]
    rosters.apply_roster(session, two.id, APPLY, actor=house.admin_actor, now=now + timedelta(days=1))


def test_who_left_of_their_own_accord_is_invited_and_not_taken_back(
    session: Session, house: House, now: datetime
) -> None:
    member = affiliate(session, house.lin, house.organisation)
    leaving.leave_organisation(session, member.id, actor=house.lin_actor, now=now)
    session.commit()
    text, today, later = (
        "姓名,邮箱,有效期至\n林,lin@cs.uni.edu.cn,2027-11-01\n",
        local_date(now),
        now + timedelta(days=1),
    )

    same_day = applied(session, house, text, now)
    session.refresh(member)
    stays = member.ends_on, member.ended_by_id
    leaving.end_over(session, member.id, now=later)
    next_day = applied(session, house, text, later)

    assert (same_day, stays) == ({"unchanged": 1}, (today, house.lin.id))
    assert next_day == {"invited": 1}
    assert queries.open_affiliation(session, house.lin.id, house.organisation.id) is None
    assert session.scalars(select(Invitation.email)).all() == [house.lin.email]


def test_a_firms_roster_tells_nobody_who_has_an_account(session: Session, house: House, now: datetime) -> None:
    house.organisation.kind = OrganisationKind.ENTERPRISE
    asker = make_user(session, "asker")
    form = AskAffiliationForm(organisation_id=house.organisation.id)
    service.ask_affiliation(session, form, actor=actor_for(session, asker, now=now), now=now)
    rows = f"1,林,{house.lin.email},,,,\n2,新,new@uni.edu.cn,,,,\n3,问,{asker.email},,,,\n"
    roster = upload(session, house, HEAD + rows, now)

    fates = [row.fate for row in planned(session, house, roster, now).rows]
    rosters.apply_roster(session, roster.id, APPLY, actor=house.admin_actor, now=now)

    assert fates == [Fate.INVITED, Fate.INVITED, Fate.CONFIRMED]
    assert [(one.user_id, one.state) for one in session.scalars(select(Affiliation))] == [
        (asker.id, AffiliationState.CONFIRMED)
    ]
    assert [one.email for one in session.scalars(select(Invitation).order_by(Invitation.id))] == [
        house.lin.email,
        "new@uni.edu.cn",
    ]
    newcomer = make_user(session, "new", email="new@uni.edu.cn")
    assert invitations.accept_by_address(session, newcomer.id, now=now) == 0


def invited(session: Session, house: House, now: datetime) -> Invitation:
    applied(session, house, HEAD + "5,新,new@uni.edu.cn,,,,2027-07-01\n", now)
    return session.scalars(select(Invitation)).one()


def open_invitation(house: House, now: datetime, email: str = "", **columns: Any) -> Invitation:
    """An invitation that stands open; its name is also its secret."""
    name = f"secret-{email or columns['staff_number']}"
    return Invitation(
        organisation_id=house.organisation.id,
        name=name,
        email=email,
        secret_hash=secret_hash(normal_code(name)),
        created_by_id=house.admin.id,
        created_at=now,
        expires_at=now + withdrawing.GOOD_FOR,
        **columns,
    )


def test_the_link_confirms_with_whatever_account_is_signed_in(session: Session, house: House, now: datetime) -> None:
    invitation = invited(session, house, now)
    letter = mailed(session, now=now)[0]

    made = invitations.accept_invitation(session, secret_in(letter), actor=house.lin_actor, now=now)

    assert path_in(letter).startswith("/invited/")
    assert (made.user_id, made.staff_number, made.state) == (house.lin.id, "5", AffiliationState.CONFIRMED)
    assert (invitation.state, invitation.accepted_by_id) == (InvitationState.ACCEPTED, house.lin.id)
    with pytest.raises(LinkSpent):
        invitations.accept_invitation(session, secret_in(letter), actor=house.admin_actor, now=now)


def test_confirming_the_invited_address_is_enough(session: Session, house: House, now: datetime) -> None:
    invitation = invited(session, house, now)
    newcomer = make_user(session, "new", email="new@uni.edu.cn")

    on_address_confirmed(News(session, {"user_id": newcomer.id}, now, SETTINGS))

    held = session.scalars(select(Affiliation)).one()
    assert (held.user_id, held.ends_on, invitation.state) == (
        newcomer.id,
        date(2027, 7, 1),
        InvitationState.ACCEPTED,
    )


@pytest.mark.parametrize("step", ["withdrawn", "expired"])
def test_a_link_that_was_withdrawn_or_is_too_old_confirms_nobody(
    session: Session, house: House, now: datetime, step: str
) -> None:
    invitation = invited(session, house, now)
    secret = secret_in(mailed(session, now=now)[0])
    later = now + timedelta(days=31)
    if step == "withdrawn":
        later = now
        invitations.withdraw_invitation(session, invitation.id, actor=house.admin_actor, now=now)

    with pytest.raises(LinkSpent):
        invitations.accept_invitation(session, secret, actor=house.lin_actor, now=later)
    with pytest.raises(NotFound):
        invitations.resend_invitation(session, invitation.id, actor=house.lin_actor, now=later)

    assert session.scalar(select(func.count()).select_from(Affiliation)) == 0


@pytest.mark.parametrize("how", ["ended", "shortened", "by roster"])
def test_an_invitation_that_stood_open_does_not_outlast_the_end(
    session: Session, house: House, now: datetime, how: str
) -> None:
    held = affiliate(session, house.lin, house.organisation, staff_number="5")
    by_mail, by_number = open_invitation(house, now, house.lin.email), open_invitation(house, now, staff_number="5")
    foreign = open_invitation(house, now, "five@uni.edu.cn", staff_number="5")
    session.add_all([by_mail, by_number, foreign])
    session.commit()
    last_day = local_date(now)

    if how == "ended":
        leaving.end_affiliation(session, held.id, last_day, "调离", actor=house.admin_actor, now=now)
    elif how == "shortened":
        form = AffiliationDetailsForm(ends_on=last_day)
        service.change_affiliation(session, held.id, form, actor=house.admin_actor, now=now)
    else:
        applied(session, house, HEAD + f"5,林,{house.lin.email},,,,{last_day.isoformat()}\n", now)
    session.commit()
    session.expire_all()

    standing = [by_mail.state, by_number.state, foreign.state]
    assert standing == [InvitationState.WITHDRAWN, InvitationState.WITHDRAWN, InvitationState.OPEN]
    with pytest.raises(LinkSpent):
        invitations.accept_invitation(session, by_number.name, actor=house.lin_actor, now=now)
    assert held.ends_on == last_day


def test_an_older_link_lengthens_nothing_that_was_ended_since_and_a_newer_one_does(
    session: Session, house: House, now: datetime
) -> None:
    held = affiliate(session, house.lin, house.organisation)
    older = open_invitation(house, now, "lin.old@uni.edu.cn", ends_on=date(2027, 7, 1))
    session.add(older)
    session.commit()
    later = now + timedelta(days=1)
    leaving.end_affiliation(session, held.id, local_date(now), "调离", actor=house.admin_actor, now=later)

    with pytest.raises(LinkSpent):
        invitations.accept_invitation(session, older.name, actor=house.lin_actor, now=later)
    house.lin.email = older.email
    assert invitations.accept_by_address(session, house.lin.id, now=later) == 0
    assert (held.ends_on, older.state) == (local_date(now), InvitationState.WITHDRAWN)
    newer = open_invitation(house, later + timedelta(hours=1), house.lin.email, ends_on=date(2027, 7, 1))
    session.add(newer)
    session.commit()

    assert invitations.accept_by_address(session, house.lin.id, now=later + timedelta(hours=2)) == 1
    assert session.scalar(select(func.max(Affiliation.ends_on))) == date(2027, 7, 1)


def test_an_expired_invitation_is_sent_again_with_another_link(session: Session, house: House, now: datetime) -> None:
    invitation = invited(session, house, now)
    first = secret_in(mailed(session, now=now)[0])
    later = now + timedelta(days=31)
    assert invitations.expire_over(session, later) == 1

    invitations.resend_invitation(session, invitation.id, actor=house.admin_actor, now=later)
    session.commit()
    second = secret_in(mailed(session, now=later)[0])

    assert first != second
    assert invitations.invitation_by_secret(session, second, now=later).id == invitation.id
    with pytest.raises(Conflict):
        invitations.resend_invitation(session, invitation.id, actor=house.admin_actor, now=later)


def test_drafts_nobody_applies_are_forgotten_with_their_text(session: Session, house: House, now: datetime) -> None:
    roster = upload(session, house, HEAD + "1,林,lin@cs.uni.edu.cn,,,,\n", now)

    forgotten = rosters.forget_drafts(session, now + timedelta(days=31))

    session.refresh(roster)
    assert (forgotten, roster.state, roster.content) == (1, RosterState.DISCARDED, "")
