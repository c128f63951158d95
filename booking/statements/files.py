"""What a finance office takes away: its lists as tables, and many statements as one file; pages and API share them."""

from datetime import date

from flask import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from booking.statements import billable, papers, reminding, tables
from booking.statements.batches import batch_of
from booking.statements.forms import BatchForm, FileFormat
from booking.statements.terms import terms_of, untils_of
from booking.web.exports import alone, exported
from booking.web.papers import PDF_TYPE


def ageing_file(session: Session, organisation_id: int, suffix: str) -> Response:
    """The ageing list."""
    today = local_date(utcnow())
    return exported(
        lambda: tables.ageing_rows(reminding.ageing(session, organisation_id, today=today)),
        f"ageing-{organisation_id}-{today}",
        suffix,
        title=_("账龄"),
    )


def to_bill_file(session: Session, organisation_id: int, until_on: date | None, suffix: str) -> Response:
    """What is to be billed until a day, or until the last cut-off."""
    today = local_date(utcnow())
    untils = untils_of(terms_of(session, organisation_id), today, min(until_on, today) if until_on else None)
    return exported(
        lambda: tables.to_bill_rows(billable.to_bill(session, organisation_id, untils)),
        f"to-bill-{organisation_id}-{today}",
        suffix,
        title=_("待结算"),
    )


def batch_file(session: Session, organisation_id: int, asked: BatchForm) -> Response:
    """Many statements at once: as papers to sign, or as one table; raises InvalidInput for none or too many."""
    name, is_printed = f"statements-{organisation_id}", asked.format == FileFormat.PDF
    if not is_printed:
        return exported(
            lambda: papers.statement_rows(session, *batch_of(session, organisation_id, asked.wanted, is_printed=False)),
            name,
            asked.format.value,
            title=_("结算单"),
        )

    def printed() -> Response:
        found = batch_of(session, organisation_id, asked.wanted, is_printed=True)
        headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"', "X-Content-Type-Options": "nosniff"}
        return Response(papers.statements_pdf(session, found, str(_("结算单"))), mimetype=PDF_TYPE, headers=headers)

    return alone(printed)
