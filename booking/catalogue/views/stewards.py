"""The tab of people: primary steward and deputy, and who else is a steward."""

from typing import Any

from flask.typing import ResponseReturnValue

from booking.accounts.permissions import Permission, may
from booking.catalogue import stewards as service
from booking.catalogue.page_forms import StewardsSection
from booking.catalogue.views.sheet import editable, saved, shown
from booking.core.clock import local_date, utcnow
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.signed_in import require_actor


def stewards(instrument_id: int) -> ResponseReturnValue:
    """Show who looks after the instrument."""
    return shown("stewards", instrument_id, **_more(instrument_id))


def save_stewards(instrument_id: int) -> ResponseReturnValue:
    """Name primary and deputy."""
    more = _more(instrument_id)

    def work() -> None:
        form = read_form(StewardsSection)
        who: dict[str, Any] = {"actor": require_actor(), "now": utcnow(), "expected_version": form.version}
        named = (form.primary_id, form.deputy_id)
        transaction(service.name_stewards, instrument_id, *named, reason=form.change_reason, **who)

    return saved("stewards", instrument_id, StewardsSection, work, **more)


def _more(instrument_id: int) -> dict[str, Any]:
    """Who is named, and who could be."""
    record, session, today = editable(instrument_id), reading(), local_date(utcnow())
    named = service.named_stewards(session, record.instrument, today=today)
    able = service.candidates(session, record.instrument, today=today)
    return {
        "named_stewards": {rank.value: user for rank, user in named.items()},
        "candidates": able,
        "choices": [(user.id, user.name) for user in able],
        "may_name": may(require_actor(), Permission.GIVE_GRANTS, record.target),
    }
