"""The pages of changes of owner: offering an instrument, and answering an offer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may, reach
from booking.catalogue import keeping, labels, owner_labels, owner_queries, owners, queries
from booking.catalogue.step_forms import OwnerAcceptance, OwnerProposal
from booking.catalogue.views.choices import organisation_choices, unit_choices
from booking.catalogue.views.sheet import editable, saved, shown
from booking.core.actors import Reach
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, Refused
from booking.core.forms import Line, PageForm
from booking.directory.queries import units
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from models.vocabulary.custody import OwnerChangeState

PER_PAGE = 50


class ProposalPage(OwnerProposal, PageForm):
    """An offer as typed."""


class AcceptancePage(OwnerAcceptance, PageForm):
    """An acceptance as typed."""


class DeclinePage(PageForm):
    """Why not, as typed."""

    reason: Annotated[Line, Field(max_length=600)] = ""


class WithdrawPage(PageForm):
    """Why it stays, as typed."""

    why: Annotated[Line, Field(max_length=600)] = ""


class ListPage(PageForm):
    """Which page of the list."""

    cursor: Annotated[str, Field(max_length=200)] = ""


def owner(instrument_id: int) -> ResponseReturnValue:
    """Show whose the instrument was and is, with the form that offers it to another institution."""
    return shown("owner", instrument_id, typed=dict.fromkeys(OwnerProposal.model_fields, ""), **_more(instrument_id))


def propose_owner(instrument_id: int) -> ResponseReturnValue:
    """Offer the instrument, once however often the form is sent."""
    more = _more(instrument_id)
    actor = require_actor()

    def work() -> None:
        form, now = OwnerProposal(**read_form(ProposalPage).model_dump()), utcnow()

        def make(session: Session) -> dict[str, Any]:
            return {"id": owners.propose_owner(session, instrument_id, form, actor=actor, now=now).id}

        create_once(make, actor=actor, now=now)

    return saved("owner", instrument_id, OwnerProposal, work, **more)


def owner_changes() -> ResponseReturnValue:
    """List what one's institutions give and receive, the last first."""
    actor = require_actor()
    if not reach(actor, Permission.SEE_RECORD):
        raise Forbidden
    found = owner_queries.changes_within(reading(), actor, limit=PER_PAGE, cursor=read_query(ListPage).cursor)
    return render_template(
        "catalogue/owner_changes.html",
        rows=found.items,
        named={row.id for row in found.items if owner_queries.tells_name(row, actor)},
        next_cursor=found.next_cursor,
        labels=owner_labels,
    )


def owner_change(change_id: int) -> ResponseReturnValue:
    """Show one change with what the reader may do about it."""
    return _page(change_id)


def accept_owner(change_id: int) -> ResponseReturnValue:
    """Take the instrument."""

    def work() -> object:
        return OwnerAcceptance(**read_form(AcceptancePage).model_dump())

    return _answered(change_id, owners.accept_owner, work, _("已接收。"))


def decline_owner(change_id: int) -> ResponseReturnValue:
    """Do not take the instrument."""
    return _answered(change_id, owners.decline_owner, lambda: read_form(DeclinePage).reason, _("已答复不接收。"))


def withdraw_owner(change_id: int) -> ResponseReturnValue:
    """Keep the instrument after all."""
    return _answered(change_id, owners.withdraw_owner, lambda: read_form(WithdrawPage).why, _("已撤回。"))


def _answered(
    change_id: int, step: Callable[..., object], said: Callable[[], object], done: str
) -> ResponseReturnValue:
    """Do one step; after a refusal the page again, filled in."""
    owner_queries.change_for(reading(), change_id, require_actor())
    try:
        transaction(step, change_id, said(), actor=require_actor(), now=utcnow())
    except (InvalidInput, Conflict) as refused:
        return _page(change_id, refused)
    flash(done, "right")
    return redirect(url_for(".owner_change", change_id=change_id), code=303)


def _page(change_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The change, and the forms for the reader's side."""
    session, actor = reading(), require_actor()
    change, side = owner_queries.change_for(session, change_id, actor)
    page = render_template(
        "catalogue/owner_change.html",
        change=change,
        side=side,
        is_open=change.state in owner_queries.OPEN,
        is_named=owner_queries.tells_name(change, actor),
        may_read=queries.is_readable(change.instrument, actor),
        sets_prices=change.state == OwnerChangeState.APPLIED
        and may(actor, Permission.SET_PRICES, queries.target_of(change.instrument)),
        units=unit_choices(units(session, change.to_organisation_id)) if side.receives else [],
        labels=owner_labels,
        field_names={name: _(label) for name, label in labels.FIELDS.items()},
        form={name: request.form.get(name, "") for name in (*OwnerAcceptance.model_fields, "reason", "why")},
        problems=_problems(refused),
    )
    return page, refused.status if refused else 200


def _problems(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field."""
    if refused is None:
        return {}
    return problems_of(refused) if isinstance(refused, InvalidInput) else {"": [sentence_of(refused)]}


def _more(instrument_id: int) -> dict[str, Any]:
    """Every owner, the change that waits, and to whom the instrument could go."""
    record, session = editable(instrument_id), reading()
    others = [
        one
        for one in queries.organisations_within(session, Reach(everywhere=True))
        if one.id != record.instrument.organisation_id
    ]
    along, today = keeping.going_along(session, instrument_id), local_date(utcnow())
    return {
        "tenures": owner_queries.owners_of(session, record.instrument),
        "change": owner_queries.open_change(session, instrument_id),
        "along": along,
        "earliest": today + (keeping.NOTICE if along.is_written else timedelta()),
        "notice_days": keeping.NOTICE.days,
        "owner_labels": owner_labels,
        "may_change_owner": may(require_actor(), Permission.CHANGE_OWNER, record.target),
        "organisations": organisation_choices(others),
        "key": request.form.get("idempotency_key") or new_key(),
    }
