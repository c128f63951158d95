"""Programmes as the API says them."""

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.programmes.budgets import budgets_left
from booking.programmes.forms import BatchForm
from booking.programmes.queries import Shown
from booking.programmes.rules import Covered
from booking.programmes.wording import sentence
from models.programmes import ProgrammeVersion
from models.vocabulary.programmes import (
    BearsDifference,
    BorderWay,
    CountsOn,
    Exclusion,
    Limit,
    MarkKind,
    ProgrammeDocument,
    Reason,
    RedeemedBy,
    ReservesBudget,
    ServiceType,
)


class ProgrammeAuthority(BaseModel):
    """Whose programme it is; its province by the first two digits of the adcode."""

    id: int
    name: str
    name_en: str
    adcode: str | None


class ProgrammeMark(BaseModel):
    """Where a value comes from: a text that is named, or an assumption."""

    kind: MarkKind
    text: str


class ProgrammeVersionAnswer(BaseModel):
    """What a programme says from a day on; shares in basis points, marks by the name of their value."""

    number: int
    valid_from: date
    notice: str
    notice_url: str
    shares: dict[ServiceType, int]
    year_cap_fen: int
    budget_fen: int | None
    counts_from: date
    use_by: date
    redeem_by: date
    valid_days: int | None
    documents: list[ProgrammeDocument]
    exclusions: list[Exclusion]
    redeemed_by: RedeemedBy
    reserves_budget: ReservesBudget
    counts_on: CountsOn
    bears_difference: BearsDifference
    border_way: BorderWay
    windows: list[BatchForm]
    notice_days: int
    review_days: int
    pay_days: int
    marks: dict[str, ProgrammeMark]
    note_zh: str
    note_en: str
    reason: str
    created_at: datetime


class ProgrammeAnswer(BaseModel):
    """A programme with the version that holds on the day, or will hold first; `version` counts all of them.

    `jurisdiction` is the place of its authority (GB/T 2260), whose firms may apply. `runs_at` names the system of
    others in which its vouchers live; empty: here. `budget_left_fen` is what is free today of the budget; null where
    there is no limit, or the vouchers live elsewhere.
    """

    id: int
    authority: ProgrammeAuthority
    jurisdiction: str
    is_in_force: bool
    budget_left_fen: int | None
    year: int
    name: str
    name_en: str
    runs_at: str
    version: int
    terms: ProgrammeVersionAnswer


class ProgrammeList(BaseModel):
    """Programmes, the latest year first."""

    items: list[ProgrammeAnswer]
    next_cursor: None = None


class ProgrammeVersionList(BaseModel):
    """Everything that a programme said, says and will say, the newest first."""

    items: list[ProgrammeVersionAnswer]
    next_cursor: None = None


class ExcludedAnswer(BaseModel):
    """Why nothing is covered."""

    code: Reason
    message: str


class CoveredAnswer(BaseModel):
    """What a voucher would cover, what each limit would allow, and which decided."""

    covered_fen: int
    own_part_fen: int
    pays_first_fen: int
    expected_fen: int
    decided_by: list[Limit]
    limits: dict[Limit, int]
    refusals: list[ExcludedAnswer]


def programme_answers(session: Session, programmes: Sequence[Shown], day: date) -> list[ProgrammeAnswer]:
    """Programmes as they are read on a day, with what is left of their budgets."""
    left = budgets_left(session, [one.version for one in programmes])
    return [_programme(one, day, left[one.programme.id]) for one in programmes]


def programme_answer(session: Session, shown: Shown, day: date) -> ProgrammeAnswer:
    """One programme as it is read on a day."""
    return programme_answers(session, [shown], day)[0]


def _programme(shown: Shown, day: date, left_fen: int | None) -> ProgrammeAnswer:
    """A programme, of whose budget so much is left."""
    found, authority = shown.programme, shown.programme.organisation
    return ProgrammeAnswer(
        id=found.id,
        authority=ProgrammeAuthority(
            id=authority.id, name=authority.name_zh, name_en=authority.name_en, adcode=authority.adcode
        ),
        jurisdiction=authority.adcode or "",
        is_in_force=shown.is_in_force(day),
        budget_left_fen=left_fen,
        year=found.year,
        name=found.name_zh,
        name_en=found.name_en,
        runs_at=found.runs_at,
        version=found.version,
        terms=version_answer(shown.version),
    )


def version_answer(version: ProgrammeVersion) -> ProgrammeVersionAnswer:
    """A version."""
    return ProgrammeVersionAnswer.model_validate(version, from_attributes=True)


def covered_answer(found: Covered) -> CoveredAnswer:
    """What would be covered."""
    return CoveredAnswer(
        covered_fen=found.covered_fen,
        own_part_fen=found.own_part_fen,
        pays_first_fen=found.pays_first_fen,
        expected_fen=found.expected_fen,
        decided_by=list(found.decided_by),
        limits=dict(found.limits),
        refusals=[ExcludedAnswer(code=one.reason, message=sentence(one)) for one in found.excluded],
    )
