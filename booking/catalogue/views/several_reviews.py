"""Deciding about several versions on one page: each with its differences, each a decision of its own."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.attachments.labels import VISIBILITY
from booking.catalogue import labels as catalogue_labels
from booking.catalogue import review_labels, review_queries
from booking.catalogue.addresses import attachment_address
from booking.catalogue.bulk_approving import Approved, approve_many, parts
from booking.catalogue.page_forms import NotePage
from booking.catalogue.review_rules import REVIEWERS_NEEDED
from booking.catalogue.views.reviews import QueuePage
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import Forbidden, InvalidInput, Problem, Refused, StaleVersion
from booking.core.forms import read
from booking.core.pages import Page
from booking.core.texts import N_
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.signed_in import require_actor
from models.publishing import ReviewRound
from models.vocabulary.publishing import RoundState

PER_PAGE = 50


def several() -> ResponseReturnValue:
    """Show everything that waits for the person, each with its differences and a box to tick."""
    return _page(read_query(QueuePage).cursor)


def approve_several() -> ResponseReturnValue:
    """Approve each version that was ticked, and go on with the others; say of those that cannot be approved why."""
    actor, now, cursor = _reviewer(), utcnow(), ""
    try:
        cursor = read(QueuePage, {"cursor": request.form.get("cursor", "")}).cursor
        note = read(NotePage, {"note": request.form.get("note", "")}).note
        versions = _ticked()
    except InvalidInput as invalid:
        return _page(cursor, invalid)
    rows = [row for part in parts(versions) for row in transaction(approve_many, part, note, actor=actor, now=now)]
    refused = [row for row in rows if row.refused]
    if not refused:
        flash(_approved(rows), "right")
        return redirect(url_for(".several", cursor=cursor or None), code=303)
    return render_template(
        "catalogue/reviews_decided.html",
        said=_approved([row for row in rows if not row.refused]),
        refused=[_refused(row) for row in refused],
    )


def _approved(rows: Sequence[Approved]) -> str:
    """How many approvals stand, and how many versions are public now."""
    through = sum(row.state == RoundState.APPROVED for row in rows)
    sentence: str = _(
        "已同意 %(count)s 条，其中 %(through)s 条已发布，其余还需要另一位审查人。", count=len(rows), through=through
    )
    return sentence


def _reviewer() -> Actor:
    """Who reviews something; raises Forbidden for all others."""
    actor = require_actor()
    if not reach(actor, Permission.REVIEW_RECORD):
        raise Forbidden
    return actor


def _ticked() -> dict[int, int]:
    """The rounds that were ticked, each with the version that was on the page; raises InvalidInput for none."""
    pairs = [text.partition(":") for text in request.form.getlist("chosen")[:PER_PAGE]]
    found = {
        int(number): int(version)
        for number, _colon, version in pairs
        if all(text.isdecimal() and len(text) < 10 for text in (number, version))
    }
    if not found:
        raise InvalidInput([Problem("chosen", N_("请先勾选同意公开的记录。"))])
    return found


def _page(cursor: str, refused: InvalidInput | None = None) -> ResponseReturnValue:
    """What the person may still decide, the oldest first; what was ticked stays so."""
    actor, session = _reviewer(), reading()
    found: Page[ReviewRound] = review_queries.waiting_rounds(session, actor, limit=PER_PAGE, cursor=cursor)
    page = render_template(
        "catalogue/reviews_several.html",
        rows=_rows(session, found, actor),
        approvals_of=review_queries.approvals_of,
        reviewers_needed=REVIEWERS_NEEDED,
        address=attachment_address,
        visibilities=VISIBILITY,
        field_names={name: _(label) for name, label in catalogue_labels.FIELDS.items()},
        ticked=request.form.getlist("chosen"),
        cursor=cursor,
        decisions=review_labels.DECISION,
        next_cursor=found.next_cursor,
        form={"note": request.form.get("note", "")},
        problems=problems_of(refused) if refused else {},
    )
    return (page, refused.status) if refused else page


def _rows(session: Session, found: Page[ReviewRound], actor: Actor) -> list[tuple[Any, ...]]:
    """Each round that the person may still decide about, with what it would show."""
    files = review_queries.files_waiting(session, found.items)
    standings = review_queries.standings_of(session, found.items, actor)
    return [
        (one.round, one, files.get(one.round.id, [])) for one in standings if one.may_decide and not one.has_approved
    ]


def _refused(row: Approved) -> dict[str, Any]:
    """One decision that does not stand, and why."""
    return {"round_id": row.round_id, "name": in_language(row.name_zh, row.name_en), "why": _why(row.refused)}


def _why(refused: Refused | None) -> str:
    """The reason as a sentence."""
    if isinstance(refused, StaleVersion):
        return str(_("内容在您审查期间又有修改，请重新审查。"))
    return sentence_of(refused) if refused else ""
