"""The page of one contract: what it says, what either side can do next, its print and its files."""

from typing import Any

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.attachments.uploads import file_response, limits_for
from booking.contracts import labels, queries
from booking.contracts.addresses import attachment_address
from booking.contracts.naming import name_of
from booking.contracts.papers import contract_pdf, pdf_response
from booking.contracts.queries import WholeContract
from booking.contracts.reading import ContractChanged
from booking.contracts.rules import Side
from booking.contracts.views.changes import spoken_changes
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Refused
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.repeats import new_key
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.contracts import ContractSide


@signed_in
def show(contract_id: int) -> ResponseReturnValue:
    """The contract, for either side."""
    return contract_page(contract_id)


@signed_in
def print_contract(contract_id: int) -> ResponseReturnValue:
    """The contract to be printed and signed, with its text as it was when it was drafted."""
    whole = queries.whole_contract(reading(), contract_id, require_actor())
    return render_template("contracts/print.html", whole=whole, contract=whole.contract, **words())


@signed_in
def paper(contract_id: int) -> Response:
    """The contract as a PDF under its number, to be printed and signed by hand."""
    whole = queries.whole_contract(reading(), contract_id, require_actor())
    return pdf_response(contract_pdf(whole), whole.contract.number)


@signed_in
def download(contract_id: int, attachment_id: int) -> Response:
    """A file of the contract."""
    session = reading()
    return file_response(session, queries.file_for(session, contract_id, attachment_id, require_actor()))


@signed_in
def thumbnail(contract_id: int, attachment_id: int, edge: int) -> Response:
    """A photo whose longest side has so many pixels."""
    session = reading()
    return file_response(session, queries.file_for(session, contract_id, attachment_id, require_actor()), edge)


def contract_page(contract_id: int, refused: Refused | None = None, fields: dict[str, str] | None = None) -> Response:
    """The contract with the forms of the reader's side; after a refusal as they were filled in, with problems there."""
    who = require_actor()
    whole = queries.whole_contract(reading(), contract_id, who)
    page = render_template(
        "contracts/show.html",
        whole=whole,
        contract=whole.contract,
        is_party=whole.side == Side.PARTY,
        steps_open=set(queries.open_steps(whole, who, now=utcnow())),
        side_choices=_unsigned(whole),
        address=attachment_address,
        limits=limits_for(OwnerKind.CONTRACT),
        form=request.form,
        read_version=_read_version(whole, refused),
        chosen_sides=request.form.getlist("sides"),
        problems=_problems(refused, fields or {}),
        key=request.form.get("idempotency_key") or new_key(),
        today=local_date(utcnow()),
        **words(),
    )
    return make_response(page, refused.status if refused else 200)


def words() -> dict[str, Any]:
    """What everything is called."""
    return {
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
        "states": labels.STATES,
        "state_looks": labels.STATE_LOOKS,
        "step_names": labels.STEPS,
        "scopes": labels.SCOPES,
        "sides": labels.SIDES,
        "kinds": labels.SIGNATURE_KINDS,
        "clause_names": labels.CLAUSES,
        "name_of": name_of,
    }


def _unsigned(whole: WholeContract) -> list[tuple[str, str]]:
    """Whose signature is still to come, as far as the reader may hand it in."""
    own = (ContractSide.PARTY,) if whole.side == Side.PARTY else tuple(ContractSide)
    return [(side.value, _(labels.SIDES[side])) for side in own if side not in whole.signed]


def _read_version(whole: WholeContract, refused: Refused | None) -> str:
    """Which version a signature is for: after a refusal for other reasons still the one that was read first."""
    if refused is None or isinstance(refused, ContractChanged):
        return str(whole.contract.version)
    return request.form.get("version") or str(whole.contract.version)


def _problems(refused: Refused | None, fields: dict[str, str]) -> dict[str, list[str]]:
    """The sentences of a refusal by field, under the names that fields have on the page."""
    if refused is None:
        return {}
    if isinstance(refused, ContractChanged):
        return {"": [sentence_of(refused), *spoken_changes(refused.changes)]}
    if not isinstance(refused, InvalidInput):
        return {"": [sentence_of(refused)]}
    found: dict[str, list[str]] = {}
    for field, sentences in problems_of(refused).items():
        name = field.partition(".")[0]
        found.setdefault(fields.get(name, name), []).extend(sentences)
    return found
