"""The section of an instrument's booking settings that says how many can use it at a time."""

from flask.typing import ResponseReturnValue

from booking.catalogue.page_forms import CapacitySection
from booking.catalogue.views.booking import shared_parts
from booking.catalogue.views.sheet import saved
from booking.core.clock import utcnow
from booking.reservations import positions
from booking.web.extensions import transaction
from booking.web.reading import read_form
from booking.web.signed_in import require_actor


def save_capacity(instrument_id: int) -> ResponseReturnValue:
    """Store the number of positions."""
    more, actor = shared_parts(instrument_id), require_actor()

    def work() -> None:
        form = read_form(CapacitySection)
        transaction(
            positions.set_capacity,
            instrument_id,
            form.capacity,
            actor=actor,
            now=utcnow(),
            expected_version=form.version,
        )

    return saved("booking", instrument_id, CapacitySection, work, **more)
