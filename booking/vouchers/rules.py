"""Decisions about vouchers on values alone: what each covers of a fee, and what has to move for it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from booking.ledger.rules import Move
from booking.programmes.rules import Case, Covered, Left, Terms, covered, left_of_budget
from models.vocabulary.programmes import CountsOn, ReservesBudget
from models.vocabulary.vouchers import ENDED, VoucherState, VoucherStep


@dataclass(frozen=True, slots=True)
class CapAccounts:
    """An enterprise's cap of one year: what is left of it, and what has left it."""

    id: int
    left_id: int
    used_id: int


@dataclass(frozen=True, slots=True)
class BookAccounts:
    """Where a programme's money is; `is_limited` when its version in force has a budget."""

    source_id: int
    budget_id: int
    committed_id: int
    is_limited: bool

    def committing(self, amount_fen: int) -> Iterator[Move]:
        """What sets an amount aside; below zero: frees it. Without a budget it comes from the source itself."""
        free_id = self.budget_id if self.is_limited else self.source_id
        yield from moved(free_id, self.committed_id, amount_fen)

    def following(self, budget_fen: int | None, standing: "BookStanding") -> Iterator[Move]:
        """What lets the budget be what the version in force says; what is committed or paid stays."""
        wanted = 0 if budget_fen is None else standing.missing(budget_fen)
        change = -standing.free_fen if budget_fen is None else max(-standing.free_fen, wanted)
        yield from moved(self.source_id, self.budget_id, change)


@dataclass(frozen=True, slots=True)
class BookStanding:
    """What a programme's budget holds, what of it is committed, and what was paid."""

    free_fen: int
    committed_fen: int
    paid_fen: int

    def missing(self, budget_fen: int) -> int:
        """How much has to come in so that all three make the budget; below zero: go out."""
        return budget_fen - self.free_fen - self.committed_fen - self.paid_fen

    def left_of(self, budget_fen: int | None) -> int | None:
        """What is free once the budget has followed; None without a limit."""
        return left_of_budget(budget_fen, self.committed_fen, self.paid_fen)


@dataclass(frozen=True, slots=True)
class VoucherAccounts:
    """Where a voucher's money is."""

    credit_id: int
    held_id: int
    captured_id: int


@dataclass(frozen=True, slots=True)
class PairAccounts:
    """Where clearing counts what was used between two provinces."""

    source_id: int
    captured_id: int


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that a change of one use's part of a voucher moves; no pair where nothing is captured."""

    voucher: VoucherAccounts
    programme: BookAccounts
    reserves_budget: ReservesBudget
    state: VoucherState
    pair: PairAccounts | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """How much of a voucher a use holds and has captured, and the cap of which year that counts against."""

    held_fen: int = 0
    captured_fen: int = 0
    cap: CapAccounts | None = None

    @property
    def total_fen(self) -> int:
        """All of it."""
        return self.held_fen + self.captured_fen


def moved(from_id: int, to_id: int, amount_fen: int) -> Iterator[Move]:
    """The move of an amount, the other way round below zero, none for nothing."""
    if amount_fen:
        there = Move(from_id, to_id, abs(amount_fen))
        yield there if amount_fen > 0 else there.back


def changes(books: Books, before: Position, after: Position) -> Iterator[Move]:
    """Every move that turns one position into another: first what comes back, then what is taken.

    What comes back to a voucher that has ended goes on to where it came from.
    """
    taken = after.total_fen - before.total_fen
    yield from _of_voucher(books.voucher, before, after)
    yield from _of_cap(before, after)
    if books.reserves_budget == ReservesBudget.HOLD:
        yield from books.programme.committing(taken)
    if books.state in ENDED and taken < 0:
        yield from moved(books.voucher.credit_id, books.programme.source_id, -taken)
        if books.reserves_budget == ReservesBudget.ISSUE:
            yield from books.programme.committing(taken)
    if books.pair is not None:
        yield from moved(books.pair.source_id, books.pair.captured_id, after.captured_fen - before.captured_fen)


def _of_voucher(voucher: VoucherAccounts, before: Position, after: Position) -> Iterator[Move]:
    """Within the voucher: what was held is captured as far as it goes, the rest goes back to the credit."""
    held, captured = after.held_fen - before.held_fen, after.captured_fen - before.captured_fen
    straight = max(0, min(-held, captured))
    yield from moved(voucher.held_id, voucher.captured_id, straight)
    held, captured = held + straight, captured - straight
    rest = (voucher.held_id, held), (voucher.captured_id, captured)
    for account_id, change in sorted(rest, key=lambda one: one[1]):
        yield from moved(voucher.credit_id, account_id, change)


