"""Which mails follow from what happened to a sample order: each step tells the other side."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from booking.reservations.deciders import deciders_of
from booking.samples.queries import in_full
from models.accounts import Grant, User
from models.samples import SampleMessage, SampleOrder, SampleOrderStep
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.samples import SampleOrderState, SampleStep

LONGEST_QUOTE = 1500
TEMPLATE = "samples/changed"


def on_changed(news: News) -> list[Letter]:
    """To the other side: what happened, and where to go on."""
    order = news.session.scalar(in_full().where(SampleOrder.id == news.payload["order_id"]))
    if order is None or _is_hidden(news, order):
        return []
    is_staff = bool(news.payload["is_staff"])
    people = asking_people(news, order) if is_staff else staff_of(news, order)
    step = news.session.get(SampleOrderStep, news.payload["step_id"]) if "step_id" in news.payload else None
    values = {
        "instrument_zh": order.instrument.name_zh,
        "instrument_en": order.instrument.name_en,
        "title": order.title,
        "number": order.number or "",
        "step": news.payload["step"],
        "is_withheld": order.is_withheld and order.released_at is None,
        "by_deadline": step is not None and step.actor_id is None,
        "state": (step.state if step else order.state).value,
        "asker": order.organisation.name_zh if order.organisation else order.requested_by.name,
        "asker_en": order.organisation.name_en if order.organisation else order.requested_by.name,
        "text": _text(news, step),
        "quoted_until": order.quoted_until,
        "link": news.link(f"sample-orders/{order.id}"),
    }
    active = [person for person in people if person.deactivated_at is None]
    return [Letter(person.email, person.language, TEMPLATE, values) for person in active]


def _is_hidden(news: News, order: SampleOrder) -> bool:
    """Whether it tells of results that nobody who ordered may know of yet: partial ones of what is not paid."""
    is_partial = news.payload["step"] == SampleStep.REPORT and order.state != SampleOrderState.REPORTED
    return is_partial and order.is_withheld and order.released_at is None


def asking_people(news: News, order: SampleOrder) -> Sequence[User]:
    """Who asked; for a firm everybody who acts for it today."""
    if order.organisation_id is None:
        return [order.requested_by]
    today: date = local_date(news.now)
    acting = select(Grant.user_id).where(
        Grant.role == Role.ENTERPRISE_AGENT,
        Grant.scope_kind == ScopeKind.ORGANISATION,
        Grant.scope_id == order.organisation_id,
        Grant.starts_on <= today,
        or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
    )
    return news.session.scalars(select(User).where(User.id.in_(acting)).order_by(User.id)).all()


def staff_of(news: News, order: SampleOrder) -> Sequence[User]:
    """Whoever is written to about the instrument; of what a former owner keeps, its administrators."""
    if order.kept_by_id is None:
        return deciders_of(news.session, order.instrument, now=news.now).people
    return holders(news.session, [Role.INSTITUTION_ADMIN], order.kept_by_id, today=local_date(news.now))


def _text(news: News, step: SampleOrderStep | None) -> str:
    """What was written with the step, cut to what a mail can carry."""
    if "message_id" in news.payload:
        found = news.session.get(SampleMessage, news.payload["message_id"])
        text = found.text if found else ""
    else:
        text = step.reason if step else ""
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…"
