"""Cards about uses and what they cost: to confirm, to settle, to accept."""

from collections.abc import Sequence

from booking.charges import queries as charges
from booking.charges.queries import Show
from booking.core.clock import local_date
from booking.home.cards import SHOWN, Asked, Found, Item
from booking.reservations import uses
from models.charges import Charge
from models.vocabulary.catalogue import PublishingState


def uses_waiting(asked: Asked) -> Found:
    """Uses to confirm, the oldest first."""
    count, rows = uses.waiting_uses(asked.session, asked.within, asked.actor, limit=SHOWN, now=asked.now)
    items = [
        Item(
            "use",
            one.id,
            one.instrument.name_zh,
            one.instrument.name_en,
            person=one.booked_by.name,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
        )
        for one in rows
    ]
    return Found(count, items)


def disputed(asked: Asked) -> Found:
    """Charges that somebody disputes, those that wait longest first."""
    return waiting(asked, Show.DISPUTED)


def problems(asked: Asked) -> Found:
    """Charges that cannot go on by themselves, those that wait longest first."""
    return waiting(asked, Show.PROBLEMS)


def to_accept(asked: Asked) -> Found:
    """Charges that one is asked to accept, the soonest due first; the name of what one may not know of is left out."""
    today = local_date(asked.now)
    rows = charges.waiting_for_payer(asked.session, asked.actor, today=today, limit=SHOWN + 1)
    return Found(min(len(rows), SHOWN), _items(asked, rows[:SHOWN]), is_more=len(rows) > SHOWN)


def waiting(asked: Asked, show: Show) -> Found:
    """What waits for who settles charges."""
    count, rows = charges.waiting_at(asked.session, asked.within, show, limit=SHOWN)
    return Found(count, _items(asked, rows))


def _items(asked: Asked, rows: Sequence[Charge]) -> list[Item]:
    """Charges as items: the instrument where one may know of it, else who owned it."""
    found = []
    for one in rows:
        knows = one.user_id == asked.actor.id or one.instrument.publishing_state == PublishingState.PUBLISHED
        named = one.instrument if knows or charges.sees_record(one, asked.actor) else one.organisation
        found.append(Item("charge", one.id, named.name_zh, named.name_en, person=one.user.name, due_at=one.due_at))
    return found
