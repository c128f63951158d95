"""The fees of the uses that vouchers paid a part of in a month: beside the figures, what all of it cost."""

from collections.abc import Mapping

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from booking.clearing.months import ShownMonth
from booking.clearing.queries import in_span, joined, pairs_of, span_of
from booking.clearing.rules import Course
from models.charges import ChargeLine
from models.ledger import LedgerTransfer
from models.programmes import ProgrammeVersion
from models.vocabulary.pricing import LineKind
from models.vouchers import VoucherCapture


def fees_of(session: Session, shown: ShownMonth) -> Mapping[Course, int]:
    """The whole fees, in fen, of the charges of which vouchers covered something in a month, by course.

    Of a closed month as they were when it was closed; a charge that vouchers covered more of later counts in both.
    """
    pairs, span = pairs_of(session, shown.border), span_of(session, shown.border, shown.month)
    course = VoucherCapture.issuer_province, VoucherCapture.provider_province, ProgrammeVersion.border_way
    covered = (
        joined(select(*course, VoucherCapture.charge_id))
        .where(
            LedgerTransfer.from_account_id.in_([one.source_id for one in pairs]),
            LedgerTransfer.to_account_id.in_([one.captured_id for one in pairs]),
            VoucherCapture.id.is_not(None),
            in_span(span),
        )
        .distinct()
        .subquery()
    )
    total = cast(func.sum(ChargeLine.amount_fen), BigInteger)
    used = covered.c.issuer_province, covered.c.provider_province, covered.c.border_way
    fees = select(*used, total).join(ChargeLine, ChargeLine.charge_id == covered.c.charge_id)
    fees = fees.where(ChargeLine.kind != LineKind.VOUCHER)
    if shown.closed is not None:
        fees = fees.where(ChargeLine.created_at <= shown.closed.statement.created_at)
    rows = session.execute(fees.group_by(*used)).all()
    return {Course(issuer, provider, way): int(fen) for issuer, provider, way, fen in rows}
