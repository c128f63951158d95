"""Audit samples of redemptions as the API says them, with what was found."""

from datetime import date, datetime

from pydantic import BaseModel

from booking.redemptions.drawn import Findings
from models.redemptions import RedemptionFinding, RedemptionSample


class RedemptionFindingAnswer(BaseModel):
    """What was found of a redemption that was drawn."""

    redemption_id: int
    is_in_order: bool
    note: str
    found_by: str
    created_at: datetime


class RedemptionSampleAnswer(BaseModel):
    """What was drawn of a population by a seed: the ids whose SHA-256 of `seed:id` (in hex) is lowest.

    `findings` is what was found last of each that somebody has looked at.
    """

    id: int
    programme_id: int
    paid_from: date
    paid_until: date
    seed: str
    share: int | None
    population: list[int]
    drawn: list[int]
    findings: list[RedemptionFindingAnswer]
    created_at: datetime


class RedemptionSampleList(BaseModel):
    """Samples, the newest first."""

    items: list[RedemptionSampleAnswer]
    next_cursor: str | None


def sample_answer(found: RedemptionSample, findings: Findings) -> RedemptionSampleAnswer:
    """One sample, with what was found of it."""
    known = [findings[found.id, key] for key in found.drawn if (found.id, key) in findings]
    names = set(RedemptionSampleAnswer.model_fields) - {"findings"}
    return RedemptionSampleAnswer(
        findings=[finding_answer(one, one.found_by.name) for one in known],
        **{name: getattr(found, name) for name in names},
    )


def finding_answer(found: RedemptionFinding, by: str) -> RedemptionFindingAnswer:
    """One finding."""
    names = ("redemption_id", "is_in_order", "note", "created_at")
    return RedemptionFindingAnswer(found_by=by, **{name: getattr(found, name) for name in names})
