"""Audit samples: how auditors reach them, drawing on the page, and what was found of each redemption."""

import re
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.redemptions import sampling
from booking.redemptions.forms import RedemptionFindingForm, RedemptionSampleForm
from booking.redemptions.service import FourEyes, OwnClaim
from models.accounts import AuditEntry, User
from models.redemptions import RedemptionFinding, RedemptionPayment, RedemptionSample
from models.vocabulary.accounts import Role, ScopeKind
from tests.counting import counting
from tests.factories.looking import count
from tests.factories.people import give, make_user, sign_in
from tests.factories.programmes import SICHUAN, make_authority, make_officer
from tests.redemptions.claims import NOTICE_OVER, Claims

WRONG = {"is_in_order": False, "note": "发票与合同不符"}


def drew(claims: Claims, number: int) -> RedemptionSample:
    """All of so many redemptions that were paid, drawn by the first officer."""
    charges = [claims.used(9 + 2 * place, 1) for place in range(number)]
    claims.invoice()
    for one in charges:
        claims.paid(one)
    said = {"programme_id": claims.programme.id, "paid_from": NOTICE_OVER, "paid_until": NOTICE_OVER}
    form = RedemptionSampleForm(count=number, **said)
    made: RedemptionSample = claims.do(sampling.draw_sample, form, by=claims.first, at_=later(claims))
    return made


def later(claims: Claims) -> Any:
    return claims.later.replace(month=12, day=20)


def found(claims: Claims, sample: RedemptionSample, by: Actor, **said: Any) -> RedemptionFinding:
    form = RedemptionFindingForm(**{"redemption_id": sample.drawn[0], "is_in_order": True, **said})
    made: RedemptionFinding = claims.do(sampling.record_finding, sample.id, form, by=by, at_=later(claims))
    return made


def auditor_of(session: Session) -> User:
    user = make_user(session, "auditor")
    give(session, user, Role.AUDITOR, ScopeKind.PLATFORM)
    session.commit()
    return user


@pytest.fixture
def claims(session: Session, now: Any) -> Claims:
    return Claims(session, now)


def test_an_auditor_reaches_samples_from_programmes_and_redemptions(
    client: FlaskClient, session: Session, claims: Claims
) -> None:
    sample = drew(claims, 1)
    agent, auditor = session.get_one(User, claims.agent.id), auditor_of(session)
    address = f"/voucher-programmes/{claims.programme.id}"
    seen = []
    for user in (auditor, session.get_one(User, claims.first.id), agent):
        sign_in(client, user)
        pages = client.get(address).text, client.get("/redemptions").text
        seen.append((f'href="{address}/samples"' in pages[0], 'href="/redemptions/samples"' in pages[1]))
    sign_in(client, auditor)
    every = client.get("/redemptions/samples").text

    assert seen == [(True, True), (True, True), (False, False)]
    assert [f"/redemptions/{key}" in every for key in sample.drawn] == [True]
    assert f"{address}/samples#sample-{sample.id}" in every
    assert "未核查" in every


def test_the_list_has_samples_of_ones_authority_alone(client: FlaskClient, session: Session, claims: Claims) -> None:
    sample = drew(claims, 1)
    other = make_officer(session, make_authority(session, SICHUAN), "across", now=claims.now)
    sign_in(client, session.get_one(User, other.id))

    page, rows = client.get("/redemptions/samples").text, client.get("/api/v1/redemption-samples").get_json()
    their = client.get(f"/api/v1/redemption-samples?programme={claims.programme.id}").status_code
    sign_in(client, auditor_of(session))
    all_ = client.get("/api/v1/redemption-samples?limit=1").get_json()

    assert (f"/redemptions/{sample.drawn[0]}" in page, rows["items"], their) == (False, [], 403)
    assert ([one["id"] for one in all_["items"]], all_["next_cursor"]) == ([sample.id], None)
    assert client.get("/api/v1/redemption-samples?cursor=x").status_code == 400
    sign_in(client, session.get_one(User, claims.agent.id))
    assert client.get("/redemptions/samples").status_code == 403


