"""The table of cards: role by permission → what it reads; every provider asks its feature."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.accounts.grant_changes import latest_changes
from booking.accounts.permissions import Permission
from booking.announcements import queries as announcements
from booking.calendars import queries as calendars
from booking.catalogue import owner_queries, review_queries
from booking.catalogue import queries as catalogue
from booking.core.actors import Actor, Reach
from booking.core.clock import at_local, local_date
from booking.core.period import Period
from booking.enquiries import queries as enquiries
from booking.home import agreed, audited, billed, charged, cleared, money, people, records, redeemed, vouchers
from booking.home.cards import SHOWN, Asked, Card, Found, Hat, Item, Provider
from booking.notifications import queries as notifications
from booking.operations import runs
from booking.operations.backup_age import Freshness, backup_age
from booking.reservations import board_queries
from booking.reservations import queries as reservations
from booking.samples import lists as samples
from booking.settings import Settings
from models.catalogue import Instrument
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.enquiries import EnquiryState
from models.vocabulary.jobs import RunOutcome
from models.vocabulary.reservations import HOLDING_TIME, ReservationState

PROMISED = frozenset(HOLDING_TIME) - {ReservationState.REQUESTED}


def cards(session: Session, actor: Actor, *, settings: Settings, now: datetime) -> list[Card]:
    """Everything that waits for the person, by hat and urgency; empty cards are left out."""
    found, page = [], Asked(session, actor, Reach(), settings, now)
    for provider in PROVIDERS:
        asked = provider.part_of(page)
        answer = provider.read(asked) if asked else Found(0)
        if answer.count:
            found.append(Card(provider.code, provider.hat, answer))
    return found


def decisions(asked: Asked) -> Found:
    """Requests and pending changes to decide, the soonest due first."""
    rows = board_queries.to_decide(asked.session, asked.within, now=asked.now)
    first = rows[:SHOWN]
    items = [_booking(one, due_at=one.decide_by, person=one.booked_by.name) for one in first]
    return Found(len(rows), items, first, len(rows) == board_queries.MOST_WAITING)


def conflicts(asked: Asked) -> Found:
    """Reservations that lie in blocks or on closed days, the soonest first."""
    rows = board_queries.open_conflicts(asked.session, asked.within, now=asked.now)
    first = rows[:SHOWN]
    items = [_booking(one.reservation, person=one.reservation.booked_by.name) for one in first]
    return Found(len(rows), items, first, len(rows) == board_queries.MOST_WAITING)


def enquiries_waiting(asked: Asked) -> Found:
    """Questions and wishes that the staff must answer, the soonest due first."""
    waiting = EnquiryState.WAITING
    page = enquiries.staffed_enquiries(asked.session, asked.actor, state=waiting, limit=SHOWN)
    items = [
        Item("enquiry", one.id, *_names(one.instrument), person=one.asked_by.name, due_at=one.due_at)
        for one in page.items
    ]
    count = enquiries.waiting_count(asked.session, asked.within)
    return Found(count, items)


def sample_orders(asked: Asked) -> Found:
    """Sample orders that wait for the staff, those wanted soonest first."""
    wanted = samples.Wanted(samples.Show.WAITING)
    page = samples.staffed_orders(asked.session, asked.actor, wanted, limit=SHOWN)
    items = [_sample_order(one.order, person=_asker(one.order)) for one in page.items]
    return Found(samples.waiting_count(asked.session, asked.within), items)


def own_sample_orders(asked: Asked) -> Found:
    """Sample orders that wait for the person who asked, or who acts for the firm."""
    rows = samples.own_waiting(asked.session, asked.actor, limit=SHOWN + 1)
    return Found(len(rows), [_sample_order(one) for one in rows[:SHOWN]], is_more=len(rows) > SHOWN)


def _sample_order(order: SampleOrder, *, person: str = "") -> Item:
    """A sample order as an item: what is sent, for which instrument."""
    name_zh, name_en = (f"{order.title} · {name}" for name in _names(order.instrument))
    return Item("sample_order", order.id, name_zh, name_en, person=person, due_on=order.due_on)


def _asker(order: SampleOrder) -> str:
    """Who asked, or the firm for which they did."""
    return order.organisation.name_zh if order.organisation else order.requested_by.name


def blocks_today(asked: Asked) -> Found:
    """Blocks of the local day on one's instruments, the first one first."""
    today = local_date(asked.now)
    window = Period(at_local(today), at_local(today + timedelta(days=1)))
    rows = board_queries.blocks_during(asked.session, asked.within, window)
    items = [
        Item("block", one.id, *_names(one.instrument), person=one.reason, starts_at=one.starts_at, ends_at=one.ends_at)
        for one in rows[:SHOWN]
    ]
    return Found(len(rows), items, is_more=len(rows) == board_queries.MOST_WAITING)


