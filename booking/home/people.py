"""Cards about people: organisations to verify, visits, affiliations and rosters that end, teams."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import select

from booking.accounts import grant_queries
from booking.affiliations import due as affiliations
from booking.affiliations import queries as affiliation_queries
from booking.affiliations.hosting import last_day_of
from booking.core.clock import local_date
from booking.home.cards import SHOWN, Asked, Found, Item
from booking.reservations.left_behind import left_behind as bookings_left_behind
from booking.teams import due as teams
from booking.teams import queries as team_queries
from models.affiliations import Visit
from models.directory import Organisation
from models.teams import TeamRequest


def registrations(asked: Asked) -> Found:
    """Organisations and firms to verify, the oldest first."""
    found = affiliations.registrations_waiting(asked.session, limit=SHOWN)
    items = [Item("registration", one.id, one.name_zh, one.name_en, starts_at=one.created_at) for one in found.first]
    return Found(found.count, items)


def mail_domains(asked: Asked) -> Found:
    """Mail domains to verify, the oldest first, with whose they are to be."""
    page = affiliations.domains_waiting(asked.session, asked.within, limit=SHOWN)
    items = [
        Item(
            "mail_domain",
            one.domain.id,
            f"@{one.domain.domain} · {one.organisation.name_zh}",
            f"@{one.domain.domain} · {one.organisation.name_en or one.organisation.name_zh}",
            starts_at=one.domain.created_at,
        )
        for one in page.items
    ]
    return Found(len(items), items, is_more=page.next_cursor is not None)


def affiliations_waiting(asked: Asked) -> Found:
    """People who wait to be confirmed, for each organisation."""
    waiting = affiliation_queries.waiting_ids(asked.session, sorted(asked.within.organisation_ids))
    return Found(sum(waiting.values()), _by_organisation(asked, "organisation", waiting))


def affiliations_unmanaged(asked: Asked) -> Found:
    """People who wait to be confirmed where an organisation has nobody of its own, for the platform."""
    if not asked.within.everywhere:
        return Found(0)
    waiting = affiliations.waiting_unmanaged(asked.session, today=local_date(asked.now))
    return Found(sum(waiting.values()), _by_organisation(asked, "organisation", waiting))


def affiliations_ending(asked: Asked) -> Found:
    """People whose affiliation ends within two weeks, for each organisation."""
    ids = asked.within.organisation_ids
    ending = affiliations.ending_soon(asked.session, ids, today=local_date(asked.now))
    return Found(sum(ending.values()), _by_organisation(asked, "members", ending))


def left_behind(asked: Asked) -> Found:
    """People who have left and still have bookings on the institution's instruments, the soonest first."""
    rows = bookings_left_behind(asked.session, asked.within.organisation_ids, now=asked.now)
    names = _names(asked, {one.organisation_id for one in rows[:SHOWN]})
    items = [
        Item(
            "leaver",
            one.user_id,
            *names[one.organisation_id],
            person=one.name,
            starts_at=one.starts_at,
            count=one.count,
            organisation_id=one.organisation_id,
        )
        for one in rows[:SHOWN]
    ]
    return Found(len(rows), items)


def rosters_due(asked: Asked) -> Found:
    """Organisations whose yearly roster is due, the longest due first."""
    days = affiliations.rosters_due(asked.session, asked.within.organisation_ids, today=local_date(asked.now))
    return Found(len(days), _by_organisation(asked, "roster", {}, days))


def visits_waiting(asked: Asked) -> Found:
    """Visits to confirm, the first to begin first."""
    found = affiliations.visits_waiting(asked.session, asked.within.organisation_ids, limit=SHOWN)
    return Found(found.count, [_visit(one, one.starts_on) for one in found.first])


def visits_without_host(asked: Asked) -> Found:
    """Visits whose host has left, the longest without one first, and until when they stand."""
    ids, today = asked.within.organisation_ids, local_date(asked.now)
    found = affiliations.visits_without_host(asked.session, ids, today=today, limit=SHOWN)
    return Found(found.count, [_visit(one, last_day_of(one)) for one in found.first])


def visits_hosted(asked: Asked) -> Found:
    """Visits to oneself that go on or begin soon, the first to end first."""
    found = affiliations.visits_hosted(asked.session, asked.actor.id, today=local_date(asked.now), limit=SHOWN)
    return Found(found.count, [_visit(one, one.ends_on) for one in found.first])


