"""A month of a border as somebody reads it: how far it is, what it says, and what they may do with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.clearing import queries
from booking.clearing.queries import Closed, Figures, Sight
from booking.clearing.rules import (
    Border,
    creditor_of,
    month_after,
    month_of,
    net_fen,
    state_of,
)
from booking.core.actors import Actor
from booking.core.errors import Forbidden, NotFound
from booking.programmes.authorities import acting_for
from models.vocabulary.clearing import ClearingState, ClearingStep, Figure


class Act(StrEnum):
    """What an officer may do with a month."""

    CLOSE = "close"
    CONFIRM = "confirm"
    OBJECT = "object"
    ANSWER = "answer"
    SETTLE = "settle"
    REVERSE = "reverse"


@dataclass(frozen=True, slots=True)
class ShownMonth:
    """A month of a border; `due` is the one that is to be closed first, `may` what the reader may do."""

    border: Border
    month: date
    state: ClearingState
    figures: Figures
    net_fen: int
    closed: Closed | None
    due: date | None
    may: frozenset[Act]

    @property
    def creditor(self) -> str | None:
        """The province that is owed."""
        return creditor_of(self.border, self.net_fen)


def sight_for(session: Session, actor: Actor | None) -> Sight:
    """What somebody sees of clearing; raises Forbidden for who sees nothing."""
    sight = queries.sight_of(session, actor, Permission.SEE_CLEARING)
    if not sight.everywhere and not sight.offices:
        raise Forbidden
    return sight


def months(session: Session, month: date, actor: Actor, *, today: date) -> list[ShownMonth]:
    """A month of every border that somebody sees; raises Forbidden."""
    sight = sight_for(session, actor)
    borders = queries.borders_seen(session, sight)
    return [shown_month(session, border, month, actor, today=today, sight=sight) for border in borders]


def shown_month(
    session: Session, border: Border, month: date, actor: Actor, *, today: date, sight: Sight | None = None
) -> ShownMonth:
    """One month of a border; raises NotFound for one to come, or for who does not see it."""
    sight = sight or queries.sight_of(session, actor, Permission.SEE_CLEARING)
    pairs = queries.border_seen(session, border, sight)
    if month > month_of(today):
        raise NotFound
    statement = None if border.is_within else queries.statement_of(session, border, month)
    if statement is not None:
        (found,) = queries.closed(session, [statement])
        figures, net = found.figures, statement.net_fen
    else:
        found = None
        figures = queries.figures_of(session, pairs, queries.span_of(session, border, month))
        net = 0 if border.is_within else net_fen(border, figures)
    steps = [one.step for one in found.events] if found else None
    is_owed = any(amounts[Figure.OWED] for amounts in figures.values())
    state = ClearingState.OPEN if border.is_within else state_of(month, today, steps, is_owed=is_owed)
    due = None if border.is_within else due_month(session, border, today=today)
    if state == ClearingState.DUE and (due is None or month < due):
        state = ClearingState.EMPTY
    offices = acting_for(session, actor, Permission.CLEAR_MONTHS)
    own = [one for one in sorted(border.provinces) if one in offices]
    may = (
        acts_of(border, state, found, creditor_of(border, net), own, actor, is_due=due == month) if own else frozenset()
    )
    return ShownMonth(border, month, state, figures, net, found, due, may)


def due_month(session: Session, border: Border, *, today: date) -> date | None:
    """The month of a border that is to be closed next, if it is over."""
    last = queries.last_statement(session, border)
    due = month_after(last.month) if last else queries.first_month(session, queries.pairs_of(session, border))
    return due if due is not None and month_after(due) <= today else None


def acts_of(  # noqa: PLR0917 - all that decides
    border: Border,
    state: ClearingState,
    found: Closed | None,
    creditor: str | None,
    own: Sequence[str],
    actor: Actor,
    *,
    is_due: bool,
) -> frozenset[Act]:
    """What an officer of these provinces may do."""
    if found is None:
        return frozenset({Act.CLOSE}) if is_due else frozenset()
    may = {Act.ANSWER}
    is_other = border.other(found.statement.province) in own and actor.id != found.statement.closed_by_id
    is_confirmed = any(one.step == ClearingStep.CONFIRM for one in found.events)
    if is_other and not is_confirmed:
        may |= {Act.CONFIRM, Act.OBJECT}
    if state == ClearingState.CONFIRMED and (creditor is None or creditor in own):
        may.add(Act.SETTLE)
    settled = [one for one in found.events if one.step == ClearingStep.SETTLE][-1:]
    if state == ClearingState.SETTLED and any(one.province in own for one in settled):
        may.add(Act.REVERSE)
    return frozenset(may)
