"""Letters about deadlines, 30 and 7 days before, and about what officers do; to whoever can do something about it."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from booking.vouchers.reminding import due_to_remind, remind
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.vouchers import VoucherStep
from tests.factories.letters import mailed
from tests.factories.people import give, make_user
from tests.vouchers.using import NOON, Bench


def at(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 4, tzinfo=UTC)


def told(session: Session, now: datetime) -> list[tuple[str, str]]:
    for voucher_id in due_to_remind(session, now=now):
        assert remind(session, voucher_id, now=now)
    session.commit()
    assert due_to_remind(session, now=now) == []
    return [(one.recipient, str(one.values["deadline"])) for one in mailed(session, now=now)]


def people(bench: Bench) -> None:
    agent, finance = make_user(bench.session, "agent"), make_user(bench.session, "finance")
    give(bench.session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, bench.firm.id)
    give(bench.session, finance, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, bench.owner.id)


def test_both_deadlines_are_told_thirty_and_seven_days_before_each_once(bench: Bench, session: Session) -> None:
    people(bench)
    voucher = bench.issue(100_000)
    purpose = bench.hold(200_000)
    bench.capture(purpose, bench.charge(purpose, 200_000), 200_000)
    mailed(session, now=NOON)
    firm, provider = ("agent@example.org", "use_by"), ("finance@example.org", "redeem_by")

    assert told(session, at(11, 30)) == []
    assert told(session, at(12, 1)) == [firm]
    assert told(session, at(12, 2)) == []
    assert told(session, at(12, 24)) == [firm]
    assert told(session, at(1, 1, 2027)) == []
    assert told(session, at(3, 1, 2027)) == [provider]
    assert told(session, at(3, 24, 2027)) == [provider]
    assert told(session, at(4, 1, 2027)) == []
    assert voucher.use_by.isoformat() == "2026-12-31"


def test_with_few_days_left_nobody_is_told_of_many_and_of_nothing_left_never(bench: Bench, session: Session) -> None:
    people(bench)
    bench.issue(60_000)
    bench.hold(200_000)
    bench.issue(10_000, redeemed_by="enterprise")
    mailed(session, now=NOON)

    assert told(session, at(12, 29)) == [("agent@example.org", "use_by")]
    assert told(session, at(12, 30)) == []


def test_where_the_invoice_counts_the_firm_is_told_of_what_is_not_invoiced_though_nothing_is_left(
    bench: Bench, session: Session
) -> None:
    people(bench)
    bench.issue(60_000, counts_on="invoice")
    purpose = bench.hold(200_000)
    charge = bench.charge(purpose, 200_000)
    bench.capture(purpose, charge, 200_000)
    mailed(session, now=NOON)

    first = told(session, at(12, 1))
    charge.invoiced_on = at(12, 10).date()
    session.commit()

    assert first == [("agent@example.org", "use_by")]
    assert told(session, at(12, 24)) == []


def test_the_firm_is_told_what_an_officer_did_and_why(bench: Bench, session: Session) -> None:
    people(bench)
    voucher = bench.issue(100_000)
    mailed(session, now=NOON)

    bench.step(voucher, VoucherStep.FREEZE)

    [letter] = mailed(session, now=NOON)
    assert (letter.recipient, letter.values["step"], letter.values["reason"]) == ("agent@example.org", "freeze", "审计")


def test_other_days_are_told_where_others_are_set(bench: Bench, session: Session) -> None:
    people(bench)
    bench.issue(60_000)
    mailed(session, now=NOON)

    found = [due_to_remind(session, now=at(12, day), days=(10, 3)) for day in (1, 21)]
    assert [len(one) for one in found] == [0, 1]
    assert remind(session, found[1][0], now=at(12, 21), days=(10, 3))
    session.commit()
    assert due_to_remind(session, now=at(12, 27), days=(10, 3)) == []
    assert due_to_remind(session, now=at(12, 28), days=(10, 3)) == found[1]
    assert [one.recipient for one in mailed(session, now=at(12, 21))] == ["agent@example.org"]
