"""Drafting contracts and asking for them, and what every later step shares: the lock, the history, the event."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, may, require
from booking.contracts.asking import check_asking
from booking.contracts.forms import AskContractForm, ContractForm
from booking.contracts.naming import names_now
from booking.contracts.parties import named_party, party_problems, subject_problems
from booking.contracts.queries import in_full, is_known, side_of, signatures_of, signed_of
from booking.contracts.reading import SAID
from booking.contracts.rules import MOVES, Side, target_of_step, term_problems
from booking.contracts.texts import text_in_force
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.notifications.service import announce
from models.contracts import Contract, ContractEvent
from models.directory import Organisation
from models.vocabulary.contracts import ContractState, ContractStep

TERMS = ("scope", "instrument_id", "sample_order_id", "amount_fen", "starts_on", "ends_on", "remark")
NUMBER_TAKEN = Problem("number", N_("本单位已有这个编号的合同。"))
OTHER_PARTY = Problem("party", N_("对方已经看过这份合同，不能换成别的单位；请终止它，另拟一份。"))


class ContractNotNow(Conflict):
    """The contract does not stand where this step begins."""

    code = "contract_not_now"
    sentence = N_("合同当前的状态不允许这样操作，可能已由他人处理。")


@dataclass(frozen=True, slots=True)
class Held:
    """A locked contract with the side on which the actor stands, and where the step leads."""

    contract: Contract
    side: Side
    step: ContractStep
    target: ContractState


def draft_contract(
    session: Session, organisation_id: int, form: ContractForm, *, actor: Actor, now: datetime
) -> Contract:
    """A new draft that only the institution sees; raises NotFound, Forbidden and InvalidInput."""
    organisation(session, organisation_id)
    require(actor, Permission.MANAGE_CONTRACTS, Target(organisation_id))
    party = _checked(session, organisation_id, form, None, now=now)
    contract = _new(session, organisation_id, party, form, form.title, form.number, now=now)
    note(session, contract, ContractStep.DRAFT, Side.OWNER, actor=actor, now=now)
    return contract


def ask_for_contract(
    session: Session, organisation_id: int, form: AskContractForm, *, actor: Actor, now: datetime
) -> Contract:
    """Ask an institution for a contract with an organisation that one acts for: a draft that both sides see.

    Raises NotFound, InvalidInput, OffersNothing and TooManyAsked.
    """
    place = organisation(session, organisation_id)
    if not may(actor, Permission.SIGN_CONTRACTS, Target(form.party_id)):
        raise InvalidInput([Problem("party_id", N_("您不是这个单位的经办人或管理员。"))])
    party = organisation(session, form.party_id)
    problems = [*party_problems(party, organisation_id), *term_problems(form.terms, today=local_date(now))]
    problems += subject_problems(session, organisation_id, party, form.terms, actor=actor)
    if problems:
        raise InvalidInput([_at(problem, "party", "party_id") for problem in problems])
    check_asking(session, organisation_id, actor=actor, now=now)
    title = f"{place.name_zh} – {party.name_zh}"[:200]
    contract = _new(session, organisation_id, party, form, title, "", now=now)
    contract.asked_by_id = actor.id
    note(session, contract, ContractStep.ASK, Side.PARTY, actor=actor, now=now)
    return contract


def edit_contract(
    session: Session,
    contract_id: int,
    form: ContractForm,
    *,
    version: int | None = None,
    actor: Actor,
    now: datetime,
) -> Contract:
    """Say something else in a draft; its text is the version that holds now. Raises StaleVersion and InvalidInput.

    Whoever asked for it or was sent it stays the party: nobody else reads what was negotiated with them.
    """
    held = begin(session, contract_id, ContractStep.EDIT, actor=actor, now=now)
    contract = held.contract
    if version is not None and version != contract.version:
        raise StaleVersion
    party = _checked(session, contract.organisation_id, form, contract, now=now)
    if party.id != contract.party_id and is_known(contract):
        raise InvalidInput([OTHER_PARTY])
    text_id = text_in_force(session, contract.organisation_id, now=now).id
    values = form.model_dump(include={*TERMS}) | {"title": form.title, "number": form.number or contract.number}
    for name, value in values.items():
        setattr(contract, name, value)
    name_parties(contract, contract.organisation, party)
    contract.text_id = text_id
    _flush(session)
    return finish(session, held, actor=actor, now=now)


def _checked(
    session: Session, organisation_id: int, form: ContractForm, itself: Contract | None, *, now: datetime
) -> Organisation:
    """The other party of terms that fit together; raises InvalidInput with everything that does not."""
    problems: list[Problem] = []
    party = named_party(session, form.party, problems)
    problems += term_problems(form.terms, today=local_date(now))
    if party is not None:
        problems += party_problems(party, organisation_id)
        problems += subject_problems(session, organisation_id, party, form.terms)
    if form.number and _is_taken(session, organisation_id, form.number, itself):
        problems.append(NUMBER_TAKEN)
    if problems or party is None:
        raise InvalidInput(problems)
    return party


def _is_taken(session: Session, organisation_id: int, number: str, itself: Contract | None) -> bool:
    """Whether another contract of the institution has the number."""
    same = (Contract.organisation_id == organisation_id, Contract.number == number)
    other = (Contract.id != itself.id,) if itself else ()
    return bool(session.scalar(select(exists().where(*same, *other))))


def _new(  # noqa: PLR0917 - what a contract begins with
    session: Session,
    organisation_id: int,
    party: Organisation,
    form: ContractForm | AskContractForm,
    title: str,
    number: str,
    *,
    now: datetime,
) -> Contract:
    """The row of a draft; without a number it gets one of ours from its id."""
    contract = Contract(
        organisation_id=organisation_id,
        number=number or uuid.uuid4().hex,
        title=title,
        text_id=text_in_force(session, organisation_id, now=now).id,
        state=ContractState.DRAFT,
        created_at=now,
        changed_at=now,
        version=1,
        **form.model_dump(include={*TERMS}),
    )
    name_parties(contract, session.get_one(Organisation, organisation_id), party)
    session.add(contract)
    _flush(session)
    if not number:
        contract.number = _own_number(session, contract, now)
        _flush(session)
    return contract


def _own_number(session: Session, contract: Contract, now: datetime) -> str:
    """A number of ours; where somebody wrote the same by hand, with another figure behind it."""
    number = f"HT{local_date(now):%Y%m%d}-{contract.id:05d}"
    found = chain([number], (f"{number}-{turn}" for turn in count(2)))
    return next(one for one in found if not _is_taken(session, contract.organisation_id, one, contract))


def _flush(session: Session) -> None:
    """Store a contract; raises InvalidInput when another one took its number in the same moment."""
    try:
        session.flush()
    except IntegrityError as taken:
        raise InvalidInput([NUMBER_TAKEN]) from taken


def name_parties(contract: Contract, owner: Organisation, party: Organisation) -> None:
    """Both parties, as they are called now."""
    contract.party_id = party.id
    contract.party_name, contract.party_name_en, contract.party_uscc = _called(party)
    contract.owner_name, contract.owner_name_en, contract.owner_uscc = _called(owner)


def _called(one: Organisation) -> tuple[str, str, str]:
    """The names of an organisation in both languages and its code."""
    return one.name_zh, one.name_en or "", one.uscc or ""


def _at(problem: Problem, field: str, other: str) -> Problem:
    """The problem at the field that the form has."""
    return Problem(other if problem.field == field else problem.field, problem.message, problem.values)


def lock(session: Session, contract_id: int, *, actor: Actor) -> tuple[Contract, Side]:
    """The contract, locked and read again, and on which side the actor stands; raises NotFound.

    Its key stays free: a booking that refers to the contract does not wait for the lock.
    """
    contract = session.scalar(
        in_full()
        .where(Contract.id == contract_id)
        .with_for_update(key_share=True, of=Contract)
        .execution_options(populate_existing=True)
    )
    side = side_of(contract, actor) if contract else None
    if contract is None or side is None:
        raise NotFound
    return contract, side


def begin(session: Session, contract_id: int, step: ContractStep, *, actor: Actor, now: datetime) -> Held:
    """The contract, locked for a step that the actor may take now; raises NotFound, Forbidden or ContractNotNow."""
    contract, side = lock(session, contract_id, actor=actor)
    if side not in MOVES[step].sides:
        raise Forbidden
    if side == Side.OWNER:
        require(actor, Permission.MANAGE_CONTRACTS, Target(contract.organisation_id))
    signed = signed_of(contract, signatures_of(session, contract_id), now=now)
    target = target_of_step(step, contract.state, side, signed)
    if target is None:
        raise ContractNotNow
    return Held(contract, side, step, target)


def finish(
    session: Session,
    held: Held,
    *,
    to: ContractState | None = None,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    actor: Actor | None,
    now: datetime,
) -> Contract:
    """Leave the contract where the step leads, with its history, an entry of the log and its event."""
    contract = held.contract
    contract.state = to or held.target
    contract.version += 1
    contract.changed_at = now
    session.flush()
    note(session, contract, held.step, held.side, reason=reason, facts=facts, actor=actor, now=now)
    return contract


def note(
    session: Session,
    contract: Contract,
    step: ContractStep,
    side: Side,
    *,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    actor: Actor | None,
    now: datetime,
) -> None:
    """One row of history and of the log, with every term as it is now, and the event."""
    said = {**terms_of(contract), **(facts or {})}
    row = ContractEvent(
        contract_id=contract.id,
        occurred_at=now,
        actor_id=actor.id if actor else None,
        step=step,
        state=contract.state,
        reason=reason,
        facts=said | names_now(session, contract, step, actor),
    )
    session.add(row)
    session.flush()
    after = {"step": step.value, "state": contract.state.value, **said}
    subject = ("contract", contract.id)
    audit.note(session, "contracts.changed", subject, actor=actor, now=now, after=after, reason=reason)
    told = {"contract_id": contract.id, "event_id": row.id, "side": side.value}
    announce(session, "contracts.changed", told, now=now)


def terms_of(contract: Contract) -> dict[str, Any]:
    """What is agreed on, as history keeps it."""
    days = {name: getattr(contract, name).isoformat() for name in ("starts_on", "ends_on")}
    return {name: getattr(contract, name) for name in SAID} | days | {"scope": contract.scope.value}
