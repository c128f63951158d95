"""What a card is: who gets it, what it holds, in which order cards come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor, Reach
from booking.settings import Settings

SHOWN = 5


class Hat(StrEnum):
    """As what a person is addressed; somebody with several roles wears several."""

    STEWARD = "steward"
    INSTITUTION = "institution"
    PLATFORM = "platform"
    AUDIT = "audit"
    RESEARCHER = "researcher"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, when, and for which part of the world the card is."""

    session: Session
    actor: Actor
    within: Reach
    settings: Settings
    now: datetime
    named: dict[int, tuple[str, str]] = field(default_factory=dict)
    """What the organisations of the cards before are called; all cards of a page fill and read one."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a card: what it is about, when it happens, by which moment or on which day it is due."""

    subject: str
    subject_id: int | None
    title_zh: str
    title_en: str
    person: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    due_at: datetime | None = None
    due_on: date | None = None
    count: int | None = None
    organisation_id: int | None = None
    """Where the subject is one of several of a person, the institution at which it is this one."""
    action: str = ""
    """What happened to a role, as the log calls it; `role` is which one, `by` who did it."""
    role: str = ""
    by: str = ""
    todo: str = ""
    """What is to be done with it, where a card has several kinds of that."""
    named_by: Mapping[str, str] = field(default_factory=dict)
    """What names its page where no id does."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a provider found: how much in all (at least, when there `is_more`), and the first few."""

    count: int
    items: Sequence[Item] = ()
    rows: Sequence[Any] = ()
    is_more: bool = False


Read = Callable[[Asked], Found]


@dataclass(frozen=True, slots=True)
class Provider:
    """One line of the table of cards; no permission means everybody who is signed in."""

    code: str
    hat: Hat
    read: Read
    needs: Permission | None = None
    is_local: bool = False
    """Whether it is for those at work in an institution, and not for those who see the whole platform."""

    def part_of(self, page: Asked) -> Asked | None:
        """What the person asks of the provider, or None when the card is not for them."""
        within = reach(page.actor, self.needs) if self.needs else Reach()
        if self.is_local:
            within = replace(within, everywhere=False)
        if self.needs is not None and not within:
            return None
        return replace(page, within=within)


@dataclass(frozen=True, slots=True)
class Card:
    """A provider's answer to one person."""

    code: str
    hat: Hat
    found: Found = field(default_factory=lambda: Found(0))
