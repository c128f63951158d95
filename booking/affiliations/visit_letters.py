"""Which mails follow from what happened to a visit."""

from typing import Any

from sqlalchemy import ColumnElement, select

from booking.affiliations import house_queries
from booking.affiliations.hosting import last_day_of, miss_hosts, standing
from booking.affiliations.letters import to_each
from booking.affiliations.visitors import confirmed_days
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.affiliations import Visit
from models.directory import Organisation
from models.vocabulary.accounts import Language
from models.vocabulary.affiliations import VISITS_STAND, VisitState


def on_visit_asked(news: News) -> list[Letter]:
    """To those who decide, while nobody has."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None or visit.state != VisitState.PENDING:
        return []
    people = house_queries.managers_of(news.session, visit.organisation_id, local_date(news.now))
    return to_each(people, "affiliations/visit_asked", _visit_values(news, visit))


def on_visit_confirmed(news: News) -> list[Letter]:
    """To the visitor, where there is an address, and to the host."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None or visit.state != VisitState.CONFIRMED:
        return []
    values, host = _visit_values(news, visit), news.session.get_one(User, visit.host_id)
    letters = to_each([host], "affiliations/visit_confirmed", values)
    if visit.email:
        letters.insert(0, Letter(visit.email, Language.CHINESE, "affiliations/visit_confirmed", values))
    return letters


def on_visit_changed(news: News) -> list[Letter]:
    """To the visitor, where there is an address, and to host and admins, not to who changed it: the days that hold."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None or visit.state != VisitState.CONFIRMED:
        return []
    return _to_all_of_visit(news, visit, "affiliations/visit_changed")


def on_visit_ended(news: News) -> list[Letter]:
    """To the visitor who had been told to come, to host and admins, not to who did it: ended early or called off."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None:
        return []
    is_off, was_told = news.payload["is_off"], news.payload["was_told"]
    return _to_all_of_visit(news, visit, "affiliations/visit_ended", tells_visitor=was_told, is_off=is_off)


def _to_all_of_visit(
    news: News, visit: Visit, template: str, *, tells_visitor: bool = True, **more: Any
) -> list[Letter]:
    """The same letter to visitor, host and admins, each once, without whoever caused it."""
    values = {**_visit_values(news, visit), **more}
    admins = house_queries.managers_of(news.session, visit.organisation_id, local_date(news.now))
    hosts = [] if visit.host_missed_on else [news.session.get_one(User, visit.host_id)]
    people = {one.id: one for one in (*hosts, *admins)}
    letters = to_each([one for one in people.values() if one.id != news.payload["actor_id"]], template, values)
    if visit.email and tells_visitor:
        letters.insert(0, Letter(visit.email, Language.CHINESE, template, values))
    return letters


def on_visit_refused(news: News) -> list[Letter]:
    """To the host, with the reason."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None:
        return []
    host = news.session.get_one(User, visit.host_id)
    return to_each([host], "affiliations/visit_refused", _visit_values(news, visit))


def on_over(news: News) -> list[Letter]:
    """Visits to whoever has left lack a host from now on; that event has its own letter."""
    miss_hosts(news.session, host_id=news.payload["user_id"], now=news.now)
    return []


def on_visits_without_host(news: News) -> list[Letter]:
    """To those who decide on visitors, one letter for all visits of a host who left, while any lacks a host."""
    return _of_host(news, Visit.host_missed_on.is_not(None), "affiliations/visits_without_host", "?without_host=1")


def on_visit_hosts_back(news: News) -> list[Letter]:
    """To those who were told that visits lack a host, not to who found out: their host receives them again."""
    is_back = Visit.host_missed_on.is_(None) & (Visit.host_id == news.payload["host_id"])
    return _of_host(news, is_back, "affiliations/visit_hosts_back")


def _of_host(news: News, which: ColumnElement[bool], template: str, query: str = "") -> list[Letter]:
    """One letter about the standing visits of an event that are still so, to those who decide on visitors."""
    ids, today = news.payload["visit_ids"], local_date(news.now)
    standing_still = select(Visit).where(Visit.id.in_(ids), standing(today), which)
    visits = news.session.scalars(standing_still.order_by(Visit.id)).all()
    if not visits:
        return []
    place = news.payload["organisation_id"]
    organisation = news.session.get_one(Organisation, place)
    values = {
        "person": news.session.get_one(User, news.payload["host_id"]).name,
        "visitors": [visit.name for visit in visits],
        "organisation_zh": organisation.name_zh,
        "organisation_en": organisation.name_en,
        "last_day": max(last_day_of(visit) for visit in visits),
        "link": news.link(f"organisations/{place}/visitors{query}"),
    }
    people = house_queries.managers_of(news.session, place, today)
    return to_each([one for one in people if one.id != news.payload.get("actor_id")], template, values)


def on_visit_host_named(news: News) -> list[Letter]:
    """To the new host, to the one before who has not left, and to the visitor of a visit that has confirmed days."""
    visit = news.session.get(Visit, news.payload["visit_id"])
    if visit is None or visit.state not in VISITS_STAND:
        return []
    values, host = _visit_values(news, visit), news.session.get_one(User, visit.host_id)
    former = news.session.get(User, news.payload["former_host_id"]) if news.payload.get("former_host_id") else None
    hosts = [one for one in (host, former) if one is not None and one.deactivated_at is None]
    letters = to_each(hosts, "affiliations/visit_host_named", values)
    if visit.email and (days := confirmed_days(visit)):
        told = {**values, "starts_on": days[0], "ends_on": days[1]}
        letters.append(Letter(visit.email, Language.CHINESE, "affiliations/visit_host_named", told))
    return letters


def _visit_values(news: News, visit: Visit) -> dict[str, Any]:
    """What the letters of a visit may name; never the identity document."""
    organisation = news.session.get_one(Organisation, visit.organisation_id)
    return {
        "visitor": visit.name,
        "host": news.session.get_one(User, visit.host_id).name,
        "organisation_zh": organisation.name_zh,
        "organisation_en": organisation.name_en,
        "starts_on": visit.starts_on,
        "ends_on": visit.ends_on,
        "confirmed_until": visit.confirmed_ends_on,
        "is_confirmed": visit.state == VisitState.CONFIRMED,
        "purpose": visit.purpose,
        "reason": visit.reason,
        "link": news.link(f"visits/{visit.id}"),
    }
