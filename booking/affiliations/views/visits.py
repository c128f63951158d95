"""The pages of visitors: register, list, decide, and the one look at an identity number."""

from functools import partial
from typing import Annotated, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.affiliations import hosting, house_queries, labels, queries, rules, visitors
from booking.affiliations.forms import HostForm, RefuseForm, VisitChangeForm, VisitEndForm, VisitForm
from booking.affiliations.looking import note_visitors
from booking.affiliations.views.showing import choices, manages, problems_in, status_of, typed_or
from booking.core.actors import Actor, Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, Refused
from booking.core.forms import Blank, PageForm
from booking.directory import queries as directory
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from models.accounts import User
from models.vocabulary.affiliations import VisitState

PER_PAGE = 50


class VisitPage(VisitForm, PageForm):
    """A visit as the page sends it."""


class ChangePage(VisitChangeForm, PageForm):
    """Other days or another purpose as the page sends them."""


class EndPage(VisitEndForm, PageForm):
    """The end of a visit as the page sends it."""


class RefusePage(RefuseForm, PageForm):
    """A reason as the page sends it."""


class HostPage(HostForm, PageForm):
    """A host as the page sends them."""


class ListQuery(PageForm):
    """Which visits are shown."""

    state: Annotated[VisitState | None, Blank] = None
    without_host: bool = False
    cursor: Annotated[str, Field(max_length=200)] = ""


def listed(organisation_id: int) -> ResponseReturnValue:
    """Show visitors: all of them to the admin, one's own to a host; with the form for another."""
    return _list_page(organisation_id)


def register(organisation_id: int) -> ResponseReturnValue:
    """Register a visitor."""
    actor, now = _entitled(organisation_id), utcnow()
    try:
        form = VisitForm(**read_form(VisitPage).model_dump())

        def work(session: Session) -> dict[str, int]:
            return {"id": visitors.register_visitor(session, organisation_id, form, actor=actor, now=now).id}

        made, _repeated = create_once(work, actor=actor, now=now)
    except Refused as refused:
        return _list_page(organisation_id, refused)
    flash(_("已登记来访。"), "right")
    return redirect(url_for(".visit", visit_id=made["id"]), code=303)


def show(visit_id: int) -> ResponseReturnValue:
    """Show one visit, with its identity number masked: a look that is logged for the visitor."""
    page = _page(visit_id)
    actor = require_actor()
    visit = visitors.visit_for(reading(), visit_id, actor, now=utcnow())
    transaction(note_visitors, visit.organisation_id, [visit], actor=actor, now=utcnow())
    return page


def confirm(visit_id: int) -> ResponseReturnValue:
    """Confirm a visit."""
    return _step(visit_id, visitors.confirm_visit, _("已确认来访，并已发邮件告知。"))


def change(visit_id: int) -> ResponseReturnValue:
    """Give a visit other days or another purpose."""
    actor = require_actor()
    visitors.visit_for(reading(), visit_id, actor, now=utcnow())
    try:
        form = VisitChangeForm(**read_form(ChangePage).model_dump())
        visit = transaction(visitors.change_visit, visit_id, form, actor=actor, now=utcnow())
    except (InvalidInput, Conflict) as refused:
        return _page(visit_id, refused)
    flash(_("已修改，等待管理员确认。") if visit.state == VisitState.PENDING else _("已修改。"), "right")
    return redirect(url_for(".visit", visit_id=visit_id), code=303)


def end(visit_id: int) -> ResponseReturnValue:
    """End a visit, or call it off."""
    nobody_came = read_form(EndPage).nobody_came
    return _step(visit_id, partial(visitors.end_visit, nobody_came=nobody_came), _("来访已结束。"))


def refuse(visit_id: int) -> ResponseReturnValue:
    """Refuse a visit."""
    actor = require_actor()
    visitors.visit_for(reading(), visit_id, actor, now=utcnow())
    try:
        reason = read_form(RefusePage).reason
        transaction(visitors.refuse_visit, visit_id, reason, actor=actor, now=utcnow())
    except Refused as refused:
        return _page(visit_id, refused)
    flash(_("已拒绝，并已发邮件告知原因。"), "right")
    return redirect(url_for(".visit", visit_id=visit_id), code=303)


