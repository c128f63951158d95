"""Redemptions as the API says them; amounts are fen."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from pydantic import BaseModel

from booking.attachments.answers import AttachmentAnswer, attachment_answer
from booking.redemptions.again import claimed_anew_by, is_mendable
from booking.redemptions.claimable_answers import RedeemingOrganisation, named
from booking.redemptions.differences import Difference
from booking.redemptions.documents import ListedPaper
from booking.redemptions.flags import Said
from booking.redemptions.queries import WholeRedemption, shows_person, side_of
from booking.redemptions.rules import number_of
from models.applications import VerifiedDocument
from models.attachments import Attachment
from models.invoices import Invoice
from models.redemptions import Redemption, RedemptionEvent, RedemptionItem
from models.vocabulary.programmes import BearsDifference, ProgrammeDocument, RedeemedBy, ServiceType
from models.vocabulary.redemptions import FlagKind, PaymentKind, RedemptionState, RedemptionStep

Address = Callable[[Attachment, int], str]
AnswerT = TypeVar("AnswerT", bound=BaseModel)


class RedemptionRow(BaseModel):
    """A redemption in a list; `approved_fen` is null before the first review, `due_on` where nothing waits.

    `office` is the authority of the claimant's district or city, which reviews first; null: `authority` does both.
    `runs_at` is the system in which its vouchers live and it is decided, empty: here; `submitted_on` when it was there.
    """

    id: int
    number: str
    programme_id: int
    claimant: RedeemingOrganisation
    authority: RedeemingOrganisation
    office: RedeemingOrganisation | None
    redeemed_by: RedeemedBy
    state: RedemptionState
    claimed_fen: int
    approved_fen: int | None
    clawed_fen: int
    due_on: date | None
    notice_from: date | None
    notice_until: date | None
    runs_at: str
    submitted_on: date | None
    created_at: datetime


class RedemptionList(BaseModel):
    """Some redemptions."""

    items: list[RedemptionRow]
    next_cursor: str | None


class FlagAnswer(BaseModel):
    """What speaks against an item: declared with its use, or said by the authority; by whom, when and why."""

    kind: FlagKind
    by: str
    at: datetime
    reason: str
    is_withdrawn: bool


class RedemptionItemAnswer(BaseModel):
    """What is claimed of one charge by one voucher, and what was approved of it.

    `service_type` is what the use was to the voucher: by its share it was covered.
    Who declared last what is to be declared with vouchers, and what speaks against it (`flags`), is told to officers
    and auditors of the authority; to others null.
    """

    id: int
    voucher_id: int
    voucher_number: str
    charge_id: int
    enterprise: RedeemingOrganisation
    provider: RedeemingOrganisation
    service_type: ServiceType | None
    used_on: date
    invoiced_on: date | None
    invoices: list[str]
    claimed_fen: int
    approved_fen: int | None
    clawed_fen: int
    reason: str
    declared_by: str | None
    declared_at: datetime | None
    flags: list[FlagAnswer] | None


class VerifiedPaperAnswer(BaseModel):
    """A paper of a firm that an authority verified in an application, and until when it holds.

    Without an `attachment_id` only the authority is given the file.
    """

    attachment_id: int | None
    authority: RedeemingOrganisation
    verified_on: date
    expires_on: date


class DifferenceAnswer(BaseModel):
    """By how much the provider is to change a charge, because who bears what was not approved is not who bore it.

    Above zero the firm pays more; `left_fen` is still to be done.
    """

    charge_id: int
    change_fen: int
    left_fen: int


class ListedPaperAnswer(BaseModel):
    """One paper of the programme's list, in its order; without files it is missing.

    `files` are those that were handed in here and those that an authority has verified before (`verified`, with where
    from); `count` has those of invoices and contracts too, and what only the authority is given.
    """

    document: ProgrammeDocument
    count: int
    files: list[AttachmentAnswer]
    verified: list[VerifiedPaperAnswer]


class RedemptionEventAnswer(BaseModel):
    """One step; `by` whom, or by which organisation where they are of the other side.

    `flagged` says why a review approved items against which something speaks, by their ids, for who is told of that.
    """

    step: RedemptionStep
    state: RedemptionState
    by: str
    reason: str
    flagged: dict[int, str]
    occurred_at: datetime


class RedemptionPaymentAnswer(BaseModel):
    """What was paid, or came back of an item."""

    id: int
    kind: PaymentKind
    item_id: int | None
    amount_fen: int
    paid_on: date
    receipt_number: str
    reason: str
    entry_id: int


class RedemptionAnswer(RedemptionRow):
    """A redemption in full; who bears what is not approved is said too.

    `steps` are what officers can do today, or what its claimant records of one that is decided elsewhere. What was
    refused can be claimed anew until `claim_again_by`; null where it was not refused, or for good.
    """

    note: str
    version: int
    programme_version: int
    bears_difference: BearsDifference
    opens_on: date | None
    closes_on: date | None
    claim_again_by: date | None
    items: list[RedemptionItemAnswer]
    documents: list[ListedPaperAnswer]
    differences: list[DifferenceAnswer]
    bank_papers: list[AttachmentAnswer]
    payments: list[RedemptionPaymentAnswer]
    events: list[RedemptionEventAnswer]
    steps: list[RedemptionStep]


class RedemptionNoticeAnswer(BaseModel):
    """What everybody may read of a redemption that is or was in public."""

    number: str
    claimant: RedeemingOrganisation
    authority: RedeemingOrganisation
    programme_id: int
    approved_fen: int
    notice_from: date
    notice_until: date
    is_paid: bool


class RedemptionNoticeList(BaseModel):
    """What is in public, the newest first."""

    items: list[RedemptionNoticeAnswer]
    next_cursor: str | None


def redemption_row(found: Redemption) -> RedemptionRow:
    """A redemption in a list."""
    plain = ("id", "programme_id", "redeemed_by", "state", "claimed_fen", "approved_fen", "clawed_fen", "due_on")
    moments = ("notice_from", "notice_until", "submitted_on", "created_at")
    return RedemptionRow(
        number=_number(found),
        claimant=named(found.claimant),
        authority=named(found.programme.organisation),
        office=named(found.office) if found.office else None,
        runs_at=found.programme.runs_at,
        **{name: getattr(found, name) for name in (*plain, *moments)},
    )


def redemption_answer(
    whole: WholeRedemption,
    papers: Sequence[ListedPaper],
    invoices: Mapping[int, Sequence[Invoice]],
    due: Sequence[Difference],
    address: Address,
    *,
    types: Mapping[int, ServiceType],
    said: Mapping[int, Said] | None,
) -> RedemptionAnswer:
    """A redemption in full; `address` says where its files are."""
    found, here = whole.redemption, {one.attachment_id for one in whole.documents}
    return RedemptionAnswer(
        **redemption_row(found).model_dump(),
        note=found.note,
        version=found.version,
        programme_version=found.programme_version.number,
        bears_difference=found.programme_version.bears_difference,
        opens_on=found.opens_on,
        closes_on=found.closes_on,
        claim_again_by=claimed_anew_by(found, whole.items) if is_mendable(found, whole.events) else None,
        items=[
            _item(one, invoices.get(one.charge_id, ()), types.get(one.charge_id), said.get(one.id) if said else None)
            for one in whole.items
        ],
        documents=[_paper(one, here, address) for one in papers],
        differences=[_columns(DifferenceAnswer, one) for one in due],
        bank_papers=[_file(one, address) for one in whole.bank_papers],
        payments=[_columns(RedemptionPaymentAnswer, one) for one in whole.payments],
        events=[_event(whole, one, is_told=said is not None) for one in whole.events],
        steps=sorted(whole.steps),
    )


def _paper(one: ListedPaper, here: Collection[int], address: Address) -> ListedPaperAnswer:
    """One paper of the list, with the files that were handed in `here` and those that were verified before."""
    return ListedPaperAnswer(
        document=one.kind,
        count=len(one.files) + len(one.kept_back),
        files=[_file(file, address) for file in one.files if file.id in here or file.id in one.verified],
        verified=[_verified(row, row.attachment_id) for row in one.verified.values()]
        + [_verified(row, None) for row in one.kept_back],
    )


def notice_answer(found: Redemption) -> RedemptionNoticeAnswer:
    """What is in public of one."""
    return RedemptionNoticeAnswer(
        number=_number(found),
        claimant=named(found.claimant),
        authority=named(found.programme.organisation),
        programme_id=found.programme_id,
        approved_fen=found.approved_fen or 0,
        notice_from=found.notice_from or date.min,
        notice_until=found.notice_until or date.min,
        is_paid=found.state == RedemptionState.PAID,
    )


def _event(whole: WholeRedemption, one: RedemptionEvent, *, is_told: bool) -> RedemptionEventAnswer:
    """One step."""
    flagged = one.facts.get("flagged", {}) if is_told else {}
    return _columns(RedemptionEventAnswer, one, by=_by(whole, one), flagged=flagged)


def _item(
    one: RedemptionItem, invoices: Sequence[Invoice], service_type: ServiceType | None, said: Said | None
) -> RedemptionItemAnswer:
    """One item."""
    return RedemptionItemAnswer(
        id=one.id,
        voucher_id=one.voucher_id,
        voucher_number=one.voucher.number,
        charge_id=one.charge_id,
        enterprise=named(one.voucher.organisation),
        provider=named(one.charge.organisation),
        service_type=service_type,
        used_on=one.used_on,
        invoiced_on=one.invoiced_on,
        invoices=[invoice.number for invoice in invoices],
        claimed_fen=one.claimed_fen,
        approved_fen=one.approved_fen,
        clawed_fen=one.clawed_fen,
        reason=one.reason,
        declared_by=said.declared_by if said and said.declared_at else None,
        declared_at=said.declared_at if said else None,
        flags=[_columns(FlagAnswer, flag) for flag in said.flags] if said else None,
    )


def _columns(answer: type[AnswerT], row: object, **more: object) -> AnswerT:
    """A row as its answer: what both call the same, and more."""
    names = set(answer.model_fields) - set(more)
    return answer(**{name: getattr(row, name) for name in names}, **more)


def _by(whole: WholeRedemption, event: RedemptionEvent) -> str:
    """Who took a step, as far as the reader is told."""
    return event.actor.name if shows_person(whole, event) else side_of(whole, event).name_zh


def _verified(found: VerifiedDocument, attachment_id: int | None) -> VerifiedPaperAnswer:
    """Who verified a paper."""
    authority = named(found.authority)
    days = {"verified_on": found.verified_on, "expires_on": found.expires_on}
    return VerifiedPaperAnswer(attachment_id=attachment_id, authority=authority, **days)


def _file(file: Attachment, address: Address) -> AttachmentAnswer:
    """A file with where it is."""
    return attachment_answer(file, partial(address, file))


def _number(found: Redemption) -> str:
    """Its number as people write it."""
    return number_of(found.programme.year, found.programme_id, found.number)
