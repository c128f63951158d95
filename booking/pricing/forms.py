"""What is read from outside about prices; pages write yuan and percent, the API fen and basis points."""

from collections import Counter
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from booking.catalogue.form_fields import Id, SlotsText
from booking.catalogue.rules import read_hours
from booking.core.errors import InvalidInput, Problem
from booking.core.forms import Blank, FilledLine, Form, Line, Moment, NearDay, Text, hundredths
from booking.core.money import WHOLE_SHARE
from booking.core.period import Period
from booking.core.texts import N_
from booking.pricing.rules import STEPS, Extra, Package, Terms, Use
from models.vocabulary.pricing import BilledOn, ExtraKind, Offer, Per, Rounding

MOST_FEN = 100_000_000
MOST_EXTRAS, MOST_PACKAGES, MOST_PIECES = 30, 5, 10_000
LONGEST_USE_DAYS = 31
MOST_ROWS = 500
MOST_SEEN = 20 * MOST_ROWS
MOST_PEAKS_A_DAY = 12


Fen = Annotated[int, Field(strict=True, ge=0, le=MOST_FEN), BeforeValidator(hundredths)]
Share = Annotated[int, Field(strict=True, ge=0, le=WHOLE_SHARE), BeforeValidator(hundredths)]
Step = Annotated[int, Field(ge=STEPS[0], le=STEPS[-1])]
Count = Annotated[int, Field(ge=0, le=MOST_PIECES)]


class ExtraForm(Form):
    """A further line: consumables, preparation, a test item."""

    kind: ExtraKind
    per: Per
    name_zh: Annotated[FilledLine, Field(max_length=100)]
    name_en: Annotated[Line, Field(max_length=100)] = ""
    unit_fen: Fen


class PackageForm(Form):
    """So many hours of one use for a fixed price."""

    hours: Annotated[int, Field(ge=1, le=24 * LONGEST_USE_DAYS)]
    price_fen: Fen


class TermsForm(Form):
    """What a price says."""

    hourly_fen: Fen = 0
    peak_hourly_fen: Annotated[Fen | None, Blank] = None
    peak_hours: SlotsText = ""
    minimum_fen: Fen = 0
    setup_fen: Fen = 0
    staff_hourly_fen: Fen = 0
    sample_fen: Fen = 0
    step_minutes: Step = 1
    rounding: Rounding = Rounding.FEN
    billed_on: BilledOn = BilledOn.BOOKED
    cancel_hours: Annotated[int, Field(ge=0, le=720)] = 24
    cancel_share: Share = 0
    no_show_share: Share = 0
    extras: Annotated[list[ExtraForm], Field(max_length=MOST_EXTRAS)] = Field(default_factory=list)
    packages: Annotated[list[PackageForm], Field(max_length=MOST_PACKAGES)] = Field(default_factory=list)

    @property
    def terms(self) -> Terms:
        """The same as the rules read it; raises InvalidInput when parts do not fit together."""
        if problems := self._problems():
            raise InvalidInput(problems)
        plain = self.model_dump(include=set(TermsForm.model_fields) - {"extras", "packages", "peak_hours"})
        return Terms(
            **plain,
            peak=tuple(read_hours(self.peak_hours)),
            extras=tuple(Extra(**extra.model_dump()) for extra in self.extras),
            packages=tuple(Package(**package.model_dump()) for package in self.packages),
        )

    def columns(self) -> dict[str, Any]:
        """The columns of a row."""
        values = self.model_dump(include=set(TermsForm.model_fields) - {"extras", "packages"})
        return values | {
            "extras": [extra.model_dump(mode="json") for extra in self.extras],
            "packages": [package.model_dump() for package in self.packages],
        }

    def _problems(self) -> list[Problem]:
        """What does not fit together."""
        found = []
        if self.step_minutes not in STEPS:
            found.append(Problem("step_minutes", N_("计费单位须为 1、5、10、15、30 或 60 分钟。")))
        if self.peak_hourly_fen is None and self.peak_hours:
            found.append(Problem("peak_hourly_fen", N_("写了高峰时段，就要写高峰时段的价格。")))
        if self.peak_hourly_fen is not None and not self.peak_hours:
            found.append(Problem("peak_hours", N_("写了高峰时段的价格，就要写高峰时段。")))
        by_day = Counter(hours.weekday for hours in read_hours(self.peak_hours))
        if max(by_day.values(), default=0) > MOST_PEAKS_A_DAY:
            found.append(Problem("peak_hours", N_("每天最多 %(most)s 个高峰时段。"), {"most": MOST_PEAKS_A_DAY}))
        return found


