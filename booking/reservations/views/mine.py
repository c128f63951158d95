"""The page of one's own reservations."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.core.clock import utcnow
from booking.core.errors import InvalidInput
from booking.core.forms import read
from booking.reservations.labels import STATES
from booking.reservations.own import MineForm, booked_instruments
from booking.reservations.queries import my_reservations
from booking.reservations.suspensions import own_suspensions
from booking.reservations.views.suspensions import place_name
from booking.web.errors import problems_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import query_values
from booking.web.signed_in import require_actor, signed_in

PAGE = 20


@signed_in
def mine() -> ResponseReturnValue:
    """Show upcoming or past reservations, narrowed by instrument, state and days."""
    typed = query_values()
    try:
        wanted, problems, status = read(MineForm, typed), {}, 200
    except InvalidInput as invalid:
        wanted, problems, status = MineForm(past=bool(typed.get("past"))), problems_of(invalid), 422
    actor, now = require_actor(), utcnow()
    page = my_reservations(reading(), actor, wanted.filter(), limit=PAGE, cursor=wanted.cursor, now=now)
    return render_template(
        "reservations/mine.html",
        rows=page.items,
        next_url=_next_url(typed, page.next_cursor),
        suspensions=[(one.suspension, place_name(one)) for one in own_suspensions(reading(), actor, now=now)],
        problems=problems,
        filter=typed,
        is_past=wanted.past,
        is_filtered=wanted.narrows or bool(problems),
        actor_id=actor.id,
        instruments=[
            (one.id, in_language(one.name_zh, one.name_en)) for one in booked_instruments(reading(), actor.id)
        ],
        states=[(str(state), _(text)) for state, text in STATES.items()],
        state_labels={state: _(text) for state, text in STATES.items()},
    ), status


def _next_url(typed: dict[str, Any], cursor: str | None) -> str | None:
    """The same list from where this page ends."""
    kept = {name: value for name, value in typed.items() if name in MineForm.model_fields}
    return url_for("reservations.mine", **{**kept, "cursor": cursor}) if cursor else None
