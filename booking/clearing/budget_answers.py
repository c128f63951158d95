"""The budget of a programme as the API says it."""

from datetime import date

from pydantic import BaseModel

from booking.clearing.budgets import Budget


class BudgetDayAnswer(BaseModel):
    """What was free, committed and paid at the end of a day."""

    day: date
    free_fen: int
    committed_fen: int
    paid_fen: int


class BurnDownAnswer(BaseModel):
    """A programme's budget from the first day of its year until today; not limited where the policy names none."""

    programme_id: int
    is_limited: bool
    total_fen: int
    free_fen: int
    committed_fen: int
    paid_fen: int
    first: date
    last: date
    days: list[BudgetDayAnswer]


def budget_answer(found: Budget) -> BurnDownAnswer:
    """The budget day by day."""
    latest = found.latest
    return BurnDownAnswer(
        programme_id=found.shown.programme.id,
        is_limited=found.is_limited,
        total_fen=found.total_fen,
        free_fen=latest.free_fen,
        committed_fen=latest.committed_fen,
        paid_fen=latest.paid_fen,
        first=found.first,
        last=found.last,
        days=[
            BudgetDayAnswer(day=one.day, free_fen=one.free_fen, committed_fen=one.committed_fen, paid_fen=one.paid_fen)
            for one in found.days
        ],
    )
