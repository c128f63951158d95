"""What the timetable does for uses and sample orders: what they stand on, what they cost, who is to answer."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from booking.charges import disputing
from booking.charges import queries as charges
from booking.charges import service as charging
from booking.charges.terms import windows
from booking.contracts import grounds, straying
from booking.contracts import queries as contracts
from booking.contracts import steps as contracting
from booking.core.clock import local_date
from booking.operations.running import Step, one_by_one
from booking.reservations import agreeing, use_reminding
from booking.samples import agreeing as ordering
from booking.samples import charging as sample_charging
from booking.samples import queries as samples
from booking.samples import quoting, releasing
from booking.statements import reminding as statements


def expire_quotes(now: datetime) -> int:
    """Quotes of sample orders whose last day is over run out; how many."""
    return one_by_one(samples.due_to_expire, quoting.expire_quote, now=now)


def accept_results(now: datetime) -> int:
    """Results of samples that nobody answered in time count as accepted, and are charged; how many."""
    return one_by_one(samples.due_to_approve, _in_windows(sample_charging.accept_silently), now=now)


def release_results(now: datetime) -> int:
    """Results that were withheld are handed over once they are paid; how many orders."""
    return one_by_one(releasing.due_to_release, _in_windows(releasing.release_results), now=now)


def remind_of_uses(now: datetime) -> int:
    """Uses that nobody confirmed are brought before whoever is next; for how many institutions."""
    return one_by_one(use_reminding.due_to_remind, _in_windows(use_reminding.remind_of_uses), now=now)


def remind_of_disputes(now: datetime) -> int:
    """Disputes that nobody answered within a week are brought before the owner's people; for how many institutions."""
    return one_by_one(disputing.due_to_remind, disputing.remind_of_disputes, now=now)


def go_on_with_charges(now: datetime) -> int:
    """Charges that nobody disputed count as accepted, late fees whose time is over become final; how many."""
    return one_by_one(charges.due_to_finish, _in_windows(charging.go_on), now=now)


def weigh_uses(now: datetime) -> int:
    """Coming uses of instruments that came to another institution are weighed by what that one requires; how many."""
    weighed = one_by_one(straying.reservations_of_other_owners, agreeing.weigh_reservation, now=now)
    return weighed + one_by_one(straying.orders_of_other_owners, ordering.weigh_order, now=now)


def lapse_unagreed(now: datetime) -> int:
    """Outside bookings whose time has begun without the order form or contract that they need; how many lapsed."""
    return one_by_one(grounds.started_lacking, agreeing.lapse_unagreed, now=now)


def end_contracts(now: datetime) -> int:
    """Contracts run out after their last day, announce their end, or cover what waited for them; how many.

    Before that bookings and orders of people who left, and orders whose contract is over, are weighed anew.
    """

    def over(session: Session, *, now: datetime) -> list[int]:
        return contracts.past_their_end(session, today=local_date(now))

    def ending(session: Session, *, now: datetime) -> list[int]:
        return contracts.ending_untold(session, today=local_date(now))

    def waited_for(session: Session, *, now: datetime) -> Sequence[int]:
        return grounds.in_force_where_lacking(session, today=local_date(now))

    def left(session: Session, *, now: datetime) -> Sequence[int]:
        return straying.reservations_of_leavers(session, today=local_date(now), now=now)

    def out_of_date(session: Session, *, now: datetime) -> Sequence[int]:
        return straying.orders_out_of_date(session, today=local_date(now))

    weighed = one_by_one(left, agreeing.weigh_reservation, now=now)
    weighed += one_by_one(out_of_date, ordering.weigh_order, now=now)
    ended = one_by_one(over, contracting.expire_contract, now=now)
    told = one_by_one(ending, contracting.tell_of_end, now=now)
    return weighed + ended + told + one_by_one(waited_for, contracting.cover_again, now=now)


def remind_of_statements(now: datetime) -> int:
    """Whoever owes an overdue statement is reminded, once a week; of how many."""
    return one_by_one(statements.due_to_remind, statements.remind, now=now)


def _in_windows(step: Callable[..., bool]) -> Step:
    """The step with the deadlines of the service, which are read once."""
    terms = windows()

    def taken(session: Session, item_id: int, /, *, now: datetime) -> bool:
        return step(session, item_id, windows=terms, now=now)

    return taken
