"""Issuing many drafts, some in each transaction, so that numbers are held for a moment only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from booking.statements.service import issue_statement
from models.statements import StatementDraft

MOST_AT_ONCE = 200
TOGETHER = 25
"""How many are issued in one transaction: about a second in which nobody else gets a number."""


@dataclass(slots=True)
class Issued:
    """What came of it: the statements, the drafts that changed, of people of several organisations, the actor's own.

    `left` is how many there are still.
    """

    statement_ids: list[int] = field(default_factory=list)
    changed_draft_ids: list[int] = field(default_factory=list)
    unclear_draft_ids: list[int] = field(default_factory=list)
    own_draft_ids: list[int] = field(default_factory=list)
    left: int = 0

    @property
    def passed_over(self) -> int:
        """How many of those that are left need somebody's eyes."""
        return len(self.changed_draft_ids) + len(self.unclear_draft_ids) + len(self.own_draft_ids)

    def add(self, more: "Issued") -> None:
        """What came of some more."""
        self.statement_ids += more.statement_ids
        self.changed_draft_ids += more.changed_draft_ids
        self.unclear_draft_ids += more.unclear_draft_ids
        self.own_draft_ids += more.own_draft_ids


def issue_many(
    transaction: Callable[..., Any], draft_ids: list[int], *, actor: Actor, now: datetime, most: int = MOST_AT_ONCE
) -> Issued:
    """Issue the first of these drafts in their order; what somebody else issued or dropped meanwhile is passed over.

    What the actor owes themselves is left to others; neither that nor what changed or must be chosen for keeps later
    ones waiting.
    """
    done, place = Issued(), 0
    while place < len(draft_ids) and len(done.statement_ids) < most:
        some = draft_ids[place : place + min(TOGETHER, most - len(done.statement_ids))]
        done.add(transaction(issue_together, some, actor=actor, now=now))
        place += len(some)
    done.left = len(draft_ids) - place + done.passed_over
    return done


def issue_together(session: Session, draft_ids: Sequence[int], *, actor: Actor, now: datetime) -> Issued:
    """Issue some drafts in one transaction; one that is refused leaves nothing behind, and the others go on.

    All of them are locked before the institution's numbers are, in order of id, as whoever makes them anew does.
    """
    ordered = select(StatementDraft.id).where(StatementDraft.id.in_(draft_ids)).order_by(StatementDraft.id)
    session.execute(ordered.with_for_update())
    done = Issued()
    for draft_id in draft_ids:
        try:
            with session.begin_nested():
                made = issue_statement(session, draft_id, actor=actor, now=now)
        except NotFound:
            continue
        except Forbidden:
            done.own_draft_ids.append(draft_id)
        except InvalidInput:
            done.unclear_draft_ids.append(draft_id)
        except Conflict as conflict:
            if conflict.code == "draft_changed":
                done.changed_draft_ids.append(draft_id)
        else:
            done.statement_ids.append(made.id)
    return done
