"""Applications, what a firm may apply for, and verified papers as the API says them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from booking.applications.eligibility import Eligibility
from booking.applications.queries import WholeApplication
from booking.applications.rules import BEFORE_SUBMITTING, Reason, Side
from booking.applications.wording import number_of, office_of, reasons_said
from booking.core.clock import local_date
from models.applications import ApplicationEvent, VerifiedDocument, VoucherApplication
from models.vocabulary.applications import ApplicationState, ApplicationStep
from models.vocabulary.programmes import ProgrammeDocument
from models.vouchers import Voucher


class ApplicationSummary(BaseModel):
    """An application in a list; `due_on` is the day by which the review that it waits for is to be done."""

    id: int
    version: int
    number: str
    state: ApplicationState
    programme_id: int
    programme: str
    authority_id: int
    organisation_id: int
    organisation: str
    uscc: str | None
    amount_fen: int
    granted_fen: int | None
    due_on: date | None
    submitted_at: datetime | None
    changed_at: datetime


class ApplicationList(BaseModel):
    """A page of applications."""

    items: list[ApplicationSummary]
    next_cursor: str | None


class IneligibleAnswer(BaseModel):
    """One reason why a firm may not apply, with what is left where that is less than was asked for."""

    code: str
    message: str
    left_fen: int | None


class EligibilityAnswer(BaseModel):
    """Whether a firm may apply (for so much) today; no budget: not set aside at issue, or not limited."""

    allowed: bool
    refusals: list[IneligibleAnswer]
    cap_left_fen: int
    budget_left_fen: int | None
    documents: list[ProgrammeDocument]


class ApplicationPaperAnswer(BaseModel):
    """One paper that the programme wants: its file if it is there, and until when it was verified, by whom."""

    document: ProgrammeDocument
    file_name: str
    size_bytes: int | None
    sha256: str
    url: str
    verified_by: str
    verified_on: date | None
    expires_on: date | None


class ApplicationEventAnswer(BaseModel):
    """One row of history; a firm is told the office that decided, and not who decided there."""

    step: ApplicationStep
    state: ApplicationState
    occurred_at: datetime
    actor: str
    office: str
    reason: str
    facts: dict[str, Any]


class IssuedVoucherAnswer(BaseModel):
    """The voucher of an application with both deadlines."""

    id: int
    number: str
    face_fen: int
    issued_on: date
    use_by: date
    redeem_by: date


class ApplicationAnswer(ApplicationSummary):
    """The whole application; `steps_open` are those that the caller may take.

    While a firm changes what was sent back, officers read it `as_handed_in` last.
    """

    statement: str
    as_handed_in: bool
    reason: str
    district_id: int | None
    before_id: int | None
    papers: list[ApplicationPaperAnswer]
    lacking: list[ProgrammeDocument]
    unverified: list[ProgrammeDocument]
    steps_open: list[ApplicationStep]
    history: list[ApplicationEventAnswer]
    voucher: IssuedVoucherAnswer | None


class VerifiedDocumentAnswer(BaseModel):
    """A paper of a firm that an authority has verified, until `expires_on`, included, unless it was withdrawn."""

    id: int
    organisation_id: int
    organisation: str
    document: ProgrammeDocument
    file_name: str
    sha256: str
    authority_id: int
    authority: str
    verified_on: date
    expires_on: date
    withdrawn_on: date | None
    withdrawal_reason: str
    url: str


class VerifiedDocumentList(BaseModel):
    """A page of verified papers, the newest first."""

    items: list[VerifiedDocumentAnswer]
    next_cursor: str | None


PaperAddress = Callable[[int, ProgrammeDocument], str]


def reasons_answer(reasons: list[Reason]) -> list[IneligibleAnswer]:
    """Each reason with its sentence."""
    pairs = zip(reasons, reasons_said(reasons), strict=True)
    return [IneligibleAnswer(code=one.code.value, message=said, left_fen=one.left_fen) for one, said in pairs]


def eligibility_answer(found: Eligibility) -> EligibilityAnswer:
    """What a firm may apply for."""
    return EligibilityAnswer(
        allowed=not found.reasons,
        refusals=reasons_answer(found.reasons),
        cap_left_fen=found.cap_left_fen,
        budget_left_fen=found.budget_left_fen,
        documents=found.documents,
    )


def application_summary(found: VoucherApplication, then: Mapping[int, int]) -> ApplicationSummary:
    """An application in a list, with what it asked for when it was handed in where that is what the reader reads."""
    return ApplicationSummary(**_same(found) | {"amount_fen": then.get(found.id, found.wanted_fen)})


def _same(found: VoucherApplication) -> dict[str, Any]:
    """What lists and the whole application share."""
    names = ("id", "version", "state", "programme_id", "organisation_id", "granted_fen", "due_on")
    return {name: getattr(found, name) for name in (*names, "submitted_at", "changed_at")} | {
        "number": number_of(found),
        "amount_fen": found.wanted_fen,
        "programme": found.programme.name_zh,
        "authority_id": found.programme.organisation_id,
        "organisation": found.organisation.name_zh,
        "uscc": found.organisation.uscc,
    }


def application_answer(whole: WholeApplication, address: PaperAddress) -> ApplicationAnswer:
    """The whole application."""
    found = whole.application
    return ApplicationAnswer(
        **_same(found) | {"amount_fen": whole.wanted_fen},
        **{name: getattr(found, name) for name in ("reason", "district_id", "before_id")},
        statement=whole.statement,
        as_handed_in=whole.is_as_handed_in,
        papers=[_paper(whole, one, address) for one in whole.needed],
        lacking=whole.lacking,
        unverified=whole.unverified,
        steps_open=list(whole.steps),
        history=_history(whole),
        voucher=voucher_answer(found.voucher) if found.voucher else None,
    )


def voucher_answer(found: Voucher) -> IssuedVoucherAnswer:
    """A voucher with both deadlines."""
    return IssuedVoucherAnswer(**{name: getattr(found, name) for name in IssuedVoucherAnswer.model_fields})


def _history(whole: WholeApplication) -> list[ApplicationEventAnswer]:
    """What happened, each step with the person or the office; what drafts said is the firm's alone."""
    return [
        ApplicationEventAnswer(
            **{name: getattr(one, name) for name in ("step", "state", "occurred_at")},
            facts=one.facts if whole.side == Side.FIRM or one.step not in BEFORE_SUBMITTING else {},
            reason=reason_shown(whole, one),
            actor=one.actor.name if is_named(whole, one.step) else "",
            office="" if is_firms_step(one.step) else office_of(whole.application, one),
        )
        for one in whole.events
    ]


