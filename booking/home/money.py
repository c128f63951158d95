"""Cards about money, for those who keep an institution's accounts and prices."""

from collections.abc import Sequence

from booking.core.clock import local_date
from booking.core.money import shown_yuan
from booking.home.cards import SHOWN, Asked, Found, Item
from booking.payers import due as payers
from booking.pricing.missing import without_price


def payers_expiring(asked: Asked) -> Found:
    """Payer accounts whose last day is over or comes near, the earliest first."""
    ids, today = asked.within.organisation_ids, local_date(asked.now)
    rows = payers.expiring(asked.session, ids, today=today, limit=SHOWN + 1)
    items = [
        Item("payer_account", one.id, one.name, one.name, person=one.holder.name, due_on=one.expires_on)
        for one in rows[:SHOWN]
    ]
    return _found(rows, items)


def payers_low(asked: Asked) -> Found:
    """Payer accounts with less than a tenth left, with what that is, the emptiest first."""
    ids, today = asked.within.organisation_ids, local_date(asked.now)
    rows = payers.running_low(asked.session, ids, today=today, limit=SHOWN + 1)
    items = []
    for one in rows[:SHOWN]:
        zh, en = (f"{one.name} · {shown_yuan(one.left.balance_fen, language)}" for language in ("zh", "en"))
        items.append(Item("payer_account", one.id, zh, en, person=one.holder.name))
    return _found(rows, items)


def prices_missing(asked: Asked) -> Found:
    """Public instruments that ask that an account pays and have no price."""
    rows = without_price(asked.session, asked.within, today=local_date(asked.now), limit=SHOWN + 1)
    items = [Item("priced_instrument", one.id, one.name_zh, one.name_en) for one in rows[:SHOWN]]
    return _found(rows, items)


def _found(rows: Sequence[object], items: Sequence[Item]) -> Found:
    """The first few, and whether there are more."""
    return Found(len(items), items, is_more=len(rows) > SHOWN)
