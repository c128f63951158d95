"""Reading contracts: one in full for who may read it, lists for both sides, the texts they were made with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.attachments.queries import attachment_for, attachments_of
from booking.contracts.naming import Subject, signed_names, subject_of
from booking.contracts.rules import ENDING_WITHIN, OBJECTING_WITHIN, Side, Signed, may_object, steps_open
from booking.contracts.used import CoveredUse, used_fen, uses_under
from booking.core.actors import Actor, Target
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.attachments import Attachment
from models.contracts import Contract, ContractEvent, ContractSignature, ContractText
from models.directory import Organisation
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.contracts import ContractSide, ContractState, ContractStep

ALL_FILES = frozenset(Visibility)
MOST_USES = 50
"""How many of its last uses are told with a contract."""


@dataclass(frozen=True, slots=True)
class WholeContract:
    """A contract with everything that its page and its answer say."""

    contract: Contract
    side: Side
    signatures: Sequence[ContractSignature]
    events: Sequence[ContractEvent]
    files: Sequence[Attachment]
    subject: Subject
    uses: Sequence[CoveredUse] = ()
    used_fen: int = 0

    @property
    def signed(self) -> frozenset[ContractSide]:
        """The sides that have signed."""
        return frozenset(one.side for one in self.signatures)

    @property
    def signed_names(self) -> dict[ContractSide, str]:
        """Who handed in the signature of each side, as they were called then."""
        return signed_names(self.events)

    @property
    def objects_until(self) -> datetime | None:
        """Until when the party may disown a signature that the institution handed in; None where it may not."""
        at = self.contract.signed_at
        return at + OBJECTING_WITHIN if at and handed_in_for_party(self.signatures) == ContractSide.OWNER else None


def in_full() -> Select[Contract]:
    """Contracts with both parties, their instrument and the version of their text."""
    return select(Contract).options(
        joinedload(Contract.organisation, innerjoin=True),
        joinedload(Contract.party, innerjoin=True),
        joinedload(Contract.instrument),
        joinedload(Contract.text, innerjoin=True),
    )


def side_of(contract: Contract, actor: Actor) -> Side | None:
    """On which side the actor stands: who keeps the institution's contracts, else who acts for the party, else who
    may only read those of the institution.
    """
    owner = Target(contract.organisation_id)
    if may(actor, Permission.MANAGE_CONTRACTS, owner):
        return Side.OWNER
    if is_known(contract) and may(actor, Permission.SIGN_CONTRACTS, Target(contract.party_id)):
        return Side.PARTY
    return Side.OWNER if may(actor, Permission.SEE_CONTRACTS, owner) else None


def is_known(contract: Contract) -> bool:
    """Whether the party knows of a contract: it asked for it, or it was sent it once."""
    return contract.asked_by_id is not None or contract.sent_at is not None


def contract_for(session: Session, contract_id: int, actor: Actor) -> tuple[Contract, Side]:
    """The contract and on which side the actor stands; raises NotFound for everybody else."""
    found = session.scalar(in_full().where(Contract.id == contract_id))
    side = side_of(found, actor) if found else None
    if found is None or side is None:
        raise NotFound
    return found, side


def whole_contract(session: Session, contract_id: int, actor: Actor) -> WholeContract:
    """Everything about a contract in a constant number of statements; the party sees no drafting. Raises NotFound."""
    contract, side = contract_for(session, contract_id, actor)
    events = select(ContractEvent).where(ContractEvent.contract_id == contract_id)
    was_in_force = contract.signed_at is not None
    if side == Side.PARTY:
        events = events.where(ContractEvent.step.not_in((ContractStep.DRAFT, ContractStep.EDIT)))
    found = session.scalars(events.options(joinedload(ContractEvent.actor)).order_by(ContractEvent.id)).all()
    return WholeContract(
        contract=contract,
        side=side,
        signatures=signatures_of(session, contract_id),
        events=found,
        files=attachments_of(session, OwnerKind.CONTRACT, contract_id, ALL_FILES),
        subject=subject_of(session, contract, found),
        uses=uses_under(session, contract_id, limit=MOST_USES) if was_in_force else (),
        used_fen=used_fen(session, contract_id) if was_in_force else 0,
    )


def signatures_of(session: Session, contract_id: int) -> Sequence[ContractSignature]:
    """Who signed a contract, with the files."""
    rows = select(ContractSignature).where(ContractSignature.contract_id == contract_id)
    loaded = rows.options(
        joinedload(ContractSignature.attachment, innerjoin=True), joinedload(ContractSignature.made_by, innerjoin=True)
    )
    return session.scalars(loaded.order_by(ContractSignature.id)).all()


def signed_of(contract: Contract, signatures: Sequence[ContractSignature], *, now: datetime) -> Signed:
    """Which sides have signed a contract, and whether the party may still disown its signature."""
    is_open = may_object(handed_in_for_party(signatures), contract.signed_at, now=now)
    return Signed(frozenset(one.side for one in signatures), is_open)


def handed_in_for_party(signatures: Sequence[ContractSignature]) -> ContractSide | None:
    """Which side handed in the signature of the party; None while there is none."""
    return next((one.handed_in_by for one in signatures if one.side == ContractSide.PARTY), None)


def file_for(session: Session, contract_id: int, attachment_id: int, actor: Actor) -> Attachment:
    """One file of a contract that the actor may read; raises NotFound."""
    contract_for(session, contract_id, actor)
    return attachment_for(session, OwnerKind.CONTRACT, contract_id, attachment_id, ALL_FILES)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of contracts is narrowed to; `ending` those in force whose last day comes within two months."""

    states: Collection[ContractState] = ()
    ending: bool = False


