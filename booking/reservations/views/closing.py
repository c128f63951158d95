"""The calendar of an institution, or of the nation: days to add, by form or table, and what they fall on."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from pydantic import Field
from sqlalchemy.orm import Session

from booking.core.actors import Reach
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput
from booking.core.forms import PageForm, Text
from booking.directory import labels, queries
from booking.directory.day_lists import read_days, text_of
from booking.directory.days import days_between, require_calendar
from booking.directory.forms import ClosingDaysForm, DayForm
from booking.directory.rules import NATIONAL_KINDS, OWN_KINDS
from booking.reservations import closing, keeping
from booking.reservations.board_queries import conflict_for, open_conflicts
from booking.reservations.forms import ReasonForm
from booking.reservations.refusals import ConflictSettled, ReasonNeeded
from booking.reservations.views.todo import conflicts_shown
from booking.reservations.views.typed import read_typed
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.reservations import BlockConflict
from models.vocabulary.reservations import ConflictState

AHEAD = timedelta(days=800)


class ClosingDaysPage(ClosingDaysForm, PageForm):
    """A closure as the page sends it."""


class TablePage(PageForm):
    """Several days as text."""

    table: Annotated[Text, Field(max_length=100_000)] = ""


@signed_in
def closing_days(organisation_id: int | None) -> ResponseReturnValue:
    """Show the days ahead for editing, and the reservations that fall on them."""
    return _page(organisation_id, {}, {})


@signed_in
def add_closing_days(organisation_id: int | None) -> ResponseReturnValue:
    """Close from one day to another, or let days run as another weekday."""

    def wanted() -> Sequence[DayForm]:
        return days_between(ClosingDaysForm(**read_form(ClosingDaysPage).model_dump()), now=utcnow())

    return _added(organisation_id, wanted)


@signed_in
def add_day_table(organisation_id: int | None) -> ResponseReturnValue:
    """Enter the days of a table, pasted or uploaded."""

    def wanted() -> Sequence[DayForm]:
        file = request.files.get("file")
        return read_days((text_of(file.read()) if file else "") or read_form(TablePage).table)

    return _added(organisation_id, wanted)


@signed_in
def remove_closing_day(organisation_id: int | None, day_id: int) -> ResponseReturnValue:
    """Make that day an ordinary one again."""
    transaction(closing.remove_day, organisation_id, day_id, actor=require_actor(), now=utcnow())
    flash(_("已移除。"), "right")
    return redirect(url_for(".closing_days", organisation_id=organisation_id), code=303)


@signed_in
def keep(conflict_id: int) -> ResponseReturnValue:
    """Let a booking stand although something stands over it; asks for the reason."""
    actor, now = require_actor(), utcnow()
    conflict = conflict_for(reading(), conflict_id, actor)
    if conflict.state != ConflictState.OPEN:
        raise ConflictSettled
    if request.method == "GET":
        return _keep_page(conflict, {})
    try:
        reason = read_typed(ReasonForm, "reason").reason
        transaction(keeping.keep_booking, conflict_id, reason=reason, actor=actor, now=now)
    except ReasonNeeded as needed:
        return _keep_page(conflict, {"reason": [sentence_of(needed)]}), needed.status
    except InvalidInput as invalid:
        return _keep_page(conflict, problems_of(invalid)), invalid.status
    flash(_("预约已保留，原因记入了它的历史。"), "right")
    return redirect(url_for(".show", reservation_id=conflict.reservation_id), code=303)


def _keep_page(conflict: BlockConflict, problems: Mapping[str, list[str]]) -> str:
    """The page that asks why a booking is kept."""
    (shown,) = conflicts_shown([conflict])
    return render_template(
        "reservations/keep.html", conflict=shown, reason=request.form.get("reason", ""), problems=problems
    )


def _added(organisation_id: int | None, wanted: Callable[[], Sequence[DayForm]]) -> ResponseReturnValue:
    """Enter the days once however often the form is sent, and say what they fall on."""
    actor, now = require_actor(), utcnow()
    require_calendar(reading(), organisation_id, actor)

    def work(session: Session) -> dict[str, Any]:
        made = closing.set_days(session, organisation_id, days, actor=actor, now=now)
        return {"days": len(made.days), "conflicts": len(made.conflicts)}

    try:
        days = wanted()
        made, _repeated = create_once(work, actor=actor, now=now)
    except InvalidInput as invalid:
        return _page(organisation_id, request.form.to_dict(), problems_of(invalid)), invalid.status
    flash(_("已登记 %(count)s 天。", count=made["days"]), "right")
    if count := made["conflicts"]:
        flash(ngettext("有 %(num)s 个预约与它冲突。", "有 %(num)s 个预约与它冲突。", count), "attention")
    return redirect(url_for(".closing_days", organisation_id=organisation_id), code=303)


def _page(organisation_id: int | None, form: Mapping[str, Any], problems: Mapping[str, list[str]]) -> str:
    """The list of days with the forms for more, and the conflicts that are open."""
    session, now = reading(), utcnow()
    require_calendar(session, organisation_id, require_actor())
    today = local_date(now)
    within = Reach(everywhere=True) if organisation_id is None else Reach(organisation_ids=frozenset({organisation_id}))
    found = [one for one in open_conflicts(session, within, now=now) if one.calendar_day]
    kinds = NATIONAL_KINDS if organisation_id is None else OWN_KINDS
    return render_template(
        "reservations/closing_days.html",
        organisation=None if organisation_id is None else queries.organisation(session, organisation_id),
        days=queries.days_ahead(session, organisation_id, today=today, until=today + AHEAD),
        conflicts=conflicts_shown(found),
        kinds=[(str(kind), _(labels.DAY_KIND[kind])) for kind in kinds],
        weekdays=[(number, _(label)) for number, label in labels.WEEKDAY.items()],
        kind_labels=labels.DAY_KIND,
        weekday_labels=labels.WEEKDAY,
        field_labels={name: _(label) for name, label in labels.FIELDS.items()},
        form=form,
        problems=problems,
        today=today,
        key=new_key(),
    )
