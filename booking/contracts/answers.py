"""Contracts and their texts as the API says them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from typing import Any

from pydantic import BaseModel

from booking.attachments.answers import AttachmentAnswer, attachment_answer
from booking.contracts.naming import name_of
from booking.contracts.queries import WholeContract
from booking.contracts.reading import Changed
from booking.contracts.wording import Clauses
from models.attachments import Attachment
from models.contracts import Contract, ContractEvent, ContractSignature, ContractText
from models.vocabulary.contracts import (
    Clause,
    ContractScope,
    ContractSide,
    ContractState,
    ContractStep,
    SignatureKind,
)


class ContractSummary(BaseModel):
    """A contract in a list, its parties named as they were when it was sent; without an amount it covers any."""

    id: int
    version: int
    number: str
    title: str
    organisation_id: int
    organisation: str
    party_id: int
    party: str
    party_uscc: str
    owner_uscc: str
    scope: ContractScope
    instrument_id: int | None
    sample_order_id: int | None
    amount_fen: int | None
    starts_on: date
    ends_on: date
    state: ContractState
    sent_at: datetime | None
    signed_at: datetime | None
    changed_at: datetime


class ContractList(BaseModel):
    """A page of contracts."""

    items: list[ContractSummary]
    next_cursor: str | None


class ClauseAnswer(BaseModel):
    """One topic in both languages."""

    zh: str
    en: str


class ContractTextAnswer(BaseModel):
    """One version of an institution's text; the platform's proposal has no number and no moment."""

    id: int | None
    number: int | None
    made_at: datetime | None
    made_by: str
    clauses: dict[Clause, ClauseAnswer]


class ContractTextList(BaseModel):
    """Every version, the newest first; where there is none, the platform's proposal alone."""

    items: list[ContractTextAnswer]
    next_cursor: None = None


class SignatureAnswer(BaseModel):
    """Whose signature which file shows, and which side handed it in."""

    side: ContractSide
    handed_in_by: ContractSide
    kind: SignatureKind
    signed_on: date
    made_by: str
    made_at: datetime
    file: AttachmentAnswer


class ContractEventAnswer(BaseModel):
    """One row of history; `facts` are the terms as they were then."""

    step: ContractStep
    state: ContractState
    occurred_at: datetime
    actor: str
    reason: str
    facts: dict[str, Any]


class CoveredUseAnswer(BaseModel):
    """A use that rests on the contract: whose, and what was charged, or quoted until then."""

    reservation_id: int | None
    sample_order_id: int | None
    user: str
    cost_fen: int | None


class ContractAnswer(ContractSummary):
    """The whole contract, what it is about and who signed as they were called then.

    `steps_open` are those that the caller may take, `uses` the last that rest on it.

    Until `objects_until` the other party may end it, as its signature was handed in by the institution.
    """

    remark: str
    instrument_zh: str
    instrument_en: str
    sample_order: str
    steps_open: list[ContractStep]
    objects_until: datetime | None
    used_fen: int
    uses: list[CoveredUseAnswer]
    text: ContractTextAnswer
    signatures: list[SignatureAnswer]
    history: list[ContractEventAnswer]
    files: list[AttachmentAnswer]


class RequirementAnswer(BaseModel):
    """What an institution requires of outside uses: an order form, from `threshold_fen` on a contract."""

    organisation_id: int
    requires: bool
    threshold_fen: int
    version: int


Address = Callable[[Attachment, int], str]
SAME = (
    "id",
    "version",
    "number",
    "title",
    "organisation_id",
    "party_id",
    "party_uscc",
    "owner_uscc",
    "scope",
    "instrument_id",
    "sample_order_id",
    "amount_fen",
    "starts_on",
    "ends_on",
    "state",
    "sent_at",
    "signed_at",
    "changed_at",
)


def _summary(contract: Contract) -> dict[str, Any]:
    """What lists and the whole have in common."""
    names = {"organisation": contract.owner_name, "party": contract.party_name}
    return {name: getattr(contract, name) for name in SAME} | names


def contract_summary(contract: Contract) -> ContractSummary:
    """A contract in a list."""
    return ContractSummary(**_summary(contract))


def text_answer(text: ContractText, made_by: str = "") -> ContractTextAnswer:
    """One version."""
    return ContractTextAnswer(
        id=text.id, number=text.number, made_at=text.made_at, made_by=made_by, clauses=clauses_answer(text.clauses)
    )


def texts_answer(texts: Sequence[ContractText], proposed: Clauses) -> ContractTextList:
    """Every version, or the proposal."""
    if not texts:
        none = ContractTextAnswer(id=None, number=None, made_at=None, made_by="", clauses=clauses_answer(proposed))
        return ContractTextList(items=[none])
    return ContractTextList(items=[text_answer(one, one.made_by.name if one.made_by else "") for one in texts])


def clauses_answer(clauses: Clauses) -> dict[Clause, ClauseAnswer]:
    """The six topics."""
    return {Clause(code): ClauseAnswer(**said) for code, said in clauses.items()}


def contract_answer(whole: WholeContract, steps_open: Sequence[ContractStep], address: Address) -> ContractAnswer:
    """The whole contract."""
    return ContractAnswer(
        **_summary(whole.contract),
        remark=whole.contract.remark,
        instrument_zh=whole.subject.instrument_zh,
        instrument_en=whole.subject.instrument_en,
        sample_order=whole.subject.order,
        steps_open=list(steps_open),
        objects_until=whole.objects_until,
        used_fen=whole.used_fen,
        uses=[CoveredUseAnswer(**asdict(one)) for one in whole.uses],
        text=text_answer(whole.contract.text),
        signatures=[_signature(one, whole.signed_names, address) for one in whole.signatures],
        history=[_event(one) for one in whole.events],
        files=[attachment_answer(one, partial(address, one)) for one in whole.files],
    )


def _signature(one: ContractSignature, names: Mapping[ContractSide, str], address: Address) -> SignatureAnswer:
    """Whose signature which file shows."""
    return SignatureAnswer(
        side=one.side,
        handed_in_by=one.handed_in_by,
        kind=one.kind,
        signed_on=one.signed_on,
        made_by=names.get(one.side, one.made_by.name),
        made_at=one.made_at,
        file=attachment_answer(one.attachment, partial(address, one.attachment)),
    )


def _event(one: ContractEvent) -> ContractEventAnswer:
    """One row of history."""
    return ContractEventAnswer(
        step=one.step,
        state=one.state,
        occurred_at=one.occurred_at,
        actor=name_of(one),
        reason=one.reason,
        facts=one.facts,
    )


def changes_said(changes: Sequence[Changed]) -> list[dict[str, Any]]:
    """What a contract says otherwise, as a refusal tells it."""
    return [asdict(one) for one in changes]
