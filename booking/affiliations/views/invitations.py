"""The pages of invitations: the organisation's list, and what an invited person sees."""

from typing import Annotated

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field

from booking.accounts.mailed import LinkSpent
from booking.affiliations import invitations, labels, queries
from booking.affiliations.views.showing import manages, problems_in, seen_organisation, status_of
from booking.core.clock import utcnow
from booking.core.errors import Conflict, NotFound, Refused
from booking.core.forms import Blank, PageForm
from booking.web import signed_in
from booking.web.extensions import reading, transaction
from booking.web.reading import read_query
from booking.web.signed_in import require_actor
from models.affiliations import Invitation
from models.directory import Organisation
from models.vocabulary.affiliations import InvitationState

PER_PAGE = 50


class ListQuery(PageForm):
    """Which invitations are shown."""

    state: Annotated[InvitationState | None, Blank] = None
    cursor: Annotated[str, Field(max_length=200)] = ""


def listed(organisation_id: int) -> ResponseReturnValue:
    """Show the invitations of an organisation."""
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
    link = url_for(".invited", secret=secret, _external=True)
    return _page(found.organisation_id, made=(made.name, link))


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
    return render_template(
        "affiliations/invited.html",
        problems={},
        secret=secret,
        invitation=found,
        organisation=reading().get_one(Organisation, found.organisation_id),
        actor=actor,
    )


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
    organisation = seen_organisation(organisation_id)
    query = read_query(ListQuery) if request.method == "GET" else ListQuery()
    page = render_template(
        "affiliations/invitations.html",
        organisation=organisation,
        page=queries.invitations(reading(), organisation_id, query.state, limit=PER_PAGE, cursor=query.cursor),
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
        made=made,
        problems=problems_in(refused),
    )
    return page, status_of(refused)
