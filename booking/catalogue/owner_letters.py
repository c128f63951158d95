"""Which mails follow when an instrument goes from one institution to another."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from booking.catalogue.keeping import askers_of
from booking.catalogue.owner_labels import OWNER_CHANGE_STATE
from booking.catalogue.owner_queries import IN_FULL, OPEN, open_change
from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.custody import OwnerChange
from models.enquiries import Enquiry
from models.samples import SampleOrder
from models.vocabulary.accounts import Role
from models.vocabulary.custody import OwnerChangeState
from models.vocabulary.samples import SampleStep


def on_owner_change_asked(news: News) -> list[Letter]:
    """To the receiving administrators and to whoever has something open there, while it waits for an answer."""
    change = change_of(news)
    if change is None or change.state != OwnerChangeState.PROPOSED:
        return []
    people = _admins(news, change.to_organisation_id)
    return _to(news, change, people, "catalogue/owner_change_asked") + to_askers(news, change)


def on_owner_change_answered(news: News) -> list[Letter]:
    """To the other side: taken, declined or taken back; a change that took effect at once has its own letter."""
    change = change_of(news)
    if change is None or change.state in {OwnerChangeState.PROPOSED, OwnerChangeState.APPLIED}:
        return []
    by_giver = change.state == OwnerChangeState.WITHDRAWN
    people = _admins(news, change.to_organisation_id if by_giver else change.from_organisation_id)
    asker = [] if by_giver else [news.session.get(User, change.proposed_by_id)] if change.proposed_by_id else []
    return _to(news, change, [*people, *(one for one in asker if one)], "catalogue/owner_change_answered")


def to_both_sides(news: News, change: OwnerChange) -> list[Letter]:
    """To the administrators of both institutions: it has changed hands."""
    people = [*_admins(news, change.from_organisation_id), *_admins(news, change.to_organisation_id)]
    return _to(news, change, people, "catalogue/owner_changed")


def to_askers(news: News, change: OwnerChange, *, only: int | None = None) -> list[Letter]:
    """To everybody, or only one, whose open enquiry or sample order would go along, or went: they may end it before."""
    values = {
        **described(change),
        "enquiries_link": news.link("enquiries"),
        "orders_link": news.link("sample-orders"),
    }
    people = askers_of(news.session, change.instrument_id, today=local_date(news.now))
    return [Letter(one.email, one.language, "catalogue/goes_along", values) for one in people if only in {None, one.id}]


def on_written(news: News) -> list[Letter]:
    """To whoever asks or orders something of the staff while the instrument is on its way: it would go along."""
    written: Enquiry | SampleOrder | None
    if "enquiry_id" in news.payload:
        written = news.session.get(Enquiry, news.payload["enquiry_id"])
    elif news.payload["step"] == SampleStep.REQUEST:
        written = news.session.get(SampleOrder, news.payload["order_id"])
    else:
        return []
    change = open_change(news.session, written.instrument_id) if written is not None else None
    if written is None or change is None:
        return []
    return to_askers(
        news, change, only=written.asked_by_id if isinstance(written, Enquiry) else written.requested_by_id
    )


def described(change: OwnerChange) -> dict[str, Any]:
    """What every letter about a change may name."""
    return {
        "instrument_zh": change.instrument.name_zh,
        "instrument_en": change.instrument.name_en,
        "from_zh": change.giver.name_zh,
        "from_en": change.giver.name_en,
        "to_zh": change.receiver.name_zh,
        "to_en": change.receiver.name_en,
        "day": change.starts_on,
        "reason": change.reason,
        "answer": change.answer,
        "state": OWNER_CHANGE_STATE[change.state],
        "is_open": change.state in OPEN,
        "is_accepted": change.state == OwnerChangeState.ACCEPTED,
    }


def change_of(news: News) -> OwnerChange | None:
    """The change of the event as it is now."""
    wanted = select(OwnerChange).where(OwnerChange.id == news.payload["change_id"])
    return news.session.scalar(wanted.options(*IN_FULL))


def _admins(news: News, organisation_id: int) -> list[User]:
    """Who administers an institution today."""
    return list(holders(news.session, [Role.INSTITUTION_ADMIN], organisation_id, today=local_date(news.now)))


def _to(news: News, change: OwnerChange, people: Iterable[User], template: str) -> list[Letter]:
    """The same letter to each person once, without whoever caused it."""
    links = {"link": f"owner-changes/{change.id}", "prices_link": f"instruments/{change.instrument_id}/prices/edit"}
    values = {**described(change), **{name: news.link(path) for name, path in links.items()}}
    able = {one.id: one for one in people if one.deactivated_at is None and one.id != news.payload["actor_id"]}
    return [Letter(one.email, one.language, template, values) for one in able.values()]
