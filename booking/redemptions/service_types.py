"""What type of service each use was whose voucher is claimed: by which share it was covered."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from booking.payers.holds import Purpose, for_order, for_reservation
from booking.vouchers.wishing import wishes_of
from models.charges import Charge
from models.redemptions import RedemptionItem
from models.vocabulary.programmes import ServiceType


def types_of(session: Session, items: Sequence[RedemptionItem]) -> dict[int, ServiceType]:
    """The type of each by its charge, as it was kept with the choice of vouchers; one statement."""
    purposes = {one.charge_id: _purpose(one.charge) for one in items}
    wishes = wishes_of(session, set(purposes.values()))
    return {charge_id: wishes[one].service_type for charge_id, one in purposes.items() if one in wishes}


def _purpose(charge: Charge) -> Purpose:
    """What a charge is for."""
    if charge.reservation_id is not None:
        return for_reservation(charge.reservation_id)
    return for_order(charge.sample_order_id or 0)
