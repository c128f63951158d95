"""The transfers behind a figure: for which voucher, of which provider, on which day, and what they belong to."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.clearing.queries import Span, in_span, joined, sides_of
from booking.clearing.rules import Course, figure_of, paths_of
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.charges import Charge
from models.directory import Organisation
from models.ledger import LedgerEntry, LedgerTransfer
from models.programmes import ProgrammeVersion
from models.redemptions import Redemption, RedemptionItem, RedemptionPayment
from models.vocabulary.clearing import Figure, PairSide
from models.vocabulary.programmes import BorderWay
from models.vocabulary.vouchers import LOST
from models.vouchers import ProvincePair, Voucher, VoucherCapture

Condition = ColumnElement[bool]
BY_PAYMENT = frozenset({Figure.PAID, Figure.CLAWED_BACK, Figure.OWED})
"""What payments move; the others are moved by captures."""


@dataclass(frozen=True, slots=True)
class Part:
    """A voucher that was used, and the provider."""

    voucher_id: int
    number: str
    provider_zh: str
    provider_en: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What a transfer was posted for: the voucher and the charge, and the redemption where it was one."""

    voucher_id: int | None = None
    charge_id: int | None = None
    redemption_id: int | None = None
    redemption_number: int | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """A transfer behind a figure."""

    transfer_id: int
    entry_id: int
    posted_at: datetime
    amount_fen: int
    cause: Cause
    part: Part | None


def transfers_behind(
    session: Session, pair: ProvincePair, span: Span, course: Course, figure: Figure, *, limit: int, cursor: str = ""
) -> Page[Behind]:
    """The transfers that a figure adds up, the newest first; a constant number of statements."""
    captured = VoucherCapture.voucher_id, VoucherCapture.charge_id
    wanted = joined(select(LedgerTransfer, LedgerEntry.created_at, *captured))
    wanted = wanted.where(in_span(span), *_of_figure(pair, figure), *_by_way(pair, course.way, figure))
    if cursor:
        wanted = wanted.where(LedgerTransfer.id < decode_cursor(cursor, row_id)[0])
    rows = session.execute(wanted.order_by(LedgerTransfer.id.desc()).limit(limit + 1)).all()
    page = page_of(rows, limit, lambda row: (row[0].id,))
    causes = {transfer.id: Cause(voucher, charge) for transfer, _at, voucher, charge in page.items}
    if figure in BY_PAYMENT:
        causes |= _payments(session, pair, [row[0] for row in page.items])
    parts = _parts(session, causes.values())
    found = []
    for transfer, posted_at, *_captured in page.items:
        amount, cause = transfer.amount_fen * _sign(pair, transfer), causes[transfer.id]
        part = parts.get((cause.voucher_id, cause.charge_id))
        found.append(Behind(transfer.id, transfer.entry_id, posted_at, amount, cause, part))
    return Page(found, page.next_cursor)


def _sign(pair: ProvincePair, transfer: LedgerTransfer) -> int:
    """With which sign a transfer counts."""
    sides = sides_of(pair)
    path = sides[transfer.from_account_id], sides[transfer.to_account_id]
    counted = figure_of(*path, is_rejected=False, is_payment=False)
    return counted[1] if counted else 1


def _runs(pair: ProvincePair, paths: Iterable[tuple[PairSide, PairSide]], transfer: Any = LedgerTransfer) -> Condition:
    """Transfers between accounts of a pair."""
    ids = {side: key for key, side in sides_of(pair).items()}
    ends = transfer.from_account_id, transfer.to_account_id
    return or_(*(and_(ends[0] == ids[one], ends[1] == ids[other]) for one, other in paths))


def _of_figure(pair: ProvincePair, figure: Figure) -> list[Condition]:
    """The transfers of a figure of a pair."""
    conditions, is_rejected = [_runs(pair, paths_of(figure))], VoucherCapture.kind.in_(LOST)
    if figure in {Figure.GIVEN_BACK, Figure.NOT_APPROVED}:
        conditions.append(RedemptionPayment.id.is_(None))
        other = or_(VoucherCapture.kind.is_(None), ~is_rejected)
        conditions.append(is_rejected if figure == Figure.NOT_APPROVED else other)
    return conditions


