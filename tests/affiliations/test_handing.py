"""What an admin takes away: refused rows with their reasons, and invitations for people without an address."""

import csv
import io
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.mailed import LinkSpent
from booking.affiliations import handed_links, invitations, rosters
from booking.affiliations.forms import ApplyRosterForm, HandedLinksForm, RosterForm
from booking.affiliations.roster_refusals import forget_refused
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden
from models.accounts import AuditEntry
from models.affiliations import Affiliation, Invitation, Roster
from models.vocabulary.affiliations import AffiliationState, InvitationState
from tests.affiliations.conftest import House
from tests.factories.looking import look_again
from tests.factories.people import actor_for, make_user, sign_in

ROSTER = "工号,姓名,邮箱,手机\n001,电,,+86 13800000000\n002,号,,\n003,坏,broken,\n"


def apply_roster(session: Session, house: House, now: datetime, actor: Actor | None = None) -> Roster:
    by = actor or house.admin_actor
    made = rosters.upload_roster(session, house.organisation.id, RosterForm(text=ROSTER), actor=by, now=now)
    done = rosters.apply_roster(session, made.id, ApplyRosterForm(), actor=by, now=now)
    session.commit()
    return done


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_who_took_no_invitation_up_is_forgotten_half_a_year_later(
    session: Session, house: House, now: datetime
) -> None:
    apply_roster(session, house, now)
    withdrawn, expired = session.scalars(select(Invitation).order_by(Invitation.id))
    invitations.withdraw_invitation(session, withdrawn.id, actor=house.admin_actor, now=now)
    invitations.expire_over(session, now + timedelta(days=31))

    forgotten = [invitations.forget_untaken(session, now + timedelta(days=days)) for days in (180, 181, 212, 999)]

    session.expire_all()
    assert forgotten == [0, 1, 1, 0]
    left = [(one.name, one.email, one.phone, one.staff_number, one.state.value) for one in (withdrawn, expired)]
    assert left == [("", "", "", "", "withdrawn"), ("", "", "", "", "expired")]
    with pytest.raises(Conflict):
        invitations.make_link(session, expired.id, actor=house.admin_actor, now=now)


def test_refused_rows_are_taken_away_with_their_reasons_for_a_month(
    client: FlaskClient, session: Session, house: House
) -> None:
    now = utcnow()
    roster = apply_roster(session, house, now, actor_for(session, house.admin, now=now))
    sign_in(client, house.admin)
    address = f"/rosters/{roster.id}/refused.csv"

    rows = table(client.get(address).data)
    by_api = client.get(f"/api/v1/rosters/{roster.id}/rows?fate=refused").get_json()
    early, forgotten = forget_refused(session, now), forget_refused(session, now + timedelta(days=31))
    session.commit()

    assert rows[0] == ["工号", "姓名", "邮箱", "手机", "拒绝原因"]
    assert [row[:4] for row in rows[1:]] == [["003", "坏", "broken", ""]]
    assert rows[1][4].startswith("邮箱：")
    assert (by_api["header"], by_api["items"][0]["cells"]) == (rows[0][:4], rows[1][:4])
    assert (early, forgotten, client.get(address).status_code) == (0, 1, 404)
    assert client.get(f"/api/v1/rosters/{roster.id}/rows").get_json()["items"][0]["problems"] != []


def test_people_without_an_address_are_handed_links_that_hold_once_and_for_a_month(
    session: Session, house: House, now: datetime
) -> None:
    apply_roster(session, house, now)
    made = dict(handed(session, house, now))
    code = made["002"]

    with pytest.raises(Conflict):
        handed(session, house, now)
    taken = invitations.accept_invitation(session, f" {code.lower().replace('-', '')} ", actor=house.lin_actor, now=now)

    assert (taken.user_id, taken.staff_number, taken.state) == (house.lin.id, "002", AffiliationState.CONFIRMED)
    for spent, when in ((code, now), (made["001"], now + timedelta(days=30))):
        with pytest.raises(LinkSpent):
            invitations.accept_invitation(session, spent, actor=house.lin_actor, now=when)
    notes = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [notes.count(f"affiliations.invitation_{fact}") for fact in ("link_made", "accepted")] == [2, 1]
    stored = session.scalars(select(Invitation.secret_hash)).all()
    assert [hash_ for hash_ in stored if hash_ in made.values()] == []


