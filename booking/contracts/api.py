"""Contracts in the HTTP API: both sides' lists, each step, and the texts they are made with."""

from collections.abc import Callable
from datetime import date
from typing import Any, cast

from flask import Blueprint, Flask, Response, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.attachments.answers import UploadBody
from booking.attachments.uploads import has_uploads, limits_for, read_uploads
from booking.contracts import answers, papers, queries, requirements, service, steps, texts
from booking.contracts.addresses import attachment_address
from booking.contracts.answers import (
    ContractAnswer,
    ContractList,
    ContractTextAnswer,
    ContractTextList,
    RequirementAnswer,
)
from booking.contracts.forms import (
    AskContractBody,
    AskContractForm,
    ContractBody,
    ContractForm,
    ContractsQuery,
    ContractTextBody,
    ContractTextForm,
    ContractTextsQuery,
    EndContractForm,
    RequirementForm,
    SendContractForm,
    SignForm,
)
from booking.contracts.reading import ContractChanged
from booking.contracts.typed import typed
from booking.contracts.wording import PROPOSED
from booking.core.actors import Actor, Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Refused
from booking.directory.queries import organisation
from booking.web.errors import add_to_problem
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once, made_once
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.contracts import ContractText
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.contracts import ContractSide, SignatureKind

bp = Blueprint("contracts_api", __name__, url_prefix="/api/v1")

TAG = "contracts"
MAKING = (400, 401, 403, 404, 415, 422)
STEP = (*MAKING, 409)
ONE = "/contracts/<int:contract_id>"


def _members(refused: Refused) -> dict[str, Any]:
    """What a contract says otherwise than it was read, as a member of its problem."""
    return {"changed": answers.changes_said(refused.changes)} if isinstance(refused, ContractChanged) else {}


bp.record_once(lambda state: add_to_problem(cast("Flask", state.app), _members))


class SendBody(UploadBody):
    """Files that belong to the contract, and what is said with the sending."""

    reason: str = ""


class SignBody(UploadBody):
    """A file with signatures: whose (a field for each), of which kind and day, and the version that was read."""

    sides: list[ContractSide]
    kind: SignatureKind
    signed_on: date
    version: int


@bp.get("/contracts")
@documented(tag=TAG, query=ContractsQuery, answers={200: ContractList}, refusals=(400, 401, 403, 404, 422))
def list_contracts() -> ResponseReturnValue:
    """Contracts of the organisations one acts for, or (for its finance and auditors) those an institution keeps."""
    who, asked, session, today = require_actor(), read_query(ContractsQuery), reading(), local_date(utcnow())
    wanted = queries.Wanted([asked.state] if asked.state else (), ending=asked.ending)
    here: dict[str, Any] = {"today": today, "limit": asked.limit, "cursor": asked.cursor}
    if asked.organisation is None:
        page = queries.own_contracts(session, who, wanted, **here)
    else:
        place = organisation(session, asked.organisation)
        require(who, Permission.SEE_CONTRACTS, Target(place.id))
        page = queries.contracts_at(session, place.id, wanted, **here)
    items = [answers.contract_summary(one) for one in page.items]
    return _json(ContractList(items=items, next_cursor=page.next_cursor))


@bp.post("/contracts")
@documented(tag=TAG, body=ContractBody, answers={201: ContractAnswer}, refusals=MAKING)
def create() -> ResponseReturnValue:
    """Draft a contract at an institution whose contracts one keeps."""
    body = read_json(ContractBody)
    form = ContractForm(**body.model_dump(exclude={"organisation_id"}))
    place_id = body.organisation_id
    return _created(lambda one, who: service.draft_contract(one, place_id, form, actor=who, now=utcnow()).id)


@bp.post("/contracts/ask")
@documented(tag=TAG, body=AskContractBody, answers={201: ContractAnswer}, refusals=MAKING)
def ask() -> ResponseReturnValue:
    """Ask an institution for a contract with an organisation that one acts for."""
    body = read_json(AskContractBody)
    form = AskContractForm(**body.model_dump(exclude={"organisation_id"}))
    return _created(
        lambda one, who: service.ask_for_contract(one, body.organisation_id, form, actor=who, now=utcnow()).id
    )


@bp.get(ONE)
@documented(tag=TAG, answers={200: ContractAnswer}, refusals=(401, 404))
def show(contract_id: int) -> ResponseReturnValue:
    """The whole contract, for who keeps the institution's contracts and who acts for the other party."""
    return _contract(contract_id)


@bp.get(f"{ONE}.pdf")
@documented(tag=TAG, answers={200: None}, refusals=(401, 404))
def paper(contract_id: int) -> Response:
    """The contract as a PDF under its number, to be printed and signed by hand."""
    whole = queries.whole_contract(reading(), contract_id, require_actor())
    return papers.pdf_response(papers.contract_pdf(whole), whole.contract.number)


@bp.put(ONE)
@documented(tag=TAG, body=ContractForm, answers={200: ContractAnswer}, refusals=(*STEP, 412))
def change(contract_id: int) -> ResponseReturnValue:
    """Say something else in a draft."""
    form, who, version = read_json(ContractForm), require_actor(), if_match()
    transaction(service.edit_contract, contract_id, form, version=version, actor=who, now=utcnow())
    return _contract(contract_id)


