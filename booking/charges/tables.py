"""Charges as a table to take away; amounts are yuan."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from flask import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.charges import labels, queries
from booking.charges.queries import Found, Wanted
from booking.charges.vouchered import fee_of
from booking.core.actors import Actor
from booking.core.clock import SHANGHAI, local_date, utcnow
from booking.core.money import yuan_from_fen
from booking.core.table_writing import Row
from booking.web.exports import exported
from booking.web.languages import in_language
from models.charges import Charge

MOST_ROWS = 10_000
"""How many charges a table has at most, the newest."""


def charges_file(session: Session, who: Actor, wanted: Wanted, *, is_mine: bool, suffix: str) -> Response:
    """One's own charges, or those of the instruments whose money one looks after."""
    find, today = queries.own_charges if is_mine else queries.charges_at, local_date(utcnow())
    return exported(
        lambda: charge_rows(find(session, who, wanted, today=today, limit=MOST_ROWS).items),
        f"charges-{today}",
        suffix,
        title=_("费用"),
    )


def charge_rows(found: Iterable[Found]) -> Iterator[Row]:
    """The table: its head, then a row for each charge, as far as whoever takes it away may know."""
    heads = (
        *(_("费用编号"), _("单位"), _("仪器"), _("事项"), _("开始"), _("结束"), _("预约人")),
        *(_("经费账户"), _("状态"), _("金额（元）"), _("已从账户支付（元）"), _("线下结算（元）")),
        *(_("用券前（元）"), _("创新券抵扣（元）")),
    )
    yield tuple(str(one) for one in heads)
    for one in found:
        charge, payer = one.charge, one.charge.payer if one.names_payer else None
        instrument, place = charge.instrument, charge.organisation
        yield (
            str(charge.id),
            in_language(place.name_zh, place.name_en),
            in_language(instrument.name_zh, instrument.name_en) if one.knows else "",
            str(_(labels.KINDS[charge.kind])),
            _moment(charge.booked_starts_at),
            _moment(charge.booked_ends_at),
            charge.user.name,
            f"{payer.number} {payer.name}" if payer else "",
            str(_(labels.STATES[charge.state])),
            *(Decimal(yuan_from_fen(fen)) for fen in _amounts(charge)),
        )


def _amounts(charge: Charge) -> tuple[int, ...]:
    """What its payer bears, what of that was paid in which way, and what the charge was before vouchers."""
    own = (charge.gross_fen, charge.captured_fen, charge.paper_fen)
    return *own, fee_of(charge), charge.voucher_fen


def _moment(value: datetime) -> str:
    """A moment in Shanghai time."""
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
