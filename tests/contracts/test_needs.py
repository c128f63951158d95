"""What outside uses need: an order form below the threshold, a contract from it on, unless a contract covers them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.contracts.needs import (
    Acceptance,
    Agreement,
    AgreementFault,
    Cover,
    Ground,
    costs_no_more,
    highest,
    unchanged,
)
from booking.core.period import Period
from models.vocabulary.contracts import Need

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
START = datetime(2026, 11, 30, 1, tzinfo=UTC)
DAY = date(2026, 11, 30)
TEXT = 7
HOURLY = 100


def hours(count: int) -> Period:
    return Period(START, START + timedelta(hours=count))


ASKED = Agreement(lambda period: period.length // timedelta(hours=1) * HOURLY, threshold_fen=500, text_id=TEXT)
COVER = Cover(3, "HT-3", DAY, DAY)


@pytest.mark.parametrize(
    ("agreement", "length", "ground", "fault"),
    [
        pytest.param(ASKED, 4, Ground(Need.ORDER_FORM), AgreementFault.NEEDED, id="below, not accepted"),
        pytest.param(replace(ASKED, accepted_id=TEXT), 4, Ground(Need.ORDER_FORM, TEXT), None, id="below, accepted"),
        pytest.param(replace(ASKED, accepted_id=6), 4, Ground(Need.ORDER_FORM), AgreementFault.CHANGED, id="older"),
        pytest.param(replace(ASKED, may_wait=True), 4, Ground(Need.ORDER_FORM), None, id="booked for somebody"),
        pytest.param(replace(ASKED, accepted_id=TEXT), 5, Ground(Need.CONTRACT), None, id="from the threshold on"),
        pytest.param(replace(ASKED, covers=(COVER,)), 5, Ground(Need.CONTRACT, None, COVER), None, id="covered"),
        pytest.param(
            replace(ASKED, covers=(replace(COVER, left_fen=399),), accepted_id=TEXT),
            4,
            Ground(Need.ORDER_FORM, TEXT),
            None,
            id="the contract is used up",
        ),
        pytest.param(
            replace(ASKED, covers=(replace(COVER, left_fen=400),)),
            4,
            Ground(Need.ORDER_FORM, None, replace(COVER, left_fen=400)),
            None,
            id="all that the contract leaves",
        ),
        pytest.param(
            replace(ASKED, cost=lambda _period: 499), 4, Ground(Need.ORDER_FORM), AgreementFault.NEEDED, id="just below"
        ),
        pytest.param(replace(ASKED, cost=lambda _period: None), 1, Ground(Need.CONTRACT), None, id="without a price"),
        pytest.param(
            replace(ASKED, cost=lambda _period: None, covers=(replace(COVER, left_fen=10**6), COVER)),
            1,
            Ground(Need.CONTRACT, None, COVER),
            None,
            id="without a price under a contract without a limit",
        ),
        pytest.param(replace(ASKED, covers=(COVER,)), 15, Ground(Need.CONTRACT, None, COVER), None, id="to midnight"),
        pytest.param(replace(ASKED, covers=(COVER,)), 24, Ground(Need.CONTRACT), None, id="over its last day"),
    ],
)
def test_a_use_rests_on_a_contract_or_on_the_accepted_form_or_lacks_its_ground(
    agreement: Agreement, length: int, ground: Ground, fault: AgreementFault | None
) -> None:
    found = agreement.fault(hours(length))

    assert agreement.ground(hours(length)) == ground
    assert (found[0] if found else None) == fault


@pytest.mark.parametrize(
    ("threshold_fen", "accepted_fen", "expected"),
    [
        pytest.param(500, None, 500, id="nothing accepted"),
        pytest.param(500, 400, 500, id="accepted below it"),
        pytest.param(300, 400, 401, id="accepted before it fell"),
    ],
)
def test_an_accepted_form_is_enough_up_to_its_amount(
    threshold_fen: int, accepted_fen: int | None, expected: int
) -> None:
    accepted = None if accepted_fen is None else Acceptance(TEXT, NOON, accepted_fen, {})

    assert unchanged(threshold_fen, accepted) == expected


def test_an_amount_that_is_not_known_is_never_guessed() -> None:
    pairs = [(None, None), (None, 3), (3, None), (3, 3), (4, 3)]

    assert (highest([3, 5]), highest([3, None])) == (5, None)
    assert [costs_no_more(now, before) for now, before in pairs] == [True, False, False, True, False]
