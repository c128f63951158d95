"""What a contract says otherwise than when somebody read it, so that nobody signs what they have not seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.errors import Conflict
from booking.core.texts import N_
from models.contracts import Contract, ContractEvent
from models.vocabulary.contracts import ContractStep

SAID = (
    "number",
    "party_name",
    "party_uscc",
    "owner_name",
    "owner_uscc",
    "title",
    "scope",
    "instrument_id",
    "sample_order_id",
    "amount_fen",
    "starts_on",
    "ends_on",
    "remark",
    "text_id",
)
"""What a contract says, as each row of its history keeps it."""
FILES = "files"


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that a contract says otherwise: before, and now; of files sent with it, their hashes."""

    field: str
    before: Any
    now: Any


class ContractChanged(Conflict):
    """The contract says something else than what was read; nothing is signed."""

    code = "contract_changed"
    sentence = N_("合同在您阅读之后有更改，签字没有保存。请重新阅读后再签字。")

    def __init__(self, changes: Sequence[Changed]) -> None:
        """Keep what was changed."""
        super().__init__()
        self.changes = list(changes)


def require_as_read(session: Session, contract: Contract, version: int) -> None:
    """Refuse a version that says something else than the contract does now; raises ContractChanged.

    Steps that change no word, such as the signature of the other side, leave what was read as it was.
    """
    if version == contract.version:
        return
    history = _history(session, contract.id)
    if not 1 <= version <= len(history):
        raise ContractChanged([])
    if changes := [*_otherwise(history[version - 1][1], history[-1][1]), *_files(history[version:])]:
        raise ContractChanged(changes)


def _history(session: Session, contract_id: int) -> list[tuple[ContractStep, Mapping[str, Any]]]:
    """What every version said: each step makes the next version and one row of history."""
    rows = select(ContractEvent.step, ContractEvent.facts).where(ContractEvent.contract_id == contract_id)
    return [(step, facts) for step, facts in session.execute(rows.order_by(ContractEvent.id))]


def _otherwise(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Changed]:
    """What two versions say differently."""
    for name in SAID:
        if before.get(name) != now.get(name):
            yield Changed(name, before.get(name), now.get(name))


def _files(later: Sequence[tuple[ContractStep, Mapping[str, Any]]]) -> Iterator[Changed]:
    """Files that were sent with the contract since: they may be the text that is to be signed."""
    hashes = [one for step, facts in later if step == ContractStep.SEND for one in facts.get("sha256", ())]
    if hashes:
        yield Changed(FILES, None, hashes)
