"""What vouchers paid of the uses on statements: it is not asked for, and the paper says how much, and which paid."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.charges import ChargeLine
from models.statements import StatementItem
from models.vocabulary.pricing import LineKind


@dataclass(frozen=True, slots=True)
class Deducted:
    """What vouchers with these numbers took off an item; below zero: what they pay less than was said before."""

    voucher_fen: int = 0
    numbers: tuple[str, ...] = ()


NOTHING = Deducted()
ByItem = Mapping[int, Deducted]


def deducted(session: Session, items: Sequence[StatementItem]) -> ByItem:
    """What vouchers took off each item, by its id; without vouchers nothing, and no statement.

    An item stands for the lines of its charge that no item before stands for; their charge must be loaded.
    """
    ids = sorted({one.charge_id for one in items if one.charge.uses_vouchers})
    if not ids:
        return {}
    billed = select(StatementItem.charge_id, StatementItem.turn, StatementItem.last_line_id)
    ends: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for charge_id, turn, last in session.execute(billed.where(StatementItem.charge_id.in_(ids))):
        ends[charge_id][turn] = last
    of_vouchers = select(ChargeLine).where(ChargeLine.charge_id.in_(ids), ChargeLine.kind == LineKind.VOUCHER)
    lines: defaultdict[int, list[ChargeLine]] = defaultdict(list)
    for line in session.scalars(of_vouchers.order_by(ChargeLine.id)):
        lines[line.charge_id].append(line)
    return {one.id: _of(one, ends[one.charge_id], lines[one.charge_id]) for one in items if one.charge_id in lines}


def _of(item: StatementItem, ends: Mapping[int, int], lines: Sequence[ChargeLine]) -> Deducted:
    """The lines of one item together."""
    since = ends.get(item.turn - 1, 0)
    own = [line for line in lines if since < line.id <= item.last_line_id]
    numbers = (one["number"] for line in own for one in line.why.get("vouchers", ()))
    return Deducted(-sum(line.amount_fen for line in own), tuple(dict.fromkeys(numbers)))
