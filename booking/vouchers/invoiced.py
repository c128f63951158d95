"""What vouchers have covered of charges whose programme counts on the invoice, and on which side of its days one is."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from models.programmes import ProgrammeVersion
from models.vocabulary.programmes import CountsOn
from models.vouchers import Voucher, VoucherCapture


@dataclass(frozen=True, slots=True)
class ByInvoice:
    """A voucher that covers something of a charge, or did: between which days the invoice must be, both included."""

    voucher_id: int
    net_fen: int
    counts_from: date
    use_by: date

    def year_of(self, day: date) -> int | None:
        """The year whose cap it counts against, for an invoice of that day; None for one outside of its days."""
        return day.year if self.counts_from <= day <= self.use_by else None


def invoice_by(voucher: Voucher) -> date | None:
    """The last day of which invoices may be for a voucher, with its version; None where the day of the use counts."""
    return voucher.use_by if voucher.programme_version.counts_on == CountsOn.INVOICE else None


def counted_by_invoice(session: Session, charge_ids: Collection[int]) -> dict[int, list[ByInvoice]]:
    """Those of each of some charges, in order of voucher; one statement. Charges without any are not there."""
    net = cast(func.sum(VoucherCapture.amount_fen), BigInteger)
    rows = session.execute(
        select(VoucherCapture.charge_id, Voucher.id, net, ProgrammeVersion.counts_from, Voucher.use_by)
        .join(Voucher, Voucher.id == VoucherCapture.voucher_id)
        .join(ProgrammeVersion, ProgrammeVersion.id == Voucher.programme_version_id)
        .where(VoucherCapture.charge_id.in_(charge_ids), ProgrammeVersion.counts_on == CountsOn.INVOICE)
        .group_by(VoucherCapture.charge_id, Voucher.id, ProgrammeVersion.counts_from, Voucher.use_by)
        .order_by(VoucherCapture.charge_id, Voucher.id)
    )
    found: defaultdict[int, list[ByInvoice]] = defaultdict(list)
    for charge_id, voucher_id, net_fen, counts_from, use_by in rows:
        found[charge_id].append(ByInvoice(voucher_id, net_fen, counts_from, use_by))
    return dict(found)
