"""Behind every figure stand its transfers, and what is off is named."""

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from booking.clearing import queries
from booking.clearing.months import shown_month
from booking.clearing.rules import Course
from booking.clearing.transfers import transfers_behind
from booking.ledger.rules import Move
from booking.ledger.service import post_entry
from booking.vouchers.verifying import faults as voucher_faults
from models.clearing import ClearingFigures
from models.vocabulary.clearing import Figure
from models.vocabulary.programmes import BorderWay
from tests.clearing.across import BORDER, OCTOBER, Across, october, on
from tests.counting import counting

HOME, ADVANCE = BorderWay.HOME_PAYS, BorderWay.ADVANCE_THEN_NET


@pytest.fixture
def across(session: Session, now: datetime) -> Across:
    return Across(session, now)


@pytest.mark.parametrize("is_closed", [False, True])
def test_every_figure_is_what_the_transfers_behind_it_add_up_to(across: Across, is_closed: bool) -> None:
    october(across)
    if is_closed:
        across.close("50", OCTOBER)
    pairs = {one.issuer: one for one in queries.pairs_of(across.session, BORDER)}
    span = queries.span_of(across.session, BORDER, OCTOBER)
    figures = queries.figures_of(across.session, queries.pairs_of(across.session, BORDER), span)

    for issuer, pair in pairs.items():
        for way in BorderWay:
            for figure in Figure:
                course = Course(issuer, pair.provider, way)
                page = transfers_behind(across.session, pair, span, course, figure, limit=50)
                said = figures.get(course, {}).get(figure, 0)
                assert sum(one.amount_fen for one in page.items) == said, (course, figure)


def test_behind_a_payment_stand_the_voucher_and_the_provider_of_each_item(across: Across) -> None:
    october(across)
    (pair,) = (one for one in queries.pairs_of(across.session, BORDER) if one.issuer == "50")
    span, course = queries.span_of(across.session, BORDER, OCTOBER), Course("50", "51", ADVANCE)

    page = transfers_behind(across.session, pair, span, course, Figure.OWED, limit=2)
    rest = transfers_behind(across.session, pair, span, course, Figure.OWED, limit=2, cursor=page.next_cursor or "")

    found = [*page.items, *rest.items]
    assert [one.amount_fen for one in found] == [-6_667, 30_000, 56_667]
    assert [one.part.number if one.part else "" for one in found] == [f"V50-{ADVANCE}"] * 3
    assert {one.part.provider_zh if one.part else "" for one in found} == {"检测院51"}
    assert len({one.cause.charge_id for one in found}) == 2
    assert found[0].cause.charge_id == found[2].cause.charge_id


def test_however_many_uses_there_are_a_month_and_a_page_of_transfers_cost_as_many_statements(across: Across) -> None:
    costs = []
    for number in (2, 3):
        uses = [across.captured("50", "51", 10, on(10, day)) for day in range(1, number + 1)]
        across.paid([(use, 10, 10) for use in uses], on(10, 20))
        across.session.commit()
        across.session.expire_all()
        (pair,) = (one for one in queries.pairs_of(across.session, BORDER) if one.issuer == "50")
        span, course = queries.span_of(across.session, BORDER, OCTOBER), Course("50", "51", ADVANCE)
        with counting() as figures:
            shown_month(across.session, BORDER, OCTOBER, across.officers["50"], today=date(2026, 11, 23))
        with counting() as behind:
            transfers_behind(across.session, pair, span, course, Figure.PAID, limit=50)
        costs.append((len(figures), len(behind)))

    assert costs[0] == costs[1]


def test_what_is_off_is_named(across: Across, session: Session) -> None:
    october(across)
    statement = across.close("50", OCTOBER)
    assert across.faults() == []

    session.add(
        ClearingFigures(
            statement_id=statement.id,
            issuer_province="51",
            provider_province="50",
            way=HOME,
            **{f"{one}_fen": 1 if one == Figure.PAID else 0 for one in Figure},
        )
    )
    use = across.captured("50", "51", 9, on(11, 2))
    session.flush()
    across.captured_without_moving(use, 5, on(11, 2))
    post_entry(session, "beside", "test", [Move(use.pair.source_id, use.pair.paid_id, 7)], now=on(11, 2))

    found, of_vouchers = across.faults(), [one for one in voucher_faults(session) if one.startswith("provinces")]
    session.rollback()
    assert found == [
        "pair 50-51 has captured 96454 fen by its figures, its accounts hold 96461",
        "clearing statement 5051-0001 says paid 1 fen from 51 in 50, its transfers 0",
    ]
    assert of_vouchers == ["provinces 50 and 51 count 96461 fen, charges say 96459"]
