"""The page on which a mail domain is verified or refused."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from booking.affiliations import domain_verifying as service
from booking.affiliations import labels
from booking.affiliations.forms import RefuseForm
from booking.affiliations.mail_domains import people_of
from booking.affiliations.views.showing import problems_in, status_of
from booking.core.clock import utcnow
from booking.core.errors import Forbidden, Refused
from booking.core.forms import PageForm
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.signed_in import require_actor, signed_in
from models.accounts import User
from models.directory import Organisation
from models.vocabulary.affiliations import MailDomainState


class RefusePage(RefuseForm, PageForm):
    """A reason as the page sends it."""


@signed_in
def show(domain_id: int) -> ResponseReturnValue:
    """Show a mail domain to who verifies organisations, with how many people it would make belong."""
    return _page(domain_id)


@signed_in
def verify(domain_id: int) -> ResponseReturnValue:
    """Let a mail domain stand for its organisation."""
    service.domain_to_verify(reading(), domain_id, require_actor())
    try:
        _domain, count = transaction(service.verify_domain, domain_id, actor=require_actor(), now=utcnow())
    except Refused as refused:
        return _refused(domain_id, refused)
    flash(
        ngettext("已核验，%(count)s 人的隶属随之确认。", "已核验，%(count)s 人的隶属随之确认。", count, count=count),
        "right",
    )
    return redirect(url_for(".registrations"), code=303)


@signed_in
def refuse(domain_id: int) -> ResponseReturnValue:
    """Refuse a mail domain."""
    service.domain_to_verify(reading(), domain_id, require_actor())
    try:
        reason = read_form(RefusePage).reason
        transaction(service.refuse_domain, domain_id, reason, actor=require_actor(), now=utcnow())
    except Refused as refused:
        return _refused(domain_id, refused)
    flash(_("已拒绝，并已发邮件告知原因。"), "right")
    return redirect(url_for(".registrations"), code=303)


def _refused(domain_id: int, refused: Refused) -> ResponseReturnValue:
    """The page again with what stands against it; who may not is told by the page of errors."""
    if refused.status == Forbidden.status:
        raise refused
    return _page(domain_id, refused)


def _page(domain_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """One domain with what may be done."""
    actor, session = require_actor(), reading()
    domain = service.domain_to_verify(session, domain_id, actor)
    is_pending = domain.state == MailDomainState.PENDING
    page = render_template(
        "affiliations/domain.html",
        domain=domain,
        organisation=session.get_one(Organisation, domain.organisation_id),
        asker=session.get_one(User, domain.created_by_id),
        count=len(people_of(session, domain)) if is_pending else 0,
        may_decide=is_pending and domain.created_by_id != actor.id,
        labels=labels,
        form=request.form,
        problems=problems_in(refused),
    )
    return page, status_of(refused)
