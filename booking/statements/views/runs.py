"""The pages for issuing all drafts in one go: asked for with one button, then left or looked at until it is over."""

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.core.clock import utcnow
from booking.statements import runs
from booking.statements.labels import RUN_STATES
from booking.statements.views.finance import office, place_for
from booking.web.extensions import reading, transaction
from booking.web.signed_in import require_actor, signed_in
from models.statements import StatementRun
from models.vocabulary.statements import RunState


@signed_in
def issue_all(organisation_id: int) -> ResponseReturnValue:
    """Have all drafts issued; a second click shows the run that goes on."""
    place = place_for(organisation_id, Permission.MANAGE_STATEMENTS)
    run = transaction(_started, place.id)
    return redirect(url_for(".run", run_id=run), code=303)


def _started(session: Session, organisation_id: int) -> int:
    """The id of the run."""
    return runs.start_run(session, organisation_id, actor=require_actor(), now=utcnow()).id


@signed_in
def run(run_id: int) -> ResponseReturnValue:
    """Show how far issuing has come, and what has come of it."""
    found = runs.run_for(reading(), run_id, require_actor())
    return render_template("statements/run.html", **office(found.organisation, "drafts"), **told(found))


@signed_in
def run_progress(run_id: int) -> ResponseReturnValue:
    """How far it has come; when it is over, the whole page is to be shown."""
    found = runs.run_for(reading(), run_id, require_actor())
    answer = Response(render_template("statements/_run.html", **told(found)))
    if found.state != RunState.RUNNING:
        answer.headers["HX-Refresh"] = "true"
    return answer


def told(found: StatementRun) -> dict[str, object]:
    """A run in words."""
    return {"run": found, "run_state": _(RUN_STATES[found.state]), "is_running": found.state == RunState.RUNNING}
