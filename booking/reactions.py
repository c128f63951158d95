"""Event → the letters that follow, after commit: one table."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy.orm import Session

from booking.accounts import grant_letters as grants
from booking.accounts import letters as accounts
from booking.affiliations import letters as affiliations
from booking.affiliations import visit_letters as visiting
from booking.applications import letters as applications
from booking.catalogue import letters as catalogue
from booking.catalogue import owner_letters as owning
from booking.catalogue import report_letters as reporting
from booking.charges import letters as charges
from booking.clearing import letters as clearing
from booking.contracts import letters as contracts
from booking.enquiries import letters as enquiries
from booking.enquiries.queries import waiting_by_instrument as enquiries_waiting
from booking.notifications.letters import Letter, News
from booking.operations import letters as operations
from booking.redemptions import deadline_letters
from booking.redemptions import letters as redemptions
from booking.reservations import left_behind, waiting
from booking.reservations import letters as reservations
from booking.reservations import move_letters as moving
from booking.reservations import use_letters as uses
from booking.samples import letters as samples
from booking.samples.lists import waiting_by_instrument as sample_orders_waiting
from booking.settings import Settings
from booking.statements import letters as statements
from booking.teams import letters as teams
from booking.vouchers import letters as vouchers
from models.notifications import Event


class Letters(Protocol):
    """Which letters follow from one event; reads only what it needs."""

    def __call__(self, news: News) -> list[Letter]:
        """The letters, none when nobody needs to know."""


OTHERS_WAITING: waiting.Others = {"enquiries": enquiries_waiting, "sample_orders": sample_orders_waiting}
"""What passes on beside requests when somebody's role is over."""