class PriceForm(TermsForm):
    """A price for one user group from a day on; the group is named by its Chinese name."""

    user_group: Annotated[FilledLine, Field(max_length=60)]
    valid_from: NearDay
    offer: Offer = Offer.OFFERED
    note_zh: Annotated[Text, Field(max_length=600)] = ""
    note_en: Annotated[Text, Field(max_length=600)] = ""
    reason: Annotated[Line, Field(max_length=300)] = ""


class UseForm(Form):
    """What is to be paid for; `actual_*` is when it really was, `pieces` counts lines by their place from 0."""

    starts_at: Annotated[Moment | None, Blank] = None
    ends_at: Annotated[Moment | None, Blank] = None
    actual_starts_at: Annotated[Moment | None, Blank] = None
    actual_ends_at: Annotated[Moment | None, Blank] = None
    is_assisted: bool = False
    samples: Count = 0
    pieces: Annotated[dict[Annotated[int, Field(ge=0, lt=MOST_EXTRAS)], Count], Field(max_length=MOST_EXTRAS)] = Field(
        default_factory=dict
    )

    @property
    def booked(self) -> Period | None:
        """The booked time; raises InvalidInput when it is no period, or too long."""
        return _period(self.starts_at, self.ends_at, "ends_at")

    @property
    def actual(self) -> Period | None:
        """The real time; raises InvalidInput likewise."""
        return _period(self.actual_starts_at, self.actual_ends_at, "actual_ends_at")

    def use(self, period: Period | None) -> Use:
        """The same with the time that counts."""
        return Use(period, self.is_assisted, self.samples, self.pieces)


class TryForm(UseForm):
    """A use to be priced: by the price that holds, of a group that is named or else one's own, or by other terms."""

    user_group: Annotated[Line, Field(max_length=60)] = ""
    terms: TermsForm | None = None


def _period(start: Any, end: Any, field: str) -> Period | None:
    """Two moments as a period; None for none."""
    if start is None and end is None:
        return None
    if start is None or end is None or start >= end:
        raise InvalidInput([Problem(field, N_("结束时间须晚于开始时间。"))])
    if (end - start).days >= LONGEST_USE_DAYS:
        raise InvalidInput([Problem(field, N_("一次最多 %(days)s 天。"), {"days": LONGEST_USE_DAYS})])
    return Period(start, end)


class ModelForm(Form):
    """The place whose prices others get: one instrument or one unit."""

    instrument_id: Annotated[Id | None, Blank] = None
    unit_id: Annotated[Id | None, Blank] = None

    @model_validator(mode="after")
    def _one(self) -> "ModelForm":
        """Refuse none and both."""
        if (self.instrument_id is None) == (self.unit_id is None):
            raise PydanticCustomError("one_of_both", "one of both")
        return self


class BulkPriceForm(Form):
    """Raise or lower the own prices of instruments and units by a share from a day on; a dry run changes nothing.

    Instead of by a share, each gets the prices of the place that it is to be the `same_as`, one of them. With
    `policy_ids`, those of a dry run, a price that has changed since stays as it is.
    """

    instrument_ids: Annotated[list[Id], Field(default_factory=list, max_length=MOST_ROWS)]
    unit_ids: Annotated[list[Id], Field(default_factory=list, max_length=MOST_ROWS)]
    change: Annotated[int, Field(ge=-9_000, le=50_000)] = 0
    same_as: ModelForm | None = None
    valid_from: NearDay
    user_group: Annotated[Line, Field(max_length=60)] = ""
    rounding: Rounding = Rounding.FEN
    reason: Annotated[Line, Field(max_length=300)] = ""
    dry_run: bool = False
    policy_ids: Annotated[list[Id] | None, Field(max_length=MOST_SEEN)] = None