def name_host(visit_id: int) -> ResponseReturnValue:
    """Say who receives the visitor from now on."""
    actor = require_actor()
    visitors.visit_for(reading(), visit_id, actor, now=utcnow())
    try:
        form = HostForm(**read_form(HostPage).model_dump())
        transaction(hosting.name_host, visit_id, form, actor=actor, now=utcnow())
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return _page(visit_id, refused)
    flash(_("已指定接待人，并已发邮件告知。"), "right")
    return redirect(url_for(".visit", visit_id=visit_id), code=303)


def identity(visit_id: int) -> ResponseReturnValue:
    """Show the whole identity number once; the look is written into the audit log."""
    number = transaction(visitors.identity_number, visit_id, actor=require_actor(), now=utcnow())
    return _page(visit_id, number=number)


def _step(visit_id: int, step: Any, sentence: str) -> ResponseReturnValue:
    """One step of a visit, then its page again."""
    try:
        transaction(step, visit_id, actor=require_actor(), now=utcnow())
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return _page(visit_id, refused)
    flash(sentence, "right")
    return redirect(url_for(".visit", visit_id=visit_id), code=303)


def _entitled(organisation_id: int) -> Actor:
    """Whoever may see or register visitors of the organisation; raises NotFound, NotSignedIn or Forbidden."""
    session = reading()
    directory.organisation(session, organisation_id)
    actor = require_actor()
    sees = may(actor, Permission.SEE_AFFILIATIONS, Target(organisation_id))
    if not sees and not queries.belongs(session, actor.id, organisation_id, local_date(utcnow())):
        raise Forbidden
    return actor


def _list_page(organisation_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The visits that the person may see, the newest first, with the form for another."""
    actor, session = _entitled(organisation_id), reading()
    query = read_query(ListQuery) if request.method == "GET" else ListQuery()
    sees_all = may(actor, Permission.SEE_AFFILIATIONS, Target(organisation_id))
    is_admin, today = manages(actor, organisation_id), local_date(utcnow())
    page = render_template(
        "affiliations/visits.html",
        organisation=directory.organisation(session, organisation_id),
        page=house_queries.visits(
            session,
            organisation_id,
            query.state,
            host_id=None if sees_all else actor.id,
            without_host=query.without_host,
            limit=PER_PAGE,
            cursor=query.cursor,
        ),
        query=query,
        tabs=_tabs(organisation_id, query),
        sees_all=sees_all,
        is_admin=is_admin,
        may_register=is_admin or queries.belongs(session, actor.id, organisation_id, today),
        form=typed_or({"identity_kind": "resident_id", "starts_on": today, "ends_on": today}, refused),
        kinds=choices(labels.IDENTITY_KIND),
        problems=problems_in(refused),
        labels=labels,
        today=today,
        key=new_key(),
    )
    return page, status_of(refused)


def _tabs(organisation_id: int, query: ListQuery) -> list[dict[str, Any]]:
    """The states of visits, and those that lack a host."""
    narrowed: list[tuple[str, dict[str, Any]]] = [(_("全部"), {})]
    narrowed += [(_(text), {"state": state}) for state, text in labels.VISIT.items()]
    narrowed.append((_("没有接待人"), {"without_host": "1"}))
    here = {"without_host": "1"} if query.without_host else {"state": query.state} if query.state else {}
    return [
        {
            "label": label,
            "url": url_for(".visits", organisation_id=organisation_id, **asked),
            "active": asked == here,
        }
        for label, asked in narrowed
    ]


def _page(visit_id: int, refused: Refused | None = None, number: str = "") -> ResponseReturnValue:
    """One visit; the number is masked unless it was asked for."""
    actor, session = require_actor(), reading()
    visit = visitors.visit_for(session, visit_id, actor, now=utcnow())
    is_admin = manages(actor, visit.organisation_id)
    page = render_template(
        "affiliations/visit.html",
        organisation=directory.organisation(session, visit.organisation_id),
        visit=visit,
        host=session.get_one(User, visit.host_id),
        number=number or rules.masked(visit.identity_number),
        is_whole=bool(number),
        is_admin=is_admin,
        may_end=visitors.may_change(session, visit, actor, now=utcnow()),
        last_day=hosting.last_day_of(visit),
        labels=labels,
        form=typed_or({"reason": "", **{name: getattr(visit, name) for name in VisitChangeForm.model_fields}}, refused),
        problems=problems_in(refused),
        today=local_date(utcnow()),
    )
    return page, status_of(refused)
