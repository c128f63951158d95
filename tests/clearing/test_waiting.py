"""What waits for which officer, who is told of what, and what was recorded as paid by mistake."""

from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.clearing import queries, service, settling
from booking.clearing.forms import ClearingReversalForm, ClearingSettlementForm, WriteForm
from booking.clearing.months import Act, shown_month
from booking.clearing.officers import officers_of
from booking.clearing.waiting import waiting_for
from booking.core.clock import local_date
from booking.core.errors import Forbidden
from booking.ledger.queries import balance_of
from booking.notifications.letters import Letter
from booking.notifications.rendering import compose
from models.accounts import User
from models.clearing import ClearingEvent
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.clearing import ClearingState, ClearingStep
from models.vouchers import ProvincePair
from tests.clearing.across import BORDER, NOVEMBER, OCTOBER, Across, october, on, rows_in
from tests.counting import counting
from tests.factories.letters import SETTINGS, mailed
from tests.factories.people import give, make_user, sign_in, stand_in
from tests.factories.programmes import make_authority

PAID = ClearingSettlementForm(settled_on=date(2026, 11, 23), receipt="工行 1")
WRONG = ClearingReversalForm(reason="回单号写错")


@pytest.fixture
def across(session: Session, now: datetime) -> Across:
    return Across(session, now)


def waits(across: Across, province: str) -> list[tuple[str, Act]]:
    found = waiting_for(across.session, across.officers[province], today=local_date(across.now))
    return [(f"{one.month:%m}", one.act) for one in found]


def told(across: Across) -> list[Letter]:
    return mailed(across.session, now=across.now)


def names(letters: list[Letter]) -> list[str]:
    return [one.recipient.partition("@")[0] for one in letters]


def test_what_waits_goes_from_one_side_to_the_other_until_it_is_settled(across: Across) -> None:
    october(across)

    seen = [(waits(across, "50"), waits(across, "51"))]
    for step, given, by in (
        (service.close_month, (), "50"),
        (service.confirm, (), "51"),
        (settling.settle, (PAID,), "51"),
        (settling.reverse, (WRONG,), "51"),
    ):
        across.do(step, OCTOBER, *given, by=by)
        seen.append((waits(across, "50"), waits(across, "51")))

    assert seen == [
        ([("10", Act.CLOSE)], [("10", Act.CLOSE)]),
        ([], [("10", Act.CONFIRM)]),
        ([], [("10", Act.SETTLE)]),
        ([], []),
        ([], [("10", Act.SETTLE)]),
    ]


def test_officers_of_districts_are_told_of_nothing_and_nothing_waits_for_them(across: Across) -> None:
    session, today = across.session, local_date(across.now)
    district = across.officer("district", make_authority(session, "510704", name_zh="区局", name_en="District"))
    own = across.officers["51"].id
    before = [one.id for one in officers_of(session, ["51"], today=today)["51"]]
    october(across)

    after = {key: [one.id for one in people] for key, people in officers_of(session, ["50", "51"], today=today).items()}

    assert (before, after) == ([own], {"50": [across.officers["50"].id], "51": [own]})
    assert waiting_for(session, district, today=today) == []
    assert waits(across, "51") == [("10", Act.CLOSE)]


def test_who_stands_in_or_has_left_has_nothing_of_it(across: Across) -> None:
    october(across)
    session, today = across.session, local_date(across.now)
    officer = session.get_one(User, across.officers["51"].id)
    stand_in(session, across.officers["51"], now=across.now)
    officer.deactivated_at = across.now
    session.commit()

    assert officers_of(session, ["51"], today=today)["51"] == []


def test_many_months_take_as_many_statements_as_two(across: Across) -> None:
    session, today = across.session, date(2027, 6, 15)
    across.captured("50", "51", 100, on(1, 5))
    session.commit()
    months = [date(2026, month, 1) for month in (1, 2, 3, 4, 5)]
    numbers = []
    for month in months:
        across.close("50", month)
        with counting() as statements:
            found = waiting_for(session, across.officers["51"], today=today)
        numbers.append(len(statements))
        assert [one.act for one in found].count(Act.CONFIRM) == months.index(month) + 1

    assert len(set(numbers[1:])) == 1


def test_each_step_is_told_to_the_other_side_alone(across: Across) -> None:
    october(across)
    across.officer("zheng-two", across.cq)
    across.officer("tang-two", across.sc)
    told(across)

    said = []
    for step, given, by in (
        (service.close_month, (), "50"),
        (service.write, (WriteForm(text="第二笔有误", is_objection=True),), "51"),
        (service.write, (WriteForm(text="已核对"),), "50"),
        (service.confirm, (), "51"),
        (settling.settle, (PAID,), "51"),
        (settling.reverse, (WRONG,), "51"),
    ):
        across.do(step, OCTOBER, *given, by=by)
        said.append(told(across))

    ours, theirs = ["zheng", "zheng-two"], ["tang", "tang-two"]
    assert [names(one) for one in said] == [theirs, ours, theirs, ours, ours, ours]
    mails = [compose(one[0], SETTINGS.address) for one in said]
    texts = [f"{one.subject}\n{one.text}" for one in mails]
    assert ["5051-0001" in one for one in texts] == [True] * 6
    assert ["¥349.50" in one for one in texts] == [True] * 6
    assert ("第二笔有误" in texts[1], "请按清算单划款" in texts[3]) == (True, True)
    assert ("工行 1" in texts[4], "回单号写错" in texts[5]) == (True, True)


