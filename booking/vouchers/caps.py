"""What firms may still use of each programme in each year, for who may read their vouchers."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.ledger import LedgerAccount
from models.vouchers import Voucher, VoucherCap

Caps = Mapping[tuple[int, int], Sequence["YearCap"]]
"""By enterprise and programme."""


@dataclass(frozen=True, slots=True)
class YearCap:
    """A cap of an enterprise and programme, by the day that counts, and what is left of it."""

    year: int
    cap_fen: int
    left_fen: int


def caps_of(session: Session, vouchers: Collection[Voucher]) -> Caps:
    """The caps that some vouchers count against, in order of years; one statement however many there are."""
    firms, programmes = {one.organisation_id for one in vouchers}, {one.programme_id for one in vouchers}
    rows = session.execute(
        select(VoucherCap.organisation_id, VoucherCap.programme_id, VoucherCap.year, VoucherCap.cap_fen)
        .add_columns(LedgerAccount.balance_fen)
        .join(LedgerAccount, LedgerAccount.id == VoucherCap.left_id)
        .where(VoucherCap.organisation_id.in_(firms), VoucherCap.programme_id.in_(programmes))
        .order_by(VoucherCap.year)
    )
    found: defaultdict[tuple[int, int], list[YearCap]] = defaultdict(list)
    for firm_id, programme_id, year, cap_fen, left_fen in rows:
        found[firm_id, programme_id].append(YearCap(year, cap_fen, left_fen))
    return found


def caps_for(caps: Caps, voucher: Voucher) -> Sequence[YearCap]:
    """Those of one of them."""
    return caps.get((voucher.organisation_id, voucher.programme_id), ())
