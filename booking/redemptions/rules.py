"""Decisions on redemptions on values alone: what can be claimed today, what a review says, what is drawn."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from models.vocabulary.programmes import CountsOn
from models.vocabulary.redemptions import RedemptionState, RedemptionStep, Unclaimable

WHOLE = 10_000
_UNSAFE = frozenset('\\/:*?"<>|')
_LONGEST_STEM, LONGEST_ENDING = 60, 8


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of a programme: when requests are taken, and of which days; all days included.

    Those are the days of invoices or of uses, whichever the programme counts on; `invoiced` is only their name.
    """

    opens_on: date
    closes_on: date
    invoiced_from: date
    invoiced_until: date


@dataclass(frozen=True, slots=True)
class Covered:
    """What a voucher covered of one charge: until when it can be claimed, and what its day is compared with.

    `counts_from` and `use_by` are those of the voucher, which stand in for the batch where there are none. Where a
    voucher covers the whole fee there is nothing to invoice, and the day of the use is given for it. What was refused
    can be claimed anew `again_until` a day at least, in the batch that opened on `again_batch`.
    """

    is_accepted: bool
    is_frozen: bool
    counts_on: CountsOn
    used_on: date
    invoiced_on: date | None
    counts_from: date
    use_by: date
    redeem_by: date
    again_until: date | None = None
    again_batch: date | None = None

    @property
    def day(self) -> date | None:
        """The day that counts, once it is known."""
        return self.invoiced_on if self.counts_on == CountsOn.INVOICE else self.used_on

    @property
    def last_day(self) -> date:
        """The last day on which it can be claimed."""
        return max(self.redeem_by, self.again_until or self.redeem_by)


def batches(windows: Sequence[Mapping[str, str]]) -> list[Batch]:
    """The batches of a version of a programme, as it is stored."""
    return [Batch(**{name: date.fromisoformat(text) for name, text in one.items()}) for one in windows]


def open_batches(covered: Covered, found: Sequence[Batch], today: date) -> list[Batch]:
    """The batches in which requests are taken on a day; of what was refused also the one that refused it."""
    is_anew = covered.again_until is not None and today <= covered.again_until
    return [
        one
        for one in found
        if one.opens_on <= today <= one.closes_on or (is_anew and one.opens_on == covered.again_batch)
    ]


def unclaimable(covered: Covered, found: Sequence[Batch], today: date) -> Iterator[Unclaimable]:
    """Every reason why something cannot be claimed today; a programme without batches takes requests on any day."""
    if not covered.is_accepted:
        yield Unclaimable.NOT_ACCEPTED
    if covered.is_frozen:
        yield Unclaimable.FROZEN
    if today > covered.last_day:
        yield Unclaimable.AFTER_REDEEM_BY
    is_open = open_batches(covered, found, today)
    if found and not is_open:
        yield Unclaimable.NO_WINDOW
    if covered.invoiced_on is None:
        yield Unclaimable.NOT_INVOICED
    elif covered.counts_on == CountsOn.INVOICE and not _is_dated_well(covered, is_open):
        yield Unclaimable.INVOICE_OUTSIDE
    if covered.counts_on == CountsOn.SERVICE and is_open and batch_of(covered, is_open) is None:
        yield Unclaimable.SERVICE_OUTSIDE


def batch_of(covered: Covered, is_open: Sequence[Batch]) -> Batch | None:
    """The first open batch that takes it: by the day that counts; the one that refused it takes it whatever that is.

    For what is wrong may be the invoice, and another one is of another day.
    """
    if covered.day is None:
        return None
    return next((one for one in is_open if _takes(one, covered.day) or one.opens_on == covered.again_batch), None)


def next_opening(covered: Covered, found: Sequence[Batch], today: date) -> date | None:
    """When the next batch opens that takes it; while its day is not known, the next one at all. None: too late."""
    days = [
        one.opens_on
        for one in found
        if today < one.opens_on <= covered.last_day and (covered.day is None or _takes(one, covered.day))
    ]
    return min(days, default=None)


def _takes(batch: Batch, day: date | None) -> bool:
    """Whether a batch takes what is of a day."""
    return day is not None and batch.invoiced_from <= day <= batch.invoiced_until


def _is_dated_well(covered: Covered, is_open: Sequence[Batch]) -> bool:
    """Whether the invoice is of a day on which the voucher could be used, and that an open batch takes."""
    day = covered.invoiced_on
    if day is None or not covered.counts_from <= day <= covered.use_by:
        return False
    return not is_open or batch_of(covered, is_open) is not None


def steps_open(state: RedemptionState, *, is_notice_over: bool, is_left: bool) -> frozenset[RedemptionStep]:
    """What officers can do next; `is_left` where some of what was paid did not come back yet."""
    reject = RedemptionStep.REJECT
    found: dict[RedemptionState, set[RedemptionStep]] = {
        RedemptionState.REQUESTED: {RedemptionStep.CITY_REVIEW, reject},
        RedemptionState.REVIEWED: {RedemptionStep.PROVINCE_REVIEW, reject},
        RedemptionState.NOTICE: {RedemptionStep.PAY, reject} if is_notice_over else {reject},
        RedemptionState.PAID: {RedemptionStep.CLAW_BACK} if is_left else set(),
    }
    return frozenset(found.get(state, set()))


def steps_elsewhere(state: RedemptionState, *, is_left: bool) -> frozenset[RedemptionStep]:
    """What its claimant records next of one that is decided elsewhere; `is_left` where not all was given back yet."""
    found: dict[RedemptionState, set[RedemptionStep]] = {
        RedemptionState.REQUESTED: {RedemptionStep.SUBMIT},
        RedemptionState.SUBMITTED: {RedemptionStep.PAY, RedemptionStep.REJECT},
        RedemptionState.PAID: {RedemptionStep.CLAW_BACK} if is_left else set(),
    }
    return frozenset(found.get(state, set()))


def is_notice_over(notice_until: date | None, notice_days: int, today: date) -> bool:
    """Whether the public has had its days: from the day after the last one, at once where there are none."""
    return notice_until is not None and (notice_days == 0 or today > notice_until)


def drawn(population: Collection[int], count: int, seed: str) -> list[int]:
    """So many of the population, in order of id: those whose SHA-256 of `seed:id` is lowest.

    Whoever has the seed and the population draws the same, with any tool.
    """
    by_lot = sorted(population, key=lambda one: (sha256(f"{seed}:{one}".encode()).hexdigest(), one))
    return sorted(by_lot[:count])


def count_of(share: int, size: int) -> int:
    """How many a share in basis points is of a population: rounded up, so that something is drawn of few."""
    return -(-size * share // WHOLE)


def number_of(year: int, programme_id: int, number: int) -> str:
    """A redemption's number as people write it: the programme's year, which programme, and the number within it."""
    return f"DF{year}-{programme_id}-{number:04d}"


def name_in_pack(place: int, title: str, turn: int, file_name: str) -> str:
    """What a file is called in the pack, so that names sort in the order of the list: `03-合同-2.pdf`."""
    stem, _dot, ending = file_name.rpartition(".")
    is_kind = stem and ending.isascii() and ending.isalnum() and len(ending) <= LONGEST_ENDING
    return f"{place:02}-{_safe(title)}-{turn}{f'.{ending}' if is_kind else ''}"


def _safe(text: str) -> str:
    """Without what file systems refuse."""
    return "".join("_" if one in _UNSAFE or not one.isprintable() else one for one in text)[:_LONGEST_STEM]