def test_what_was_recorded_by_mistake_is_taken_back_and_recorded_anew(across: Across) -> None:
    october(across)
    across.close("50", OCTOBER)
    across.do(service.confirm, OCTOBER, by="51")
    across.do(settling.settle, OCTOBER, PAID, by="51")
    pairs = [one for one in across.session.scalars(select(ProvincePair)) if one.issuer != one.provider]

    def settled() -> list[int]:
        return sorted(balance_of(across.session, one.settled_id) for one in pairs)

    first = settled()
    across.do(settling.reverse, OCTOBER, WRONG, by="51")
    between, state = settled(), state_of(across)
    again = ClearingSettlementForm(settled_on=date(2026, 11, 23), receipt="工行 2")
    across.do(settling.settle, OCTOBER, again, by="51")

    steps = across.session.scalars(select(ClearingEvent).order_by(ClearingEvent.id)).all()
    assert (first, between, settled()) == ([45_050, 80_000], [0, 0], [45_050, 80_000])
    assert (state, state_of(across)) == (ClearingState.CONFIRMED, ClearingState.SETTLED)
    assert [one.step.value for one in steps] == ["confirm", "settle", "reverse", "settle"]
    assert (steps[2].text, steps[3].receipt, len({one.entry_id for one in steps[1:]})) == ("回单号写错", "工行 2", 3)
    assert across.faults() == []


def state_of(across: Across) -> ClearingState:
    return shown_month(across.session, BORDER, OCTOBER, across.officers["51"], today=local_date(across.now)).state


@pytest.mark.parametrize("by", ["50", "51"])
def test_nothing_is_taken_back_that_was_not_recorded_nor_by_the_other_side(across: Across, by: str) -> None:
    october(across)
    across.close("50", OCTOBER)
    across.do(service.confirm, OCTOBER, by="51")
    with pytest.raises(settling.NotSettled):
        across.do(settling.reverse, OCTOBER, WRONG, by=by)
    across.session.rollback()
    across.do(settling.settle, OCTOBER, PAID, by="51")

    if by == "51":
        across.do(settling.reverse, OCTOBER, WRONG, by=by)

    with pytest.raises(Forbidden if by == "50" else settling.NotSettled):
        across.do(settling.reverse, OCTOBER, WRONG, by=by)

    across.session.rollback()
    may = shown_month(across.session, BORDER, OCTOBER, across.officers[by], today=local_date(across.now)).may
    reversals = select(ClearingEvent).where(ClearingEvent.step == ClearingStep.REVERSE)
    assert len(across.session.scalars(reversals).all()) == (0 if by == "50" else 1)
    assert (Act.REVERSE in may) is False


def test_a_month_that_is_empty_before_the_first_transfer_waits_for_nobody(across: Across) -> None:
    across.captured("50", "51", 100, on(11, 5))
    across.session.commit()

    assert (waits(across, "50"), rows_in(across.session, ClearingEvent)) == ([], 0)
    assert queries.last_statement(across.session, BORDER) is None
    assert NOVEMBER.month == across.now.month


def test_behind_a_figure_voucher_charge_and_redemption_are_links_for_who_may_open_them(
    client: FlaskClient, session: Session, across: Across
) -> None:
    use = across.captured("50", "51", 800, on(10, 3))
    paid = across.paid([(use, 800, 800)], on(10, 9) + timedelta(hours=1))
    district = across.officer("district", make_authority(session, "500109", name_zh="区局", name_en="District"))
    auditor = make_user(session, "auditor")
    give(session, auditor, Role.AUDITOR, ScopeKind.PLATFORM)
    session.commit()
    address = "/clearing/50-51/2026-10/transfers?issuer=50&figure=paid&way=advance_then_net"
    links = (f"/vouchers/{use.voucher.id}", f"/charges/{use.charge.id}", f"/redemptions/{paid.id}")
    people = [session.get_one(User, one.id) for one in (across.officers["50"], across.officers["51"], district)]

    found = []
    for user in (*people, auditor):
        sign_in(client, user)
        page = client.get(address).text
        linked = [f'href="{one}"' in page for one in links]
        assert [client.get(one).status_code for one, is_linked in zip(links, linked, strict=True) if is_linked] == [
            200
        ] * sum(linked)
        found.append(linked)

    assert found == [[True, False, True], [False, False, False], [False, False, False], [True, True, True]]
