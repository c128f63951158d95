"""What the rows of vouchers, redemptions and clearing come to, worked out one by one, without the product's sums."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import combinations_with_replacement

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.clearing import queries
from booking.clearing.rules import Border, month_of, months_between
from booking.core.clock import local_date
from models.charges import Charge
from models.clearing import ClearingEvent, ClearingFigures, ClearingStatement
from models.ledger import LedgerAccount, LedgerTransfer
from models.programmes import ProgrammeVersion
from models.redemptions import Redemption, RedemptionEvent, RedemptionItem, RedemptionPayment
from models.vocabulary.clearing import ClearingStep, Figure
from models.vocabulary.programmes import BorderWay
from models.vocabulary.redemptions import PaymentKind, RedemptionState
from models.vocabulary.vouchers import CaptureKind
from models.vouchers import ProgrammeBook, ProvincePair, Voucher, VoucherCap, VoucherCapture, VoucherEvent, VoucherHold

Place = tuple[date, str, str]
"""A month, the province that issued, and that of the provider."""
Figures = dict[Place, Counter[Figure]]


def check(session: Session, since: datetime, now: datetime) -> None:
    """Everything agrees with everything: balances, floors, captures, payments, and every month of clearing."""
    transfers = session.scalars(select(LedgerTransfer)).all()
    balances = dict(session.execute(select(LedgerAccount.id, LedgerAccount.balance_fen)).all())
    moved = _sums((one.from_account_id, -one.amount_fen) for one in transfers)
    moved.update(_sums((one.to_account_id, one.amount_fen) for one in transfers))
    assert balances == {key: moved[key] for key in balances}
    _check_floors(session, balances)
    _check_captures(session, transfers)
    _check_paid(session, balances)
    _check_clearing(session, balances, since, now)


def _check_floors(session: Session, balances: Mapping[int, int]) -> None:
    """No credit, no cap, no budget, and nothing that was held, captured or paid is below zero."""
    sides = ("credit_id", "held_id", "captured_id", "paid_id")
    ids = [getattr(one, side) for one in session.scalars(select(Voucher)) for side in sides]
    ids += session.scalars(select(VoucherCap.left_id)).all()
    for book in session.scalars(select(ProgrammeBook)):
        ids += [book.budget_id, book.committed_id, book.paid_id]
    for pair in session.scalars(select(ProvincePair)):
        ids += [pair.captured_id, pair.paid_id]
    assert {key: balances[key] for key in ids if balances[key] < 0} == {}


def _check_captures(session: Session, transfers: Iterable[LedgerTransfer]) -> None:
    """Each was moved by its own entry, for a charge whose use held something in that voucher before."""
    held = {
        (one.voucher_id, one.reservation_id, one.id) for one in session.scalars(select(VoucherHold)) if one.amount_fen
    }
    first: dict[tuple[int, int | None], int] = {}
    for voucher_id, reservation_id, hold_id in sorted(held, key=lambda one: -one[2]):
        first[voucher_id, reservation_id] = hold_id
    hold_entries = dict(session.execute(select(VoucherHold.id, VoucherHold.entry_id)).all())
    moved = Counter[tuple[int, int]]()
    for one in transfers:
        moved[one.entry_id, one.to_account_id] += one.amount_fen
        moved[one.entry_id, one.from_account_id] -= one.amount_fen
    rows = select(VoucherCapture, Charge.reservation_id, Voucher)
    rows = rows.join(Charge, Charge.id == VoucherCapture.charge_id).join(
        Voucher, Voucher.id == VoucherCapture.voucher_id
    )
    for capture, reservation_id, voucher in session.execute(rows):
        assert hold_entries[first[voucher.id, reservation_id]] < capture.entry_id
        into = moved[capture.entry_id, voucher.captured_id] + moved[capture.entry_id, voucher.paid_id]
        assert into == capture.amount_fen


def _check_paid(session: Session, balances: Mapping[int, int]) -> None:
    """What a voucher has paid is what its redemptions were approved and did not come back; nothing else was paid."""
    items = select(RedemptionItem).join(Redemption, Redemption.id == RedemptionItem.redemption_id)
    paid = session.scalars(items.where(Redemption.state == RedemptionState.PAID))
    due = _sums((one.voucher_id, (one.approved_fen or 0) - one.clawed_fen) for one in paid)
    vouchers = session.scalars(select(Voucher)).all()
    assert {one.id: balances[one.paid_id] for one in vouchers} == {one.id: due[one.id] for one in vouchers}
    of_programmes = _sums((one.programme_id, due[one.id]) for one in vouchers)
    books = session.scalars(select(ProgrammeBook)).all()
    assert {one.programme_id: balances[one.paid_id] for one in books} == {
        one.programme_id: of_programmes[one.programme_id] for one in books
    }


def _check_clearing(session: Session, balances: Mapping[int, int], since: datetime, now: datetime) -> None:
    """Each month of each pair is the sum of its rows, as it is read and as it is kept; so is what is settled."""
    rows = cleared(session)
    captured = Counter[tuple[str, str]]()
    for row in session.scalars(select(VoucherCapture)):
        captured[row.issuer_province, row.provider_province] += row.amount_fen
    pairs = session.scalars(select(ProvincePair)).all()
    assert {(one.issuer, one.provider): balances[one.captured_id] + balances[one.paid_id] for one in pairs} == {
        (one.issuer, one.provider): captured[one.issuer, one.provider] for one in pairs
    }
    months = months_between(month_of(local_date(since)), month_of(local_date(now)))
    assert _whole(_as_read(session, pairs, months)) == _whole(rows)
    kept, settled = _as_kept(session)
    closed = {(month, border) for month, border in kept}
    expected = {place: said for place, said in rows.items() if (place[0], frozenset(place[1:])) in closed}
    assert _whole({place: said for found in kept.values() for place, said in found.items()}) == _whole(expected)
    due = Counter[tuple[str, str]]()
    for month, border in settled:
        for place, said in kept[month, border].items():
            due[place[1:]] += said[Figure.OWED]
    assert {(one.issuer, one.provider): balances[one.settled_id] for one in pairs} == {
        (one.issuer, one.provider): due[one.issuer, one.provider] for one in pairs
    }


def cleared(session: Session) -> Figures:
    """The figures of each month and pair by what was captured, what was rejected, and what redemptions paid."""
    found: Figures = defaultdict(Counter)
    back = RedemptionPayment.kind == PaymentKind.CLAWED_BACK
    clawed = set(session.scalars(select(RedemptionPayment.entry_id).where(back)))
    for row in session.scalars(select(VoucherCapture)):
        place = month_of(local_date(row.created_at)), row.issuer_province, row.provider_province
        found[place][_figure_of(row, clawed)] += abs(row.amount_fen)
    paid = (
        select(RedemptionPayment, RedemptionItem, ProgrammeVersion.border_way)
        .join(RedemptionItem, RedemptionItem.redemption_id == RedemptionPayment.redemption_id)
        .join(ProgrammeVersion, ProgrammeVersion.id == RedemptionItem.programme_version_id)
        .where(or_(RedemptionPayment.item_id.is_(None), RedemptionPayment.item_id == RedemptionItem.id))
    )
    for payment, item, way in session.execute(paid):
        place = month_of(local_date(payment.created_at)), item.issuer_province, item.provider_province
        fen = (item.approved_fen or 0) if payment.kind == PaymentKind.PAID else -payment.amount_fen
        found[place][Figure.PAID] += max(fen, 0)
        if way == BorderWay.ADVANCE_THEN_NET and item.issuer_province != item.provider_province:
            found[place][Figure.OWED] += fen
    return found


def _figure_of(row: VoucherCapture, clawed: set[int]) -> Figure:
    """What a capture is to clearing; `clawed` are the entries of claw-backs."""
    if row.amount_fen > 0:
        return Figure.CAPTURED
    if row.kind == CaptureKind.USE:
        return Figure.GIVEN_BACK
    return Figure.CLAWED_BACK if row.entry_id in clawed else Figure.NOT_APPROVED


def _as_read(session: Session, pairs: Iterable[ProvincePair], months: Iterable[date]) -> Figures:
    """The same as clearing reads it."""
    found: Figures = defaultdict(Counter)
    provinces = sorted({province for one in pairs for province in (one.issuer, one.provider)})
    for low, high in combinations_with_replacement(provinces, 2):
        border = Border(low, high)
        between = queries.pairs_of(session, border)
        for month in months:
            for course, said in queries.figures_of(session, between, queries.span_of(session, border, month)).items():
                found[month, course.issuer, course.provider].update(said)
    return found


Kept = dict[tuple[date, frozenset[str]], Figures]


def _as_kept(session: Session) -> tuple[Kept, list[tuple[date, frozenset[str]]]]:
    """The same as statements keep it, by month and border; and which of them are settled."""
    kept: Kept = {}
    by_id = {}
    for one in session.scalars(select(ClearingStatement)):
        by_id[one.id] = one.month, frozenset({one.low_province, one.high_province})
        kept[by_id[one.id]] = defaultdict(Counter)
    for row in session.scalars(select(ClearingFigures)):
        key = by_id[row.statement_id]
        said = {one: getattr(row, f"{one}_fen") for one in Figure}
        kept[key][key[0], row.issuer_province, row.provider_province].update(said)
    is_settled = ClearingEvent.step == ClearingStep.SETTLE
    return kept, [by_id[key] for key in session.scalars(select(ClearingEvent.statement_id).where(is_settled))]


def _whole(found: Figures) -> dict[Place, dict[Figure, int]]:
    """Without what is nothing."""
    told = {place: {figure: fen for figure, fen in said.items() if fen} for place, said in found.items()}
    return {place: said for place, said in told.items() if said}


def _sums(amounts: Iterable[tuple[int, int]]) -> Counter[int]:
    """Amounts by what they belong to."""
    found = Counter[int]()
    for key, fen in amounts:
        found[key] += fen
    return found


def happened(session: Session) -> Counter[str]:
    """What has come about, as the rows tell it."""
    found = Counter(f"voucher {one}" for one in session.scalars(select(VoucherEvent.step)))
    found.update(f"redemption {one}" for one in session.scalars(select(RedemptionEvent.step)))
    found.update(f"clearing {one}" for one in session.scalars(select(ClearingEvent.step)))
    found.update(f"held by {limit}" for one in session.scalars(select(VoucherHold.decided_by)) for limit in one)
    found.update(f"charge {one}" for one in session.scalars(select(Charge.kind).where(Charge.uses_vouchers)))
    for (_month, issuer, provider), said in cleared(session).items():
        found.update(f"{figure} {issuer}-{provider}" for figure, fen in said.items() if fen)
    covered = Counter(session.execute(select(VoucherCapture.charge_id, VoucherCapture.voucher_id).distinct()).scalars())
    found["two vouchers"] = sum(count > 1 for count in covered.values())
    return found
