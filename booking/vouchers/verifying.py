"""Adding vouchers up again: what is held and taken is that of their uses, and caps, budgets and clearing agree."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, and_, case, cast, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from models.charges import Charge
from models.ledger import LedgerAccount
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.programmes import ReservesBudget
from models.vocabulary.vouchers import ENDED, LOST, CaptureKind
from models.vouchers import ProgrammeBook, ProvincePair, Voucher, VoucherCap, VoucherCapture, VoucherHold


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _wrong_held(session)
    yield from _wrong_taken(session)
    yield from _wrong_totals(session)
    yield from _never_held(session)
    yield from _wrong_caps(session)
    yield from _wrong_committed(session)
    yield from _wrong_sources(session)
    yield from _wrong_pairs(session)
    yield from _gaps(session)
    yield from _strayed(session)


def is_last_hold() -> Any:
    """Whether a row of holds is the one of its use and voucher that counts."""
    later = aliased(VoucherHold)
    same = or_(later.reservation_id == VoucherHold.reservation_id, later.sample_order_id == VoucherHold.sample_order_id)
    return ~exists().where(later.voucher_id == VoucherHold.voucher_id, same, later.id > VoucherHold.id)


def _total(amount: Any) -> Any:
    return cast(func.coalesce(func.sum(amount), 0), BigInteger)


def _held(by: Any) -> Any:
    """The sums of the holds that count, by voucher or cap."""
    return select(by.label("key"), _total(VoucherHold.amount_fen).label("fen")).where(is_last_hold()).group_by(by)


def _taken(by: Any, *conditions: Any) -> Any:
    """The sums of what was taken, by voucher or cap."""
    sums = select(by.label("key"), _total(VoucherCapture.amount_fen).label("fen"))
    return sums.where(*conditions).group_by(by)


def _wrong_held(session: Session) -> Iterator[str]:
    """A voucher that holds something else than its uses."""
    held = _held(VoucherHold.voucher_id).subquery()
    due = func.coalesce(held.c.fen, 0)
    rows = (
        select(Voucher.number, LedgerAccount.balance_fen, due)
        .join(LedgerAccount, LedgerAccount.id == Voucher.held_id)
        .outerjoin(held, held.c.key == Voucher.id)
        .where(LedgerAccount.balance_fen != due)
    )
    for number, balance, found in session.execute(rows.order_by(Voucher.id)):
        yield f"voucher {number} holds {balance} fen, its uses {found}"


def _wrong_taken(session: Session) -> Iterator[str]:
    """A voucher out of which something else was taken than its charges say."""
    taken = _taken(VoucherCapture.voucher_id).subquery()
    due = func.coalesce(taken.c.fen, 0)
    captured, paid = aliased(LedgerAccount), aliased(LedgerAccount)
    rows = (
        select(Voucher.number, captured.balance_fen + paid.balance_fen, due)
        .join(captured, captured.id == Voucher.captured_id)
        .join(paid, paid.id == Voucher.paid_id)
        .outerjoin(taken, taken.c.key == Voucher.id)
        .where(captured.balance_fen + paid.balance_fen != due)
    )
    for number, balance, found in session.execute(rows.order_by(Voucher.id)):
        yield f"voucher {number} has captured and paid {balance} fen, its charges say {found}"


def _whole() -> Any:
    """All that is in a voucher, with its credit, by its id."""
    sides = [aliased(LedgerAccount) for _ in range(4)]
    rows = select(
        Voucher.id.label("voucher_id"),
        sides[0].balance_fen.label("credit"),
        (sides[1].balance_fen + sides[2].balance_fen).label("used"),
        sides[3].balance_fen.label("paid"),
    )
    for side, name in zip(sides, ("credit_id", "held_id", "captured_id", "paid_id"), strict=True):
        rows = rows.join(side, side.id == getattr(Voucher, name))
    return rows.subquery()


def _wrong_totals(session: Session) -> Iterator[str]:
    """A voucher that does not have its face, less what was rejected or lapsed; or that has ended with credit left."""
    whole = _whole()
    rejected = _taken(VoucherCapture.voucher_id, VoucherCapture.kind.in_(LOST)).subquery()
    due = Voucher.face_fen + func.coalesce(rejected.c.fen, 0)
    total = whole.c.credit + whole.c.used + whole.c.paid
    has_ended = Voucher.state.in_(ENDED)
    off = or_(and_(~has_ended, total != due), and_(has_ended, or_(whole.c.credit != 0, total > due)))
    rows = (
        select(Voucher.number, total, due)
        .join(whole, whole.c.voucher_id == Voucher.id)
        .outerjoin(rejected, rejected.c.key == Voucher.id)
        .where(off)
    )
    for number, found, wanted in session.execute(rows.order_by(Voucher.id)):
        yield f"voucher {number} has {found} fen in all, of {wanted}"


def _never_held(session: Session) -> Iterator[str]:
    """Something taken for a charge whose use never held it in that voucher."""
    same = or_(
        VoucherHold.reservation_id == Charge.reservation_id, VoucherHold.sample_order_id == Charge.sample_order_id
    )
    held = exists().where(VoucherHold.voucher_id == VoucherCapture.voucher_id, same)
    rows = select(VoucherCapture.id, Charge.id).join(Charge, Charge.id == VoucherCapture.charge_id).where(~held)
    for capture_id, charge_id in session.execute(rows.order_by(VoucherCapture.id)):
        yield f"capture {capture_id} of charge {charge_id} was never held"


def _wrong_caps(session: Session) -> Iterator[str]:
    """A year's cap from which something else is used than its holds and captures; what was lost stays used."""
    of_use = VoucherCapture.kind == CaptureKind.USE
    both = union_all(_held(VoucherHold.cap_id), _taken(VoucherCapture.cap_id, of_use)).subquery()
    used = select(both.c.key, _total(both.c.fen).label("fen")).group_by(both.c.key).subquery()
    due = VoucherCap.cap_fen - func.coalesce(used.c.fen, 0)
    rows = (
        select(VoucherCap.id, LedgerAccount.balance_fen, due)
        .join(LedgerAccount, LedgerAccount.id == VoucherCap.left_id)
        .outerjoin(used, used.c.key == VoucherCap.id)
        .where(LedgerAccount.balance_fen != due)
    )
    for cap_id, balance, found in session.execute(rows.order_by(VoucherCap.id)):
        yield f"cap {cap_id} has {balance} fen left, its uses leave {found}"


