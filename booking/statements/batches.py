"""Many statements of an institution at once: those of a term, of one kind, with everything that they ask for."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from booking.core.errors import InvalidInput, Problem
from booking.core.texts import N_
from booking.statements.queries import Found, all_statements, items_in_full
from booking.statements.rules import Sight
from models.statements import Statement, StatementItem
from models.vocabulary.statements import StatementKind

MOST_ITEMS = 20_000
"""How many items a table to take away has at most."""
MOST_PAPERS, MOST_PRINTED = 100, 2_000
"""How many papers one file holds at most, and how many items they have together."""


@dataclass(frozen=True, slots=True)
class BatchWanted:
    """Which statements: of one kind, and those whose uses run until one of these days."""

    kind: StatementKind | None = None
    since: date | None = None
    until: date | None = None


Batch = list[tuple[Found, Sequence[StatementItem]]]


def batch_of(session: Session, organisation_id: int, wanted: BatchWanted, *, is_printed: bool) -> Batch:
    """The statements of an institution with their items, by number, for who reads all of it.

    Raises InvalidInput where there are none, or more than fit into one file.
    """
    those = list(_conditions(organisation_id, wanted))
    ids = select(Statement.id).where(*those)
    most, most_items = (MOST_PAPERS, MOST_PRINTED) if is_printed else (MOST_ITEMS, MOST_ITEMS)
    papers = session.scalar(select(func.count(Statement.id)).where(*those)) or 0
    within = StatementItem.statement_id.in_(ids)
    if papers > most or (session.scalar(select(func.count(StatementItem.id)).where(within)) or 0) > most_items:
        sentence = N_("一个文件最多 %(most)s 张、共 %(items)s 笔，请缩小“费用截至”的范围。")
        raise InvalidInput([Problem("since", sentence, {"most": most, "items": most_items})])
    if not papers:
        raise InvalidInput([Problem("since", N_("这个范围里没有结算单。"))])
    items: defaultdict[int, list[StatementItem]] = defaultdict(list)
    for item in session.scalars(items_in_full().where(within).order_by(StatementItem.id)):
        items[item.statement_id].append(item)
    found = session.scalars(all_statements().where(*those).order_by(Statement.id))
    return [(Found(one, Sight(reads=True)), items[one.id]) for one in found]


def _conditions(organisation_id: int, wanted: BatchWanted) -> Iterator[ColumnElement[bool]]:
    """The statements that are wanted."""
    yield Statement.organisation_id == organisation_id
    if wanted.kind is not None:
        yield Statement.kind == wanted.kind
    if wanted.since is not None:
        yield Statement.until_on >= wanted.since
    if wanted.until is not None:
        yield Statement.until_on <= wanted.until