def reviews(asked: Asked) -> Found:
    """Records that wait for one's own decision, the oldest first."""
    page = review_queries.rounds_to_decide(asked.session, asked.actor, limit=SHOWN)
    items = [Item("review", one.id, *_names(one.instrument), starts_at=one.opened_at) for one in page.items]
    return Found(len(items), items, is_more=page.next_cursor is not None)


def drafts(asked: Asked) -> Found:
    """Records that are not submitted yet, the last changed first."""
    count = catalogue.count_own(asked.session, asked.within).get(PublishingState.DRAFT, 0)
    rows = catalogue.own_instruments(asked.session, asked.within, state=PublishingState.DRAFT, limit=SHOWN, offset=0)
    return Found(count, [Item("instrument", one.id, *_names(one), starts_at=one.updated_at) for one in rows])


def owner_changes(asked: Asked) -> Found:
    """Instruments that other institutions offer, the first day first."""
    found = owner_queries.waiting_for(asked.session, asked.within)
    items = [Item("owner_change", one.id, *_names(one.instrument), person=one.giver.name_zh) for one in found[:SHOWN]]
    return Found(len(found), items)


def failing_jobs(asked: Asked) -> Found:
    """Jobs whose last run failed."""
    failed = [run for run in runs.latest(asked.session).values() if run.outcome == RunOutcome.FAILED]
    failed.sort(key=lambda run: run.started_at, reverse=True)
    items = [Item("job", None, run.job, run.job, starts_at=run.started_at) for run in failed[:SHOWN]]
    return Found(len(failed), items)


def backup_old(asked: Asked) -> Found:
    """One, when the last backup is old or there is none."""
    age = backup_age(asked.session, asked.settings.backup_warn_hours, now=asked.now)
    if age.freshness == Freshness.OK:
        return Found(0)
    items = [Item("backup", None, age.last.path, age.last.path, starts_at=age.last.made_at)] if age.last else []
    return Found(1, items)


def events_set_aside(asked: Asked) -> Found:
    """Events that were set aside, the newest first."""
    rows = notifications.events_set_aside(asked.session, SHOWN + 1)
    items = [Item("event", one.id, one.name, one.name, starts_at=one.occurred_at) for one in rows[:SHOWN]]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def mails_set_aside(asked: Asked) -> Found:
    """Mails that could not be sent; what they say is not told."""
    return Found(notifications.count_mails_set_aside(asked.session))


def announced(asked: Asked) -> Found:
    """Announcements that show now or will."""
    rows = announcements.not_over(asked.session, asked.now)
    items = [
        Item("announcement", one.id, one.text_zh, one.text_en, starts_at=one.starts_at, ends_at=one.ends_at)
        for one in rows[:SHOWN]
    ]
    return Found(len(rows), items)


def role_changes(asked: Asked) -> Found:
    """The last roles given and ended within what one may read of the log."""
    rows = latest_changes(asked.session, asked.within, limit=SHOWN + 1)
    items = [
        Item(
            "grant",
            one.grant_id,
            one.scope_name_zh,
            one.scope_name_en,
            person=one.holder,
            starts_at=one.occurred_at,
            action=one.action,
            role=one.role,
            by=one.actor,
        )
        for one in rows[:SHOWN]
    ]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def answers(asked: Asked) -> Found:
    """Times that owners offer and answers they gave to what one asked, the offers first."""
    rows = enquiries.answered_to(asked.session, asked.actor, now=asked.now, limit=SHOWN + 1)
    items = [Item("enquiry", one.id, *_names(one.instrument), starts_at=one.changed_at) for one in rows[:SHOWN]]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def own_requests(asked: Asked) -> Found:
    """One's own requests that are not decided yet, the soonest first."""
    return _own(asked, frozenset({ReservationState.REQUESTED}))


