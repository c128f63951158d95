"""Which mails follow from a step of an application: the office whose turn it is, and the people of the firm."""

from collections.abc import Iterable
from typing import Any

from booking.applications.queries import in_full, officers_of
from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.applications import ApplicationEvent, VoucherApplication
from models.vocabulary.accounts import Role
from models.vocabulary.applications import ApplicationState, ApplicationStep

TEMPLATE = "applications/changed"
SILENT = frozenset({ApplicationStep.DRAFT, ApplicationStep.EDIT})
DECISIONS = frozenset({ApplicationStep.PASS, ApplicationStep.RETURN, ApplicationStep.REFUSE, ApplicationStep.ISSUE})


def on_changed(news: News) -> list[Letter]:
    """To the firm what was decided; to the officers who may do the review
    that is due, or no longer due, that it is so."""
    found = news.session.scalar(in_full().where(VoucherApplication.id == news.payload["application_id"]))
    event = news.session.get(ApplicationEvent, news.payload["event_id"])
    if found is None or event is None or event.step in SILENT:
        return []
    letters = []
    if event.step in DECISIONS:
        letters += _letters(news, found, event, _agents(news, found.organisation_id), "firm")
    office = _office(found, event)
    if office is not None:
        free = officers_of(news.session, office, found.organisation_id, today=local_date(news.now))
        people = [one for one in free if one.id != event.actor_id]
        letters += _letters(news, found, event, people, "officer")
    return letters


def _office(found: VoucherApplication, event: ApplicationEvent) -> int | None:
    """Whose officers are told: those whose turn it is after a step, or was before the firm took it back."""
    state = event.source if event.step == ApplicationStep.WITHDRAW else event.state
    if state == ApplicationState.PROVINCE_REVIEW:
        return found.programme.organisation_id
    return found.district_id if state == ApplicationState.DISTRICT_REVIEW else None


def _agents(news: News, organisation_id: int) -> Iterable[User]:
    """Who acts for a firm."""
    return holders(news.session, (Role.ENTERPRISE_AGENT,), organisation_id, today=local_date(news.now))


def _letters(
    news: News, found: VoucherApplication, event: ApplicationEvent, people: Iterable[User], side: str
) -> list[Letter]:
    """One letter for each."""
    voucher = found.voucher if event.step == ApplicationStep.ISSUE else None
    firm, programme = found.organisation, found.programme
    values: dict[str, Any] = {
        "side": side,
        "step": event.step.value,
        "firm_zh": firm.name_zh,
        "firm_en": firm.name_en,
        "programme_zh": programme.name_zh,
        "programme_en": programme.name_en,
        "wanted_fen": event.facts["wanted_fen"],
        "granted_fen": event.facts["granted_fen"],
        "due_on": found.due_on if side == "officer" and event.state == found.state else None,
        "text": event.reason if event.step != ApplicationStep.PASS or side == "officer" else "",
        "number": voucher.number if voucher else "",
        "use_by": voucher.use_by if voucher else None,
        "redeem_by": voucher.redeem_by if voucher else None,
        "link": news.link(f"applications/{found.id}"),
    }
    return [Letter(one.email, one.language, TEMPLATE, values) for one in people]