def test_an_officer_draws_on_the_page(client: FlaskClient, session: Session, claims: Claims) -> None:
    charge = claims.used(9)
    claims.invoice()
    made = claims.paid(charge)
    sign_in(client, session.get_one(User, claims.first.id))
    address = f"/voucher-programmes/{claims.programme.id}/samples"
    asked = {"paid_from": "2026-11-01", "paid_until": "2026-11-20", "share": "10"}

    refused = client.post(address, data=asked)
    session.rollback()
    before = count(session, RedemptionSample)
    day = session.scalars(select(RedemptionPayment.paid_on)).one()
    too_late = client.post(address, data=asked | {"paid_from": day.isoformat(), "paid_until": "2099-01-01"})

    assert (refused.status_code, too_late.status_code, before) == (422, 422, 0)
    assert 'value="2026-11-01"' in refused.text
    assert "这些日期里没有已兑付的申请" in refused.text
    assert f"/redemptions/{made.id}" not in refused.text


def test_what_was_found_is_kept_and_the_last_counts(client: FlaskClient, session: Session, claims: Claims) -> None:
    sample = drew(claims, 2)
    found(claims, sample, claims.first)
    found(claims, sample, claims.first, **WRONG)
    sign_in(client, session.get_one(User, claims.first.id))
    address = f"/voucher-programmes/{claims.programme.id}/samples"

    unsaid = client.post(f"{address}/findings", data={"drawn": f"{sample.id}-{sample.drawn[1]}", "is_in_order": "0"})
    page = client.get(address).text
    (answer,) = client.get("/api/v1/redemption-samples").get_json()["items"]
    said = client.post(f"{address}/findings", data={"drawn": f"{sample.id}-{sample.drawn[1]}", "is_in_order": "1"})

    session.rollback()
    rows = session.scalars(select(RedemptionFinding).order_by(RedemptionFinding.id)).all()
    assert [(one.redemption_id, one.is_in_order) for one in rows] == [
        (sample.drawn[0], True),
        (sample.drawn[0], False),
        (sample.drawn[1], True),
    ]
    assert (unsaid.status_code, said.status_code) == (422, 303)
    assert "请写明哪里有误" in unsaid.text
    assert "发票与合同不符" in page
    assert f'href="/redemptions/{sample.drawn[0]}#claw-back"' in page
    assert f'href="/redemptions/{sample.drawn[1]}#claw-back"' not in page
    assert f'href="/vouchers/{claims.voucher.id}"' in page
    [only] = answer["findings"]
    assert (only["redemption_id"], only["is_in_order"], only["note"]) == (sample.drawn[0], False, WRONG["note"])
    logged = session.scalars(select(AuditEntry).where(AuditEntry.action == "redemptions.found")).all()
    assert {one.subject_kind for one in logged} == {"programme"}


def test_who_approved_it_is_of_the_claimant_or_elsewhere_says_nothing_of_it(session: Session, claims: Claims) -> None:
    sample = drew(claims, 1)
    insider = make_officer(session, claims.authority, "insider", now=claims.now)
    give(session, session.get_one(User, insider.id), Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, claims.firm.id)
    session.commit()
    other = make_officer(session, make_authority(session, SICHUAN), "across", now=claims.now)
    user = auditor_of(session)

    for actor, refusal in (
        (claims.second, FourEyes),
        (claims.actor(session.get_one(User, insider.id)), OwnClaim),
        (other, Forbidden),
        (claims.actor(user), Forbidden),
    ):
        with pytest.raises(refusal):
            found(claims, sample, actor)
        session.rollback()
    with pytest.raises(InvalidInput):
        found(claims, sample, claims.first, redemption_id=sample.drawn[0] + 99)
    session.rollback()
    with pytest.raises(NotFound):
        claims.do(
            sampling.record_finding,
            sample.id + 99,
            RedemptionFindingForm(redemption_id=sample.drawn[0], is_in_order=True),
            by=claims.first,
        )
    session.rollback()
    assert count(session, RedemptionFinding) == 0


def test_more_that_was_drawn_takes_no_more_statements(client: FlaskClient, session: Session, claims: Claims) -> None:
    sample = drew(claims, 4)
    auditor = auditor_of(session)
    sign_in(client, auditor)
    client.get("/redemptions/samples")
    numbers = []
    for key in (None, sample.drawn[1], sample.drawn[2]):
        if key is not None:
            found(claims, sample, claims.first, redemption_id=key)
        with counting() as statements:
            page = client.get("/redemptions/samples").text
        numbers.append(len(statements))
        assert len(re.findall(r'class="row-title"', page)) == 4

    assert len(set(numbers)) == 1
    assert date.fromisoformat(str(sample.paid_from)) == NOTICE_OVER