def own_bookings(asked: Asked) -> Found:
    """One's next reservations, the soonest first."""
    return _own(asked, PROMISED)


def feeds_hint(asked: Asked) -> Found:
    """One, for somebody who has coming reservations and has subscribed to no calendar."""
    return Found(int(calendars.lacks_feed(asked.session, asked.actor, now=asked.now)))


def _own(asked: Asked, states: frozenset[ReservationState]) -> Found:
    """One's own coming reservations in some states."""
    rows = reservations.next_reservations(asked.session, asked.actor, states, limit=SHOWN + 1, now=asked.now)
    items = [_booking(one, due_at=one.decide_by) for one in rows[:SHOWN]]
    return Found(len(items), items, is_more=len(rows) > SHOWN)


def _booking(reservation: Reservation, *, due_at: datetime | None = None, person: str = "") -> Item:
    """A reservation as an item; its instrument must be loaded."""
    return Item(
        "reservation",
        reservation.id,
        *_names(reservation.instrument),
        person=person,
        starts_at=reservation.asked_starts_at or reservation.starts_at,
        ends_at=reservation.asked_ends_at or reservation.ends_at,
        due_at=due_at,
    )


def _names(instrument: Instrument) -> tuple[str, str]:
    """Both names."""
    return instrument.name_zh, instrument.name_en