def _by_programme() -> Any:
    """What our vouchers of programmes commit and have paid, and all that is in any of them."""
    whole = _whole()
    at_issue = ProgrammeVersion.reserves_budget == ReservesBudget.ISSUE
    is_ours = Voucher.number_there.is_(None)
    committed = case((is_ours, whole.c.used + case((at_issue, whole.c.credit), else_=0)), else_=0)
    return (
        select(
            Voucher.programme_id,
            _total(committed).label("committed"),
            _total(case((is_ours, whole.c.paid), else_=0)).label("paid"),
            _total(whole.c.credit + whole.c.used + whole.c.paid).label("total"),
        )
        .join(whole, whole.c.voucher_id == Voucher.id)
        .join(ProgrammeVersion, ProgrammeVersion.id == Voucher.programme_version_id)
        .group_by(Voucher.programme_id)
        .subquery()
    )


def _wrong_committed(session: Session) -> Iterator[str]:
    """A programme whose budget commits or has paid something else than its vouchers."""
    due = _by_programme()
    for name, account_id in (("committed", ProgrammeBook.committed_id), ("paid", ProgrammeBook.paid_id)):
        wanted = func.coalesce(due.c[name], 0)
        rows = (
            select(ProgrammeBook.programme_id, LedgerAccount.balance_fen, wanted)
            .join(LedgerAccount, LedgerAccount.id == account_id)
            .outerjoin(due, due.c.programme_id == ProgrammeBook.programme_id)
            .where(LedgerAccount.balance_fen != wanted)
        )
        for programme_id, balance, found in session.execute(rows.order_by(ProgrammeBook.id)):
            yield f"programme {programme_id} has {balance} fen {name}, its vouchers {found}"


