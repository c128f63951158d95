"""What a contract is about and who took which step, as they were called when it was sent and signed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from models.accounts import User
from models.catalogue import Instrument
from models.contracts import Contract, ContractEvent
from models.samples import SampleOrder
from models.vocabulary.contracts import ContractSide, ContractState, ContractStep

BINDING = frozenset({ContractStep.SEND, ContractStep.SIGN})
"""Steps with which the names stand: nothing that is called otherwise later changes what was sent and signed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a contract is about, if not everything: the instrument in both languages, or the sample order."""

    instrument_zh: str = ""
    instrument_en: str = ""
    order: str = ""


def names_now(session: Session, contract: Contract, step: ContractStep, actor: Actor | None) -> dict[str, Any]:
    """What history keeps of names with a step that binds; nothing with the others."""
    if step not in BINDING:
        return {}
    subject = _subject_now(session, contract)
    named = {name: getattr(subject, name) for name in ("instrument_zh", "instrument_en", "order")}
    return named | {"by": session.get_one(User, actor.id).name if actor else ""}


def subject_of(session: Session, contract: Contract, events: Iterable[ContractEvent]) -> Subject:
    """What a contract is about, as it was called when it was sent last; a draft as it is called today."""
    facts = _sent(contract, events)
    if facts is None:
        return _subject_now(session, contract)
    return Subject(facts["instrument_zh"], facts["instrument_en"], facts["order"])


def _sent(contract: Contract, events: Iterable[ContractEvent]) -> Mapping[str, Any] | None:
    """What was kept with the last sending, unless the contract was taken back since or is about something else."""
    found = [one.facts for one in events if one.step == ContractStep.SEND and "order" in one.facts]
    if contract.state == ContractState.DRAFT or not found:
        return None
    about = ("instrument_id", "sample_order_id")
    return found[-1] if all(found[-1][name] == getattr(contract, name) for name in about) else None


def _subject_now(session: Session, contract: Contract) -> Subject:
    """What a contract is about, as it is called now."""
    instrument = session.get(Instrument, contract.instrument_id) if contract.instrument_id else None
    order = session.get(SampleOrder, contract.sample_order_id) if contract.sample_order_id else None
    return Subject(
        instrument.name_zh if instrument else "",
        (instrument.name_en or "") if instrument else "",
        (order.number or order.title) if order else "",
    )


def name_of(event: ContractEvent) -> str:
    """Who took a step, as they were called then where the step binds; nobody where a deadline did."""
    return str(event.facts.get("by") or (event.actor.name if event.actor else ""))


def signed_names(events: Iterable[ContractEvent]) -> dict[ContractSide, str]:
    """Who handed in the signature of each side, as they were called then."""
    signed = [one for one in events if one.step == ContractStep.SIGN]
    return {ContractSide(side): name_of(one) for one in signed for side in one.facts.get("sides", ())}
