"""Issuing many drafts, each in a transaction of its own, so that numbers are held for a moment only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from booking.core.actors import Actor
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from booking.statements.service import issue_statement

MOST_AT_ONCE = 200


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


def issue_many(
    transaction: Callable[..., Any], draft_ids: list[int], *, actor: Actor, now: datetime, most: int = MOST_AT_ONCE
) -> Issued:
    """Issue the first of these drafts in their order; what somebody else issued or dropped meanwhile is passed over.

    What the actor owes themselves is left to others; neither that nor what changed or must be chosen for keeps later
    ones waiting.
    """
    done = Issued()
    for place, draft_id in enumerate(draft_ids):
        if len(done.statement_ids) == most:
            done.left = len(draft_ids) - place
            break
        try:
            done.statement_ids.append(transaction(issue_statement, draft_id, actor=actor, now=now).id)
        except NotFound:
            continue
        except Forbidden:
            done.own_draft_ids.append(draft_id)
        except InvalidInput:
            done.unclear_draft_ids.append(draft_id)
        except Conflict as conflict:
            if conflict.code == "draft_changed":
                done.changed_draft_ids.append(draft_id)
    done.left += done.passed_over
    return done
