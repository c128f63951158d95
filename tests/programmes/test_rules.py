"""What a voucher covers, by hand with the numbers of Sichuan 2025 (川科政〔2025〕6号), and for all numbers."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.money import share_of
from booking.programmes.rules import Case, Left, Terms, covered
from models.vocabulary.programmes import CountsOn, Exclusion, Limit, Reason, RedeemedBy, ReservesBudget, ServiceType

SICHUAN = Terms(
    shares={
        ServiceType.INSTRUMENT_SHARING: 3_000,
        ServiceType.SHARED_LABORATORY: 3_000,
        ServiceType.TESTING: 3_000,
        ServiceType.PROOF_OF_CONCEPT: 2_000,
        ServiceType.PILOT_SCALE: 2_000,
    },
    counts_from=date(2025, 1, 1),
    use_by=date(2025, 12, 31),
    redeemed_by=RedeemedBy.ENTERPRISE,
    reserves_budget=ReservesBudget.HOLD,
    counts_on=CountsOn.SERVICE,
    exclusions=frozenset(Exclusion),
)
DEDUCTED = replace(SICHUAN, redeemed_by=RedeemedBy.PROVIDER)
CAP = 20_000_000
PLENTY = Left(credit_fen=CAP, year_cap_fen=CAP, budget_fen=1_000_000_000)
IN_JUNE = date(2025, 6, 12)


def use(fee_fen: int, service_type: ServiceType = ServiceType.INSTRUMENT_SHARING, **more: Any) -> Case:
    return Case(service_type, fee_fen, **{"used_on": IN_JUNE, **more})


def test_thirty_percent_of_two_thousand_yuan_are_six_hundred() -> None:
    found = covered(SICHUAN, use(200_000), PLENTY)

    assert (found.covered_fen, found.own_part_fen, found.decided_by) == (60_000, 140_000, (Limit.SHARE,))
    assert (found.pays_first_fen, found.expected_fen) == (200_000, 60_000)


def test_a_provider_that_redeems_deducts_it_on_the_bill() -> None:
    found = covered(DEDUCTED, use(200_000), PLENTY)

    assert (found.covered_fen, found.own_part_fen) == (60_000, 140_000)
    assert (found.pays_first_fen, found.expected_fen) == (140_000, 0)


def test_proof_of_concept_has_its_own_share() -> None:
    found = covered(SICHUAN, use(200_000, ServiceType.PROOF_OF_CONCEPT), PLENTY)

    assert (found.covered_fen, found.decided_by) == (40_000, (Limit.SHARE,))


def test_the_cap_of_the_year_is_reached_inside_one_booking() -> None:
    used_up_but = Left(credit_fen=CAP, year_cap_fen=CAP - 19_970_000)

    found = covered(SICHUAN, use(200_000), used_up_but)

    assert (found.covered_fen, found.own_part_fen, found.decided_by) == (30_000, 170_000, (Limit.YEAR_CAP,))


@pytest.mark.parametrize(
    ("fee_fen", "expected"),
    [
        pytest.param(5, 2, id="1.5 fen are two"),
        pytest.param(4, 1, id="1.2 fen are one"),
        pytest.param(199_995, 59_999, id="59 998.5 fen are 59 999"),
        pytest.param(1, 0, id="0.3 fen are none"),
    ],
)
def test_half_a_fen_is_rounded_up(fee_fen: int, expected: int) -> None:
    found = covered(SICHUAN, use(fee_fen), PLENTY)

    assert (found.covered_fen, found.own_part_fen) == (expected, fee_fen - expected)


def test_two_vouchers_one_after_the_other_cover_together_what_the_share_allows() -> None:
    first = covered(SICHUAN, use(200_000), Left(credit_fen=10_000, year_cap_fen=CAP))

    second = covered(
        SICHUAN,
        use(200_000, already_fen=first.covered_fen),
        Left(credit_fen=1_000_000, year_cap_fen=CAP - first.covered_fen),
    )

    assert (first.covered_fen, first.decided_by) == (10_000, (Limit.CREDIT,))
    assert (second.covered_fen, second.decided_by, second.own_part_fen) == (50_000, (Limit.SHARE,), 140_000)


@pytest.mark.parametrize(
    ("counts_on", "expected"),
    [
        pytest.param(CountsOn.SERVICE, (60_000, []), id="the day of the service counts"),
        pytest.param(CountsOn.INVOICE, (0, [Reason.AFTER_USE_BY]), id="the day of the invoice counts"),
    ],
)
def test_a_service_on_30_december_that_is_confirmed_and_invoiced_on_8_january(
    counts_on: CountsOn, expected: tuple[int, list[Reason]]
) -> None:
    terms = replace(SICHUAN, counts_on=counts_on)
    case = use(200_000, used_on=date(2025, 12, 30), invoiced_on=date(2026, 1, 8))

    found = covered(terms, case, PLENTY)

    assert (found.covered_fen, [one.reason for one in found.excluded]) == expected
    assert terms.day_that_counts(case.used_on, case.invoiced_on).year == (2025 if expected[0] else 2026)


def test_while_there_is_no_invoice_the_day_of_the_use_stands_in_for_it() -> None:
    terms = replace(SICHUAN, counts_on=CountsOn.INVOICE)

    assert covered(terms, use(200_000, used_on=date(2025, 12, 31)), PLENTY).covered_fen == 60_000


@pytest.mark.parametrize(
    ("used_on", "reasons"),
    [
        pytest.param(date(2024, 12, 31), [Reason.TOO_EARLY], id="the day before"),
        pytest.param(date(2025, 1, 1), [], id="the first day"),
        pytest.param(date(2025, 12, 31), [], id="the last day"),
        pytest.param(date(2026, 1, 1), [Reason.AFTER_USE_BY], id="the day after"),
    ],
)
def test_the_first_and_the_last_day_count(used_on: date, reasons: list[Reason]) -> None:
    found = covered(SICHUAN, use(200_000, used_on=used_on), PLENTY)

    assert [one.reason for one in found.excluded] == reasons


def test_a_voucher_may_end_before_its_programme() -> None:
    terms = replace(SICHUAN, valid_days=90)
    own = terms.voucher_use_by(date(2025, 3, 1))

    found = covered(terms, use(200_000, used_on=date(2025, 6, 1)), replace(PLENTY, use_by=own))

    assert own == date(2025, 5, 30)
    assert [one.values for one in found.excluded] == [{"day": date(2025, 6, 1), "limit": own}]
    assert terms.voucher_use_by(date(2025, 11, 1)) == date(2025, 12, 31)


def test_all_reasons_are_told_at_once_and_nothing_is_covered() -> None:
    case = use(
        200_000,
        ServiceType.COMPUTING,
        used_on=date(2026, 2, 1),
        is_recognised=False,
        is_statutory=True,
        is_same_legal_person=True,
        is_related_declared=True,
        is_related_flagged=True,
        is_funded_otherwise=True,
    )

    found = covered(SICHUAN, case, PLENTY)

    assert [one.reason for one in found.excluded] == [
        Reason.SERVICE_NOT_COVERED,
        Reason.NOT_RECOGNISED,
        Reason.STATUTORY_TESTING,
        Reason.SAME_LEGAL_PERSON,
        Reason.RELATED_DECLARED,
        Reason.RELATED_FLAGGED,
        Reason.FUNDED_OTHERWISE,
        Reason.AFTER_USE_BY,
    ]
    assert (found.covered_fen, found.own_part_fen, found.pays_first_fen, found.expected_fen) == (0, 200_000, 200_000, 0)
    assert (found.decided_by, found.limits) == ((), {})


def test_what_a_programme_does_not_exclude_is_covered() -> None:
    terms = replace(SICHUAN, exclusions=frozenset({Exclusion.STATUTORY_TESTING}))

    assert covered(terms, use(200_000, is_related_declared=True), PLENTY).covered_fen == 60_000
    assert covered(terms, use(200_000, is_statutory=True), PLENTY).covered_fen == 0


def test_the_budget_counts_only_where_it_is_reserved_when_a_voucher_is_used() -> None:
    last = replace(PLENTY, budget_fen=100)

    assert covered(SICHUAN, use(200_000), last).decided_by == (Limit.BUDGET,)
    at_issue = replace(SICHUAN, reserves_budget=ReservesBudget.ISSUE)
    assert covered(at_issue, use(200_000), last).decided_by == (Limit.SHARE,)


def test_limits_that_come_to_the_same_are_all_named() -> None:
    found = covered(SICHUAN, use(200_000), Left(credit_fen=60_000, year_cap_fen=60_000, budget_fen=70_000))

    assert found.decided_by == (Limit.SHARE, Limit.CREDIT, Limit.YEAR_CAP)


amounts = st.integers(min_value=0, max_value=100_000_000)
cases = st.builds(
    use,
    amounts,
    st.sampled_from(ServiceType),
    used_on=st.dates(date(2024, 12, 1), date(2026, 1, 31)),
    already_fen=st.one_of(st.just(0), amounts),
    is_recognised=st.booleans(),
    is_statutory=st.booleans(),
    is_related_flagged=st.booleans(),
)
lefts = st.builds(Left, amounts, amounts, st.one_of(st.none(), amounts))
programmes = st.builds(
    replace,
    st.just(SICHUAN),
    shares=st.dictionaries(st.sampled_from(ServiceType), st.integers(1, 10_000)),
    redeemed_by=st.sampled_from(RedeemedBy),
    reserves_budget=st.sampled_from(ReservesBudget),
)


@given(programmes, cases, lefts)
def test_no_limit_is_ever_passed_and_nothing_falls_below_zero(terms: Terms, case: Case, left: Left) -> None:
    case = replace(case, already_fen=min(case.already_fen, case.fee_fen))

    found = covered(terms, case, left)

    share = share_of(case.fee_fen, terms.shares.get(case.service_type, 0))
    budget = left.budget_fen if terms.reserves_budget == ReservesBudget.HOLD else None
    assert 0 <= found.covered_fen <= min(left.credit_fen, left.year_cap_fen, budget or 10**12 if budget != 0 else 0)
    assert found.covered_fen + case.already_fen <= max(share, case.already_fen)
    assert found.covered_fen + found.own_part_fen + case.already_fen == case.fee_fen
    assert found.own_part_fen >= 0
    assert found.pays_first_fen - found.expected_fen == found.own_part_fen
    assert bool(found.excluded) != bool(found.decided_by)
    assert all(found.limits[limit] == found.covered_fen for limit in found.decided_by)


@given(programmes, cases, lefts, amounts, st.sampled_from(["fee", "credit", "cap", "budget"]))
def test_more_of_anything_never_covers_less(terms: Terms, case: Case, left: Left, more: int, what: str) -> None:
    raised = {
        "fee": (replace(case, fee_fen=case.fee_fen + more), left),
        "credit": (case, replace(left, credit_fen=left.credit_fen + more)),
        "cap": (case, replace(left, year_cap_fen=left.year_cap_fen + more)),
        "budget": (case, replace(left, budget_fen=None if left.budget_fen is None else left.budget_fen + more)),
    }[what]

    assert covered(terms, *raised).covered_fen >= covered(terms, case, left).covered_fen
