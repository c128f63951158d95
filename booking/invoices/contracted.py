"""With whom the uses were contracted that statements ask for."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from booking.invoices.rules import Party
from models.charges import Charge
from models.contracts import Contract, UseAgreement
from models.directory import Organisation
from models.statements import StatementItem


@dataclass(frozen=True, slots=True)
class Contracted:
    """The other side of a contract, as the contract calls it, with everything that it is called."""

    name_zh: str
    name_en: str
    party: Party


def contracted_for(session: Session, statement_ids: Collection[int]) -> dict[int, list[Contracted]]:
    """With whom the contracts were made that the uses on these statements rest on; statements without any are absent.

    A firm is known by the name in the contract and by the one that it has now.
    """
    same_use = or_(
        UseAgreement.reservation_id == Charge.reservation_id, UseAgreement.sample_order_id == Charge.sample_order_id
    )
    last = select(func.max(UseAgreement.id)).where(same_use)
    rows = session.execute(
        select(
            StatementItem.statement_id,
            Contract.party_name,
            Contract.party_name_en,
            Contract.party_uscc,
            Organisation.name_zh,
            Organisation.name_en,
        )
        .join(Charge, Charge.id == StatementItem.charge_id)
        .join(UseAgreement, UseAgreement.id == last.correlate(Charge).scalar_subquery())
        .join(Contract, Contract.id == UseAgreement.contract_id)
        .join(Organisation, Organisation.id == Contract.party_id)
        .where(StatementItem.statement_id.in_(statement_ids))
        .distinct()
        .order_by(StatementItem.statement_id, Contract.party_name)
    )
    found: defaultdict[int, list[Contracted]] = defaultdict(list)
    for statement_id, name_zh, name_en, uscc, *names_now in rows:
        names = frozenset(filter(None, (name_zh, name_en, *names_now)))
        found[statement_id].append(Contracted(name_zh, name_en, Party(names, uscc)))
    return dict(found)
