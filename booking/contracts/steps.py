"""The steps of a contract's life: sent, taken back, signed by both, ended, expired, its end announced."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.attachments import service as attachments
from booking.attachments.preparing import FIELD, FilesRefused, Prepared
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits
from booking.contracts.agreeing import lock_uses
from booking.contracts.covering import cover_waiting, uncover
from booking.contracts.forms import SignForm
from booking.contracts.grounds import lacking_at, resting_on
from booking.contracts.queries import contract_for, in_full, signatures_of
from booking.contracts.reading import require_as_read
from booking.contracts.rules import Side, ends_soon, signing_problems, state_after, target_of_step
from booking.contracts.service import Held, begin, finish, name_parties
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, Problem
from booking.core.texts import N_
from booking.notifications.service import announce
from models.attachments import Attachment
from models.contracts import Contract, ContractSignature
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.contracts import ContractSide, ContractState, ContractStep


class AlreadySigned(Conflict):
    """That side has signed already."""

    code = "already_signed"
    sentence = N_("这一方已经签过字。")


class ContractOver(Conflict):
    """The last day of what is to be sent or signed is over."""

    code = "contract_over"
    sentence = N_("合同已过最后一天，请先更改日期。")


def send_contract(
    session: Session,
    contract_id: int,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Contract:
    """Let the other party read the contract and sign it, with files if there are any; it names both as they are now."""
    held = begin(session, contract_id, ContractStep.SEND, actor=actor, now=now)
    contract = held.contract
    if contract.ends_on < local_date(now):
        raise ContractOver
    kept = _attach(session, contract, files, limits, actor=actor, now=now)
    contract.sent_at = now
    name_parties(contract, contract.organisation, contract.party)
    facts = {"sha256": [one.sha256 for one in kept]} if kept else None
    return finish(session, held, reason=reason, facts=facts, actor=actor, now=now)


def recall_contract(session: Session, contract_id: int, *, reason: str = "", actor: Actor, now: datetime) -> Contract:
    """Take a contract back that nobody has signed, to change it; the other party still sees it."""
    held = begin(session, contract_id, ContractStep.RECALL, actor=actor, now=now)
    return finish(session, held, reason=reason, actor=actor, now=now)


def sign_contract(
    session: Session,
    contract_id: int,
    form: SignForm,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
) -> Contract:
    """Keep the file that shows a signature, or those of both; signed by both, the contract is in force.

    Who acts for the party signs for it alone; the institution may hand in what the party signed on paper. Nobody signs
    what was changed after they read it. Raises ContractChanged, ContractOver, AlreadySigned, InvalidInput and
    FilesRefused.
    """
    seen, _side = contract_for(session, contract_id, actor)
    lock_uses(session, lacking_at(session, seen.organisation_id))
    held = begin(session, contract_id, ContractStep.SIGN, actor=actor, now=now)
    contract, sides = held.contract, set(form.sides)
    require_as_read(session, contract, form.version)
    _check_signing(held, form, today=local_date(now))
    signed = {one.side for one in signatures_of(session, contract_id)}
    if sides & signed:
        raise AlreadySigned
    if not files:
        raise FilesRefused([Problem(FIELD, N_("请上传签字盖章的扫描件，或电子签名文件。"))])
    kept = _attach(session, contract, files, limits, is_asker=held.side == Side.PARTY, actor=actor, now=now)
    for side in sorted(sides):
        _store(session, held, side, form, kept[0], actor=actor, now=now)
    state = state_after(signed | sides)
    if state == ContractState.SIGNED:
        contract.signed_at = now
    facts = {"sides": sorted(sides), "handed_in_by": held.side.value, "sha256": [one.sha256 for one in kept]}
    finish(session, held, to=state, facts=facts, actor=actor, now=now)
    if state == ContractState.SIGNED:
        cover_waiting(session, contract, now=now)
    return contract


def _check_signing(held: Held, form: SignForm, *, today: date) -> None:
    """Refuse a contract whose last day is over, a signature of a day to come, and one of the other side."""
    if held.contract.ends_on < today:
        raise ContractOver
    problems = signing_problems(form.signed_on, today=today)
    if held.side == Side.PARTY and set(form.sides) != {ContractSide.PARTY}:
        problems.append(Problem("sides", N_("请只登记本方的签字。")))
    if problems:
        raise InvalidInput(problems)


def _store(
    session: Session,
    held: Held,
    side: ContractSide,
    form: SignForm,
    file: Attachment,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """One side's signature."""
    session.add(
        ContractSignature(
            contract_id=held.contract.id,
            side=side,
            handed_in_by=ContractSide.PARTY if held.side == Side.PARTY else ContractSide.OWNER,
            kind=form.kind,
            signed_on=form.signed_on,
            attachment_id=file.id,
            made_by_id=actor.id,
            made_at=now,
        )
    )
    session.flush()


def end_contract(session: Session, contract_id: int, *, reason: str, actor: Actor, now: datetime) -> Contract:
    """End a contract for a reason: the institution any open one, the party what it has not signed itself.

    What rests on it and has not begun needs another contract, or an order form; who booked it is told.
    """
    contract_for(session, contract_id, actor)
    lock_uses(session, resting_on(session, contract_id))
    held = begin(session, contract_id, ContractStep.END, actor=actor, now=now)
    finish(session, held, reason=reason, actor=actor, now=now)
    uncover(session, held.contract, now=now)
    return held.contract


def expire_contract(session: Session, contract_id: int, *, now: datetime) -> bool:
    """Let a contract run out whose last day is over; whether it did."""
    contract = _locked(session, contract_id)
    if contract is None or contract.ends_on >= local_date(now):
        return False
    target = target_of_step(ContractStep.EXPIRE, contract.state, Side.DEADLINE)
    if target is None:
        return False
    finish(session, Held(contract, Side.DEADLINE, ContractStep.EXPIRE, target), actor=None, now=now)
    return True


def cover_again(session: Session, contract_id: int, *, now: datetime) -> bool:
    """Let a contract in force cover what waits for one, as its first day may have come; whether it did."""
    lock_uses(session, lacking_at(session, session.get_one(Contract, contract_id).organisation_id))
    contract = _locked(session, contract_id)
    if contract is None or contract.state != ContractState.SIGNED:
        return False
    return cover_waiting(session, contract, now=now) > 0


def tell_of_end(session: Session, contract_id: int, *, now: datetime) -> bool:
    """Tell both sides once that a contract in force ends within two months; whether it was said now."""
    contract = _locked(session, contract_id)
    if contract is None or contract.state != ContractState.SIGNED or contract.ending_told_at is not None:
        return False
    if not ends_soon(contract.ends_on, local_date(now)):
        return False
    contract.ending_told_at = now
    session.flush()
    announce(session, "contracts.ending", {"contract_id": contract.id}, now=now)
    return True


def _locked(session: Session, contract_id: int) -> Contract | None:
    """A contract under lock, for a deadline."""
    rows = in_full().where(Contract.id == contract_id).with_for_update(key_share=True, of=Contract)
    return session.scalar(rows.execution_options(populate_existing=True))


def _attach(
    session: Session,
    contract: Contract,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    is_asker: bool = False,
    actor: Actor,
    now: datetime,
) -> list[Attachment]:
    """Store files of a contract; both sides see them, and the party has its share of the institution's room."""
    if not files:
        return []
    owner = Owner(OwnerKind.CONTRACT, contract.id, contract.organisation_id)
    return attachments.add_attachments(
        session, owner, files, Visibility.STAFF, limits, actor=actor, now=now, is_asker=is_asker
    )
