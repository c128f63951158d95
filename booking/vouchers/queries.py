"""Reading vouchers: what one holds, what uses have taken from it, and for which charges."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.core.errors import NotFound
from booking.payers.holds import Purpose, for_order, for_reservation
from booking.vouchers.claims import standing_fen, waiting_fen
from booking.vouchers.due import Claims
from models.applications import VoucherApplication
from models.programmes import Programme
from models.redemptions import Redemption, RedemptionItem
from models.vocabulary.vouchers import VoucherState
from models.vouchers import Voucher, VoucherCapture, VoucherHold


@dataclass(frozen=True, slots=True)
class Taken:
    """What a voucher has covered of a charge: in all, and how much of it a redemption has asked for already."""

    charge_id: int
    voucher_id: int
    amount_fen: int
    claimed_fen: int = 0

    @property
    def open_fen(self) -> int:
        """What a redemption may still ask for."""
        return self.amount_fen - self.claimed_fen


def voucher(session: Session, voucher_id: int) -> Voucher:
    """A voucher with its programme, version, enterprise and accounts; raises NotFound. Whoever calls asks who may."""
    accounts = (Voucher.credit, Voucher.held, Voucher.captured, Voucher.paid)
    whole = select(Voucher).options(
        joinedload(Voucher.programme, innerjoin=True).joinedload(Programme.organisation, innerjoin=True),
        joinedload(Voucher.programme_version, innerjoin=True),
        joinedload(Voucher.organisation, innerjoin=True),
        *(joinedload(one, innerjoin=True) for one in accounts),
    )
    found = session.scalar(whole.where(Voucher.id == voucher_id).execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def taken(session: Session, charge_ids: Collection[int]) -> list[Taken]:
    """What vouchers have covered of charges, above zero, in order of charge and voucher; without what was rejected."""
    total = func.sum(VoucherCapture.amount_fen)
    rows = (
        select(VoucherCapture.charge_id, VoucherCapture.voucher_id, total)
        .where(VoucherCapture.charge_id.in_(charge_ids))
        .group_by(VoucherCapture.charge_id, VoucherCapture.voucher_id)
        .having(total > 0)
        .order_by(VoucherCapture.charge_id, VoucherCapture.voucher_id)
    )
    claims = claimed(session, charge_ids)
    return [
        Taken(charge_id, voucher_id, int(fen), claims.get((charge_id, voucher_id), 0))
        for charge_id, voucher_id, fen in session.execute(rows)
    ]


def claimed(session: Session, charge_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """What redemptions that are not rejected have asked for, by charge and voucher: what stays taken."""
    both = RedemptionItem.charge_id, RedemptionItem.voucher_id
    rows = (
        select(*both, func.sum(standing_fen()))
        .join(Redemption, Redemption.id == RedemptionItem.redemption_id)
        .where(RedemptionItem.charge_id.in_(charge_ids))
        .group_by(*both)
    )
    return {(charge_id, voucher_id): int(fen) for charge_id, voucher_id, fen in session.execute(rows) if fen}


def claims_on(session: Session, charge_id: int) -> dict[int, Claims]:
    """The same for one charge by voucher, with what of it still waits."""
    rows = (
        select(RedemptionItem.voucher_id, func.sum(standing_fen()), func.sum(waiting_fen()))
        .join(Redemption, Redemption.id == RedemptionItem.redemption_id)
        .where(RedemptionItem.charge_id == charge_id)
        .group_by(RedemptionItem.voucher_id)
    )
    return {voucher_id: Claims(int(fen), int(waiting)) for voucher_id, fen, waiting in session.execute(rows)}


def claimed_fen(session: Session, charge_id: int, voucher_id: int) -> int:
    """The same for one charge and voucher."""
    return claimed(session, [charge_id]).get((charge_id, voucher_id), 0)


def held_for(session: Session, purposes: Collection[Purpose]) -> dict[Purpose, dict[int, int]]:
    """What is held in which vouchers for each of several uses, above zero; one statement."""
    reservations = [one.reservation_id for one in purposes if one.reservation_id is not None]
    orders = [one.sample_order_id for one in purposes if one.sample_order_id is not None]
    cause = VoucherHold.reservation_id, VoucherHold.sample_order_id
    about = or_(cause[0].in_(reservations), cause[1].in_(orders))
    newest = select(func.max(VoucherHold.id)).where(about).group_by(*cause, VoucherHold.voucher_id)
    rows = select(*cause, VoucherHold.voucher_id, VoucherHold.amount_fen).where(VoucherHold.id.in_(newest))
    found: defaultdict[Purpose, dict[int, int]] = defaultdict(dict)
    for reservation_id, order_id, voucher_id, fen in session.execute(rows.where(VoucherHold.amount_fen > 0)):
        purpose = for_reservation(reservation_id) if reservation_id is not None else for_order(order_id or 0)
        found[purpose][voucher_id] = fen
    return dict(found)


def application_of(session: Session, voucher_id: int) -> int | None:
    """The application for which a voucher was issued; None for one that was not asked for here."""
    return session.scalar(select(VoucherApplication.id).where(VoucherApplication.voucher_id == voucher_id))


def has_usable(session: Session, organisation_id: int) -> bool:
    """Whether an enterprise has any issued voucher: the panel offers vouchers only then."""
    issued = exists().where(Voucher.organisation_id == organisation_id, Voucher.state == VoucherState.ISSUED)
    return session.scalar(select(issued)) or False
