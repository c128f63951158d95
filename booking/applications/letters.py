"""Which mails follow from a step of an application: the office whose turn it is, and the people of the firm."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from booking.applications import register
from booking.applications.queries import in_full
from booking.applications.reviewers import reviewers_of, took_part
from booking.applications.rules import REVIEWED
from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from booking.vouchers.offices import officers_of
from models.accounts import User
from models.applications import ApplicationEvent, VerifiedDocument, VoucherApplication
from models.vocabulary.accounts import Role
from models.vocabulary.applications import ApplicationState, ApplicationStep

TEMPLATE, OVERDUE, WITHDRAWN = "applications/changed", "applications/overdue", "applications/verification_withdrawn"
MOST_LISTED = 50
SILENT = frozenset({ApplicationStep.DRAFT, ApplicationStep.EDIT})
DECISIONS = frozenset({ApplicationStep.PASS, ApplicationStep.RETURN, ApplicationStep.REFUSE, ApplicationStep.ISSUE})


def on_changed(news: News) -> list[Letter]:
    """To the firm what was decided; to the officers who may do the review that is due, or no longer due, that it is."""
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


def on_overdue(news: News) -> list[Letter]:
    """To each officer of an authority: the overdue reviews of theirs that they may do; nothing that was done since."""
    office, today = news.payload["organisation_id"], local_date(news.now)
    late = VoucherApplication.state.in_(REVIEWED), VoucherApplication.due_on < today
    wanted = in_full().where(VoucherApplication.id.in_(news.payload["application_ids"]), *late)
    rows = news.session.scalars(wanted.order_by(VoucherApplication.due_on, VoucherApplication.id)).all()
    steps = (
        select(ApplicationEvent.application_id, ApplicationEvent.actor_id)
        .join(VoucherApplication, VoucherApplication.id == ApplicationEvent.application_id)
        .where(VoucherApplication.id.in_([one.id for one in rows]), took_part(ApplicationEvent))
    )
    done = {(application_id, actor_id) for application_id, actor_id in news.session.execute(steps)}
    free = reviewers_of(news.session, office, [one.id for one in rows], today=today)
    theirs: dict[User, set[int]] = {}
    for person, application_id in free:
        if (application_id, person.id) not in done:
            theirs.setdefault(person, set()).add(application_id)
    return [_overdue(news, person, [one for one in rows if one.id in ids]) for person, ids in theirs.items()]


def _overdue(news: News, person: User, rows: Sequence[VoucherApplication]) -> Letter:
    """One officer's letter."""
    waiting = [
        {
            "firm_zh": one.organisation.name_zh,
            "firm_en": one.organisation.name_en,
            "programme_zh": one.programme.name_zh,
            "programme_en": one.programme.name_en,
            "due_on": one.due_on,
        }
        for one in rows[:MOST_LISTED]
    ]
    link = news.link("applications?show=to_review")
    return Letter(person.email, person.language, OVERDUE, {"waiting": waiting, "count": len(rows), "link": link})


def on_verification_withdrawn(news: News) -> list[Letter]:
    """To the firm: a paper of theirs does not count as verified any more, and why."""
    wanted = register.in_full().where(VerifiedDocument.id == news.payload["document_id"])
    found = news.session.scalar(wanted.execution_options(populate_existing=True))
    if found is None or found.withdrawal is None:
        return []
    values: dict[str, Any] = {
        "file_name": found.attachment.file_name,
        "authority_zh": found.authority.name_zh,
        "authority_en": found.authority.name_en,
        "reason": found.withdrawal.reason,
        "link": news.link("verified-documents"),
    }
    people = _agents(news, found.organisation_id)
    return [Letter(one.email, one.language, WITHDRAWN, values) for one in people]


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
