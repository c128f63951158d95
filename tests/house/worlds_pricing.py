"""Prices in the world: ours and theirs for everybody, our unit's, and those of a draft, whose note is a marker."""

from typing import TYPE_CHECKING

from booking.core.clock import local_date
from booking.pricing.forms import PriceForm
from booking.pricing.queries import Scope
from booking.pricing.service import set_price

if TYPE_CHECKING:
    from tests.house.worlds import Builder


def add_prices(builder: "Builder", staff: frozenset[str]) -> None:
    """What everybody pays at each published record, and what a draft will cost."""
    names, today = builder.world.names, local_date(builder.now)
    note = builder.mark("price_note", staff)
    for scope, text, who in (
        (Scope(names["published"]), "含液氮", "admin"),
        (Scope(unit_id=names["unit"]), "部门统一", "admin"),
        (Scope(names["draft"]), note, "admin"),
        (Scope(names["their_published"]), "另议", "their_admin"),
    ):
        form = PriceForm(user_group="其他", valid_from=today, hourly_fen=20_000, note_zh=text, note_en=text)
        set_price(builder.session, scope, form, actor=builder.actor(who), now=builder.now)
    builder.session.commit()
