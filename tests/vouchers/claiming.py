"""A redemption of what a voucher covered of a charge, as a row, for tests of what stands in one."""

from datetime import datetime
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.charges import Charge
from models.programmes import ProgrammeVersion
from models.redemptions import Redemption, RedemptionItem
from models.vocabulary.programmes import RedeemedBy
from models.vocabulary.redemptions import RedemptionState
from models.vouchers import Voucher, VoucherCapture

_numbers = count(1)


def claimed(
    session: Session,
    charge: Charge,
    voucher: Voucher,
    fen: int,
    *,
    now: datetime,
    state: RedemptionState = RedemptionState.REQUESTED,
) -> tuple[Redemption, RedemptionItem]:
    """A redemption that asks for so much, and its one item, committed."""
    taken = VoucherCapture.charge_id == charge.id, VoucherCapture.voucher_id == voucher.id
    capture = session.scalars(select(VoucherCapture).where(*taken).order_by(VoucherCapture.id)).first()
    assert capture is not None
    version = session.get_one(ProgrammeVersion, voucher.programme_version_id)
    by_firm = version.redeemed_by == RedeemedBy.ENTERPRISE
    made = Redemption(
        programme_id=voucher.programme_id,
        number=next(_numbers),
        programme_version_id=version.id,
        claimant_id=voucher.organisation_id if by_firm else charge.organisation_id,
        redeemed_by=version.redeemed_by,
        state=state,
        claimed_fen=fen,
        requested_by_id=charge.user_id,
        created_at=now,
        changed_at=now,
    )
    session.add(made)
    session.flush()
    item = RedemptionItem(
        redemption_id=made.id,
        voucher_id=voucher.id,
        charge_id=charge.id,
        programme_version_id=version.id,
        claimed_fen=fen,
        used_on=capture.counts_on,
        issuer_province=capture.issuer_province,
        provider_province=capture.provider_province,
    )
    session.add(item)
    session.commit()
    return made, item