def is_firms_step(step: ApplicationStep) -> bool:
    """Whether the firm took it."""
    own = {ApplicationStep.DRAFT, ApplicationStep.EDIT, ApplicationStep.SUBMIT, ApplicationStep.WITHDRAW}
    return step in own


def reason_shown(whole: WholeApplication, event: ApplicationEvent) -> str:
    """Why a step was taken; what one officer tells the next is not the firm's."""
    return "" if event.step == ApplicationStep.PASS and whole.side == Side.FIRM else event.reason


def is_named(whole: WholeApplication, step: ApplicationStep) -> bool:
    """Whether the reader is told who took a step: officers everybody, the firm its own people."""
    return whole.side == Side.OFFICER or is_firms_step(step)


def _paper(whole: WholeApplication, document: ProgrammeDocument, address: PaperAddress) -> ApplicationPaperAnswer:
    """One of the papers that are wanted."""
    paper, verified = whole.papers.get(document), whole.verified_as(document)
    file = paper.attachment if paper else None
    return ApplicationPaperAnswer(
        document=document,
        file_name=file.file_name if file else "",
        size_bytes=file.size_bytes if file else None,
        sha256=file.sha256 if file else "",
        url=address(whole.application.id, document) if file else "",
        verified_by=verified.authority.name_zh if verified else "",
        verified_on=verified.verified_on if verified else None,
        expires_on=verified.expires_on if verified else None,
    )


def document_answer(found: VerifiedDocument, address: Callable[[int], str]) -> VerifiedDocumentAnswer:
    """A verified paper."""
    names = ("id", "organisation_id", "document", "authority_id", "verified_on", "expires_on")
    return VerifiedDocumentAnswer(
        **{name: getattr(found, name) for name in names},
        organisation=found.organisation.name_zh,
        authority=found.authority.name_zh,
        file_name=found.attachment.file_name,
        sha256=found.attachment.sha256,
        withdrawn_on=local_date(found.withdrawal.created_at) if found.withdrawal else None,
        withdrawal_reason=found.withdrawal.reason if found.withdrawal else "",
        url=address(found.id),
    )