def handed(session: Session, house: House, now: datetime, *, renews: bool = False) -> list[tuple[str, str]]:
    form = HandedLinksForm(renews=renews)
    made = handed_links.make_links(session, house.organisation.id, form, actor=house.admin_actor, now=now)
    return [(invitation.staff_number, code) for invitation, code in made]


def test_a_link_made_again_voids_the_one_before_and_strangers_make_none(
    session: Session, house: House, now: datetime
) -> None:
    apply_roster(session, house, now)
    before, after = dict(handed(session, house, now)), dict(handed(session, house, now, renews=True))

    with pytest.raises(LinkSpent):
        invitations.invitation_by_secret(session, before["001"], now=now)
    form = HandedLinksForm(renews=True)
    with pytest.raises(Forbidden):
        handed_links.make_links(session, house.organisation.id, form, actor=house.lin_actor, now=now)

    assert invitations.invitation_by_secret(session, after["001"], now=now).name == "电"


def test_who_has_no_link_comes_first_and_whose_term_is_over_gets_none(
    client: FlaskClient, session: Session, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utcnow()
    monkeypatch.setattr(handed_links, "MOST_AT_ONCE", 1)
    apply_roster(session, house, now, actor_for(session, house.admin, now=now))
    organisation_id, today = house.organisation.id, local_date(now)

    turns = [handed(session, house, now + timedelta(hours=turn), renews=turn > 0)[0][0] for turn in range(3)]
    session.commit()
    sign_in(client, house.admin)
    page = client.get(f"/organisations/{organisation_id}/invitations").get_data(as_text=True)
    first, second = session.scalars(select(Invitation).order_by(Invitation.staff_number))
    first.ends_on, second.ends_on = today - timedelta(days=1), today + timedelta(days=1)
    session.flush()

    assert turns == ["001", "002", "001"]
    assert "一次最多生成 1 人的" in page
    assert handed_links.count_waiting(session, organisation_id, now=now, with_links=True) == 1
    assert handed(session, house, now, renews=True)[0][0] == "002"
    assert handed_links.holds_until(second) == today + timedelta(days=1)


def test_letters_are_printed_and_a_code_is_typed_and_accepted(
    client: FlaskClient, session: Session, house: House
) -> None:
    now = utcnow()
    apply_roster(session, house, now, actor_for(session, house.admin, now=now))
    sign_in(client, house.admin)
    address = f"/organisations/{house.organisation.id}/invitations/links"

    sheet = table(client.post(address, data={"kind": "csv"}).data)
    letters = client.post(address, data={"kind": "letters", "renews": "1"}).get_data(as_text=True)
    refused = client.post(address, data={"kind": "letters"})
    code = client.post(f"/api/v1{address}", json={"renews": True}).get_json()["items"][0]["secret"]
    sign_in(client, make_user(session, "newcomer"))
    wrong = client.get("/invited?code=ABCD-EFGH")
    entered = client.get(f"/invited?code={code.lower()}")
    accepted = client.post(entered.headers["Location"])

    assert sheet[0][:4] == ["工号", "姓名", "手机", "邀请码"]
    assert [row[:3] for row in sheet[1:]] == [["001", "电", "'+86 13800000000"], ["002", "号", ""]]
    assert letters.count('class="card sheet"') == 2
    assert (refused.status_code, "邀请码都已生成" in refused.get_data(as_text=True)) == (409, True)
    typed = wrong.get_data(as_text=True)
    assert (wrong.status_code, typed.count("邀请码不正确、已使用或已过期。")) == (422, 2)
    assert 'value="ABCD-EFGH"' in typed
    assert (entered.status_code, accepted.headers["Location"]) == (303, "/account/affiliations")
    look_again(session)
    assert session.scalars(select(Affiliation.staff_number)).all() == ["001"]
    states = session.scalars(select(Invitation.state).order_by(Invitation.staff_number)).all()
    assert states == [InvitationState.ACCEPTED, InvitationState.OPEN]
