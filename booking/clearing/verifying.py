"""Adding clearing up again: pairs from their accounts, statements from their transfers, what is settled."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from booking.clearing import queries
from booking.clearing.queries import Closed, border_of_statement
from booking.clearing.rules import Course, is_settled, month_after, net_fen, number_of
from models.clearing import ClearingStatement
from models.ledger import LedgerAccount
from models.vocabulary.clearing import Figure
from models.vouchers import ProvincePair

Between = tuple[str, str]
LESS = frozenset({Figure.GIVEN_BACK, Figure.NOT_APPROVED, Figure.CLAWED_BACK})
"""What vouchers have not captured any more."""


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    pairs = queries.pairs_of(session)
    yield from _wrong_pairs(session, pairs)
    statements = session.scalars(
        select(ClearingStatement).order_by(
            ClearingStatement.low_province, ClearingStatement.high_province, ClearingStatement.month
        )
    ).all()
    found = queries.closed(session, statements)
    yield from _wrong_months(found)
    yield from _wrong_figures(session, found)
    yield from _wrong_settled(session, found)


def _wrong_pairs(session: Session, pairs: Sequence[ProvincePair]) -> Iterator[str]:
    """A pair whose figures are not what its accounts hold, which vouchers' proof compares with what was captured."""
    sides = aliased(LedgerAccount), aliased(LedgerAccount)
    rows = session.execute(
        select(ProvincePair.issuer, ProvincePair.provider, sides[0].balance_fen + sides[1].balance_fen)
        .join(sides[0], sides[0].id == ProvincePair.captured_id)
        .join(sides[1], sides[1].id == ProvincePair.paid_id)
    )
    held: Mapping[Between, int] = {(issuer, provider): int(fen) for issuer, provider, fen in rows}
    moved: defaultdict[Between, int] = defaultdict(int)
    for course, amounts in queries.figures_of(session, pairs, None).items():
        moved[course.issuer, course.provider] += amounts[Figure.CAPTURED] - sum(amounts[one] for one in LESS)
    for key in sorted(held.keys() | moved.keys()):
        if (kept := held.get(key, 0)) != moved[key]:
            yield f"pair {'-'.join(key)} has captured {moved[key]} fen by its figures, its accounts hold {kept}"


def _wrong_months(found: Sequence[Closed]) -> Iterator[str]:
    """A statement that does not follow the one before, or whose net is not that of its figures."""
    last: dict[str, ClearingStatement] = {}
    for one in found:
        statement, border = one.statement, border_of_statement(one.statement)
        name, before = number_of(border, statement.number), last.get(str(border))
        if statement.number != (before.number + 1 if before else 1):
            yield f"clearing statement {name} leaves out a number"
        if before is not None and statement.month != month_after(before.month):
            yield f"clearing statement {name} leaves out a month"
        if statement.net_fen != net_fen(border, one.figures):
            yield f"clearing statement {name} nets to {statement.net_fen} fen, its figures otherwise"
        last[str(border)] = statement


def _wrong_figures(session: Session, found: Sequence[Closed]) -> Iterator[str]:
    """A statement that does not say what its transfers add up to."""
    for one in found:
        border = border_of_statement(one.statement)
        span = queries.span_of(session, border, one.statement.month)
        added = queries.figures_of(session, queries.pairs_of(session, border), span)
        for course in sorted(one.figures.keys() | added.keys()):
            said, moved = one.figures.get(course, {}), added.get(course, {})
            for figure in Figure:
                if said.get(figure, 0) != moved.get(figure, 0):
                    yield (
                        f"clearing statement {number_of(border, one.statement.number)} says {figure} "
                        f"{said.get(figure, 0)} fen from {course.issuer} in {course.provider}, "
                        f"its transfers {moved.get(figure, 0)}"
                    )


def _wrong_settled(session: Session, found: Sequence[Closed]) -> Iterator[str]:
    """A pair of which more or less is settled than its settled statements say."""
    said: defaultdict[Between, int] = defaultdict(int)
    for one in found:
        if is_settled([event.step for event in one.events]):
            for course, amounts in one.figures.items():
                said[_between(course)] += amounts[Figure.OWED]
    balances = select(ProvincePair.issuer, ProvincePair.provider, LedgerAccount.balance_fen)
    rows = session.execute(balances.join(LedgerAccount, LedgerAccount.id == ProvincePair.settled_id))
    for issuer, provider, balance in rows:
        if balance != said[issuer, provider]:
            yield f"pair {issuer}-{provider} has settled {balance} fen, its statements {said[issuer, provider]}"


def _between(course: Course) -> Between:
    """The provinces of a course."""
    return course.issuer, course.provider
