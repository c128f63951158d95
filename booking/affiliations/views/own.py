"""The pages on which a person sees, asks for and renews their own affiliations."""

from typing import Annotated, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field
from sqlalchemy.orm import Session

from booking.accounts import mailed
from booking.accounts.succession import SuccessorNeeded
from booking.accounts.views.again import origin
from booking.accounts.views.ending_grants import lacks_shown
from booking.affiliations import house_queries, labels, leaving, mail_domains, queries, registrations, service
from booking.affiliations.forms import AskAffiliationForm, Id
from booking.affiliations.views.showing import problems_in, status_of, unit_choices
from booking.core.actors import Reach
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, InvalidInput, NotFound, Refused
from booking.core.forms import Blank, Line, PageForm
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.directory import Organisation
from models.vocabulary.accounts import TokenPurpose
from models.vocabulary.affiliations import AffiliationState

MOST_FOUND = 20


class AskPage(AskAffiliationForm, PageForm):
    """The asking as the page sends it."""


class FindQuery(PageForm):
    """Which organisation is looked for, or was chosen."""

    q: Annotated[Line, Field(max_length=100)] = ""
    organisation: Annotated[Id | None, Blank] = None


@signed_in
def mine() -> ResponseReturnValue:
    """Show one's affiliations, and find an organisation to ask."""
    try:
        query = read_query(FindQuery)
    except InvalidInput:
        query = FindQuery()
    return _page(query.q, query.organisation)


@signed_in
def ask() -> ResponseReturnValue:
    """Ask an organisation to confirm that one belongs to it."""
    actor, now = require_actor(), utcnow()
    try:
        form = AskAffiliationForm(**read_form(AskPage).model_dump())

        def work(session: Session) -> dict[str, Any]:
            return {"state": mail_domains.ask(session, form, actor=actor, now=now).state}

        answer, _repeated = create_once(work, actor=actor, now=now)
    except Refused as refused:
        return _page("", request.form.get("organisation_id", type=int), refused)
    is_waiting = answer["state"] == "pending"
    flash(
        _("已提出申请，单位确认后会发邮件告诉您。") if is_waiting else _("您的邮箱属于这个单位，隶属已确认。"), "right"
    )
    return redirect(url_for(".mine"), code=303)


@signed_in
def withdraw(affiliation_id: int) -> ResponseReturnValue:
    """Take back what one asked for."""
    try:
        transaction(service.withdraw_asking, affiliation_id, actor=require_actor(), now=utcnow())
    except Conflict as refused:
        return _page("", None, refused)
    flash(_("已撤回申请。"), "right")
    return redirect(url_for(".mine"), code=303)


@signed_in
def leave(affiliation_id: int) -> ResponseReturnValue:
    """Ask whether somebody really leaves an organisation, then end their affiliation today."""
    if request.method == "GET":
        return _leave_page(affiliation_id)
    try:
        transaction(leaving.leave_organisation, affiliation_id, actor=require_actor(), now=utcnow())
    except Conflict as refused:
        return _page("", None, refused)
    except SuccessorNeeded as refused:
        return _leave_page(affiliation_id, refused)
    flash(_("已结束隶属，今天是最后一天。单位管理员会收到邮件。"), "right")
    return redirect(url_for(".mine"), code=303)


@signed_in
def ask_renewal() -> ResponseReturnValue:
    """Ask for the mail that renews an affiliation."""
    try:
        transaction(mail_domains.ask_renewal, actor=require_actor(), now=utcnow())
    except Conflict as refused:
        return _page("", None, refused)
    flash(_("已寄出邮件，请打开其中的链接完成延长。"), "right")
    return redirect(url_for(".mine"), code=303)


def renew(secret: str) -> ResponseReturnValue:
    """Renew an affiliation by a button: programs that look at links in mails press none."""
    now = utcnow()
    try:
        if request.method == "POST":
            made = transaction(mail_domains.renew_by_secret, secret, origin=origin(), now=now)
            return render_template("affiliations/renewed.html", ends_on=made.ends_on)
        email = mailed.email_of_secret(reading(), secret, TokenPurpose.RENEW_AFFILIATION, now=now)
    except Refused as refused:
        return render_template("affiliations/renew.html", problems=problems_in(refused), secret=""), refused.status
    return render_template("affiliations/renew.html", problems={}, secret=secret, email=email)


def _leave_page(affiliation_id: int, refused: SuccessorNeeded | None = None) -> ResponseReturnValue:
    """What ends when somebody leaves, and which of their roles need somebody else first."""
    actor, row = require_actor(), queries.row(reading(), affiliation_id)
    if row.person.id != actor.id or row.affiliation.state != AffiliationState.CONFIRMED:
        raise NotFound
    page = render_template(
        "affiliations/leave.html",
        row=row,
        lacks=lacks_shown(refused.lacks) if refused else [],
        future_bookings=queries.future_bookings(reading(), actor.id, row.organisation.id, now=utcnow()),
        problems=problems_in(refused),
    )
    return page, status_of(refused)


def _page(text: str, organisation_id: int | None, refused: Refused | None = None) -> ResponseReturnValue:
    """One's affiliations with the way to another: found organisations, or the form for the one chosen."""
    actor, session = require_actor(), reading()
    is_id = organisation_id is not None and 0 < organisation_id < 2**31
    chosen = session.get(Organisation, organisation_id) if is_id else None
    page = render_template(
        "affiliations/mine.html",
        rows=queries.of_person(session, actor.id),
        registrations=house_queries.registrations(
            session, None, within=Reach(), registrant_id=actor.id, limit=MOST_FOUND
        ).items,
        labels=labels,
        text=text,
        found=house_queries.found_organisations(session, text, limit=MOST_FOUND) if text and not chosen else [],
        chosen=chosen,
        is_unmanaged=chosen is not None and registrations.is_unmanaged(session, chosen, now=utcnow()),
        units=unit_choices(chosen.id) if chosen else [],
        form=request.form,
        problems=problems_in(refused),
        may_renew=mail_domains.renewable(session, actor.id, actor.email) is not None,
        today=local_date(utcnow()),
        key=new_key(),
    )
    return page, status_of(refused)
