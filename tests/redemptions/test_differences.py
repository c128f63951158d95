"""An approval below the claim: who bears the difference, and what the institution does with the bill."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.forms import ChargeChangeForm
from booking.charges.windows import Windows
from booking.core.clock import at_local
from booking.core.errors import InvalidInput
from booking.notifications.letters import Letter
from booking.notifications.rendering import compose
from booking.redemptions.differences import differences, sign_of
from booking.redemptions.queries import in_full, items_of
from models.accounts import User
from models.charges import Charge
from models.redemptions import Redemption
from models.vocabulary.charges import ChargeState
from models.vocabulary.programmes import BearsDifference, RedeemedBy
from tests.factories.letters import SETTINGS, mailed
from tests.factories.looking import look_again
from tests.factories.people import sign_in
from tests.redemptions.claims import NOTICE_OVER, Claims

LATER = at_local(NOTICE_OVER, 700)


def cut(claims: Claims, fen: int) -> tuple[Charge, Redemption]:
    """A paid redemption of one charge, of which only so much was approved."""
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    (item,) = claims.items(made)
    claims.review(made, claims.first, (item, fen))
    claims.review(made, claims.second)
    mailed(claims.session, now=claims.later)
    claims.pay(made)
    return charge, made


def due(claims: Claims, made: Redemption) -> list[tuple[int, int]]:
    session = claims.session
    session.expire_all()
    items = items_of(session, made.id)
    whole = session.scalars(in_full().where(Redemption.id == made.id)).one()
    found = differences(session, whole, items, [])
    return [(one.change_fen, one.left_fen) for one in found]


def bear(claims: Claims, charge: Charge, fen: int) -> None:
    """The institution changes the bill, and the firm accepts it."""
    form = ChargeChangeForm(change_fen=fen, reason="核减差额", is_difference=True)
    steward, agent = claims.actor(claims.office.steward), claims.actor(claims.agent)
    claims.do(charges.adjust_charge, charge.id, form, windows=Windows(), by=steward, at_=LATER)
    claims.do(charges.accept_charge, charge.id, by=agent, at_=LATER)


@pytest.mark.parametrize(
    ("redeemed_by", "bears", "sign"),
    [
        pytest.param("enterprise", "enterprise", 0, id="the firm has paid in full"),
        pytest.param("enterprise", "provider", -1, id="the institution gives it back"),
        pytest.param("provider", "provider", 0, id="the institution has gone without it"),
        pytest.param("provider", "enterprise", 1, id="the firm is billed"),
    ],
)
def test_a_bill_changes_only_where_it_lets_the_wrong_one_bear_it(redeemed_by: str, bears: str, sign: int) -> None:
    assert sign_of(RedeemedBy(redeemed_by), BearsDifference(bears)) == sign


def test_where_the_firm_bears_what_was_deducted_it_is_billed_to_the_fen_and_no_voucher_pays_of_it(
    session: Session, now: datetime
) -> None:
    claims = Claims(session, now, redeemed_by="provider", bears_difference="enterprise")
    charge, made = cut(claims, 4_500)
    before = (charge.gross_fen, charge.voucher_fen)

    waiting = due(claims, made)
    bear(claims, charge, 1_500)

    session.expire_all()
    assert (before, waiting) == ((14_000, 6_000), [(1_500, 1_500)])
    assert (charge.gross_fen, charge.voucher_fen) == (15_500, 6_000)
    assert due(claims, made) == [(1_500, 0)]
    assert claims.faults() == []
    claims.change(charge, 10_000, at_=LATER)
    session.expire_all()
    assert (charge.gross_fen, charge.voucher_fen) == (22_500, 9_000)
    assert claims.faults() == []


def test_where_the_provider_bears_what_the_firm_paid_it_gives_that_back_and_the_share_stays(
    session: Session, now: datetime
) -> None:
    claims = Claims(session, now, redeemed_by="enterprise", bears_difference="provider")
    charge, made = cut(claims, 4_500)

    waiting = due(claims, made)
    bear(claims, charge, -1_500)

    session.expire_all()
    assert waiting == [(-1_500, -1_500)]
    assert (charge.gross_fen, charge.voucher_fen) == (18_500, 0)
    assert due(claims, made) == [(-1_500, 0)]
    assert claims.faults() == []


def test_what_was_done_of_a_redemption_before_is_not_done_of_the_next_one_of_the_same_charge(
    session: Session, now: datetime
) -> None:
    claims = Claims(session, now, redeemed_by="provider", bears_difference="enterprise")
    charge, first = cut(claims, 4_500)
    bear(claims, charge, 1_500)
    claims.change(charge, 10_000, at_=LATER)
    claims.later = LATER
    claims.invoice("2", on=LATER.date().isoformat())
    second = claims.ask(charge)
    (item,) = claims.items(second)
    claims.review(second, claims.first, (item, 2_000))
    claims.review(second, claims.second)
    claims.session.get_one(Redemption, second.id).notice_until = NOTICE_OVER - timedelta(days=1)
    claims.session.commit()
    claims.pay(second)

    waiting = [due(claims, made) for made in (first, second)]
    bear(claims, charge, 600)
    half = [due(claims, made) for made in (first, second)]
    bear(claims, charge, 400)

    assert (item.claimed_fen, waiting) == (3_000, [[(1_500, 0)], [(1_000, 1_000)]])
    assert half == [[(1_500, 0)], [(1_000, 400)]]
    assert [due(claims, made) for made in (first, second)] == [[(1_500, 0)], [(1_000, 0)]]


@pytest.mark.parametrize(("redeemed_by", "bears"), [("enterprise", "enterprise"), ("provider", "provider")])
def test_where_the_bill_is_right_as_it_is_nothing_follows(
    session: Session, now: datetime, redeemed_by: str, bears: str
) -> None:
    claims = Claims(session, now, redeemed_by=redeemed_by, bears_difference=bears)

    _charge, made = cut(claims, 4_500)

    assert due(claims, made) == []
    assert told(claims) == []


def told(claims: Claims) -> list[Letter]:
    letters = mailed(claims.session, now=LATER)
    return [one for one in letters if one.template == "redemptions/differences"]


def test_the_institution_is_told_what_to_do_and_the_page_leads_there(
    session: Session, now: datetime, client: FlaskClient
) -> None:
    claims = Claims(session, now, redeemed_by="enterprise", bears_difference="provider")
    charge, made = cut(claims, 4_500)
    letters = told(claims)
    text = compose(letters[0], SETTINGS.address).text

    sign_in(client, claims.agent)
    firms = client.get(f"/redemptions/{made.id}").text
    answer = client.get(f"/api/v1/redemptions/{made.id}").get_json()["differences"]
    sign_in(client, session.get_one(User, claims.first.id))
    officers = client.get(f"/redemptions/{made.id}").text
    sign_in(client, claims.office.steward)
    settling = client.get(f"/charges/{charge.id}").text

    told_people = {one.recipient for one in letters}
    assert (claims.office.finance.email in told_people, claims.agent.email in told_people) == (True, False)
    assert ("¥15.00" in text, f"/charges/{charge.id}" in text) == (True, True)
    assert ("退还 ¥15.00" in firms, f'/charges/{charge.id}#adjust"' in firms) == (True, True)
    assert ("退还 ¥15.00" in officers, f"/charges/{charge.id}#adjust" in officers) == (True, False)
    assert answer == [{"charge_id": charge.id, "change_fen": -1_500, "left_fen": -1_500}]
    assert 'name="adjust_is_difference"' in settling


def test_on_the_page_the_charge_is_adjusted_as_a_difference(
    session: Session, now: datetime, client: FlaskClient
) -> None:
    claims = Claims(session, now, redeemed_by="provider", bears_difference="enterprise")
    charge, made = cut(claims, 4_500)
    sign_in(client, claims.office.steward)
    version = session.get_one(Charge, charge.id).version
    session.rollback()

    form = {"adjust_change_fen": "15", "adjust_reason": "核减", "adjust_is_difference": "1", "version": str(version)}
    done = client.post(f"/charges/{charge.id}/adjust", data=form)

    look_again(session)
    assert done.status_code == 303
    assert (session.get_one(Charge, charge.id).gross_fen, due(claims, made)) == (15_500, [(1_500, 0)])
    assert "创新券核减差额" in client.get(f"/charges/{charge.id}").text


def test_of_what_is_refused_for_good_all_is_borne(session: Session, now: datetime) -> None:
    claims = Claims(session, now, redeemed_by="provider", bears_difference="enterprise")
    charge = claims.used(9)
    claims.invoice()
    made = claims.ask(charge)
    mailed(session, now=claims.later)
    claims.reject(made, claims.first, is_final=True)

    (letter,) = [one for one in told(claims) if one.recipient == claims.office.finance.email]

    assert [one["fen"] for one in letter.values["rows"]] == [6_000]
    assert letter.values["is_more"] is True


def test_a_charge_without_vouchers_has_no_difference(session: Session, now: datetime) -> None:
    claims = Claims(session, now)
    charge = claims.office.used(9, 2, by=claims.office.other)
    form = ChargeChangeForm(change_fen=100, reason="核减", is_difference=True)

    with pytest.raises(InvalidInput):
        claims.do(
            charges.adjust_charge,
            charge.id,
            form,
            windows=Windows(),
            by=claims.actor(claims.office.steward),
            at_=claims.later,
        )

    assert session.get_one(Charge, charge.id).state != ChargeState.ADJUSTED
