"""The pages of invitations: the organisation's list, and what an invited person sees."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field

from booking.accounts.mailed import LinkSpent
from booking.accounts.permissions import Permission
from booking.affiliations import handed_links, house_queries, invitations, labels
from booking.affiliations.forms import HandedLinksForm
from booking.affiliations.looking import note_invited
from booking.affiliations.rules import OWNS_INSTRUMENTS
from booking.affiliations.views.showing import manages, problems_in, seen_organisation, status_of
from booking.core.clock import utcnow
from booking.core.errors import Conflict, InvalidInput, NotFound, Problem, Refused
from booking.core.forms import Blank, Line, PageForm
from booking.core.secret import normal_code
from booking.core.texts import N_
from booking.web import filters, signed_in
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form, read_query
from booking.web.signed_in import require_actor
from booking.web.tables import table_response
from models.affiliations import Invitation
from models.directory import Organisation
from models.vocabulary.affiliations import InvitationState

PER_PAGE = 50


class HandedLinksPage(HandedLinksForm, PageForm):
    """Whom to make links for, and how to take them away."""

    kind: Literal["letters", "csv", "xlsx"] = "letters"


class CodeQuery(PageForm):
    """A code as somebody typed it."""

    code: Annotated[Line, Field(max_length=200)] = ""


class ListQuery(PageForm):
    """Which invitations are shown."""

    state: Annotated[InvitationState | None, Blank] = None
    cursor: Annotated[str, Field(max_length=200)] = ""


def listed(organisation_id: int) -> ResponseReturnValue:
    """Show the invitations of an organisation: a logged look at each."""
    return _page(organisation_id)


def resend(invitation_id: int) -> ResponseReturnValue:
    """Send an invitation again."""
    found = _managed(invitation_id)
    try:
        transaction(invitations.resend_invitation, invitation_id, actor=require_actor(), now=utcnow())
    except Conflict as refused:
        return _page(found.organisation_id, refused)
    flash(_("已重新寄出邀请，一个月内有效。"), "right")
    return redirect(url_for(".invitations", organisation_id=found.organisation_id), code=303)


def withdraw(invitation_id: int) -> ResponseReturnValue:
    """Make an invitation void."""
    found = _managed(invitation_id)
    try:
        transaction(invitations.withdraw_invitation, invitation_id, actor=require_actor(), now=utcnow())
    except Conflict as refused:
        return _page(found.organisation_id, refused)
    flash(_("已撤回邀请，链接不再有效。"), "right")
    return redirect(url_for(".invitations", organisation_id=found.organisation_id), code=303)


def make_link(invitation_id: int) -> ResponseReturnValue:
    """Make a link to hand over by other means, shown this once."""
    found = _managed(invitation_id)
    try:
        made, secret = transaction(invitations.make_link, invitation_id, actor=require_actor(), now=utcnow())
    except Conflict as refused:
        return _page(found.organisation_id, refused)
    return _page(found.organisation_id, made=(made.name, _link(secret)))


def hand_links(organisation_id: int) -> ResponseReturnValue:
    """Make links for everybody without an address: letters to print, or a table; shown this once."""
    organisation = seen_organisation(organisation_id, Permission.MANAGE_AFFILIATIONS)
    try:
        form = read_form(HandedLinksPage)
        wanted = HandedLinksForm(renews=form.renews)
        made = transaction(handed_links.make_links, organisation_id, wanted, actor=require_actor(), now=utcnow())
    except Refused as refused:
        return _page(organisation_id, refused)
    seen = [one.id for one, _code in made]
    transaction(note_invited, organisation_id, seen, actor=require_actor(), now=utcnow())
    if form.kind != "letters":
        return table_response(_rows(made), f"invitations-{organisation_id}", form.kind, title=_("邀请"))
    letters = [(one, code, _link(code), handed_links.holds_until(one)) for one, code in made]
    entry = url_for(".enter_code", _external=True)
    return render_template("affiliations/letters.html", organisation=organisation, letters=letters, entry=entry)


def enter_code() -> ResponseReturnValue:
    """Take a code from paper to its invitation; one that opens nothing is said at the field."""
    code = read_query(CodeQuery).code
    if not code:
        return render_template("affiliations/enter_code.html", code="", problems={})
    try:
        invitations.invitation_by_secret(reading(), code, now=utcnow())
    except LinkSpent:
        wrong = InvalidInput([Problem("code", N_("邀请码不正确、已使用或已过期。"))])
        page = render_template("affiliations/enter_code.html", code=code, problems=problems_in(wrong))
        return page, wrong.status
    return redirect(url_for(".invited", secret=normal_code(code)), code=303)


def invited(secret: str) -> ResponseReturnValue:
    """Show an invitation to whoever has its link, and accept it with the account that is signed in."""
    now, actor = utcnow(), signed_in.actor()
    try:
        if request.method == "POST":
            transaction(invitations.accept_invitation, secret, actor=require_actor(), now=now)
            flash(_("您的隶属已确认。"), "right")
            return redirect(url_for(".mine"), code=303)
        found = invitations.invitation_by_secret(reading(), secret, now=now)
    except LinkSpent as spent:
        return render_template("affiliations/invited.html", problems=problems_in(spent), secret=""), spent.status
    organisation = reading().get_one(Organisation, found.organisation_id)
    return render_template(
        "affiliations/invited.html",
        problems={},
        secret=secret,
        invitation=found,
        organisation=organisation,
        by_address=organisation.kind in OWNS_INSTRUMENTS,
        actor=actor,
    )


def _link(secret: str) -> str:
    """The address that accepts an invitation."""
    return url_for(".invited", secret=secret, _external=True)


def _rows(made: Sequence[tuple[Invitation, str]]) -> Iterator[list[str]]:
    """Whom to hand which link, as a table."""
    yield [_("工号"), _("姓名"), _("手机"), _("邀请码"), _("链接"), _("失效")]
    for one, code in made:
        yield [one.staff_number, one.name, one.phone, code, _link(code), filters.day(handed_links.holds_until(one))]


def _managed(invitation_id: int) -> Invitation:
    """The invitation, for who may decide on it; raises NotSignedIn or NotFound."""
    actor = require_actor()
    found = reading().get(Invitation, invitation_id)
    if found is None or not manages(actor, found.organisation_id):
        raise NotFound
    return found


def _page(
    organisation_id: int, refused: Refused | None = None, made: tuple[str, str] | None = None
) -> ResponseReturnValue:
    """The invitations, the newest first; a link just made is shown once."""
    organisation, now = seen_organisation(organisation_id), utcnow()
    query = read_query(ListQuery) if request.method == "GET" else ListQuery()
    found = house_queries.invitations(reading(), organisation_id, query.state, limit=PER_PAGE, cursor=query.cursor)
    page = render_template(
        "affiliations/invitations.html",
        organisation=organisation,
        page=found,
        query=query,
        tabs=[
            {
                "label": label,
                "url": url_for(".invitations", organisation_id=organisation_id, state=state),
                "active": state == query.state,
            }
            for state, label in [(None, _("全部")), *((s, _(text)) for s, text in labels.INVITATION.items())]
        ],
        may_manage=manages(require_actor(), organisation_id),
        labels=labels,
        handing={
            "new": handed_links.count_waiting(reading(), organisation_id, now=now),
            "all": handed_links.count_waiting(reading(), organisation_id, now=now, with_links=True),
            "most": handed_links.MOST_AT_ONCE,
        },
        made=made,
        problems=problems_in(refused),
    )
    if refused is None:
        seen = [one.id for one in found.items]
        transaction(note_invited, organisation_id, seen, actor=require_actor(), now=now)
    return page, status_of(refused)
