"""Reading clearing: which borders somebody sees, what a month adds up to, its statement, and its transfers."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, reach
from booking.clearing.rules import (
    Border,
    Course,
    Moved,
    added,
    border_of,
    creditor_of,
    month_after,
    month_of,
    state_of,
)
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.errors import NotFound
from booking.core.places import province_of
from booking.directory.listing import provinces
from models.clearing import ClearingEvent, ClearingFigures, ClearingStatement
from models.directory import Organisation
from models.ledger import LedgerEntry, LedgerTransfer
from models.programmes import ProgrammeVersion
from models.redemptions import RedemptionPayment
from models.vocabulary.clearing import ClearingState, Figure, PairSide
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import BorderWay
from models.vocabulary.vouchers import LOST
from models.vouchers import ProvincePair, VoucherCapture

Figures = Mapping[Course, Mapping[Figure, int]]


@dataclass(frozen=True, slots=True)
class Sight:
    """Of which provinces somebody is an officer; `everywhere` for who audits the platform."""

    everywhere: bool
    offices: Mapping[str, int]

    def sees(self, border: Border) -> bool:
        """Whether one of the provinces is theirs."""
        return self.everywhere or bool(border.provinces & self.offices.keys())


@dataclass(frozen=True, slots=True)
class Span:
    """Which transfers make a month: those of its local days, but for those that belong to a month closed before.

    What was posted for a closed month after `after_id`, its last transfer, belongs to this one; of a month that is
    closed itself only what is not after `until_id`.
    """

    begins_at: datetime
    ends_at: datetime
    after_id: int | None = None
    until_id: int | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """A statement with what it says and what was done with it, in order."""

    statement: ClearingStatement
    figures: Figures
    events: Sequence[ClearingEvent]


def sight_of(session: Session, actor: Actor | None, permission: Permission) -> Sight:
    """The provinces for whose authorities somebody holds the permission, each with the authority."""
    found = reach(actor, permission)
    if not found.organisation_ids:
        return Sight(found.everywhere, {})
    own = select(Organisation.adcode, Organisation.id).where(
        Organisation.id.in_(found.organisation_ids), Organisation.kind == OrganisationKind.AUTHORITY
    )
    rows = session.execute(own.order_by(Organisation.id.desc())).all()
    return Sight(found.everywhere, {province_of(adcode): key for adcode, key in rows if adcode})


def pairs_of(session: Session, border: Border | None = None) -> Sequence[ProvincePair]:
    """The pairs of a border in both directions, or all; in order."""
    wanted = select(ProvincePair).order_by(ProvincePair.issuer, ProvincePair.provider)
    if border is not None:
        both = [(border.low, border.high), (border.high, border.low)]
        wanted = wanted.where(
            or_(*(and_(ProvincePair.issuer == one, ProvincePair.provider == other) for one, other in both))
        )
    return session.scalars(wanted).all()


def borders_seen(session: Session, sight: Sight) -> list[Border]:
    """The borders that somebody sees, those between two provinces first."""
    found = {border_of(one.issuer, one.provider) for one in pairs_of(session)}
    return sorted((one for one in found if sight.sees(one)), key=lambda one: (one.is_within, one))


def border_seen(session: Session, border: Border, sight: Sight) -> Sequence[ProvincePair]:
    """The pairs of a border; raises NotFound where there is none, or for who does not see it."""
    pairs = pairs_of(session, border) if sight.sees(border) else ()
    if not pairs:
        raise NotFound
    return pairs


def province_titles(session: Session) -> dict[str, tuple[str, str]]:
    """What provinces are called in both languages, by the first two digits of their codes."""
    return {province_of(one.adcode): (one.name_zh, one.name_en) for one in provinces(session)}


def statement_of(session: Session, border: Border, month: date) -> ClearingStatement | None:
    """The statement of a month."""
    return session.scalar(_whole(border).where(ClearingStatement.month == month))


def last_statement(session: Session, border: Border, *, before: date | None = None) -> ClearingStatement | None:
    """The newest statement of a border, or the newest of an earlier month."""
    wanted = _whole(border).order_by(ClearingStatement.month.desc()).limit(1)
    return session.scalar(wanted.where(ClearingStatement.month < before) if before else wanted)


def statements_of(session: Session, borders: Collection[Border], *, limit: int) -> list[Closed]:
    """The newest statements of some borders with everything that belongs to them; a constant number of statements."""
    between = [
        and_(ClearingStatement.low_province == one.low, ClearingStatement.high_province == one.high) for one in borders
    ]
    if not between:
        return []
    newest = ClearingStatement.month.desc(), ClearingStatement.id
    found = session.scalars(_loaded().where(or_(*between)).order_by(*newest).limit(limit)).all()
    return closed(session, found)


def closed(session: Session, statements: Sequence[ClearingStatement]) -> list[Closed]:
    """Statements with their figures and events."""
    ids = [one.id for one in statements]
    figures: dict[int, dict[Course, dict[Figure, int]]] = {one: {} for one in ids}
    for row in session.scalars(select(ClearingFigures).where(ClearingFigures.statement_id.in_(ids))):
        figures[row.statement_id][course_of(row)] = {one: getattr(row, f"{one}_fen") for one in Figure}
    events: dict[int, list[ClearingEvent]] = {one: [] for one in ids}
    names = joinedload(ClearingEvent.organisation), joinedload(ClearingEvent.actor)
    of_them = select(ClearingEvent).where(ClearingEvent.statement_id.in_(ids)).options(*names)
    for event in session.scalars(of_them.order_by(ClearingEvent.id)):
        events[event.statement_id].append(event)
    return [Closed(one, dict(sorted(figures[one.id].items())), events[one.id]) for one in statements]


def state_of_closed(found: Closed, today: date) -> ClearingState:
    """How far a statement is."""
    is_owed = any(amounts[Figure.OWED] for amounts in found.figures.values())
    return state_of(found.statement.month, today, [one.step for one in found.events], is_owed=is_owed)


def creditor_of_closed(found: Closed) -> str | None:
    """The province that a statement says is owed."""
    return creditor_of(border_of_statement(found.statement), found.statement.net_fen)


def course_of(row: ClearingFigures) -> Course:
    """Of which vouchers, used where, a row of figures is."""
    return Course(row.issuer_province, row.provider_province, row.way)


def border_of_statement(found: ClearingStatement) -> Border:
    """Between which provinces it is."""
    return Border(found.low_province, found.high_province)


def first_month(session: Session, pairs: Iterable[ProvincePair]) -> date | None:
    """The month of the first transfer of the pairs; none where there is none."""
    of_them = LedgerTransfer.from_account_id.in_([one.source_id for one in pairs])
    first = select(func.min(LedgerEntry.created_at)).join(LedgerTransfer, LedgerTransfer.entry_id == LedgerEntry.id)
    found = session.scalar(first.where(of_them))
    return month_of(local_date(found)) if found is not None else None


def last_transfer(session: Session, pairs: Iterable[ProvincePair]) -> int | None:
    """The last transfer of the pairs' accounts, whichever month it is of."""
    ids = [key for one in pairs for key in sides_of(one)]
    newest = (select(func.max(LedgerTransfer.id)).where(LedgerTransfer.from_account_id == key) for key in ids)
    return max((found for one in newest if (found := session.scalar(one)) is not None), default=None)


