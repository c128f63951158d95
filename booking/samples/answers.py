"""Sample orders as the API says them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict

from booking.attachments.answers import AttachmentAnswer, attachment_answer
from booking.charges.vouchered import fee_of
from booking.contracts.agreement_answers import KeptAgreement, kept_agreement
from booking.reservations.voucher_answers import HeldVoucher, held_voucher
from booking.samples.lists import Listed
from booking.samples.quoting import Proposal
from booking.samples.run_answers import SampleRunAnswer, run_values
from booking.samples.whole import WholeOrder
from models.attachments import Attachment
from models.charges import Charge
from models.samples import SampleOrder, SampleOrderStep, SampleQuote, SampleResult
from models.vocabulary.charges import ChargeState
from models.vocabulary.pricing import LineKind
from models.vocabulary.samples import Hazard, Leftover, ReportKind, SampleOrderState, SampleState, SampleStep


class _Row(BaseModel):
    """Read from the attributes of a row."""

    model_config = ConfigDict(from_attributes=True)


class SampleOrderSummary(BaseModel):
    """An order in a list; `place` counts from 1 in the queue of its instrument, while it is queued."""

    id: int
    version: int
    number: str | None
    instrument_id: int
    instrument: str
    instrument_en: str
    requested_by: str
    organisation_id: int | None
    organisation: str
    title: str
    sample_count: int
    state: SampleOrderState
    place: int | None
    due_on: date | None
    requested_at: datetime
    changed_at: datetime


class SampleOrderList(BaseModel):
    """A page of orders."""

    items: list[SampleOrderSummary]
    next_cursor: str | None


class TestAnswer(BaseModel):
    """A chosen test item as it was named on the day; `mark` is what its reports may bear."""

    name_zh: str
    name_en: str
    standard: str
    mark: str


class SampleAnswer(_Row):
    """One sample, and what was seen of it."""

    position: int
    mark: str
    state: SampleState
    condition: str


class SampleLineAnswer(BaseModel):
    """One line of a quote."""

    kind: LineKind
    name_zh: str
    name_en: str
    count: int
    unit_fen: int
    amount_fen: int


class SampleQuoteAnswer(_Row):
    """What the order was quoted."""

    id: int
    lines: list[SampleLineAnswer]
    total_fen: int
    valid_until: date
    reason: str
    note: str
    made_at: datetime


class ProposalAnswer(BaseModel):
    """What the price list says for whoever asked; `is_priced` is false where there is no price."""

    is_priced: bool
    is_offered: bool
    lines: list[SampleLineAnswer]
    total_fen: int


class SampleStepAnswer(BaseModel):
    """One row of history."""

    step: SampleStep
    state: SampleOrderState
    occurred_at: datetime
    actor: str
    reason: str
    facts: dict[str, Any]


class SampleMessageAnswer(BaseModel):
    """What one side wrote; with `removed_file`, why the staff took that file away."""

    id: int
    author: str
    is_staff: bool
    text: str
    removed_file: str
    written_at: datetime


class SampleResultAnswer(BaseModel):
    """A file with results of the samples at these positions, or of all; `sha256` is that of the file."""

    id: int
    report_number: str
    positions: list[int]
    is_final: bool
    note: str
    made_at: datetime
    sha256: str
    file: AttachmentAnswer


class SampleChargeAnswer(_Row):
    """What the order is charged; estimated while it waits for what was done. Who may read it finds it by its id.

    Vouchers take `voucher_fen` off its `gross_fen`, its `own_fen` is left.
    """

    id: int
    state: ChargeState
    estimated_fen: int
    gross_fen: int
    voucher_fen: int
    own_fen: int


class SampleOrderAnswer(SampleOrderSummary):
    """The whole order; `steps_open` are those that the caller may take, `agreement` what an outside order rests on.

    `accepted_by` answers for its charge where no payer account pays; which one does is told to them. Until `answer_by`
    complete results are disputed, or else count as accepted. Where it was agreed that results are withheld until they
    are paid (`is_withheld`), `results_withheld` says that the charge is not; who ordered learns nothing of them then.
    The staff learn how much vouchers hold in all, not which.
    """

    description: str
    tests: list[TestAnswer]
    other_tests: str
    hazards: list[Hazard]
    hazard_note: str
    leftover: Leftover
    return_address: str
    report: ReportKind
    courier: str
    tracking_number: str
    accepted_at: datetime | None
    accepted_by: str
    payer_account_id: int | None
    answer_by: datetime | None
    charge: SampleChargeAnswer | None
    vouchers: list[HeldVoucher]
    vouchers_held_fen: int
    is_withheld: bool
    results_withheld: bool
    received_at: datetime | None
    given_back: Leftover | None
    given_back_at: datetime | None
    return_courier: str
    return_number: str
    samples: list[SampleAnswer]
    quotes: list[SampleQuoteAnswer]
    steps: list[SampleStepAnswer]
    messages: list[SampleMessageAnswer]
    runs: list[SampleRunAnswer]
    results: list[SampleResultAnswer]
    attachments: list[AttachmentAnswer]
    steps_open: list[SampleStep]
    agreement: KeptAgreement | None


Address = Callable[[Attachment, int], str]


def order_summary(listed: Listed) -> SampleOrderSummary:
    """An order in a list."""
    return SampleOrderSummary(**_plain(listed.order, listed.place))


def order_answer(
    whole: WholeOrder, open_steps: list[SampleStep], address: Address, *, reader_id: int
) -> SampleOrderAnswer:
    """The whole order for a reader who may take these steps; `address` says where a file is."""
    order = whole.order
    named = set(SampleOrderAnswer.model_fields) - set(SampleOrderSummary.model_fields)
    own = {name: getattr(order, name) for name in named if hasattr(SampleOrder, name)}
    own["accepted_by"] = order.accepted_by.name if order.accepted_by else ""
    own["payer_account_id"] = order.payer_account_id if reader_id == order.accepted_by_id else None
    return SampleOrderAnswer(
        **_plain(order, whole.place),
        **own | {"tests": [TestAnswer(**test) for test in order.tests]},
        samples=[SampleAnswer.model_validate(one) for one in whole.samples],
        quotes=quote_answers(whole.quotes),
        steps=[_step(one, hides_results=whole.hides_results) for one in whole.shown_steps],
        messages=[
            SampleMessageAnswer(
                id=m.id,
                author=m.author.name,
                is_staff=m.is_staff,
                text=m.text,
                removed_file=m.removed_file,
                written_at=m.written_at,
            )
            for m in whole.messages
        ],
        runs=[SampleRunAnswer(**run_values(one)) for one in whole.runs],
        results=[_result(one, address) for one in whole.shown_results],
        results_withheld=whole.withholds,
        attachments=[attachment_answer(one, partial(address, one)) for one in whole.other_files],
        steps_open=open_steps,
        charge=_charge(whole.charge) if whole.charge else None,
        vouchers=[held_voucher(one) for one in whole.shown_vouchers],
        vouchers_held_fen=whole.held_fen,
        agreement=kept_agreement(whole.agreement, whole.form, is_lacking=whole.lacks),
    )


def _charge(charge: Charge) -> SampleChargeAnswer:
    """What the order is charged."""
    return SampleChargeAnswer(
        id=charge.id,
        state=charge.state,
        estimated_fen=charge.estimated_fen,
        gross_fen=fee_of(charge),
        voucher_fen=charge.voucher_fen,
        own_fen=charge.gross_fen,
    )


def quote_answers(quotes: Sequence[SampleQuote]) -> list[SampleQuoteAnswer]:
    """Quotes, the last one counts."""
    return [SampleQuoteAnswer.model_validate(one) for one in quotes]


def proposal_answer(proposal: Proposal) -> ProposalAnswer:
    """What the price list says."""
    return ProposalAnswer(
        is_priced=proposal.policy is not None,
        is_offered=proposal.is_offered,
        lines=[SampleLineAnswer(**line) for line in proposal.lines],
        total_fen=proposal.total_fen,
    )


COUNTS_RESULTS = ("files", "sha256", "results", "is_final")


def _step(row: SampleOrderStep, *, hides_results: bool) -> SampleStepAnswer:
    """One row of history, with who it was; of results that are withheld nothing is told."""
    return SampleStepAnswer(
        step=row.step,
        state=row.state,
        occurred_at=row.occurred_at,
        actor=row.actor.name if row.actor else "",
        reason=row.reason,
        facts={name: one for name, one in row.facts.items() if not (hides_results and name in COUNTS_RESULTS)},
    )


def _result(row: SampleResult, address: Address) -> SampleResultAnswer:
    """One file with results."""
    named = ("id", "report_number", "positions", "is_final", "note", "made_at")
    return SampleResultAnswer(
        **{name: getattr(row, name) for name in named},
        sha256=row.attachment.sha256,
        file=attachment_answer(row.attachment, partial(address, row.attachment)),
    )


def _plain(order: SampleOrder, place: int | None) -> dict[str, Any]:
    """What a list says of an order."""
    said = {"instrument", "instrument_en", "requested_by", "organisation", "place"}
    found = {name: getattr(order, name) for name in SampleOrderSummary.model_fields if name not in said}
    return found | {
        "instrument": order.instrument.name_zh or order.instrument.name_en,
        "instrument_en": order.instrument.name_en,
        "requested_by": order.requested_by.name,
        "organisation": order.organisation.name_zh if order.organisation else "",
        "place": place,
    }
