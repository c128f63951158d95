"""What redemptions move in the ledger: what is paid, what is not approved, and what comes back.

The claimed amounts lie in what their vouchers have captured; whoever moves them has locked the redemption, and locks
the vouchers, the programme's books and the ledger's accounts here, in this order.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, joinedload

from booking.core.errors import NotFound
from booking.ledger.rules import Move, Posting
from booking.ledger.service import post_entries
from booking.vouchers.moving import Budgets, budgets_locked
from models.programmes import ProgrammeVersion
from models.redemptions import Redemption, RedemptionItem
from models.vocabulary.programmes import BorderWay
from models.vocabulary.vouchers import CaptureKind
from models.vouchers import ProgrammeBook, ProvincePair, Voucher, VoucherCapture

CAUSE = "redemptions"
Covered = RedemptionItem | VoucherCapture
"""What a voucher covered of a charge: as it was claimed, or as it was captured last."""
Amounts = Sequence[tuple[Covered, int]]


def locked_vouchers(session: Session, voucher_ids: Collection[int]) -> dict[int, Voucher]:
    """Vouchers under lock in order of id, read again as they are now; absent where there is none."""
    rows = select(Voucher).where(Voucher.id.in_(voucher_ids)).order_by(Voucher.id)
    found = session.scalars(rows.with_for_update(key_share=True).execution_options(populate_existing=True))
    return {one.id: one for one in found}


def locked_book(session: Session, programme_id: int) -> ProgrammeBook:
    """The books of a programme under lock; raises NotFound where it has issued nothing."""
    rows = select(ProgrammeBook).where(ProgrammeBook.programme_id == programme_id)
    loaded = rows.options(joinedload(ProgrammeBook.programme, innerjoin=True))
    found = session.scalar(loaded.with_for_update(key_share=True, of=ProgrammeBook))
    if found is None:
        raise NotFound
    return found


def pay_items(session: Session, redemption: Redemption, items: Sequence[RedemptionItem], *, now: datetime) -> int:
    """Move what is approved of all items to what is paid, by one entry, whose id this is.

    What is not approved goes back to the programme, by an entry for each item.
    """
    books = _locked(session, redemption.programme_id, items, now=now)
    moves = [move for one in items if one.approved_fen for move in books.paying(one, one.approved_fen)]
    key = f"redemption:{redemption.id}:paid"
    cut = [(one, fen) for one in items if (fen := one.claimed_fen - (one.approved_fen or 0))]
    returned = _returning(redemption, books, cut, "cut")
    entries = post_entries(session, CAUSE, [*books.budgets.following, Posting(key, moves), *returned], now=now)
    _store_lost(session, CaptureKind.REJECTED, cut, [entries[one.key] for one in returned], now=now)
    return entries[key]


def claw_back(
    session: Session, redemption: Redemption, item: RedemptionItem, amount_fen: int, *, turn: int, now: datetime
) -> int:
    """Move what came back of an item the way it went, and on to where it came from, by one entry, whose id this is."""
    books = _locked(session, redemption.programme_id, [item], now=now)
    moves = [*(move.back for move in books.paying(item, amount_fen)), *books.returning(item, amount_fen)]
    key = f"redemption:{redemption.id}:clawed_back:{turn}"
    entries = post_entries(session, CAUSE, [*books.budgets.following, Posting(key, moves)], now=now)
    _store_lost(session, CaptureKind.REJECTED, [(item, amount_fen)], [entries[key]], now=now)
    return entries[key]


def reject_items(session: Session, redemption: Redemption, items: Sequence[RedemptionItem], *, now: datetime) -> None:
    """Give all that was claimed back to the programme, never to the vouchers' credit; an entry for each item."""
    books = _locked(session, redemption.programme_id, items, now=now)
    whole = [(one, one.claimed_fen) for one in items]
    returned = _returning(redemption, books, whole, "rejected")
    entries = post_entries(session, CAUSE, [*books.budgets.following, *returned], now=now)
    _store_lost(session, CaptureKind.REJECTED, whole, [entries[one.key] for one in returned], now=now)


def lapse_captures(
    session: Session, voucher: Voucher, lapsed: Sequence[tuple[VoucherCapture, int]], *, now: datetime
) -> None:
    """Give what a locked voucher has captured, and nobody claimed in time, back to the programme; an entry for each.

    The last capture of voucher and charge is in the key: it lapses once, and again only what was captured after it.
    """
    books = _locked(session, voucher.programme_id, [one for one, _fen in lapsed], now=now)
    returned = [
        Posting(f"voucher:{voucher.number}:lapsed:{one.charge_id}:{one.id}", list(books.returning(one, fen)))
        for one, fen in lapsed
    ]
    entries = post_entries(session, CAUSE, [*books.budgets.following, *returned], now=now)
    _store_lost(session, CaptureKind.LAPSED, lapsed, [entries[one.key] for one in returned], now=now)


