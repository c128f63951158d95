"""What waits for secrecy review, and deciding about one version."""

from collections.abc import Callable
from typing import Annotated

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field

from booking.accounts.permissions import Permission, reach
from booking.attachments.labels import VISIBILITY
from booking.catalogue import labels as catalogue_labels
from booking.catalogue import review_labels, review_queries, reviewing
from booking.catalogue.addresses import attachment_address
from booking.catalogue.review_rules import REVIEWERS_NEEDED
from booking.catalogue.step_forms import PublishingNote, PublishingReason
from booking.core.clock import utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, Refused, StaleVersion
from booking.core.forms import PageForm
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form, read_query
from booking.web.signed_in import require_actor
from models.vocabulary.publishing import RoundState

PER_PAGE = 50


class QueuePage(PageForm):
    """Which page of the queue."""

    cursor: Annotated[str, Field(max_length=200)] = ""


class Decided(PageForm):
    """A decision about the version that was on the page."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class ApprovalPage(PublishingNote, Decided):
    """An approval."""


class RefusalPage(PublishingReason, Decided):
    """Sending back or withholding."""


def reviews() -> ResponseReturnValue:
    """List what waits for the person's review, the oldest first."""
    actor, session = require_actor(), reading()
    if not reach(actor, Permission.REVIEW_RECORD):
        raise Forbidden
    found = review_queries.waiting_rounds(session, actor, limit=PER_PAGE, cursor=read_query(QueuePage).cursor)
    rows = list(zip(found.items, review_queries.standings_of(session, found.items, actor), strict=True))
    return render_template(
        "catalogue/reviews.html",
        rows=rows,
        approvals_of=review_queries.approvals_of,
        reviewers_needed=REVIEWERS_NEEDED,
        next_cursor=found.next_cursor,
    )


def review(round_id: int) -> ResponseReturnValue:
    """Show one version beside what was last reviewed."""
    return _page(round_id)


def approve(round_id: int) -> ResponseReturnValue:
    """Approve the version on the page."""

    def work() -> str:
        form = read_form(ApprovalPage)
        actor, now = require_actor(), utcnow()
        decided = transaction(reviewing.approve_round, round_id, form.note, actor=actor, now=now, seen=form.version)
        is_through = decided.state == RoundState.APPROVED
        return str(_("审查通过，已发布。") if is_through else _("已记录您的意见，还需要另一位审查人。"))

    return _decided(round_id, work)


def send_back(round_id: int) -> ResponseReturnValue:
    """Send the version on the page back."""
    return _refused(round_id, reviewing.send_back_round, _("已退回修改。"))


def withhold(round_id: int) -> ResponseReturnValue:
    """Keep the record from the public."""
    return _refused(round_id, reviewing.withhold_round, _("记录已改为不公开。"))


def _refused(round_id: int, step: Callable[..., object], done: str) -> ResponseReturnValue:
    """A decision that needs a reason."""

    def work() -> str:
        form = read_form(RefusalPage)
        transaction(step, round_id, form.reason, actor=require_actor(), now=utcnow(), seen=form.version)
        return done

    return _decided(round_id, work)


def _decided(round_id: int, work: Callable[[], str]) -> ResponseReturnValue:
    """Do the work and go back to the queue; after a refusal the page again, filled in."""
    require_actor()
    review_queries.round_for(reading(), round_id, require_actor())
    try:
        done = work()
    except (InvalidInput, StaleVersion, Conflict) as refused:
        return _page(round_id, refused)
    flash(done, "right")
    return redirect(url_for(".reviews"), code=303)


def _page(round_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The version with its differences, earlier decisions and the forms."""
    session = reading()
    standing = review_queries.round_for(session, round_id, require_actor())
    page = render_template(
        "catalogue/review.html",
        standing=standing,
        round=standing.round,
        instrument=standing.round.instrument,
        approvals=review_queries.approvals_of(standing.round),
        reviewers_needed=REVIEWERS_NEEDED,
        files=review_queries.files_waiting(session, [standing.round]).get(round_id, []),
        address=attachment_address,
        visibilities=VISIBILITY,
        labels=review_labels,
        field_names={name: _(label) for name, label in catalogue_labels.FIELDS.items()},
        form={name: request.form.get(name, "") for name in ("note", "reason")},
        problems=_problems(refused),
    )
    if refused is None:
        return page
    return page, Conflict.status if isinstance(refused, StaleVersion) else refused.status


def _problems(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field."""
    if refused is None:
        return {}
    if isinstance(refused, InvalidInput):
        return problems_of(refused)
    if isinstance(refused, StaleVersion):
        return {"": [_("内容在您审查期间又有修改，请重新审查下面的版本。")]}
    return {"": [sentence_of(refused)]}
