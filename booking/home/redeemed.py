"""The card of an authority's officers: redemptions that wait for them."""

from booking.core.clock import local_date
from booking.home.cards import SHOWN, Asked, Found, Item
from booking.redemptions import queries
from booking.redemptions.rules import number_of


def redemptions_waiting(asked: Asked) -> Found:
    """Requests to be reviewed or paid now, the one that is due first first."""
    page = queries.queue(asked.session, asked.actor, today=local_date(asked.now), limit=SHOWN)
    items = []
    for one in page.items:
        number = number_of(one.programme.year, one.programme_id, one.number)
        name_zh, name_en = (f"{number} · {name}" for name in (one.claimant.name_zh, one.claimant.name_en))
        items.append(Item("redemption", one.id, name_zh, name_en, due_on=one.due_on))
    return Found(len(items), items, is_more=page.next_cursor is not None)
