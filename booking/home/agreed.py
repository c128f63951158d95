"""Cards about contracts, for those who keep and sign them, and about bookings that lack theirs."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement

from booking.contracts import due as contracts
from booking.core.clock import local_date
from booking.home.cards import SHOWN, Asked, Found, Item
from booking.reservations.agreed import lacking_ahead
from booking.reservations.queries import in_reach
from models.contracts import Contract
from models.reservations import Reservation


def contracts_to_keep(asked: Asked) -> Found:
    """Contracts that were asked for, or that only the institution has not signed yet."""
    return _found(contracts.to_keep(asked.session, asked.within.organisation_ids, limit=SHOWN + 1), shows_end=False)


def contracts_ending(asked: Asked) -> Found:
    """Contracts in force that end within two months, the earliest first."""
    ids, today = asked.within.organisation_ids, local_date(asked.now)
    return _found(contracts.ending(asked.session, ids, today=today, limit=SHOWN + 1), shows_end=True)


def contracts_to_sign(asked: Asked) -> Found:
    """Contracts that wait for the signature of an organisation that one acts for."""
    rows = contracts.to_sign(asked.session, asked.actor, limit=SHOWN + 1)
    items = [Item("contract", one.id, one.title, one.title, person=one.owner_name) for one in rows[:SHOWN]]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def own_unagreed(asked: Asked) -> Found:
    """One's own coming bookings that lack the order form or contract that their owners ask for."""
    return _bookings(asked, Reservation.booked_by_id == asked.actor.id, shows_holder=False)


def unagreed(asked: Asked) -> Found:
    """Coming bookings of others on one's instruments that lack what the institution requires."""
    return _bookings(asked, in_reach(asked.within), shows_holder=True)


def _bookings(asked: Asked, here: ColumnElement[bool], *, shows_holder: bool) -> Found:
    """Bookings that lack their ground, the soonest first."""
    rows = lacking_ahead(asked.session, here, now=asked.now, limit=SHOWN + 1)
    items = [
        Item(
            "reservation",
            one.id,
            one.instrument.name_zh,
            one.instrument.name_en,
            person=one.booked_by.name if shows_holder else "",
            starts_at=one.starts_at,
            ends_at=one.ends_at,
        )
        for one in rows[:SHOWN]
    ]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def _found(rows: Sequence[Contract], *, shows_end: bool) -> Found:
    """Contracts as their keepers see them: with whom, and until when."""
    items = [
        Item("contract", one.id, one.title, one.title, person=one.party_name, due_on=one.ends_on if shows_end else None)
        for one in rows[:SHOWN]
    ]
    return Found(len(items), items, is_more=len(rows) > SHOWN)