def _of_cap(before: Position, after: Position) -> Iterator[Move]:
    """The year's cap counts what is held and captured; in another year's all of it."""
    if before.cap and before.cap == after.cap:
        yield from moved(after.cap.left_id, after.cap.used_id, after.total_fen - before.total_fen)
        return
    if before.cap:
        yield from moved(before.cap.left_id, before.cap.used_id, -before.total_fen)
    if after.cap:
        yield from moved(after.cap.left_id, after.cap.used_id, after.total_fen)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A voucher that could cover something; the use's own hold in it is `held_fen`, in the cap `held_cap_id`.

    `caps` are the enterprise's caps of this programme by year.
    """

    voucher_id: int
    programme_id: int
    terms: Terms
    use_by: date
    state: VoucherState
    credit_fen: int
    caps: Mapping[int, CapAccounts]
    held_fen: int = 0
    held_cap_id: int | None = None
    is_recognised: bool = True
    is_flagged: bool = False

    @property
    def available_fen(self) -> int:
        """What it could cover: what is held always, the credit as long as it is issued."""
        return self.held_fen + (self.credit_fen if self.state == VoucherState.ISSUED else 0)

    @property
    def invoice_by(self) -> date | None:
        """The last day of which the invoice may be, where that is what counts."""
        return self.use_by if self.terms.counts_on == CountsOn.INVOICE else None

    @property
    def takes_budget(self) -> bool:
        """Whether the programme's budget is reserved by each use."""
        return self.terms.reserves_budget == ReservesBudget.HOLD


@dataclass(slots=True)
class Pools:
    """What several vouchers draw from together: caps by id, budgets by programme (None: no limit)."""

    caps: dict[int, int] = field(default_factory=dict)
    budgets: dict[int, int | None] = field(default_factory=dict)

    def give_back(self, candidates: Iterable[Candidate]) -> None:
        """What the use itself holds counts as left."""
        for one in candidates:
            if one.held_cap_id is not None:
                self._change(one, one.held_cap_id, one.held_fen)

    def take(self, candidate: Candidate, cap_id: int | None, amount_fen: int) -> None:
        """What a voucher covers is left to the next no more."""
        if cap_id is not None:
            self._change(candidate, cap_id, -amount_fen)

    def left(self, candidate: Candidate, cap_id: int | None) -> Left:
        """What is left for a voucher."""
        return Left(
            credit_fen=candidate.available_fen,
            year_cap_fen=self.caps.get(cap_id, 0) if cap_id is not None else 0,
            budget_fen=self.budgets.get(candidate.programme_id) if candidate.takes_budget else None,
            use_by=candidate.use_by,
        )

    def _change(self, candidate: Candidate, cap_id: int, amount_fen: int) -> None:
        self.caps[cap_id] = self.caps.get(cap_id, 0) + amount_fen
        budget = self.budgets.get(candidate.programme_id)
        if candidate.takes_budget and budget is not None:
            self.budgets[candidate.programme_id] = budget + amount_fen


@dataclass(frozen=True, slots=True)
class Share:
    """What a voucher covers of a fee, against which cap (None: no year of its programme)."""

    candidate: Candidate
    cap: CapAccounts | None
    covered: Covered


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The one that ends first first."""
    return sorted(candidates, key=lambda one: (one.use_by, one.voucher_id))


def shared_out(case: Case, candidates: Iterable[Candidate], pools: Pools) -> Iterator[Share]:
    """What each voucher covers, one after the other: the next fills what those before left of its share."""
    already = case.already_fen
    for one in candidates:
        cap = cap_of(one, case.used_on, case.invoiced_on)
        cap_id = cap.id if cap else None
        its_own = replace(case, already_fen=already, is_recognised=one.is_recognised, is_related_flagged=one.is_flagged)
        found = covered(one.terms, its_own, pools.left(one, cap_id))
        pools.take(one, cap_id, found.covered_fen)
        already += found.covered_fen
        yield Share(one, cap, found)


def cap_of(candidate: Candidate, used_on: date, invoiced_on: date | None = None) -> CapAccounts | None:
    """The cap of the year of the day that counts."""
    return candidate.caps.get(candidate.terms.day_that_counts(used_on, invoiced_on).year)


def given_up(books: Books, credit_fen: int) -> Iterator[Move]:
    """What is left of a voucher that ends goes back to the source, and frees the budget that issuing had reserved."""
    yield from moved(books.voucher.credit_id, books.programme.source_id, credit_fen)
    if books.reserves_budget == ReservesBudget.ISSUE:
        yield from books.programme.committing(-credit_fen)


STEPS = {
    VoucherStep.FREEZE: (frozenset({VoucherState.ISSUED}), VoucherState.FROZEN),
    VoucherStep.THAW: (frozenset({VoucherState.FROZEN}), VoucherState.ISSUED),
    VoucherStep.RETURN: (frozenset({VoucherState.ISSUED, VoucherState.FROZEN}), VoucherState.RETURNED),
    VoucherStep.REVOKE: (frozenset({VoucherState.ISSUED, VoucherState.FROZEN}), VoucherState.REVOKED),
}
"""What an authority does: from which states, and to which; its firm takes the registration of one elsewhere back."""


def state_after(state: VoucherState, step: VoucherStep) -> VoucherState | None:
    """Where a step leads; None where it is not possible."""
    froms, target = STEPS.get(step, (frozenset(), None))
    return target if state in froms else None


def is_firms(step: VoucherStep, number_there: str | None) -> bool:
    """Whether the firm took a step, not the authority: of a voucher that lives elsewhere it registers and ends that."""
    return step == VoucherStep.REGISTER or (step == VoucherStep.RETURN and number_there is not None)


def steps_from(state: VoucherState) -> list[VoucherStep]:
    """The steps that are possible, in order."""
    return [step for step, (froms, _) in STEPS.items() if state in froms]
