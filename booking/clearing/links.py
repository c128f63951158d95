"""Which of the vouchers, charges and redemptions behind a figure the reader may open."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges.queries import readable_ids
from booking.clearing.transfers import Behind
from booking.core.actors import Actor
from booking.redemptions.queries import within
from booking.vouchers.listing import seen_by
from models.redemptions import Redemption
from models.vouchers import Voucher


@dataclass(frozen=True, slots=True)
class Openable:
    """Those that have a page for the reader, by their ids."""

    vouchers: Collection[int]
    charges: Collection[int]
    redemptions: Collection[int]


def openable(session: Session, actor: Actor, rows: Collection[Behind], *, today: date) -> Openable:
    """What the reader may open of what some transfers were posted for; a constant number of statements."""
    causes = [one.cause for one in rows]
    vouchers = {one.voucher_id for one in causes if one.voucher_id is not None}
    redemptions = {one.redemption_id for one in causes if one.redemption_id is not None}
    charges = {one.charge_id for one in causes if one.charge_id is not None}
    return Openable(
        frozenset(session.scalars(select(Voucher.id).where(Voucher.id.in_(vouchers), seen_by(actor)))),
        readable_ids(session, charges, actor, today=today),
        frozenset(session.scalars(select(Redemption.id).where(Redemption.id.in_(redemptions), within(actor)))),
    )
