"""Cards about money for those who only read of it: what is disputed or cannot go on, and what is overdue."""

from sqlalchemy import true

from booking.accounts.permissions import Permission, reach
from booking.charges.queries import Show as Charges
from booking.core.clock import local_date
from booking.home import billed, charged
from booking.home.cards import Asked, Found
from booking.statements import queries
from booking.statements.queries import Show
from models.statements import Statement


def charges_waiting(asked: Asked) -> Found:
    """Charges that somebody disputes, then those that cannot go on by themselves."""
    if _keeps_it(asked):
        return Found(0)
    parts = [charged.waiting(asked, show) for show in (Charges.DISPUTED, Charges.PROBLEMS)]
    return Found(sum(one.count for one in parts), [item for one in parts for item in one.items])


def overdue(asked: Asked) -> Found:
    """Statements that are overdue, the longest first."""
    if _keeps_it(asked):
        return Found(0)
    within = asked.within
    at_them = true() if within.everywhere else Statement.organisation_id.in_(within.organisation_ids)
    late = queries.all_statements().where(at_them, queries.showing(Show.OVERDUE, local_date(asked.now)))
    return billed.first_of(asked, late)


def _keeps_it(asked: Asked) -> bool:
    """Whether somebody bills or settles charges themselves, and has cards of that."""
    keeps = reach(asked.actor, Permission.MANAGE_STATEMENTS)
    return bool(keeps or reach(asked.actor, Permission.SETTLE_CHARGES))