def _wrong_sources(session: Session) -> Iterator[str]:
    """A programme out of which something else has come than its budget and its vouchers hold."""
    due, sides = _by_programme(), [aliased(LedgerAccount) for _ in range(4)]
    kept = sides[1].balance_fen + sides[2].balance_fen + sides[3].balance_fen + func.coalesce(due.c.total, 0)
    rows = select(ProgrammeBook.programme_id, sides[0].balance_fen, kept)
    for side, name in zip(sides, ("source_id", "budget_id", "committed_id", "paid_id"), strict=True):
        rows = rows.join(side, side.id == getattr(ProgrammeBook, name))
    rows = rows.outerjoin(due, due.c.programme_id == ProgrammeBook.programme_id).where(sides[0].balance_fen != -kept)
    for programme_id, balance, found in session.execute(rows.order_by(ProgrammeBook.id)):
        yield f"programme {programme_id} has given {-balance} fen, its budget and vouchers hold {found}"


def _wrong_pairs(session: Session) -> Iterator[str]:
    """Two provinces for which clearing counts something else than was taken from our vouchers."""
    captured, paid = aliased(LedgerAccount), aliased(LedgerAccount)
    way = and_(
        VoucherCapture.issuer_province == ProvincePair.issuer, VoucherCapture.provider_province == ProvincePair.provider
    )
    ours = select(_total(VoucherCapture.amount_fen)).join(VoucherCapture.voucher).where(Voucher.number_there.is_(None))
    due = ours.where(way).correlate(ProvincePair).scalar_subquery()
    rows = (
        select(ProvincePair.issuer, ProvincePair.provider, captured.balance_fen + paid.balance_fen, due)
        .join(captured, captured.id == ProvincePair.captured_id)
        .join(paid, paid.id == ProvincePair.paid_id)
        .where(captured.balance_fen + paid.balance_fen != due)
    )
    for issuer, provider, balance, found in session.execute(rows.order_by(ProvincePair.id)):
        yield f"provinces {issuer} and {provider} count {balance} fen, charges say {found}"


def _gaps(session: Session) -> Iterator[str]:
    """A programme whose vouchers' numbers have a gap."""
    rows = (
        select(ProgrammeBook.programme_id, ProgrammeBook.last_number, func.count(Voucher.id))
        .outerjoin(Voucher, Voucher.programme_id == ProgrammeBook.programme_id)
        .group_by(ProgrammeBook.programme_id, ProgrammeBook.last_number)
        .having(ProgrammeBook.last_number != func.count(Voucher.id))
    )
    for programme_id, last, found in session.execute(rows.order_by(ProgrammeBook.programme_id)):
        yield f"programme {programme_id} has given {last} numbers to {found} vouchers"


def _strayed(session: Session) -> Iterator[str]:
    """A voucher of another system in a programme of ours, or the other way round; or one that would take a budget."""
    is_registered, runs_elsewhere = Voucher.number_there.is_not(None), Programme.runs_at != ""
    reserves_nothing = ProgrammeVersion.reserves_budget == ReservesBudget.NEVER
    rows = (
        select(Voucher.number)
        .join(Programme, Programme.id == Voucher.programme_id)
        .join(ProgrammeVersion, ProgrammeVersion.id == Voucher.programme_version_id)
        .where(or_(is_registered != runs_elsewhere, is_registered != reserves_nothing))
    )
    for number in session.scalars(rows.order_by(Voucher.id)):
        yield f"voucher {number} does not live where its programme does"
