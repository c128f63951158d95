"""The mail domains of an organisation, and for how long they count."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.affiliations import domain_verifying, due, house_queries, mail_domains
from booking.affiliations.answers import (
    AffiliationSettingsAnswer,
    MadeMailDomainAnswer,
    MailDomainAnswer,
    MailDomainsAnswer,
)
from booking.affiliations.api.answering import EDITING, TAG, json_answer, require_seen
from booking.affiliations.forms import AffiliationSettingsForm, DomainsQuery, MailDomainForm, RefuseForm
from booking.affiliations.rules import INVITATIONS_PER_DAY
from booking.core.clock import utcnow
from booking.core.errors import Forbidden
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.affiliations import AffiliationSettings


@documented(tag=TAG, answers={200: MailDomainsAnswer}, refusals=(401, 403, 404))
def listed(organisation_id: int) -> Response:
    """The mail domains of an organisation; only confirmed ones stand for it."""
    require_seen(organisation_id)
    found = house_queries.mail_domains(reading(), organisation_id)
    return json_answer(MailDomainsAnswer(items=[MailDomainAnswer.of(domain) for domain in found]))


@documented(tag=TAG, body=MailDomainForm, answers={201: MadeMailDomainAnswer}, refusals=EDITING)
def add(organisation_id: int) -> Response:
    """Register a mail domain; once it is verified everybody with a confirmed address of it belongs."""
    actor, form, now = require_actor(), read_json(MailDomainForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made, count = mail_domains.add_domain(session, organisation_id, form, actor=actor, now=now)
        return MailDomainAnswer.of(made).model_dump(mode="json") | {"people_confirmed": count}

    answer, _repeated = create_once(work, actor=actor, now=now)
    return json_answer(MadeMailDomainAnswer(**answer), 201)


@documented(tag=TAG, answers={200: MailDomainsAnswer}, query=DomainsQuery, refusals=(400, 401, 403, 422))
def waiting() -> Response:
    """The mail domains that wait to be verified, for who verifies organisations; the oldest first."""
    within = reach(require_actor(), Permission.VERIFY_ORGANISATIONS)
    if not within:
        raise Forbidden
    wanted = read_query(DomainsQuery)
    page = due.domains_waiting(reading(), within, limit=wanted.limit, cursor=wanted.cursor)
    items = [MailDomainAnswer.of(one.domain) for one in page.items]
    return json_answer(MailDomainsAnswer(items=items, next_cursor=page.next_cursor))


@documented(tag=TAG, answers={200: MadeMailDomainAnswer}, refusals=(401, 403, 404, 409))
def verify(domain_id: int) -> Response:
    """Let a mail domain stand for its organisation; its people belong at once."""
    made, count = transaction(domain_verifying.verify_domain, domain_id, actor=require_actor(), now=utcnow())
    return json_answer(MadeMailDomainAnswer(**MailDomainAnswer.of(made).model_dump(), people_confirmed=count))


@documented(tag=TAG, body=RefuseForm, answers={200: MailDomainAnswer}, refusals=EDITING)
def refuse(domain_id: int) -> Response:
    """Refuse a mail domain with a reason; it may be asked for again."""
    actor, form = require_actor(), read_json(RefuseForm)
    made = transaction(domain_verifying.refuse_domain, domain_id, form.reason, actor=actor, now=utcnow())
    return json_answer(MailDomainAnswer.of(made))


@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def remove(domain_id: int) -> Response:
    """Give a mail domain up; who belongs by it stays until the end date."""
    transaction(mail_domains.remove_domain, domain_id, actor=require_actor(), now=utcnow())
    return Response(status=204)


@documented(tag=TAG, answers={200: AffiliationSettingsAnswer}, refusals=(401, 403, 404))
def settings(organisation_id: int) -> Response:
    """How an organisation deals with affiliations."""
    require_seen(organisation_id)
    return _settings(house_queries.settings_of(reading(), organisation_id))


@documented(tag=TAG, body=AffiliationSettingsForm, answers={200: AffiliationSettingsAnswer}, refusals=EDITING)
def change_settings(organisation_id: int) -> Response:
    """Set for how long an address confirms an affiliation; the platform also how many invitations go out in a day."""
    actor, form = require_actor(), read_json(AffiliationSettingsForm)
    return _settings(
        transaction(
            mail_domains.change_settings,
            organisation_id,
            form,
            actor=actor,
            now=utcnow(),
            expected_version=if_match(),
        )
    )


def _settings(found: AffiliationSettings) -> Response:
    """The settings with their version as ETag."""
    answer = AffiliationSettingsAnswer(
        mail_domain_days=found.mail_domain_days,
        invitations_per_day=found.invitations_per_day or INVITATIONS_PER_DAY,
        version=found.version,
    )
    return json_answer(answer, version=found.version)
