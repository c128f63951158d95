"""The page of a team's bookings."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.core.clock import utcnow
from booking.reservations.labels import STATES
from booking.reservations.team_bookings import team_reservations
from booking.teams.forms import ListPage
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in

PAGE = 30


@signed_in
def bookings(team_id: int) -> ResponseReturnValue:
    """Show lead and deputies what members booked while they were members, as far as it is still to come."""
    cursor = read_query(ListPage).cursor or None
    found, page = team_reservations(reading(), team_id, actor=require_actor(), limit=PAGE, cursor=cursor, now=utcnow())
    next_url = url_for(".team_bookings", team_id=team_id, cursor=page.next_cursor) if page.next_cursor else None
    return render_template(
        "reservations/team.html",
        team=found.team,
        team_name=in_language(found.team.name_zh, found.team.name_en),
        rows=page.items,
        next_url=next_url,
        state_labels={state: _(text) for state, text in STATES.items()},
    )
