"""Who may call what: privacy."""

from booking.accounts.consents import VERSION
from tests.house.matrix.writing import page, read, sent, step
from tests.house.worlds import PEOPLE

PRIVACY = (
    page("/privacy"),
    sent("/privacy/agree", PEOPLE),
    page("/account/data.zip", PEOPLE),
    read("/me/data"),
    read("/me/consent"),
    step("/me/consent", PEOPLE, {"version": VERSION.isoformat()}),
)