PROVIDERS = (
    Provider("decisions", Hat.STEWARD, decisions, Permission.DECIDE_BOOKINGS, is_local=True),
    Provider("conflicts", Hat.STEWARD, conflicts, Permission.DECIDE_BOOKINGS, is_local=True),
    Provider("uses", Hat.STEWARD, charged.uses_waiting, Permission.DECIDE_BOOKINGS, is_local=True),
    Provider("charges_disputed", Hat.STEWARD, charged.disputed, Permission.SETTLE_CHARGES, is_local=True),
    Provider("charge_problems", Hat.STEWARD, charged.problems, Permission.SETTLE_CHARGES, is_local=True),
    Provider("unagreed", Hat.STEWARD, agreed.unagreed, Permission.DECIDE_BOOKINGS, is_local=True),
    Provider("enquiries", Hat.STEWARD, enquiries_waiting, Permission.ANSWER_ENQUIRIES, is_local=True),
    Provider("sample_orders", Hat.STEWARD, sample_orders, Permission.HANDLE_SAMPLES, is_local=True),
    Provider("blocks_today", Hat.STEWARD, blocks_today, Permission.MANAGE_BLOCKS, is_local=True),
    Provider("training", Hat.STEWARD, records.training_waiting, Permission.TICK_TRAINING, is_local=True),
    Provider("drafts", Hat.STEWARD, drafts, Permission.EDIT_RECORD, is_local=True),
    Provider("imports", Hat.INSTITUTION, records.imports_unfinished, Permission.IMPORT_RECORDS),
    Provider("reports", Hat.INSTITUTION, records.reports_due, Permission.ADD_RECORD, is_local=True),
    Provider(
        "affiliations", Hat.INSTITUTION, people.affiliations_waiting, Permission.MANAGE_AFFILIATIONS, is_local=True
    ),
    Provider("visits", Hat.INSTITUTION, people.visits_waiting, Permission.MANAGE_AFFILIATIONS, is_local=True),
    Provider(
        "visits_without_host",
        Hat.INSTITUTION,
        people.visits_without_host,
        Permission.MANAGE_AFFILIATIONS,
        is_local=True,
    ),
    Provider("rosters", Hat.INSTITUTION, people.rosters_due, Permission.MANAGE_AFFILIATIONS, is_local=True),
    Provider(
        "affiliations_ending",
        Hat.INSTITUTION,
        people.affiliations_ending,
        Permission.MANAGE_AFFILIATIONS,
        is_local=True,
    ),
    Provider("left_behind", Hat.INSTITUTION, people.left_behind, Permission.HAND_OVER, is_local=True),
    Provider("team_requests_left", Hat.INSTITUTION, people.team_requests_left, Permission.MANAGE_TEAMS, is_local=True),
    Provider("successors", Hat.INSTITUTION, people.successors_wanted, Permission.GIVE_GRANTS),
    Provider("roles_ending", Hat.INSTITUTION, people.roles_ending, Permission.GIVE_GRANTS),
    Provider("payers_expiring", Hat.INSTITUTION, money.payers_expiring, Permission.MANAGE_PAYERS, is_local=True),
    Provider("payers_low", Hat.INSTITUTION, money.payers_low, Permission.MANAGE_PAYERS, is_local=True),
    Provider("to_bill", Hat.INSTITUTION, billed.billable, Permission.MANAGE_STATEMENTS, is_local=True),
    Provider("statements_overdue", Hat.INSTITUTION, billed.overdue, Permission.MANAGE_STATEMENTS, is_local=True),
    Provider("prices_missing", Hat.INSTITUTION, money.prices_missing, Permission.SET_PRICES, is_local=True),
    Provider(
        "contracts_to_keep", Hat.INSTITUTION, agreed.contracts_to_keep, Permission.MANAGE_CONTRACTS, is_local=True
    ),
    Provider("contracts_ending", Hat.INSTITUTION, agreed.contracts_ending, Permission.MANAGE_CONTRACTS, is_local=True),
    Provider("owner_changes", Hat.INSTITUTION, owner_changes, Permission.CHANGE_OWNER, is_local=True),
    Provider("reviews", Hat.INSTITUTION, reviews, Permission.REVIEW_RECORD),
    Provider("redemptions", Hat.PLATFORM, redeemed.redemptions_waiting, Permission.REVIEW_REDEMPTIONS, is_local=True),
    Provider("clearing", Hat.PLATFORM, cleared.clearing_waiting, Permission.CLEAR_MONTHS, is_local=True),
    Provider("registrations", Hat.PLATFORM, people.registrations, Permission.VERIFY_ORGANISATIONS),
    Provider("affiliations_unmanaged", Hat.PLATFORM, people.affiliations_unmanaged, Permission.MANAGE_AFFILIATIONS),
    Provider("mail_domains", Hat.PLATFORM, people.mail_domains, Permission.VERIFY_ORGANISATIONS),
    Provider("exemptions", Hat.PLATFORM, records.exemptions_asked, Permission.DECIDE_EXEMPTIONS),
    Provider("applications_to_review", Hat.PLATFORM, vouchers.to_review, Permission.REVIEW_APPLICATIONS),
    Provider("failing_jobs", Hat.PLATFORM, failing_jobs, Permission.SEE_JOBS),
    Provider("backup", Hat.PLATFORM, backup_old, Permission.SEE_SYSTEM),
    Provider("events_set_aside", Hat.PLATFORM, events_set_aside, Permission.SEE_JOBS),
    Provider("mails_set_aside", Hat.PLATFORM, mails_set_aside, Permission.SEE_MAILBOX),
    Provider("announced", Hat.PLATFORM, announced, Permission.ANNOUNCE),
    Provider("role_changes", Hat.AUDIT, role_changes, Permission.SEE_AUDIT),
    Provider("charges_seen", Hat.AUDIT, audited.charges_waiting, Permission.SEE_CHARGES),
    Provider("statements_seen", Hat.AUDIT, audited.overdue, Permission.SEE_STATEMENTS),
    Provider("own_roles_ending", Hat.RESEARCHER, people.own_roles_ending),
    Provider("lead_asked", Hat.RESEARCHER, people.lead_asked),
    Provider("team_requests", Hat.RESEARCHER, people.team_requests),
    Provider("answers", Hat.RESEARCHER, answers),
    Provider("charges_to_accept", Hat.RESEARCHER, charged.to_accept),
    Provider("statements_owed", Hat.RESEARCHER, billed.owed),
    Provider("own_sample_orders", Hat.RESEARCHER, own_sample_orders),
    Provider("own_unagreed", Hat.RESEARCHER, agreed.own_unagreed),
    Provider("contracts_to_sign", Hat.RESEARCHER, agreed.contracts_to_sign, Permission.SIGN_CONTRACTS),
    Provider("applications_returned", Hat.RESEARCHER, vouchers.returned, Permission.APPLY_FOR_VOUCHERS),
    Provider("own_requests", Hat.RESEARCHER, own_requests),
    Provider("own_bookings", Hat.RESEARCHER, own_bookings),
    Provider("visits_hosted", Hat.RESEARCHER, people.visits_hosted),
    Provider("team_members_ending", Hat.RESEARCHER, people.team_members_ending),
    Provider("feeds_hint", Hat.RESEARCHER, feeds_hint),
)
