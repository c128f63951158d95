"""What was spent month by month: by oneself, by those who use one's accounts, by one's firms, at an institution."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.charges.queries import answered_by, in_reach
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.errors import Forbidden
from models.accounts import User
from models.catalogue import Instrument
from models.charges import Charge
from models.samples import SampleOrder
from models.vocabulary.charges import ChargeState

MONTHS = 12
MOST_PEOPLE = 200


class Whose(StrEnum):
    """Whose spending is added up: one's own, of accounts one answers for, of one's firms, or where one works."""

    OWN = "own"
    ANSWERED = "answered"
    FIRMS = "firms"
    STAFFED = "staffed"


@dataclass(frozen=True, slots=True)
class MonthSpent:
    """What uses and orders that ended in a month (its first day) came to, and how many there were."""

    month: date
    charges: int
    spent_fen: int


@dataclass(frozen=True, slots=True)
class PersonSpent:
    """The same of a person in all these months."""

    name: str
    charges: int
    spent_fen: int


@dataclass(frozen=True, slots=True)
class Spending:
    """The last months, oldest first, and who spent most of it, the most first."""

    whose: Whose
    months: Sequence[MonthSpent]
    people: Sequence[PersonSpent]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was charged in all that time."""
        return not any(one.charges for one in self.months)

    @property
    def total_fen(self) -> int:
        """All of it."""
        return sum(one.spent_fen for one in self.months)


def views_of(actor: Actor) -> list[Whose]:
    """Whose spending somebody may look at."""
    found = [Whose.OWN, Whose.ANSWERED]
    if reach(actor, Permission.ORDER_FOR_FIRM).organisation_ids:
        found.append(Whose.FIRMS)
    if reach(actor, Permission.SEE_CHARGES):
        found.append(Whose.STAFFED)
    return found


def spending(session: Session, actor: Actor, whose: Whose, *, now: datetime) -> Spending:
    """What was charged in the last months, without what is estimated; raises Forbidden for what one may not look at.

    By the end of what is charged, in Asia/Shanghai. What was let off counts nothing.
    """
    if whose not in views_of(actor):
        raise Forbidden
    today = local_date(now)
    months = month_starts(today)
    ended = func.coalesce(Charge.used_ends_at, Charge.booked_ends_at)
    starts = [at_local(month) for month in months]
    counted = (
        _within(actor, whose, today),
        ended >= starts[0],
        Charge.state != ChargeState.ESTIMATED,
        Charge.gross_fen > 0,
    )
    month = case(*((ended < start, place) for place, start in enumerate(starts[1:])), else_=len(months) - 1)
    count, total = func.count(Charge.id), cast(func.sum(Charge.gross_fen), BigInteger)
    charged = select(count, total).join(Instrument, Instrument.id == Charge.instrument_id)
    charged = charged.outerjoin(SampleOrder, SampleOrder.id == Charge.sample_order_id).where(*counted)
    found = {row[2]: (row[0], int(row[1])) for row in session.execute(charged.add_columns(month).group_by(month))}
    by_person = charged.join(User, User.id == Charge.user_id).add_columns(User.name).group_by(User.id, User.name)
    people = session.execute(by_person.order_by(total.desc(), User.id).limit(MOST_PEOPLE)).all()
    return Spending(
        whose,
        [MonthSpent(one, *found.get(place, (0, 0))) for place, one in enumerate(months)],
        [PersonSpent(name, number, int(fen)) for number, fen, name in people],
    )


def _within(actor: Actor, whose: Whose, today: date) -> ColumnElement[bool]:
    """The charges that are added up."""
    if whose == Whose.OWN:
        return Charge.user_id == actor.id
    if whose == Whose.ANSWERED:
        return and_(Charge.payer_account_id.is_not(None), answered_by(actor, today))
    if whose == Whose.FIRMS:
        firms = reach(actor, Permission.ORDER_FOR_FIRM)
        return SampleOrder.organisation_id.in_(firms.organisation_ids)
    return in_reach(reach(actor, Permission.SEE_CHARGES))


def month_starts(today: date) -> list[date]:
    """The first days of the last months, this one last."""
    first = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(first - MONTHS + 1, first + 1)]
