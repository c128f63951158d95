"""Who may call what: privacy."""

from booking.accounts.consents import VERSION
from tests.house.matrix.writing import page, read, sent, step
from tests.house.worlds import PEOPLE, PLATFORM

ERASABLE = frozenset({"researcher", "participant", "their_technician", "technician"})

GONE = {"reason": "asked by letter", "confirmation": "{former_email}"}

PRIVACY = (
    page("/privacy"),
    sent("/privacy/agree", PEOPLE),
    page("/account/data.zip", PEOPLE),
    page("/account/sightings", PEOPLE),
    read("/me/sightings"),
    read("/me/data"),
    read("/me/consent"),
    step("/me/consent", PEOPLE, {"version": VERSION.isoformat()}),
    page("/account/erase", PEOPLE),
    sent("/account/erase", ERASABLE, {"current_password": "{password}"}, other=409, is_slow=True),
    read("/me/erase"),
    step("/me/erase", ERASABLE, {"current_password": "{password}"}, ok=204, other=409, is_slow=True),
    page("/users/{former_id}/erase", PLATFORM, other=403),
    sent("/users/{former_id}/erase", PLATFORM, GONE, other=403),
    read("/users/{former_id}/erase", PLATFORM, other=403),
    step("/users/{former_id}/erase", PLATFORM, {"reason": "asked by letter"}, ok=204, other=403),
)
