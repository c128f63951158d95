"""Tables of a finance office to take away; amounts are yuan, and every text stays a text."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from flask_babel import gettext as _

from booking.core.money import yuan_from_fen
from booking.core.table_writing import Row
from booking.payers.labels import KINDS as PAYER_KINDS
from booking.statements import labels, queries
from booking.statements.billable import ToBill
from booking.statements.cash_book import CashRow
from booking.statements.reminding import Aged
from booking.statements.rules import Age


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


def ageing_rows(found: Iterable[Aged]) -> Iterator[Row]:
    """The ageing list: its head, then a row for each who owes something."""
    ages = [_(labels.AGES[age]) for age in Age]
    heads = (_("付款人"), _("编号"), _("负责人"), *ages, _("未付合计"), _("待冲减"), _("多收，未用"))
    yield tuple(str(one) for one in heads)
    for one in found:
        payer, person = one.debtor.payer, queries.person_of(one.debtor)
        yield (
            payer.name if payer else person.name,
            payer.number if payer else "",
            person.name,
            *(yuan(one.by_age[age]) for age in Age),
            yuan(one.total_fen),
            yuan(one.to_come_fen),
            yuan(one.debtor.credit.balance_fen),
        )


def to_bill_rows(found: Iterable[ToBill]) -> Iterator[Row]:
    """What is to be billed: its head, then a row for each payer."""
    heads = (_("付款人"), _("编号"), _("负责人"), _("类型"), _("费用截至"), _("笔数"), _("金额（元）"))
    yield tuple(str(one) for one in heads)
    for one in found:
        yield (
            one.payer_name or one.person,
            one.payer_number,
            one.person,
            str(_(PAYER_KINDS[one.kind]) if one.kind else _("没有经费账户")),
            one.until_on.isoformat(),
            str(one.item_count),
            yuan(one.total_fen),
        )