@dataclass(frozen=True, slots=True)
class _Books:
    """Everything that a redemption moves, under lock."""

    vouchers: Mapping[int, Voucher]
    book: ProgrammeBook
    budgets: Budgets
    pairs: Mapping[tuple[str, str], ProvincePair]
    versions: Mapping[int, ProgrammeVersion]

    def paying(self, item: RedemptionItem, amount_fen: int) -> Iterator[Move]:
        """What an amount that is paid moves; across the border it is owed where one province advances it.

        Of a voucher that lives elsewhere neither budget nor clearing knows.
        """
        voucher = self.vouchers[item.voucher_id]
        yield Move(voucher.captured_id, voucher.paid_id, amount_fen)
        if voucher.number_there is not None:
            return
        pair = self.pairs[item.issuer_province, item.provider_province]
        yield Move(self.book.committed_id, self.book.paid_id, amount_fen)
        yield Move(pair.captured_id, pair.paid_id, amount_fen)
        is_across = item.issuer_province != item.provider_province
        if is_across and self.versions[item.programme_version_id].border_way == BorderWay.ADVANCE_THEN_NET:
            yield Move(pair.source_id, pair.owed_id, amount_fen)

    def returning(self, item: Covered, amount_fen: int) -> Iterator[Move]:
        """What an amount that is not paid after all moves: out of the voucher, and free in the budget."""
        voucher = self.vouchers[item.voucher_id]
        yield Move(voucher.captured_id, self.book.source_id, amount_fen)
        if voucher.number_there is not None:
            return
        pair = self.pairs[item.issuer_province, item.provider_province]
        yield from self.budgets.books[self.book.programme_id].committing(-amount_fen)
        yield Move(pair.captured_id, pair.source_id, amount_fen)


def _locked(session: Session, programme_id: int, items: Collection[Covered], *, now: datetime) -> _Books:
    """The items' vouchers, then the programme's books, under lock; with the accounts of the provinces."""
    vouchers = locked_vouchers(session, {one.voucher_id for one in items})
    budgets = budgets_locked(session, [programme_id], now=now)
    book = session.scalars(select(ProgrammeBook).where(ProgrammeBook.programme_id == programme_id)).one()
    rows = session.scalars(
        select(ProvincePair).where(
            ProvincePair.issuer.in_({one.issuer_province for one in items}),
            ProvincePair.provider.in_({one.provider_province for one in items}),
        )
    )
    pairs = {(one.issuer, one.provider): one for one in rows}
    ids = {one.programme_version_id for one in items}
    versions = session.scalars(select(ProgrammeVersion).where(ProgrammeVersion.id.in_(ids)))
    return _Books(vouchers, book, budgets, pairs, {one.id: one for one in versions})


def _returning(
    redemption: Redemption, books: _Books, amounts: Sequence[tuple[RedemptionItem, int]], why: str
) -> list[Posting]:
    """One entry for each amount that goes back."""
    return [
        Posting(f"redemption:{redemption.id}:{why}:{one.id}", list(books.returning(one, amount)))
        for one, amount in amounts
    ]


def _store_lost(
    session: Session, kind: CaptureKind, amounts: Amounts, entry_ids: Sequence[int], *, now: datetime
) -> None:
    """Say that the voucher has covered less of each charge, in the words of the last capture of the two."""
    if not amounts:
        return
    charges, vouchers = {one.charge_id for one, _fen in amounts}, {one.voucher_id for one, _fen in amounts}
    rows = select(VoucherCapture).where(VoucherCapture.charge_id.in_(charges), VoucherCapture.voucher_id.in_(vouchers))
    last = {(one.voucher_id, one.charge_id): one for one in session.scalars(rows.order_by(VoucherCapture.id))}
    kept = ("voucher_id", "charge_id", "cap_id", "counts_on", "issuer_province", "provider_province")
    made = [
        {
            "entry_id": entry_id,
            "kind": kind,
            "amount_fen": -amount,
            "decided_by": [],
            "programme_version_id": item.programme_version_id,
            "created_at": now,
            **{name: getattr(last[item.voucher_id, item.charge_id], name) for name in kept},
        }
        for (item, amount), entry_id in zip(amounts, entry_ids, strict=True)
    ]
    session.execute(insert(VoucherCapture), made)
