"""Decisions about teams on values alone: who somebody is to a team, and which days a membership covers."""

from dataclasses import dataclass
from datetime import date, timedelta

from booking.core.errors import Problem
from booking.core.texts import N_

INVITED_FOR = timedelta(days=14)
KEPT = timedelta(days=180)
"""How long it is kept who did not take an invitation up."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What an actor is to a team; `manages` is the institution's administrator, `audits` who sees all."""

    is_lead: bool = False
    is_deputy: bool = False
    is_member: bool = False
    manages: bool = False
    audits: bool = False

    @property
    def runs(self) -> bool:
        """Whether they decide about members."""
        return self.is_lead or self.is_deputy or self.manages

    @property
    def sees_people(self) -> bool:
        """Whether they may know who belongs to it."""
        return self.runs or self.is_member or self.audits

    @property
    def looks_in(self) -> bool:
        """Whether they see who belongs to it by their office alone."""
        return (self.manages or self.audits) and not (self.is_lead or self.is_member)


def last_day_problems(starts_on: date, last_day: date, today: date) -> list[Problem]:
    """What is wrong with the last day of a membership: the past stays as it was."""
    if last_day < today - timedelta(days=1):
        return [Problem("last_day", N_("最后一天不能早于昨天。"))]
    if last_day < starts_on:
        return [Problem("last_day", N_("最后一天不能早于加入的那天。"))]
    return []
