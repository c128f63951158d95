"""The tabs of the record itself and of its place and contact."""

from collections.abc import Collection
from typing import Any

from flask.typing import ResponseReturnValue

from booking.catalogue import reference, service
from booking.catalogue.inheritance import WHOLE_CONTACT
from booking.catalogue.page_forms import Edit, PlaceSection, RecordSection
from booking.catalogue.views.choices import class_groups, place_groups, subject_choices, unit_choices
from booking.catalogue.views.sheet import editable, saved, shown
from booking.core.clock import utcnow
from booking.directory import queries as directory
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.signed_in import require_actor


def edit(instrument_id: int) -> ResponseReturnValue:
    """Show the record for editing."""
    return shown("edit", instrument_id, **_record_choices(instrument_id))


def save_record(instrument_id: int) -> ResponseReturnValue:
    """Store the record, or show it again with every problem."""
    choices = _record_choices(instrument_id)

    def work() -> None:
        form = read_form(RecordSection)
        _update(instrument_id, form.columns(), form)

    return saved("edit", instrument_id, RecordSection, work, **choices)


def place(instrument_id: int) -> ResponseReturnValue:
    """Show place and contact for editing."""
    return shown("place", instrument_id, **_place_choices(instrument_id))


def save_place(instrument_id: int) -> ResponseReturnValue:
    """Store place and contact, or show them again with every problem."""
    choices = _place_choices(instrument_id)

    def work() -> None:
        form = read_form(PlaceSection)
        inherit = (WHOLE_CONTACT,) if form.inherits_contact else ()
        _update(instrument_id, form.columns(), form, inherit)

    return saved("place", instrument_id, PlaceSection, work, **choices)


def _update(instrument_id: int, values: dict[str, Any], form: Edit, inherit: Collection[str] = ()) -> None:
    """Set the columns of one section, and what it inherits."""
    transaction(
        service.update_instrument,
        instrument_id,
        values,
        inherit=inherit,
        reason=form.change_reason,
        actor=require_actor(),
        now=utcnow(),
        expected_version=form.version,
    )


def _record_choices(instrument_id: int) -> dict[str, Any]:
    """The lists a record is filled in from."""
    instrument, session = editable(instrument_id).instrument, reading()
    return {
        "class_groups": class_groups(reference.class_tree(session)),
        "subjects": subject_choices(reference.subjects(session)),
        "units": unit_choices(directory.units(session, instrument.organisation_id)),
    }


def _place_choices(instrument_id: int) -> dict[str, Any]:
    """The list of places."""
    editable(instrument_id)
    return {"place_groups": place_groups(directory.places(reading()))}
