"""Decisions on enquiries: what may still be said to a wish, and which times make sense."""

from collections.abc import Sequence
from datetime import datetime

from booking.core.errors import Problem
from booking.core.period import Period
from booking.core.texts import N_
from models.vocabulary.enquiries import WishAnswer, WishState

OWED_AN_ANSWER = frozenset({WishState.ASKED, WishState.DECLINED})
MOST_A_DAY = 20


def period_problems(periods: Sequence[Period], *, now: datetime, field: str = "periods") -> list[Problem]:
    """Times that are over cannot be wished for, nor the same one twice."""
    found = [
        Problem(f"{field}.{n}.starts_at", N_("这个时间已经过去。")) for n, one in enumerate(periods) if one.start <= now
    ]
    if len(set(periods)) < len(periods):
        found.append(Problem(field, N_("同一时间请只写一次。")))
    return found


def state_after(answer: WishAnswer) -> WishState:
    """Where an owner's answer leaves the wish."""
    return {
        WishAnswer.ACCEPT: WishState.AGREED,
        WishAnswer.OFFER: WishState.OFFERED,
        WishAnswer.REFUSE: WishState.REFUSED,
    }[answer]
