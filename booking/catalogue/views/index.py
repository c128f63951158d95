"""The list of instruments one runs, and adding a new one."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.catalogue import labels, queries, service
from booking.catalogue.missing import missing_of_all
from booking.catalogue.page_forms import NewInstrumentPage, OwnList
from booking.catalogue.views.choices import organisation_choices
from booking.core.clock import utcnow
from booking.core.errors import Forbidden, InvalidInput
from booking.web.errors import problems_of
from booking.web.extensions import reading
from booking.web.reading import read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from models.vocabulary.catalogue import PublishingState

PER_PAGE = 50


def index() -> ResponseReturnValue:
    """List the instruments the person runs, with what each still lacks before publishing."""
    within = reach(require_actor(), Permission.EDIT_RECORD)
    if not within:
        raise Forbidden
    wanted, session = read_query(OwnList), reading()
    state = PublishingState(wanted.state) if wanted.state else None
    counts = queries.count_own(session, within, wanted.q)
    total = counts.get(state, 0) if state else sum(counts.values())
    found = queries.own_instruments(
        session, within, state=state, words=wanted.q, limit=PER_PAGE, offset=(wanted.page - 1) * PER_PAGE
    )
    missing = missing_of_all(session, found)
    return render_template(
        "catalogue/index.html",
        rows=[(instrument, missing[instrument.id]) for instrument in found],
        wanted=wanted,
        total=total,
        tabs=_tabs(wanted, counts),
        pages=-(-total // PER_PAGE),
        labels=labels,
        may_add=bool(reach(require_actor(), Permission.ADD_RECORD)),
        may_import=bool(reach(require_actor(), Permission.IMPORT_RECORDS)),
    )


def _tabs(wanted: OwnList, counts: dict[PublishingState, int]) -> list[dict[str, Any]]:
    """One tab for all and one for each state that has records."""
    entries = [("", _("全部"), sum(counts.values()))]
    entries += [(s.value, _(labels.PUBLISHING_STATE[s]), counts[s]) for s in PublishingState if counts.get(s)]
    return [
        {
            "label": label,
            "count": number,
            "active": wanted.state == state,
            "url": url_for("catalogue.index", state=state or None, q=wanted.q or None),
        }
        for state, label, number in entries
    ]


def new() -> ResponseReturnValue:
    """Show the form for a new record."""
    return _form({}, {})


def create() -> ResponseReturnValue:
    """Make the draft, once however often the form is sent, and go on to its edit page."""
    actor, now = require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": service.create_instrument(session, form, actor=actor, now=now).id}

    try:
        form = read_form(NewInstrumentPage)
        answer, _repeated = create_once(work, actor=actor, now=now)
    except InvalidInput as invalid:
        return _form(request.form.to_dict(), problems_of(invalid)), invalid.status
    flash(_("已新建草稿，请补充内容后发布。"), "right")
    return redirect(url_for(".edit", instrument_id=answer["id"]), code=303)


def _form(form: dict[str, str], problems: dict[str, list[str]]) -> str:
    """The form for a new record; raises Forbidden for who may add none."""
    within = reach(require_actor(), Permission.ADD_RECORD)
    if not within:
        raise Forbidden
    return render_template(
        "catalogue/new.html",
        form=form,
        problems=problems,
        organisations=organisation_choices(queries.organisations_within(reading(), within)),
        field_names={field: _(label) for field, label in labels.FIELDS.items()},
        key=form.get("idempotency_key") or new_key(),
    )
