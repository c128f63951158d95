"""What speaks against paying an item: what was declared about its use, and what the authority says of its parties."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.core.errors import InvalidInput, Problem
from booking.core.texts import N_
from booking.redemptions.forms import RedemptionReviewForm
from booking.redemptions.queries import WholeRedemption
from models.accounts import User
from models.redemptions import Redemption, RedemptionItem
from models.vocabulary.redemptions import FlagKind
from models.vouchers import VoucherRelation, VoucherWish

DECLARED = {
    FlagKind.STATUTORY: "is_statutory",
    FlagKind.RELATED: "is_related",
    FlagKind.FUNDED: "is_funded",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing that speaks against an item: who said it, when and why; `is_withdrawn`: who declared took it back."""

    kind: FlagKind
    by: str
    at: datetime
    reason: str = ""
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What was declared last about the use of an item, by whom and when; and all that speaks against it."""

    declared_by: str
    declared_at: datetime | None
    flags: tuple[Flag, ...]


def is_told(whole: WholeRedemption) -> bool:
    """Whether the reader is told: officers and auditors of the authority, which decides by it; none of the claimant."""
    is_of_claimant = whole.is_own or whole.sight.claims
    return not is_of_claimant and (whole.sight.reviews or whole.sight.samples)


def flags_of(session: Session, redemption: Redemption, items: Sequence[RedemptionItem]) -> dict[int, Said]:
    """What was said of each item, by its id; two statements however many there are."""
    if redemption.programme.runs_at:
        return {}
    wishes, relations = _wishes(session, items), _relations(session, redemption.programme.organisation_id, items)
    found = {}
    for one in items:
        use = (one.charge.reservation_id, one.charge.sample_order_id)
        rows = wishes.get(use, ())
        related = relations.get((one.voucher.organisation_id, one.charge.organisation_id), ())
        last = rows[-1] if rows else None
        by, at = (last[1], last[0].created_at) if last else ("", None)
        found[one.id] = Said(by, at, (*_declared(rows), *related))
    return found


def reasons_for(
    session: Session, redemption: Redemption, items: Sequence[RedemptionItem], form: RedemptionReviewForm
) -> dict[str, str]:
    """Why a review approves items against which something speaks, by their ids; raises InvalidInput without any."""
    said, reasons, problems = form.by_item, {}, []
    for item_id, found in flags_of(session, redemption, items).items():
        item = next(one for one in items if one.id == item_id)
        if not found.flags or not item.approved_fen:
            continue
        word = said.get(item_id)
        reason = (word.reason if word else "") or form.reason
        if reason:
            reasons[str(item_id)] = reason
        else:
            problems.append(Problem(f"reason-{item_id}", N_("这一项有声明或关联关系登记，核准须写明理由。")))
    if problems:
        raise InvalidInput(problems)
    return reasons


Use = tuple[int | None, int | None]
"""A reservation or a sample order, by its id."""
Rows = Sequence[tuple[VoucherWish, str]]


def _declared(rows: Rows) -> Iterator[Flag]:
    """The last time that each thing was declared of a use, and whether it was taken back after that."""
    for kind, name in DECLARED.items():
        told = [(wish, by) for wish, by in rows if getattr(wish, name)]
        if told:
            wish, by = told[-1]
            yield Flag(kind, by, wish.created_at, is_withdrawn=not getattr(rows[-1][0], name))


def _wishes(session: Session, items: Collection[RedemptionItem]) -> Mapping[Use, Rows]:
    """Everything that was said of the items' uses, in order, with who said it."""
    reservations = {one.charge.reservation_id for one in items} - {None}
    orders = {one.charge.sample_order_id for one in items} - {None}
    rows = session.execute(
        select(VoucherWish, User.name)
        .join(User, User.id == VoucherWish.declared_by_id)
        .where(or_(VoucherWish.reservation_id.in_(reservations), VoucherWish.sample_order_id.in_(orders)))
        .order_by(VoucherWish.id)
    )
    found: dict[Use, list[tuple[VoucherWish, str]]] = {}
    for wish, by in rows:
        found.setdefault((wish.reservation_id, wish.sample_order_id), []).append((wish, by))
    return found


def _relations(
    session: Session, authority_id: int, items: Collection[RedemptionItem]
) -> Mapping[tuple[int, int], Sequence[Flag]]:
    """What the authority says last of each firm and provider, where it says that they are related."""
    later = aliased(VoucherRelation)
    names = VoucherRelation.organisation_id, VoucherRelation.provider_id
    newest = (
        select(func.max(later.id))
        .where(later.authority_id == authority_id)
        .where(later.organisation_id.in_({one.voucher.organisation_id for one in items}))
        .where(later.provider_id.in_({one.charge.organisation_id for one in items}))
        .group_by(later.organisation_id, later.provider_id)
    )
    rows = session.execute(
        select(*names, VoucherRelation.created_at, VoucherRelation.reason, User.name)
        .join(User, User.id == VoucherRelation.created_by_id)
        .where(VoucherRelation.id.in_(newest), VoucherRelation.is_related)
    )
    return {(row[0], row[1]): [Flag(FlagKind.FLAGGED, row[4], row[2], row[3])] for row in rows}