@bp.post(f"{ONE}/send")
@takes_files
@documented(tag=TAG, body=SendContractForm, form=SendBody, answers={200: ContractAnswer}, refusals=(*STEP, 413))
def send(contract_id: int) -> ResponseReturnValue:
    """Let the other party read it and sign; with files as a form, else as JSON."""
    who, limits, has_files = require_actor(), limits_for(OwnerKind.CONTRACT), has_uploads()
    form = typed(SendContractForm) if has_files else read_json(SendContractForm)
    queries.contract_for(reading(), contract_id, who)
    files = read_uploads(limits) if has_files else []
    transaction(steps.send_contract, contract_id, files, limits, reason=form.reason, actor=who, now=utcnow())
    return _contract(contract_id)


@bp.post(f"{ONE}/recall")
@documented(tag=TAG, body=SendContractForm, answers={200: ContractAnswer}, refusals=STEP)
def recall(contract_id: int) -> ResponseReturnValue:
    """Take it back to change it, as long as nobody has signed."""
    form, who = read_json(SendContractForm), require_actor()
    transaction(steps.recall_contract, contract_id, reason=form.reason, actor=who, now=utcnow())
    return _contract(contract_id)


@bp.post(f"{ONE}/end")
@documented(tag=TAG, body=EndContractForm, answers={200: ContractAnswer}, refusals=STEP)
def end(contract_id: int) -> ResponseReturnValue:
    """End it for a reason; the other party declines what it has not signed itself."""
    form, who = read_json(EndContractForm), require_actor()
    transaction(steps.end_contract, contract_id, reason=form.reason, actor=who, now=utcnow())
    return _contract(contract_id)


@bp.post(f"{ONE}/signatures")
@takes_files
@documented(tag=TAG, form=SignBody, answers={201: ContractAnswer}, refusals=(*STEP, 413))
def sign(contract_id: int) -> ResponseReturnValue:
    """Hand in the file that shows a signature, or both; refused with what was `changed` since it was read."""
    who, limits = require_actor(), limits_for(OwnerKind.CONTRACT)
    queries.contract_for(reading(), contract_id, who)
    form = typed(SignForm, "sides")
    files = read_uploads(limits, keeps_originals=True) if has_uploads() else []
    return _created(
        lambda one, who: steps.sign_contract(one, contract_id, form, files, limits, actor=who, now=utcnow()).id
    )


@bp.get("/contract-texts")
@documented(tag=TAG, query=ContractTextsQuery, answers={200: ContractTextList}, refusals=(401, 404, 422))
def list_texts() -> ResponseReturnValue:
    """What an institution agrees on with outside users, every version, the newest first."""
    require_actor()
    place = organisation(reading(), read_query(ContractTextsQuery).organisation)
    return _json(answers.texts_answer(queries.texts_of(reading(), place.id), PROPOSED))


@bp.post("/contract-texts")
@documented(tag=TAG, body=ContractTextBody, answers={201: ContractTextAnswer}, refusals=MAKING)
def write_text() -> ResponseReturnValue:
    """Another version of an institution's text; what was agreed on before keeps its own."""
    body, who, now = read_json(ContractTextBody), require_actor(), utcnow()
    form = ContractTextForm(clauses=body.clauses)

    def work(session: Session) -> dict[str, Any]:
        return {"id": texts.write_text(session, body.organisation_id, form, actor=who, now=now).id}

    made = create_once(work, actor=who, now=now)[0]["id"]
    return _json(answers.text_answer(reading().get_one(ContractText, made), who.name), 201)


@bp.get("/contract-settings")
@documented(tag=TAG, query=ContractTextsQuery, answers={200: RequirementAnswer}, refusals=(401, 404, 422))
def show_requirement() -> ResponseReturnValue:
    """What an institution requires of outside uses."""
    require_actor()
    return _requirement(organisation(reading(), read_query(ContractTextsQuery).organisation).id)


@bp.put("/contract-settings")
@documented(
    tag=TAG,
    query=ContractTextsQuery,
    body=RequirementForm,
    answers={200: RequirementAnswer},
    refusals=(*STEP, 412),
)
def set_requirement() -> ResponseReturnValue:
    """Require something of outside uses from now on, or no longer."""
    asked, form, who, version = read_query(ContractTextsQuery), read_json(RequirementForm), require_actor(), if_match()
    transaction(requirements.set_requirement, asked.organisation, form, version=version, actor=who, now=utcnow())
    return _requirement(asked.organisation)


def _requirement(organisation_id: int) -> Response:
    """What an institution requires, with its version as ETag."""
    found = requirements.requirement_of(reading(), organisation_id)
    response = _json(
        RequirementAnswer(
            organisation_id=organisation_id,
            requires=found.requires,
            threshold_fen=found.threshold_fen,
            version=found.version,
        )
    )
    response.set_etag(str(found.version))
    return response


def _created(work: Callable[[Session, Actor], int]) -> Response:
    """What was made, once per key, answered as the contract is now."""
    contract_id = made_once(work)
    response = _contract(contract_id, 201)
    response.headers["Location"] = url_for(".show", contract_id=contract_id)
    return response


def _contract(contract_id: int, status: int = 200) -> Response:
    """The contract as it is now, with its version as ETag."""
    who = require_actor()
    whole = queries.whole_contract(reading(), contract_id, who)
    response = _json(
        answers.contract_answer(whole, queries.open_steps(whole, who, now=utcnow()), attachment_address), status
    )
    response.set_etag(str(whole.contract.version))
    return response


def _json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
