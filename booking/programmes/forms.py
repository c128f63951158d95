"""What is read from outside about programmes; pages write yuan and percent, the API fen and basis points."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from booking.core.errors import InvalidInput, Problem
from booking.core.forms import Blank, FilledLine, Form, Line, NearDay, OptionalDay, Text, hundredths
from booking.core.money import WHOLE_SHARE
from booking.core.texts import N_
from booking.directory.forms import WebAddress
from booking.programmes.rules import Case, Left, Terms
from models.vocabulary.programmes import (
    BearsDifference,
    BorderWay,
    CountsOn,
    Exclusion,
    MarkKind,
    ProgrammeDocument,
    RedeemedBy,
    ReservesBudget,
    ServiceType,
)

MOST_FEN = 10_000_000_000
MOST_WINDOWS, MOST_MARKS = 12, 60
LARGEST_ID = 2**31 - 1

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Fen = Annotated[int, Field(strict=True, ge=0, le=MOST_FEN), BeforeValidator(hundredths)]
SomeFen = Annotated[int, Field(strict=True, ge=1, le=MOST_FEN), BeforeValidator(hundredths)]
SomeShare = Annotated[int, Field(strict=True, ge=1, le=WHOLE_SHARE), BeforeValidator(hundredths)]

MARKED = (
    "year_cap_fen",
    "budget_fen",
    "counts_from",
    "use_by",
    "redeem_by",
    "valid_days",
    "documents",
    "redeemed_by",
    "reserves_budget",
    "counts_on",
    "bears_difference",
    "border_way",
    "windows",
    "notice_days",
    "review_days",
    "pay_days",
)
"""The values that are marked as sourced or assumed, beside each share and each exclusion."""


class MarkForm(Form):
    """Where a value comes from; a sourced one without a text of its own comes from the notice."""

    kind: MarkKind = MarkKind.ASSUMED
    text: Annotated[Line, Field(max_length=160)] = ""


class BatchForm(Form):
    """A batch: when requests are taken, and of which days; all days included.

    Those are of the invoices or of the uses, whichever the programme counts on (`invoiced` is only their name).
    """

    opens_on: NearDay
    closes_on: NearDay
    invoiced_from: NearDay
    invoiced_until: NearDay


class ProgrammeTermsForm(Form):
    """What a programme pays for, how much and until when; `shares` are the highest ones, in basis points."""

    shares: Annotated[dict[ServiceType, SomeShare], Field(min_length=1)]
    year_cap_fen: SomeFen
    budget_fen: Annotated[SomeFen | None, Blank] = None
    counts_from: NearDay
    use_by: NearDay
    redeem_by: NearDay
    valid_days: Annotated[Annotated[int, Field(ge=1, le=3660)] | None, Blank] = None
    documents: Annotated[list[ProgrammeDocument], Field(max_length=len(ProgrammeDocument))] = Field(
        default_factory=list
    )
    exclusions: Annotated[list[Exclusion], Field(max_length=len(Exclusion))] = Field(default_factory=list)
    redeemed_by: RedeemedBy
    reserves_budget: ReservesBudget
    counts_on: CountsOn
    bears_difference: BearsDifference
    border_way: BorderWay
    windows: Annotated[list[BatchForm], Field(max_length=MOST_WINDOWS)] = Field(default_factory=list)
    notice_days: Annotated[int, Field(ge=0, le=60)] = 5
    review_days: Annotated[int, Field(ge=1, le=60)] = 5
    pay_days: Annotated[int, Field(ge=1, le=60)] = 5

    @property
    def terms(self) -> Terms:
        """The same as the rules read it; raises InvalidInput when days are out of order."""
        if problems := list(self.day_problems()):
            raise InvalidInput(problems)
        return Terms(
            **self.model_dump(include=set(Terms.__dataclass_fields__) - {"exclusions"}),
            exclusions=frozenset(self.exclusions),
        )

    def day_problems(self) -> Iterator[Problem]:
        """Days that stand before those they follow."""
        if self.use_by < self.counts_from:
            yield Problem("use_by", N_("使用截止日不能早于开始日。"))
        if self.redeem_by < self.use_by:
            yield Problem("redeem_by", N_("兑付截止日不能早于使用截止日。"))
        for place, window in enumerate(self.windows):
            if window.closes_on < window.opens_on:
                yield Problem(f"windows.{place}.closes_on", N_("受理截止日不能早于开始日。"))
            if window.invoiced_until < window.invoiced_from:
                yield Problem(f"windows.{place}.invoiced_until", N_("发票或使用的最后一天不能早于第一天。"))

    def columns(self) -> dict[str, Any]:
        """The columns of a version."""
        stored = self.model_dump(mode="json", include={"shares", "documents", "exclusions", "windows"})
        in_order = [one.value for one in ProgrammeDocument if one in self.documents]
        kept = [one.value for one in Exclusion if one in self.exclusions]
        plain = self.model_dump(include=set(ProgrammeTermsForm.model_fields) - set(stored))
        return plain | stored | {"documents": in_order, "exclusions": kept}


class VersionForm(ProgrammeTermsForm):
    """A version of a programme, whole at a time; a value without a mark is an assumption.

    `marks` are named like the values, `shares.<service type>` and `exclusions.<exclusion>`.
    """

    valid_from: NearDay
    notice: Annotated[Line, Field(max_length=100)] = ""
    notice_url: Annotated[WebAddress, Field(max_length=300)] = ""
    marks: Annotated[dict[Annotated[str, Field(max_length=60)], MarkForm], Field(max_length=MOST_MARKS)] = Field(
        default_factory=dict
    )
    note_zh: Annotated[Text, Field(max_length=1000)] = ""
    note_en: Annotated[Text, Field(max_length=1000)] = ""
    reason: Annotated[Line, Field(max_length=300)] = ""

    def check(self, runs_at: str) -> None:
        """Raises InvalidInput with everything that does not fit together, or to where its vouchers live."""
        if problems := [*self.day_problems(), *self._mark_problems(), *self._place_problems(runs_at)]:
            raise InvalidInput(problems)

    def _place_problems(self, runs_at: str) -> Iterator[Problem]:
        """Whose vouchers live elsewhere has no budget here, and its enterprises pay first; others say what they do."""
        if (self.reserves_budget == ReservesBudget.NEVER) != bool(runs_at):
            yield Problem("reserves_budget", N_("券在别的系统里的政策不用本平台的预算，也只有这样的政策不用；请改选。"))
        if runs_at and self.budget_fen is not None:
            yield Problem("budget_fen", N_("券在别的系统里，预算不在这里写。"))
        if runs_at and self.redeemed_by != RedeemedBy.ENTERPRISE:
            yield Problem("redeemed_by", N_("券在别的系统里，企业先付全款，再到那里申请兑付。"))

    def all_marks(self) -> dict[str, dict[str, str]]:
        """A mark for every value, the text of the notice where a sourced one names none."""
        found = {name: self.marks.get(name, MarkForm()) for name in self.mark_names()}
        return {
            name: {"kind": mark.kind.value, "text": mark.text or (self.notice if _is_sourced(mark) else "")}
            for name, mark in found.items()
        }

    def mark_names(self) -> list[str]:
        """The names of all values that are marked."""
        shares = [f"shares.{one.value}" for one in ServiceType if one in self.shares]
        return [*shares, *MARKED, *(f"exclusions.{one.value}" for one in Exclusion if one in self.exclusions)]

    def _mark_problems(self) -> Iterator[Problem]:
        """Marks of what is no value, and sourced values without a source."""
        known = set(self.mark_names())
        for name, mark in self.marks.items():
            if name not in known:
                yield Problem(f"marks.{name}", N_("没有这个字段。"))
            elif _is_sourced(mark) and not (mark.text or self.notice):
                yield Problem(f"marks.{name}.text", N_("请写明出处：文件名称或文号。"))


class ProgrammeForm(VersionForm):
    """The first version of a programme of an authority for a year; `runs_at` where its vouchers live elsewhere."""

    organisation_id: Id
    year: Annotated[int, Field(ge=2000, le=2099)]
    name_zh: Annotated[FilledLine, Field(max_length=100)]
    name_en: Annotated[Line, Field(max_length=160)] = ""
    runs_at: Annotated[Line, Field(max_length=20)] = ""


class ProgrammeCaseForm(Form):
    """A use to be tried out; what is left of cap and budget is all of it where nothing is said."""

    service_type: ServiceType
    fee_fen: Fen
    used_on: NearDay
    invoiced_on: OptionalDay = None
    credit_fen: Annotated[Fen | None, Blank] = None
    year_cap_left_fen: Annotated[Fen | None, Blank] = None
    budget_left_fen: Annotated[Fen | None, Blank] = None
    already_fen: Fen = 0
    is_recognised: bool = True
    is_statutory: bool = False
    is_same_legal_person: bool = False
    is_related_declared: bool = False
    is_related_flagged: bool = False
    is_funded_otherwise: bool = False

    @property
    def case(self) -> Case:
        """The use as the rules read it; raises InvalidInput when others cover more than the fee."""
        if self.already_fen > self.fee_fen:
            raise InvalidInput([Problem("already_fen", N_("其他券抵扣的不能多于费用。"))])
        return Case(**self.model_dump(include=set(Case.__dataclass_fields__)))

    def left(self, year_cap_fen: int, budget_fen: int | None) -> Left:
        """What is left of a programme with this cap and budget."""
        cap = year_cap_fen if self.year_cap_left_fen is None else self.year_cap_left_fen
        return Left(
            credit_fen=cap if self.credit_fen is None else self.credit_fen,
            year_cap_fen=cap,
            budget_fen=budget_fen if self.budget_left_fen is None else self.budget_left_fen,
        )


class TryProgrammeForm(Form):
    """A use, by terms that nobody has stored."""

    terms: ProgrammeTermsForm
    case: ProgrammeCaseForm


def _is_sourced(mark: MarkForm) -> bool:
    """Whether the mark claims a source."""
    return mark.kind == MarkKind.SOURCED


class ProgrammesQuery(Form):
    """Which programmes: those in force on a day (today, where none is named), or all that there ever were."""

    on: OptionalDay = None
    all: bool = False
