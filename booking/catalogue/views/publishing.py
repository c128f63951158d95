"""The tab of publishing: state, sharing, and what everybody may see."""

from typing import Any

from flask.typing import ResponseReturnValue

from booking.catalogue import service
from booking.catalogue.page_forms import PublishingSection, Section, SharingSection, VisibilitySection
from booking.catalogue.views.sheet import editable, saved, shown
from booking.core.clock import utcnow
from booking.web.extensions import transaction
from booking.web.reading import read_form
from booking.web.signed_in import require_actor


def publishing(instrument_id: int) -> ResponseReturnValue:
    """Show where the record stands on its way to the public."""
    return shown("publishing", instrument_id)


def save_state(instrument_id: int) -> ResponseReturnValue:
    """Publish, withhold or take back the record."""
    editable(instrument_id)

    def work() -> None:
        form = read_form(PublishingSection)
        transaction(service.set_publishing_state, instrument_id, form.publishing_state, form.reason, **_who(form))

    return saved("publishing", instrument_id, PublishingSection, work)


def save_sharing(instrument_id: int) -> ResponseReturnValue:
    """Store running state and share mode."""
    editable(instrument_id)

    def work() -> None:
        form = read_form(SharingSection)
        transaction(service.update_instrument, instrument_id, form.columns(), **_who(form))

    return saved("publishing", instrument_id, SharingSection, work)


def save_visibility(instrument_id: int) -> ResponseReturnValue:
    """Store what everybody may see."""
    editable(instrument_id)

    def work() -> None:
        form = read_form(VisibilitySection)
        transaction(service.update_instrument, instrument_id, form.columns(), **_who(form))

    return saved("publishing", instrument_id, VisibilitySection, work)


def _who(form: Section) -> dict[str, Any]:
    """Who acts, when, and from which version."""
    return {"actor": require_actor(), "now": utcnow(), "expected_version": form.version}