def sides_of(pair: ProvincePair) -> dict[int, PairSide]:
    """The accounts of a pair by their ids."""
    return {getattr(pair, f"{side}_id"): side for side in PairSide}


def span_of(session: Session, border: Border, month: date) -> Span:
    """Which transfers a month of a border is made of."""
    begins_at, ends_at = at_local(month), at_local(month_after(month))
    if border.is_within:
        return Span(begins_at, ends_at)
    own = statement_of(session, border, month)
    return Span(begins_at, ends_at, _after(session, border, month), own.last_transfer_id if own else None)


def _after(session: Session, border: Border, month: date) -> int | None:
    """After which transfer one of an earlier month belongs to this one: where the month before is closed."""
    before = last_statement(session, border, before=month)
    return before.last_transfer_id if before is not None and month_after(before.month) == month else None


def figures_of(session: Session, pairs: Sequence[ProvincePair], span: Span | None) -> dict[Course, dict[Figure, int]]:
    """What was moved in a span, or ever, added up from the transfers."""
    return added(_moved(session, pairs, span))


def _moved(session: Session, pairs: Sequence[ProvincePair], span: Span | None) -> Iterator[Moved]:
    """The sums between every two accounts."""
    places = {key: (pair, side) for pair in pairs for key, side in sides_of(pair).items()}
    total = cast(func.sum(LedgerTransfer.amount_fen), BigInteger)
    ends = LedgerTransfer.from_account_id, LedgerTransfer.to_account_id
    groups = (*ends, ProgrammeVersion.border_way, VoucherCapture.kind, RedemptionPayment.kind)
    for condition in _parts(span):
        rows = joined(select(*groups, total)).where(ends[0].in_(places), ends[1].in_(places), *condition)
        for from_id, to_id, way, kind, payment, amount in session.execute(rows.group_by(*groups)):
            pair, from_side = places[from_id]
            yield Moved(
                pair.issuer,
                pair.provider,
                from_side,
                places[to_id][1],
                int(amount),
                way or BorderWay.HOME_PAYS,
                is_rejected=kind in LOST,
                is_payment=payment is not None,
            )


def joined(wanted: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Transfers with their entry, and what it was posted for: a capture under a version, or a payment."""
    return (
        wanted.select_from(LedgerTransfer)
        .join(LedgerEntry, LedgerEntry.id == LedgerTransfer.entry_id)
        .outerjoin(VoucherCapture, VoucherCapture.entry_id == LedgerTransfer.entry_id)
        .outerjoin(ProgrammeVersion, ProgrammeVersion.id == VoucherCapture.programme_version_id)
        .outerjoin(RedemptionPayment, RedemptionPayment.entry_id == LedgerTransfer.entry_id)
    )


def _parts(span: Span | None) -> list[list[ColumnElement[bool]]]:
    """The conditions of a span, in parts that each have an index of their own and nothing in common."""
    if span is None:
        return [[]]
    until = [] if span.until_id is None else [LedgerTransfer.id <= span.until_id]
    of_month = [LedgerEntry.created_at >= span.begins_at, LedgerEntry.created_at < span.ends_at, *until]
    if span.after_id is None:
        return [of_month]
    late = [LedgerEntry.created_at < span.begins_at, LedgerTransfer.id > span.after_id, *until]
    return [of_month, late]


def in_span(span: Span) -> ColumnElement[bool]:
    """The same as one condition."""
    return or_(*(and_(*part) for part in _parts(span)))


def _loaded() -> Select[ClearingStatement]:
    """Statements with who closed them."""
    names = joinedload(ClearingStatement.organisation), joinedload(ClearingStatement.closed_by)
    return select(ClearingStatement).options(*names)


def _whole(border: Border) -> Select[ClearingStatement]:
    """The statements of a border."""
    between = ClearingStatement.low_province == border.low, ClearingStatement.high_province == border.high
    return _loaded().where(*between)
