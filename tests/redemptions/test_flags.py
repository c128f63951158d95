"""What was declared about uses and said of their parties: reviewers see it everywhere, and say why they approve."""

import io
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.core.errors import InvalidInput
from booking.payers.holds import for_reservation
from booking.redemptions.flags import flags_of, reasons_for
from booking.redemptions.forms import RedemptionReviewForm
from booking.redemptions.queries import items_of, redemption_for
from booking.vouchers.forms import RelationForm
from booking.vouchers.plans import Wish
from booking.vouchers.relating import say_related
from booking.vouchers.wishing import store_wish
from models.accounts import User
from models.charges import Charge
from models.redemptions import Redemption, RedemptionEvent
from models.vocabulary.programmes import ServiceType
from models.vocabulary.redemptions import FlagKind, RedemptionStep
from tests.counting import counting
from tests.factories.people import sign_in
from tests.redemptions.claims import Claims

REASON = "已核对股权，无关联"


@pytest.fixture
def claims(session: Session, now: datetime) -> Claims:
    return Claims(session, now)


def asked(claims: Claims, count: int = 1) -> Redemption:
    charges = [claims.used(9 + 2 * number) for number in range(count)]
    claims.invoice()
    return claims.ask(*charges)


def relate(claims: Claims, *, is_related: bool = True, minutes: int = 1) -> None:
    """What the authority says of the firm and the provider."""
    form = RelationForm(
        authority_id=claims.authority.id,
        organisation_id=claims.firm.id,
        provider_id=claims.office.place.id,
        is_related=is_related,
        reason="同一实际控制人",
    )
    claims.do(say_related, form, by=claims.second, at_=claims.later + timedelta(minutes=minutes))


def declare(claims: Claims, redemption: Redemption, **said: bool) -> None:
    """What the agent says of the first item's use."""
    reservation_id = claims.session.get_one(Charge, claims.items(redemption)[0].charge_id).reservation_id
    assert reservation_id is not None
    wish = Wish(claims.firm.id, ServiceType.INSTRUMENT_SHARING, claims.voucher.id, **said)
    store_wish(
        claims.session, for_reservation(reservation_id), wish, actor=claims.actor(claims.agent), now=claims.later
    )
    claims.session.commit()


def officer(claims: Claims) -> User:
    return claims.session.get_one(User, claims.first.id)


def flags(claims: Claims, redemption: Redemption) -> list[tuple[FlagKind, str, bool]]:
    found, _sight = redemption_for(claims.session, redemption.id, claims.first)
    said = flags_of(claims.session, found, items_of(claims.session, found.id))
    return [(one.kind, one.by, one.is_withdrawn) for row in said.values() for one in row.flags]


def test_what_was_declared_and_what_the_authority_says_since_is_told_by_whom(claims: Claims) -> None:
    made = asked(claims)
    assert flags(claims, made) == []

    declare(claims, made, is_statutory=True, is_funded=True)
    relate(claims)

    agent, second = claims.agent.name, claims.session.get_one(User, claims.second.id).name
    assert flags(claims, made) == [
        (FlagKind.STATUTORY, agent, False),
        (FlagKind.FUNDED, agent, False),
        (FlagKind.FLAGGED, second, False),
    ]
    declare(claims, made, is_funded=True)
    relate(claims, is_related=False, minutes=2)
    assert flags(claims, made) == [(FlagKind.STATUTORY, agent, True), (FlagKind.FUNDED, agent, False)]


def test_what_another_authority_says_of_the_two_is_not_told_here(claims: Claims) -> None:
    made = asked(claims)
    other = Claims(claims.session, claims.now, mark="other")
    form = RelationForm(
        authority_id=other.authority.id,
        organisation_id=claims.firm.id,
        provider_id=claims.office.place.id,
        is_related=True,
        reason="关联",
    )
    claims.do(say_related, form, by=other.first)

    assert flags(claims, made) == []


