"""What an instrument asks where it is eased: of its own staff, and of times that its owner has agreed to."""

from dataclasses import replace

from booking.reservations.rules import ALL_WEEK, Terms
from models.vocabulary.catalogue import BookingMode, ShareMode


def granted(terms: Terms) -> Terms:
    """What an instrument on request asks when its owner agrees to a time; where no hours are set, any is open."""
    if terms.booking_mode != BookingMode.ON_REQUEST:
        return terms
    here = replace(terms, booking_mode=BookingMode.HERE)
    return here if terms.hours else replace(here, hours=ALL_WEEK, unusual_days={})


def for_staff(terms: Terms) -> Terms:
    """What an instrument asks when its own staff use it, however others get time: hours, grid, lengths and horizon."""
    own = replace(terms, booking_mode=BookingMode.HERE, share_mode=ShareMode.EXTERNAL, is_published=True)
    own = replace(own, notice_minutes=0, slots=(), group=None)
    return own if terms.hours else replace(own, hours=ALL_WEEK, unusual_days={})
