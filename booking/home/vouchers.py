"""Cards about vouchers: applications that officers review, and those that were sent back to a firm."""

from booking.applications import queries
from booking.applications.queries import Wanted
from booking.core.clock import local_date
from booking.home.cards import SHOWN, Asked, Found, Item
from models.applications import VoucherApplication


def to_review(asked: Asked) -> Found:
    """Applications whose review is an officer's turn, the one due first at the top."""
    wanted, today = Wanted(to_review=True), local_date(asked.now)
    page = queries.applications(asked.session, asked.actor, wanted, today=today, limit=SHOWN)
    return Found(len(page.items), [_item(one) for one in page.items], is_more=page.next_cursor is not None)


def returned(asked: Asked) -> Found:
    """Applications of one's firms that wait to be completed."""
    rows = queries.to_complete(asked.session, asked.actor, limit=SHOWN + 1)
    items = [_item(one) for one in rows[:SHOWN]]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def _item(one: VoucherApplication) -> Item:
    """An application by its firm, with its programme and the day by which it is due."""
    firm = one.organisation
    return Item(
        "voucher_application", one.id, firm.name_zh, firm.name_en, person=one.programme.name_zh, due_on=one.due_on
    )
