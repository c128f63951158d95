"""Tables of a finance office to take away; amounts are yuan, and every text stays a text."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from flask import Response
from flask_babel import gettext as _

from booking.core.errors import NotFound
from booking.core.money import yuan_from_fen
from booking.core.table_writing import Row
from booking.statements import labels
from booking.statements.cash_book import CashRow
from booking.web.tables import KINDS, table_response


def table_of(rows: Iterable[Row], name: str, kind: str, title: str) -> Response:
    """The rows as a file of a kind, which nobody keeps on the way; raises NotFound for another kind."""
    if kind not in KINDS:
        raise NotFound
    response = table_response(rows, name, kind, title=title)
    response.headers["Cache-Control"] = "no-store"
    return response


def yuan(fen: int) -> Decimal:
    """An amount as a cell."""
    return Decimal(yuan_from_fen(fen))


def cash_rows(rows: Iterable[CashRow]) -> Iterator[Row]:
    """The cash book: its head, then a row for each paper."""
    heads = (
        *(_("单据日期"), _("单据号"), _("事项"), _("金额（元）"), _("付款人"), _("编号"), _("负责人")),
        *(_("结算单"), _("说明"), _("登记人"), _("记账编号")),
    )
    yield tuple(str(one) for one in heads)
    for one in rows:
        yield (
            one.on.isoformat(),
            one.number,
            str(_(labels.CAME[one.came])),
            yuan(one.amount_fen),
            one.payer_name or one.person,
            one.payer_number,
            one.person,
            one.statement_number,
            one.reason,
            one.recorded_by,
            str(one.entry_id),
        )