def test_approving_what_is_flagged_needs_a_reason_that_is_kept_with_the_step(
    claims: Claims, client: FlaskClient
) -> None:
    made = asked(claims)
    relate(claims)
    with pytest.raises(InvalidInput) as refused:
        claims.review(made, claims.first)
    (item,) = claims.items(made)
    assert [one.field for one in refused.value.problems] == [f"reason-{item.id}"]
    sign_in(client, officer(claims))
    version = claims.version(made)
    body = {"version": version, "items": [{"item_id": item.id, "approved_fen": item.claimed_fen, "reason": REASON}]}

    bare = client.post(f"/api/v1/redemptions/{made.id}/review", json={"version": version})
    told = client.post(f"/api/v1/redemptions/{made.id}/review", json=body)

    assert (bare.status_code, told.status_code) == (422, 200)
    claims.session.rollback()
    events = claims.session.query(RedemptionEvent).filter_by(step=RedemptionStep.CITY_REVIEW).all()
    assert [one.facts["flagged"] for one in events] == [{str(item.id): REASON}]
    assert claims.items(made)[0].reason == ""
    assert told.json is not None
    assert told.json["events"][-1]["flagged"] == {str(item.id): REASON}
    assert f"第 1 项仍核准的理由：{REASON}" in client.get(f"/redemptions/{made.id}").text
    with pytest.raises(InvalidInput):
        claims.review(made, claims.second)


def test_nothing_needs_a_reason_where_nothing_of_a_flagged_item_is_approved(claims: Claims) -> None:
    made = asked(claims, 2)
    declare(claims, made, is_related=True)
    first, _second = claims.items(made)

    claims.review(made, claims.first, (first, 0))

    assert [one.approved_fen for one in claims.items(made)] == [0, 6_000]


def test_page_answer_and_cover_tell_the_authority_and_nobody_else(claims: Claims, client: FlaskClient) -> None:
    made = asked(claims)
    declare(claims, made, is_funded=True)
    relate(claims)
    by, day = claims.agent.name, local_date(claims.later).isoformat()
    words = (f"声明已有其他财政资金资助（{by}，{day}）", "主管部门登记为有关联关系")

    sign_in(client, officer(claims))
    page, answer, pack = _read(client, made)
    assert all(word in page for word in words)
    assert "同一实际控制人" in page
    assert [one["kind"] for one in answer["items"][0]["flags"]] == ["funded", "flagged"]
    assert answer["items"][0]["declared_by"] == by
    assert all(word in pack for word in words)

    sign_in(client, claims.agent)
    page, answer, pack = _read(client, made)
    assert not any(word in text for word in (*words, "同一实际控制人") for text in (page, pack))
    assert (answer["items"][0]["flags"], answer["items"][0]["declared_by"]) == (None, None)


def test_where_nothing_was_declared_reviewers_read_who_said_so(claims: Claims, client: FlaskClient) -> None:
    made = asked(claims)
    sign_in(client, officer(claims))

    page, answer, pack = _read(client, made)

    assert f"用券时没有声明不支持的情形（{claims.agent.name}，" in page
    assert "用券时没有声明不支持的情形" in pack
    assert (answer["items"][0]["flags"], answer["items"][0]["declared_by"]) == ([], claims.agent.name)


def _read(client: FlaskClient, made: Redemption) -> tuple[str, Any, str]:
    """The page, the answer, and the table of the pack's cover."""
    answer = client.get(f"/api/v1/redemptions/{made.id}").json
    assert answer is not None
    package = zipfile.ZipFile(io.BytesIO(client.get(f"/redemptions/{made.id}/pack.zip").data))
    assert package.read("00-封面.pdf").startswith(b"%PDF")
    rows = load_workbook(io.BytesIO(package.read("00-封面.xlsx")))["明细"].values
    return client.get(f"/redemptions/{made.id}").text, answer, str(list(rows))


def test_it_asks_the_database_no_more_often_for_five_items_than_for_two(claims: Claims) -> None:
    counts = []
    for count in (2, 3):
        made = asked(claims, count) if count == 2 else claims.ask(*_more(claims))
        found, _sight = redemption_for(claims.session, made.id, claims.first)
        items = items_of(claims.session, made.id)
        with counting() as statements:
            reasons_for(claims.session, found, items, RedemptionReviewForm(version=1))
        counts.append(len(statements))

    assert counts == [2, 2]


def _more(claims: Claims) -> list[Charge]:
    charges = [claims.used(9 + number, 1, day=2) for number in range(5)]
    claims.invoice("2")
    return charges