REACTIONS: dict[str, Letters] = {
    "accounts.confirmation_asked": accounts.on_confirmation_asked,
    "accounts.reset_asked": accounts.on_reset_asked,
    "accounts.password_changed": accounts.on_password_changed,
    "reservations.instrument_moves": moving.on_instrument_moves,
    "catalogue.report_due": reporting.on_report_due,
    "catalogue.exemption_asked": reporting.on_exemption_asked,
    "catalogue.exemption_decided": reporting.on_exemption_decided,
    "accounts.address_change_asked": accounts.on_address_change_asked,
    "accounts.address_changed": accounts.on_address_changed,
    "accounts.address_move_asked": accounts.on_address_move_asked,
    "catalogue.review_asked": catalogue.on_review_asked,
    "catalogue.review_decided": catalogue.on_review_decided,
    "catalogue.stewards_named": catalogue.on_stewards_named,
    "catalogue.owner_change_asked": owning.on_owner_change_asked,
    "catalogue.owner_change_answered": owning.on_owner_change_answered,
    "catalogue.owner_changed": moving.on_owner_changed,
    "accounts.address_confirmed": affiliations.on_address_confirmed,
    "affiliations.invited": affiliations.on_invited,
    "affiliations.visit_asked": visiting.on_visit_asked,
    "affiliations.visit_confirmed": visiting.on_visit_confirmed,
    "affiliations.visit_refused": visiting.on_visit_refused,
    "affiliations.visits_without_host": visiting.on_visits_without_host,
    "affiliations.visit_hosts_back": visiting.on_visit_hosts_back,
    "affiliations.visit_host_named": visiting.on_visit_host_named,
    "affiliations.visit_changed": visiting.on_visit_changed,
    "affiliations.visit_ended": visiting.on_visit_ended,
    "affiliations.registration_asked": affiliations.on_registration_asked,
    "affiliations.registration_decided": affiliations.on_registration_decided,
    "affiliations.domain_asked": affiliations.on_domain_asked,
    "affiliations.domain_decided": affiliations.on_domain_decided,
    "affiliations.asked": affiliations.on_asked,
    "affiliations.confirmed": affiliations.on_confirmed,
    "affiliations.refused": affiliations.on_refused,
    "affiliations.ended": affiliations.on_ended,
    "affiliations.left": affiliations.on_left,
    "affiliations.over": lambda news: [*visiting.on_over(news), *left_behind.on_affiliation_over(news)],
    "affiliations.ending_soon": affiliations.on_ending_soon,
    "affiliations.renewal_asked": affiliations.on_renewal_asked,
    "accounts.grant_given": grants.on_grant_given,
    "accounts.grant_ended": grants.on_grant_ended,
    "accounts.successor_wanted": grants.on_successor_wanted,
    "accounts.grant_over": partial(waiting.on_grant_over, others=OTHERS_WAITING),
    "accounts.account_deactivated": grants.on_account_deactivated,
    "reservations.requested": reservations.on_asked,
    "reservations.move_asked": reservations.on_asked,
    "reservations.confirmed": reservations.on_confirmed,
    "reservations.rejected": reservations.on_rejected,
    "reservations.edited": reservations.on_edited,
    "reservations.moved": reservations.on_moved,
    "reservations.move_rejected": reservations.on_move_refused,
    "reservations.move_lapsed": reservations.on_move_refused,
    "reservations.cancelled": reservations.on_cancelled,
    "reservations.lapsed": reservations.on_lapsed,
    "reservations.handed_over": reservations.on_handed_over,
    "reservations.person_suspended": reservations.on_suspended,
    "teams.created": teams.on_created,
    "teams.asked": teams.on_asked,
    "teams.decided": teams.on_decided,
    "teams.invited": teams.on_invited,
    "teams.joined": teams.on_joined,
    "teams.member_ended": teams.on_member_ended,
    "teams.deputy_changed": teams.on_deputy_changed,
    "teams.successor_asked": teams.on_successor_asked,
    "teams.lead_answered": teams.on_lead_answered,
    "enquiries.asked": lambda news: [*enquiries.on_asked(news), *owning.on_written(news)],
    "enquiries.added": lambda news: [*enquiries.on_added(news), *owning.on_written(news)],
    "enquiries.answered": enquiries.on_answered,
    "enquiries.file_removed": enquiries.on_file_removed,
    "enquiries.closed": enquiries.on_closed,
    "enquiries.withdrawn": enquiries.on_withdrawn,
    "enquiries.reopened": enquiries.on_reopened,
    "enquiries.wish_answered": enquiries.on_wish_answered,
    "enquiries.wish_settled": enquiries.on_wish_settled,
    "enquiries.overdue": enquiries.on_overdue,
    "samples.changed": lambda news: [*samples.on_changed(news), *owning.on_written(news)],
    "reservations.uses_unconfirmed": uses.on_uses_unconfirmed,
    "charges.changed": charges.on_changed,
    "operations.books_off": operations.on_books_off,
    "charges.disputes_wait": charges.on_disputes_wait,
    "statements.issued": statements.on_issued,
    "statements.received": statements.on_received,
    "statements.corrected": statements.on_corrected,
    "statements.overdue": statements.on_overdue,
    "vouchers.ending": vouchers.on_ending,
    "vouchers.stepped": vouchers.on_stepped,
    "contracts.changed": contracts.on_changed,
    "contracts.ending": contracts.on_ending,
    "contracts.lacking": contracts.on_lacking,
    "applications.changed": applications.on_changed,
    "applications.overdue": applications.on_overdue,
    "applications.verification_withdrawn": applications.on_verification_withdrawn,
    "redemptions.changed": redemptions.on_changed,
    "redemptions.payable": redemptions.on_payable,
    "redemptions.lapsed": deadline_letters.on_lapsed,
    "redemptions.batch_closing": deadline_letters.on_batch_closing,
    "clearing.changed": clearing.on_changed,
}


def letters_by(settings: Settings) -> Callable[[Session, Event, datetime], Sequence[Letter]]:
    """What the table says about an event; nothing follows from one that is not in it."""

    def letters_of(session: Session, event: Event, now: datetime) -> Sequence[Letter]:
        reaction = REACTIONS.get(event.name)
        return reaction(News(session, event.payload, now, settings)) if reaction else []

    return letters_of