def _by_way(pair: ProvincePair, way: BorderWay, figure: Figure) -> list[Condition]:
    """Those settled in one way: what was paid is owed by the next transfer of its entry where it was advanced."""
    is_home = way == BorderWay.HOME_PAYS
    if pair.issuer == pair.provider:
        return [] if is_home else [false()]
    if figure == Figure.OWED:
        return [false()] if is_home else []
    if figure not in BY_PAYMENT:
        said = ProgrammeVersion.border_way
        return [or_(said.is_(None), said == way) if is_home else said == way]
    later, then = aliased(LedgerTransfer), aliased(LedgerTransfer)
    after = later.entry_id == LedgerTransfer.entry_id, later.id > LedgerTransfer.id
    next_id = select(func.min(later.id)).where(*after).correlate(LedgerTransfer).scalar_subquery()
    is_owed = exists().where(then.id == next_id, _runs(pair, paths_of(Figure.OWED), then))
    return [~is_owed if is_home else is_owed]


def _payments(session: Session, pair: ProvincePair, transfers: Sequence[LedgerTransfer]) -> dict[int, Cause]:
    """What payments were for: the items of a redemption stand in its entry in their order."""
    entry_ids = {one.entry_id for one in transfers}
    said = (RedemptionPayment.entry_id, RedemptionPayment.item_id, Redemption.id, Redemption.number)
    paid = select(*said).join(Redemption, Redemption.id == RedemptionPayment.redemption_id)
    payments = {row[0]: row[1:] for row in session.execute(paid.where(RedemptionPayment.entry_id.in_(entry_ids)))}
    items = _items(session, pair, {redemption_id for _item, redemption_id, _number in payments.values()})
    ranks = _ranks(session, pair, entry_ids)
    found = {}
    for one in transfers:
        if one.entry_id not in payments:
            continue
        item_id, redemption_id, number = payments[one.entry_id]
        rank, is_owed, count = ranks[one.id]
        listed = [item for item in items[redemption_id] if item_id in {None, item[0]} and (item[3] or not is_owed)]
        item = listed[rank] if count == len(listed) else (None, None, None, False)
        found[one.id] = Cause(item[1], item[2], redemption_id, number)
    return found


def _items(
    session: Session, pair: ProvincePair, redemption_ids: Collection[int]
) -> Mapping[int, list[tuple[int, int, int, bool]]]:
    """What was paid of redemptions for a pair, in order: item, voucher, charge, and whether it was advanced."""
    item = RedemptionItem
    said = item.redemption_id, item.id, item.voucher_id, item.charge_id, ProgrammeVersion.border_way
    wanted = select(*said).join(ProgrammeVersion, ProgrammeVersion.id == item.programme_version_id)
    of_pair = item.issuer_province == pair.issuer, item.provider_province == pair.provider
    found: dict[int, list[tuple[int, int, int, bool]]] = {one: [] for one in redemption_ids}
    rows = wanted.where(item.redemption_id.in_(redemption_ids), item.approved_fen > 0, *of_pair)
    for redemption_id, item_id, voucher_id, charge_id, way in session.execute(rows.order_by(item.id)):
        is_advanced = way == BorderWay.ADVANCE_THEN_NET
        found[redemption_id].append((item_id, voucher_id, charge_id, is_advanced))
    return found


def _ranks(session: Session, pair: ProvincePair, entry_ids: Collection[int]) -> dict[int, tuple[int, bool, int]]:
    """The place of each transfer among those of its kind in its entry, whether it is owed, and how many there are."""
    paid, owed = paths_of(Figure.PAID) + paths_of(Figure.CLAWED_BACK), paths_of(Figure.OWED)
    rows = select(LedgerTransfer).where(LedgerTransfer.entry_id.in_(entry_ids), _runs(pair, paid + owed))
    groups: defaultdict[tuple[int, bool], list[int]] = defaultdict(list)
    for one in session.scalars(rows.order_by(LedgerTransfer.id)):
        groups[one.entry_id, pair.owed_id in {one.from_account_id, one.to_account_id}].append(one.id)
    return {key: (rank, group[1], len(ids)) for group, ids in groups.items() for rank, key in enumerate(ids)}


def _parts(session: Session, causes: Iterable[Cause]) -> Mapping[tuple[int | None, int | None], Part]:
    """Vouchers and providers, by voucher and charge."""
    keys = {(one.voucher_id, one.charge_id) for one in causes if one.voucher_id and one.charge_id}
    numbers = select(Voucher.id, Voucher.number).where(Voucher.id.in_({one for one, _ in keys}))
    vouchers = {key: number for key, number in session.execute(numbers)}  # noqa: C416 - rows, not pairs
    named = select(Charge.id, Organisation.name_zh, Organisation.name_en)
    named = named.join(Organisation, Organisation.id == Charge.organisation_id)
    names = {key: (zh, en) for key, zh, en in session.execute(named.where(Charge.id.in_({one for _, one in keys})))}
    return {(one, other): Part(one, vouchers[one], *names[other]) for one, other in keys if one and other}
