"""A month between two provinces: to the fen, closed in order and once, confirmed by the other side, settled."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.clearing import queries, service, settling
from booking.clearing.forms import ClearingSettlementForm, WriteForm
from booking.clearing.months import Act, shown_month
from booking.clearing.rules import Border, Course
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from booking.ledger.queries import balance_of
from models.accounts import AuditEntry
from models.clearing import ClearingEvent, ClearingFigures, ClearingStatement
from models.vocabulary.clearing import ClearingState, Figure
from models.vocabulary.programmes import BorderWay
from models.vouchers import ProvincePair
from tests.clearing.across import BORDER, NOVEMBER, OCTOBER, Across, october, on, rows_in
from tests.factories.people import stand_in
from tests.factories.programmes import make_authority

HOME, ADVANCE = BorderWay.HOME_PAYS, BorderWay.ADVANCE_THEN_NET
SETTLED = ClearingSettlementForm(settled_on=date(2026, 11, 23), receipt="工行 20261123-7")


@pytest.fixture
def across(session: Session, now: datetime) -> Across:
    return Across(session, now)


def test_a_month_with_both_directions_and_a_claw_back_comes_to_what_was_reckoned_by_hand(across: Across) -> None:
    october(across)

    statement = across.close("50", OCTOBER)

    (found,) = queries.closed(across.session, [statement])
    assert found.figures == {
        Course("50", "51", ADVANCE): amounts(93_333, 3_333, 3_333, 86_667, 6_667, 80_000),
        Course("50", "51", HOME): amounts(15_000, 0, 2_999, 12_001, 0, 0),
        Course("51", "50", ADVANCE): amounts(45_050, 0, 0, 45_050, 0, 45_050),
    }
    assert (statement.number, statement.net_fen, statement.province) == (1, 34_950, "50")
    assert across.faults() == []


def amounts(*fen: int) -> dict[Figure, int]:
    """Captured, given back, not approved, paid, clawed back, owed."""
    return dict(zip(Figure, fen, strict=True))


def test_a_month_is_that_of_shanghai_and_ends_at_its_midnight(across: Across) -> None:
    across.captured("50", "51", 1, on(10, 31, 23) + timedelta(minutes=59, seconds=59))
    across.captured("50", "51", 2, on(11, 1, 0))
    across.session.commit()

    assert captured_in(across, OCTOBER) == 1
    assert captured_in(across, NOVEMBER) == 2


def captured_in(across: Across, month: date) -> int:
    today = date(2027, 1, 1)
    found = shown_month(across.session, BORDER, month, across.officers["51"], today=today)
    return sum(figures[Figure.CAPTURED] for figures in found.figures.values())


def test_what_comes_for_a_closed_month_belongs_to_the_first_that_is_open(across: Across) -> None:
    across.captured("50", "51", 100, on(9, 5))
    across.captured("50", "51", 200, on(10, 5))
    across.session.commit()
    across.close("50", date(2026, 9, 1))
    late = across.captured("50", "51", 7, on(9, 30))
    across.paid([(late, 7, 7)], on(9, 30))
    across.session.commit()

    before = captured_in(across, OCTOBER)
    across.close("51", OCTOBER)
    across.captured("50", "51", 11, on(10, 9))
    across.session.commit()

    assert (before, captured_in(across, OCTOBER), captured_in(across, NOVEMBER)) == (207, 207, 11)
    assert captured_in(across, date(2026, 9, 1)) == 100
    assert across.faults() == []


@pytest.mark.parametrize(
    ("month", "refusal"),
    [
        pytest.param(NOVEMBER, service.MonthLasts, id="lasts"),
        pytest.param(OCTOBER, service.EarlierOpen, id="one before is open"),
        pytest.param(date(2026, 8, 1), NotFound, id="before the first transfer"),
    ],
)
def test_months_are_closed_once_they_are_over_and_in_order(across: Across, month: date, refusal: type[Refused]) -> None:
    across.captured("50", "51", 100, on(9, 30))
    across.session.commit()

    with pytest.raises(refusal):
        across.close("50", month)

    across.session.rollback()
    assert rows_in(across.session, ClearingStatement) == 0


def test_a_month_is_closed_once_and_an_empty_one_too(across: Across) -> None:
    across.captured("50", "51", 100, on(9, 30))
    across.session.commit()
    first = across.close("50", date(2026, 9, 1))
    second = across.close("51", OCTOBER)

    with pytest.raises(service.AlreadyClosed):
        across.close("51", date(2026, 9, 1))

    across.session.rollback()
    kept = across.session.scalars(select(ClearingFigures.statement_id)).all()
    assert [first.number, second.number, second.net_fen] == [1, 2, 0]
    assert kept == [first.id]


def test_the_other_side_confirms_and_the_side_that_is_owed_says_that_it_was_paid(across: Across) -> None:
    october(across)
    across.close("50", OCTOBER)
    pairs = {(one.issuer, one.provider): one for one in across.session.scalars(select(ProvincePair))}

    with pytest.raises(settling.NotConfirmed):
        across.do(settling.settle, OCTOBER, SETTLED, by="51")
    across.session.rollback()
    across.do(service.confirm, OCTOBER, by="51")
    with pytest.raises(Forbidden):
        across.do(settling.settle, OCTOBER, SETTLED, by="50")
    across.session.rollback()
    settled = across.do(settling.settle, OCTOBER, SETTLED, by="51")

    ours, theirs = pairs["50", "51"], pairs["51", "50"]
    held = [
        balance_of(across.session, one) for one in (ours.owed_id, ours.settled_id, theirs.owed_id, theirs.settled_id)
    ]
    assert held == [0, 80_000, 0, 45_050]
    assert (settled.receipt, settled.settled_on) == (SETTLED.receipt, SETTLED.settled_on)
    assert state(across) == ClearingState.SETTLED
    assert across.faults() == []
    with pytest.raises(settling.AlreadySettled):
        across.do(settling.settle, OCTOBER, SETTLED, by="51")
    across.session.rollback()
    actions = across.session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_kind == "clearing_statement").order_by(AuditEntry.id)
    ).all()
    assert actions == ["clearing.closed", "clearing.confirmed", "clearing.settled"]


def state(across: Across) -> ClearingState:
    """How far October is."""
    today = date(2026, 11, 23)
    return shown_month(across.session, BORDER, OCTOBER, across.officers["50"], today=today).state


def test_more_clawed_back_than_paid_is_settled_the_other_way_round(across: Across) -> None:
    use = across.captured("50", "51", 500, on(9, 1))
    across.paid([(use, 500, 500)], on(9, 2))
    across.session.commit()
    across.close("50", date(2026, 9, 1))
    across.clawed_back(use, 300, on(10, 2))
    across.session.commit()
    statement = across.close("50", OCTOBER)
    across.do(service.confirm, OCTOBER, by="51")
    across.do(settling.settle, OCTOBER, SETTLED, by="50")

    pair = across.session.scalars(select(ProvincePair).where(ProvincePair.issuer == "50")).one()
    assert statement.net_fen == -300
    assert (balance_of(across.session, pair.owed_id), balance_of(across.session, pair.settled_id)) == (500, -300)
    assert across.faults() == []


def test_what_nets_to_nothing_is_settled_without_a_receipt_and_what_does_not_only_with_one(across: Across) -> None:
    for issuer, provider in (("50", "51"), ("51", "50")):
        use = across.captured(issuer, provider, 500, on(9, 1))
        across.paid([(use, 500, 500)], on(9, 2))
    across.session.commit()
    across.close("50", date(2026, 9, 1))
    across.do(service.confirm, date(2026, 9, 1), by="51")
    offset = across.do(
        settling.settle, date(2026, 9, 1), ClearingSettlementForm(settled_on=date(2026, 11, 23)), by="50"
    )
    october_use = across.captured("50", "51", 5, on(10, 1))
    across.paid([(october_use, 5, 5)], on(10, 2))
    across.session.commit()
    across.close("50", OCTOBER)
    across.do(service.confirm, OCTOBER, by="51")

    problems = []
    for form in (
        ClearingSettlementForm(settled_on=date(2026, 11, 24), receipt="1"),
        ClearingSettlementForm(settled_on=date(2026, 11, 23)),
    ):
        with pytest.raises(InvalidInput) as refused:
            across.do(settling.settle, OCTOBER, form, by="51")
        across.session.rollback()
        problems.append([one.field for one in refused.value.problems])

    assert problems == [["settled_on"], ["receipt"]]
    assert offset.entry_id is not None
    assert across.faults() == []


def test_whoever_closed_it_neither_confirms_nor_objects_and_says_things_all_the_same(
    across: Across, session: Session
) -> None:
    october(across)
    across.close("50", OCTOBER)
    colleague = across.officer("colleague", across.cq)

    for step, given in ((service.confirm, ()), (service.write, (WriteForm(text="不对", is_objection=True),))):
        for actor in (across.officers["50"], colleague):
            with pytest.raises(Forbidden):
                across.do(step, OCTOBER, *given, actor=actor)
            session.rollback()
    across.do(service.write, OCTOBER, WriteForm(text="请核对"), by="50")
    across.do(service.write, OCTOBER, WriteForm(text="第二笔有误", is_objection=True), by="51")
    objected = state(across)
    across.do(service.confirm, OCTOBER, by="51")
    with pytest.raises(service.AlreadyConfirmed):
        across.do(service.write, OCTOBER, WriteForm(text="晚了", is_objection=True), by="51")
    session.rollback()
    with pytest.raises(service.AlreadyConfirmed):
        across.do(service.confirm, OCTOBER, by="51")
    session.rollback()

    said = session.scalars(select(ClearingEvent.text).order_by(ClearingEvent.id)).all()
    assert said == ["请核对", "第二笔有误", ""]
    assert (objected, state(across)) == (ClearingState.OBJECTED, ClearingState.CONFIRMED)


def test_somebody_who_is_an_officer_on_both_sides_does_not_confirm_their_own_statement(
    across: Across, session: Session
) -> None:
    october(across)
    both = across.officer("both", across.cq)
    grants = (*both.grants, *across.officers["51"].grants)
    both = replace(both, grants=grants)
    across.close("50", OCTOBER, actor=both)

    with pytest.raises(Forbidden):
        across.do(service.confirm, OCTOBER, actor=both)

    session.rollback()
    assert rows_in(session, ClearingEvent) == 0


def test_nobody_but_officers_of_the_two_closes_a_month_nor_who_stands_in_for_one(
    across: Across, session: Session, now: datetime
) -> None:
    october(across)
    stranger = across.officer("stranger", make_authority(session, None, name_zh="第三方", country="SG"))
    substitute = stand_in(session, across.officers["50"], now=now)

    for actor, refusal in ((stranger, NotFound), (substitute, Forbidden)):
        with pytest.raises(refusal):
            across.close("50", OCTOBER, actor=actor)
        session.rollback()

    assert rows_in(session, ClearingStatement) == 0


def test_an_office_of_a_district_reads_its_provinces_months_and_binds_it_to_nothing(across: Across) -> None:
    october(across)
    session, today = across.session, date(2026, 11, 23)
    here, there = (across.officer(f"of {code}", make_authority(session, code)) for code in ("500109", "510704"))

    with pytest.raises(Forbidden):
        across.close("50", OCTOBER, actor=here)
    session.rollback()
    across.close("50", OCTOBER)
    for step, given in (
        (service.confirm, ()),
        (service.write, (WriteForm(text="不对"),)),
        (settling.settle, (SETTLED,)),
    ):
        with pytest.raises(Forbidden):
            across.do(step, OCTOBER, *given, actor=there)
        session.rollback()

    shown = [shown_month(session, BORDER, OCTOBER, one, today=today) for one in (here, there)]
    assert [(abs(one.net_fen), one.may) for one in shown] == [(34_950, frozenset())] * 2
    assert rows_in(session, ClearingEvent) == 0


def test_of_one_province_alone_nothing_is_closed_and_the_other_does_not_see_it(across: Across) -> None:
    october(across)
    within, today = Border("50", "50"), date(2026, 11, 23)

    found = shown_month(across.session, within, OCTOBER, across.officers["50"], today=today)
    with pytest.raises(Forbidden):
        service.close_month(across.session, within, OCTOBER, actor=across.officers["50"], now=across.now)
    with pytest.raises(NotFound):
        shown_month(across.session, within, OCTOBER, across.officers["51"], today=today)

    assert found.figures == {Course("50", "50", HOME): amounts(77, 0, 0, 0, 0, 0)}
    assert (found.net_fen, found.may) == (0, frozenset())


def test_what_the_page_offers_is_what_the_service_takes(across: Across) -> None:
    october(across)

    def may(province: str) -> set[Act]:
        today = date(2026, 11, 23)
        return set(shown_month(across.session, BORDER, OCTOBER, across.officers[province], today=today).may)

    due = may("50"), may("51")
    across.close("50", OCTOBER)
    closed = may("50"), may("51")
    across.do(service.confirm, OCTOBER, by="51")
    confirmed = may("50"), may("51")
    across.do(settling.settle, OCTOBER, SETTLED, by="51")

    assert due == ({Act.CLOSE}, {Act.CLOSE})
    assert closed == ({Act.ANSWER}, {Act.ANSWER, Act.CONFIRM, Act.OBJECT})
    assert confirmed == ({Act.ANSWER}, {Act.ANSWER, Act.SETTLE})
    assert (may("50"), may("51")) == ({Act.ANSWER}, {Act.ANSWER, Act.REVERSE})


def test_permission_reaches_provinces_by_their_authorities_alone(across: Across, session: Session) -> None:
    sight = queries.sight_of(session, across.officers["50"], Permission.SEE_CLEARING)

    assert sight.offices == {"50": across.cq.id}
    assert (sight.sees(BORDER), sight.sees(Border("51", "51"))) == (True, False)


def test_a_refusal_is_a_conflict_that_names_the_month(across: Across) -> None:
    across.captured("50", "51", 100, on(9, 30))
    across.session.commit()

    with pytest.raises(Conflict) as refused:
        across.close("50", OCTOBER)

    assert refused.value.values == {"month": "2026-09"}


def test_a_month_before_the_first_transfer_is_empty_and_not_to_be_closed(across: Across) -> None:
    october(across)
    today = date(2026, 11, 23)

    found = shown_month(across.session, BORDER, date(2026, 9, 1), across.officers["50"], today=today)

    assert (found.state, found.figures, found.due, found.may) == (ClearingState.EMPTY, {}, OCTOBER, frozenset())