def contracts_at(
    session: Session, organisation_id: int, wanted: Wanted, *, today: date, limit: int, cursor: str = ""
) -> Page[Contract]:
    """The contracts that an institution keeps, the newest first."""
    here = in_full().where(Contract.organisation_id == organisation_id)
    return _page(session, _narrowed(here, wanted, today), limit, cursor)


def own_contracts(
    session: Session, actor: Actor, wanted: Wanted, *, today: date, limit: int, cursor: str = ""
) -> Page[Contract]:
    """The contracts of the organisations that the actor acts for as the other party, the newest first."""
    return _page(session, _narrowed(in_full().where(is_partys(actor)), wanted, today), limit, cursor)


def is_partys(actor: Actor) -> ColumnElement[bool]:
    """Contracts of the actor's organisations that these know of."""
    acting = reach(actor, Permission.SIGN_CONTRACTS).organisation_ids
    known = or_(Contract.asked_by_id.is_not(None), Contract.sent_at.is_not(None))
    return and_(Contract.party_id.in_(acting), known)


def is_ending(today: date) -> ColumnElement[bool]:
    """Signed contracts whose last day comes within two months."""
    soon = Contract.ends_on.between(today, today + ENDING_WITHIN)
    return and_(Contract.state == ContractState.SIGNED, soon)


def parties_of(session: Session, actor: Actor) -> Sequence[Organisation]:
    """The organisations for which the actor may ask for contracts and sign them, by name."""
    return organisations_of(session, reach(actor, Permission.SIGN_CONTRACTS).organisation_ids)


def organisations_of(session: Session, ids: Collection[int]) -> Sequence[Organisation]:
    """These organisations, by name."""
    if not ids:
        return []
    rows = select(Organisation).where(Organisation.id.in_(ids))
    return session.scalars(rows.order_by(Organisation.name_zh, Organisation.id)).all()


def text_now(session: Session, organisation_id: int) -> ContractText | None:
    """The version of an institution's text that holds now; None while it has none."""
    rows = select(ContractText).where(ContractText.organisation_id == organisation_id)
    return session.scalar(rows.order_by(ContractText.number.desc()).limit(1))


def texts_of(session: Session, organisation_id: int) -> Sequence[ContractText]:
    """Every version of an institution's text, the newest first."""
    rows = select(ContractText).where(ContractText.organisation_id == organisation_id)
    return session.scalars(rows.options(joinedload(ContractText.made_by)).order_by(ContractText.number.desc())).all()


def ending_untold(session: Session, *, today: date) -> list[int]:
    """Signed contracts that end within two months, of which nobody has been told."""
    due = select(Contract.id).where(is_ending(today), Contract.ending_told_at.is_(None))
    return list(session.scalars(due.order_by(Contract.ends_on, Contract.id)))


def past_their_end(session: Session, *, today: date) -> list[int]:
    """Open contracts whose last day is over."""
    open_states = (ContractState.DRAFT, ContractState.SENT, ContractState.SIGNED)
    due = select(Contract.id).where(Contract.state.in_(open_states), Contract.ends_on < today)
    return list(session.scalars(due.order_by(Contract.id)))


def _narrowed(statement: Select[Contract], wanted: Wanted, today: date) -> Select[Contract]:
    """The contracts that are wanted."""
    if wanted.states:
        statement = statement.where(Contract.state.in_(wanted.states))
    return statement.where(is_ending(today)) if wanted.ending else statement


def _page(session: Session, statement: Select[Contract], limit: int, cursor: str) -> Page[Contract]:
    """One page, the newest first."""
    if cursor:
        statement = statement.where(Contract.id < decode_cursor(cursor, row_id)[0])
    rows = session.scalars(statement.order_by(Contract.id.desc()).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.id,))


def open_steps(whole: WholeContract, actor: Actor, *, now: datetime) -> list[ContractStep]:
    """What this person may do with the contract now, in the order of the life cycle."""
    if whole.side == Side.OWNER and not may(actor, Permission.MANAGE_CONTRACTS, Target(whole.contract.organisation_id)):
        return []
    return steps_open(whole.contract.state, whole.side, signed_of(whole.contract, whole.signatures, now=now))
