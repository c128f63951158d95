"""The page of an organisation's mail domains."""

from typing import Annotated, Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.affiliations import house_queries, labels, mail_domains
from booking.affiliations.forms import AffiliationSettingsForm, MailDomainForm
from booking.affiliations.rules import INVITATIONS_PER_DAY
from booking.affiliations.views.showing import manages, problems_in, seen_organisation, status_of, typed_or
from booking.core.clock import utcnow
from booking.core.errors import Conflict, NotFound, Refused, StaleVersion
from booking.core.forms import Blank, PageForm
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from models.affiliations import MailDomain
from models.vocabulary.affiliations import MailDomainState


class DomainPage(MailDomainForm, PageForm):
    """A mail domain as the page sends it."""


class SettingsPage(AffiliationSettingsForm, PageForm):
    """The settings as the page sends them, with the version it was made from."""

    version: Annotated[int | None, Blank] = None


def domains(organisation_id: int) -> ResponseReturnValue:
    """Show the mail domains that stand for an organisation."""
    return _page(organisation_id)


def add_domain(organisation_id: int) -> ResponseReturnValue:
    """Register a mail domain."""
    seen_organisation(organisation_id, Permission.MANAGE_AFFILIATIONS)
    actor, now = require_actor(), utcnow()
    try:
        form = MailDomainForm(**read_form(DomainPage).model_dump())

        def work(session: Session) -> dict[str, Any]:
            made, count = mail_domains.add_domain(session, organisation_id, form, actor=actor, now=now)
            return {"count": count, "waits": made.state == MailDomainState.PENDING}

        answer, _repeated = create_once(work, actor=actor, now=now)
    except Refused as refused:
        return _page(organisation_id, refused)
    count = answer["count"]
    flash(
        _("已提交，平台核验后生效，届时会发邮件告诉您。")
        if answer["waits"]
        else ngettext(
            "已登记，%(count)s 人的隶属随之确认。", "已登记，%(count)s 人的隶属随之确认。", count, count=count
        ),
        "right",
    )
    return redirect(url_for(".domains", organisation_id=organisation_id), code=303)


def remove_domain(domain_id: int) -> ResponseReturnValue:
    """Give a mail domain up."""
    actor = require_actor()
    found = reading().get(MailDomain, domain_id)
    if found is None:
        raise NotFound
    organisation_id = found.organisation_id
    transaction(mail_domains.remove_domain, domain_id, actor=actor, now=utcnow())
    flash(_("已移除。"), "right")
    return redirect(url_for(".domains", organisation_id=organisation_id), code=303)


def change_settings(organisation_id: int) -> ResponseReturnValue:
    """Set for how long an address confirms an affiliation."""
    seen_organisation(organisation_id, Permission.MANAGE_AFFILIATIONS)
    try:
        typed = read_form(SettingsPage)
        transaction(
            mail_domains.change_settings,
            organisation_id,
            _settings(typed),
            actor=require_actor(),
            now=utcnow(),
            expected_version=typed.version,
        )
    except StaleVersion:
        return _page(organisation_id, Conflict())
    except Refused as refused:
        return _page(organisation_id, refused)
    flash(_("已保存。"), "right")
    return redirect(url_for(".domains", organisation_id=organisation_id), code=303)


def _settings(typed: SettingsPage) -> AffiliationSettingsForm:
    """What the page sets: to who sees the field, no number of invitations is the usual one again."""
    given = {"mail_domain_days": typed.mail_domain_days}
    if may(require_actor(), Permission.MANAGE_AFFILIATIONS):
        return AffiliationSettingsForm(**given, invitations_per_day=typed.invitations_per_day)
    return AffiliationSettingsForm.model_validate(typed.model_dump(exclude={"version"}, exclude_unset=True))


def _page(organisation_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The domains, the form for another, and for how long they count."""
    organisation, session = seen_organisation(organisation_id), reading()
    settings = house_queries.settings_of(session, organisation_id)
    page = render_template(
        "affiliations/domains.html",
        organisation=organisation,
        domains=house_queries.mail_domains(session, organisation_id),
        may_manage=manages(require_actor(), organisation_id),
        form=typed_or(
            {name: getattr(settings, name) for name in (*AffiliationSettingsForm.model_fields, "version")}, refused
        ),
        sets_invitations=may(require_actor(), Permission.MANAGE_AFFILIATIONS),
        usual_invitations=INVITATIONS_PER_DAY,
        problems=problems_in(refused),
        labels=labels,
        key=new_key(),
    )
    return page, status_of(refused)