def lead_asked(asked: Asked) -> Found:
    """Teams whose lead one was asked to take over."""
    rows = team_queries.asked_to_lead(asked.session, asked.actor.id, today=local_date(asked.now))
    return Found(len(rows), [Item("team", one.id, one.name_zh, one.name_en) for one in rows[:SHOWN]])


def team_requests(asked: Asked) -> Found:
    """Who asks to join one's teams, the first one first."""
    today = local_date(asked.now)
    return _requests(teams.requests_waiting(asked.session, asked.actor.id, today=today, limit=SHOWN + 1))


def team_requests_left(asked: Asked) -> Found:
    """Who asks to join teams whose lead and deputies are gone, the first one first."""
    ids, today = asked.within.organisation_ids, local_date(asked.now)
    return _requests(teams.requests_left(asked.session, ids, today=today, limit=SHOWN + 1))


def _requests(rows: Sequence[TeamRequest]) -> Found:
    """Wishes to join as items."""
    items = [
        Item("team", one.team_id, one.team.name_zh, one.team.name_en, person=one.user.name, starts_at=one.created_at)
        for one in rows[:SHOWN]
    ]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def team_members_ending(asked: Asked) -> Found:
    """Members of one's teams whose last day comes near, the first one first."""
    rows = teams.members_ending(asked.session, asked.actor.id, today=local_date(asked.now), limit=SHOWN + 1)
    items = [
        Item("team", one.team_id, one.team.name_zh, one.team.name_en, person=one.user.name, due_on=one.ends_on)
        for one in rows[:SHOWN]
    ]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def _by_organisation(
    asked: Asked, subject: str, counts: Mapping[int, int], days: Mapping[int, date] | None = None
) -> list[Item]:
    """The first organisations with how many, or by when; one statement when there are any."""
    due = days or {}
    ids = sorted({*counts, *due}, key=lambda one: (due.get(one, date.max), -counts.get(one, 0), one))[:SHOWN]
    if not ids:
        return []
    names = _names(asked, ids)
    return [Item(subject, one, *names[one], count=counts.get(one), due_on=due.get(one)) for one in ids]


def _names(asked: Asked, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """What organisations are called, one statement when some were not named on this page yet."""
    if missing := set(ids) - asked.named.keys():
        columns = select(Organisation.id, Organisation.name_zh, Organisation.name_en)
        rows = asked.session.execute(columns.where(Organisation.id.in_(missing)))
        asked.named.update({one.id: (one.name_zh, one.name_en) for one in rows})
    return asked.named


def _visit(visit: Visit, due_on: date) -> Item:
    """A visit as an item: the visitor's name, never their papers."""
    return Item("visit", visit.id, visit.name, visit.name, due_on=due_on)


def own_roles_ending(asked: Asked) -> Found:
    """One's own roles whose term ends soon and that nobody would hold then, the first one first."""
    return _running_out(asked, user_id=asked.actor.id)


def roles_ending(asked: Asked) -> Found:
    """The same of everybody to whom one gives roles."""
    return _running_out(asked)


def _running_out(asked: Asked, user_id: int | None = None) -> Found:
    """Roles about to be nobody's as items."""
    today = local_date(asked.now)
    rows = grant_queries.roles_running_out(asked.session, asked.within, user_id=user_id, today=today, limit=SHOWN + 1)
    items = [
        Item(
            "ending_role",
            one.grant.id,
            one.scope_name_zh,
            one.scope_name_en,
            person="" if user_id else one.user_name,
            due_on=one.grant.ends_on,
        )
        for one in rows[:SHOWN]
    ]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def successors_wanted(asked: Asked) -> Found:
    """Roles of people who have left that wait for a successor, those longest due first."""
    today = local_date(asked.now)
    count, rows = grant_queries.awaiting_successors(asked.session, asked.within, today=today, limit=SHOWN)
    items = [
        Item(
            "kept_role",
            one.grant.id,
            one.scope_name_zh,
            one.scope_name_en,
            person=one.user_name,
            due_on=one.grant.due_to_end_on,
        )
        for one in rows
    ]
    return Found(count, items)
