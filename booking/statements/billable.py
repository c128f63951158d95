"""Reading what is to be billed: everybody with something to bill, what it is, and the drafts that were made of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, may
from booking.core.actors import Actor, Target
from booking.core.clock import at_local
from booking.core.errors import NotFound
from booking.statements.queries import belongs_to
from booking.statements.rules import Billable, Untils, digest_of
from models.accounts import User
from models.catalogue import Instrument
from models.charges import Charge, ChargeLine
from models.directory import Organisation
from models.payers import PayerAccount
from models.samples import SampleOrder
from models.statements import Debtor, StatementDraft, StatementItem
from models.vocabulary.charges import ChargeState
from models.vocabulary.payers import PayerKind

A_DAY = 1440
ENDED = (ChargeState.WAIVED, ChargeState.CANCELLED)


@dataclass(frozen=True, slots=True)
class ToBill:
    """What one payer is to be billed: an account, or somebody who booked without one."""

    payer_account_id: int | None
    user_id: int | None
    payer_name: str
    payer_number: str
    kind: PayerKind | None
    person: str
    item_count: int
    total_fen: int
    until_on: date

    @property
    def code(self) -> str:
        """The payer in one word, as forms name it: a for an account, p for a person."""
        return f"p{self.user_id}" if self.payer_account_id is None else f"a{self.payer_account_id}"


def to_bill(session: Session, organisation_id: int, untils: Untils) -> list[ToBill]:
    """Everybody with something to bill at an institution, accounts before people, by name."""
    somebody = case((Charge.payer_account_id.is_(None), Charge.user_id))
    count, total = func.count(Charge.id), cast(func.sum(Charge.gross_fen - Charge.billed_fen), BigInteger)
    grouped = _by_payer(_in_time(organisation_id, untils))
    rows = session.execute(grouped.add_columns(somebody, count, total)).all()
    payers = _payers(session, [row[0] for row in rows if row[0] is not None])
    people = _people(session, [row[1] for row in rows if row[1] is not None])
    found = [_to_bill(row, payers.get(row[0]), people, untils) for row in rows]
    return sorted(found, key=lambda one: (one.payer_account_id is None, one.payer_name, one.person, one.code))


def count_to_bill(session: Session, untils: Mapping[int, Untils]) -> dict[int, int]:
    """How many payers have something to bill, by the institutions where that is so; each with its own days."""
    if not untils:
        return {}
    at_them: defaultdict[Untils, list[int]] = defaultdict(list)
    for organisation_id, days in untils.items():
        at_them[days].append(organisation_id)
    in_time = (and_(Charge.organisation_id.in_(ids), _until(days)) for days, ids in at_them.items())
    payers = _by_payer(_billable().where(or_(*in_time))).add_columns(Charge.organisation_id)
    each = payers.group_by(Charge.organisation_id).subquery()
    counted = select(each.c.organisation_id, func.count()).group_by(each.c.organisation_id)
    return {row[0]: row[1] for row in session.execute(counted)}


def _by_payer(charges: Select[Any]) -> Select[Any]:
    """Charges account by account, and person by person without one."""
    somebody = case((Charge.payer_account_id.is_(None), Charge.user_id))
    return charges.group_by(Charge.payer_account_id, somebody)


def digests(session: Session, organisation_id: int, untils: Untils) -> dict[str, str]:
    """What everybody's draft would be made of, by code of the payer."""
    taken = func.coalesce(Charge.billed_taken_fen, 0)
    amounts = Charge.id, Charge.gross_fen, Charge.billed_fen, Charge.captured_fen, taken
    wanted = _in_time(organisation_id, untils).add_columns(Charge.user_id, *amounts).order_by(Charge.id)
    found: defaultdict[str, list[tuple[int, ...]]] = defaultdict(list)
    for payer_id, user_id, *row in session.execute(wanted):
        found[f"p{user_id}" if payer_id is None else f"a{payer_id}"].append(tuple(row))
    return {code: digest_of(rows) for code, rows in found.items()}


def _in_time(organisation_id: int, untils: Untils) -> Select[Any]:
    """The payer accounts of the charges that are to be billed at an institution."""
    return _billable().where(Charge.organisation_id == organisation_id, _until(untils))


def _billable() -> Select[Any]:
    """The payer accounts of the charges of which something is to be billed some day."""
    accounts = select(Charge.payer_account_id).outerjoin(PayerAccount, PayerAccount.id == Charge.payer_account_id)
    return accounts.where(is_billable())


def _until(untils: Untils) -> ColumnElement[bool]:
    """Charges that were over by the day until which their kind of payer is billed; the payer must be joined."""
    is_grant = PayerAccount.kind == PayerKind.GRANT
    is_other = or_(PayerAccount.id.is_(None), PayerAccount.kind != PayerKind.GRANT)
    return or_(and_(is_grant, _ends() <= _end_of(untils.slips)), and_(is_other, _ends() <= _end_of(untils.bills)))


def is_billable() -> ColumnElement[bool]:
    """Charges of which something is to be billed: agreed and complete, or ended after they were billed.

    That is what was billed of another amount, or said to be taken otherwise than it was.
    """
    is_whole = and_(Charge.state == ChargeState.ACCEPTED, Charge.problem.is_(None))
    ended = and_(Charge.state.in_(ENDED), Charge.billed_fen != 0)
    return and_(_is_other(), or_(is_whole, ended))


def _is_other() -> ColumnElement[bool]:
    """Charges of which statements do not say all, as the index has them."""
    return or_(Charge.gross_fen != Charge.billed_fen, Charge.captured_fen != Charge.billed_taken_fen)


def to_come() -> ColumnElement[int]:
    """What next statements will credit to a debtor: charges were let off or lowered since they were billed.

    It counts from that moment on, however long the statement or an acceptance takes. The debtor must be selected.
    """
    asked = Charge.billed_fen - func.coalesce(Charge.billed_taken_fen, 0)
    now = case((Charge.billed_taken_fen.is_(None), Charge.gross_fen), else_=Charge.paper_fen)
    alone = and_(Charge.payer_account_id.is_(None), Charge.user_id == Debtor.user_id)
    less = select(cast(func.coalesce(func.sum(asked - now), 0), BigInteger))
    at_theirs = less.where(Charge.organisation_id == Debtor.organisation_id, _is_other(), asked > now)
    # One after the other, as each has an index of its own.
    sums = [
        at_theirs.where(one).correlate(Debtor).scalar_subquery()
        for one in (Charge.payer_account_id == Debtor.payer_account_id, alone)
    ]
    return sums[0] + sums[1]


def of_debtor(debtor: Debtor, until_on: date) -> ColumnElement[bool]:
    """The charges that are to be billed to a debtor until a day."""
    theirs = (
        Charge.payer_account_id == debtor.payer_account_id
        if debtor.payer_account_id is not None
        else and_(Charge.payer_account_id.is_(None), Charge.user_id == debtor.user_id)
    )
    at_theirs = Charge.organisation_id == debtor.organisation_id
    return and_(at_theirs, theirs, is_billable(), _ends() <= _end_of(until_on))


def may_name(session: Session, debtor: Debtor, until_on: date, *, today: date) -> list[Organisation]:
    """Whom a statement to somebody without a payer account may name: where they belong, and whom they ordered for."""
    if debtor.user_id is None:
        return []
    theirs = list(belongs_to(session, debtor.user_id, today=today))
    ordered = select(SampleOrder.organisation_id).join(Charge, Charge.sample_order_id == SampleOrder.id)
    firms = select(Organisation).where(Organisation.id.in_(ordered.where(of_debtor(debtor, until_on))))
    known = {one.id for one in theirs}
    return theirs + [one for one in session.scalars(firms.order_by(Organisation.id)) if one.id not in known]


def is_anything_left(session: Session, draft: StatementDraft) -> bool:
    """Whether something of what a draft was made of is to be billed still."""
    theirs = of_debtor(draft.debtor, draft.until_on)
    return session.scalar(select(Charge.id).where(theirs).limit(1)) is not None


def billables(session: Session, debtor: Debtor, until_on: date) -> list[Billable]:
    """What is to be billed to a debtor until a day, in order of the charges."""
    items = select(func.count(StatementItem.id)).where(StatementItem.charge_id == Charge.id)
    taken = select(cast(func.coalesce(func.sum(StatementItem.taken_fen), 0), BigInteger))
    last = select(func.max(ChargeLine.id)).where(ChargeLine.charge_id == Charge.id)
    rows: Any = session.execute(
        select(
            Charge.id,
            Charge.gross_fen,
            Charge.billed_fen,
            Charge.captured_fen,
            taken.where(StatementItem.charge_id == Charge.id).scalar_subquery(),
            items.scalar_subquery(),
            last.scalar_subquery(),
            Charge.kind,
            func.coalesce(Charge.used_starts_at, Charge.booked_starts_at),
            _ends(),
            User.name,
            Instrument.name_zh,
            Instrument.name_en,
        )
        .join(Instrument, Instrument.id == Charge.instrument_id)
        .join(User, User.id == Charge.user_id)
        .where(of_debtor(debtor, until_on))
        .order_by(Charge.id)
    )
    return [Billable(*row) for row in rows]


def draft_for(session: Session, draft_id: int, actor: Actor) -> StatementDraft:
    """A draft for those who may read the institution's statements; raises NotFound."""
    draft = session.scalar(_drafts().where(StatementDraft.id == draft_id))
    if draft is None or not may(actor, Permission.SEE_STATEMENTS, Target(draft.debtor.organisation_id)):
        raise NotFound
    return draft


def drafts_at(session: Session, organisation_id: int) -> Sequence[StatementDraft]:
    """The drafts of an institution, in the order in which they are issued."""
    at_it = Debtor.organisation_id == organisation_id
    return session.scalars(_drafts().join(StatementDraft.debtor).where(at_it).order_by(StatementDraft.id)).all()


def charges_by_id(session: Session, charge_ids: Sequence[int]) -> dict[int, Charge]:
    """Charges with their instrument, and who booked."""
    rows = select(Charge).where(Charge.id.in_(charge_ids))
    loaded = rows.options(joinedload(Charge.instrument), joinedload(Charge.user))
    return {one.id: one for one in session.scalars(loaded)}


def _ends() -> ColumnElement[Any]:
    """When what is charged was over."""
    return func.coalesce(Charge.used_ends_at, Charge.booked_ends_at)


def _end_of(day: date) -> Any:
    """The midnight that ends a day; a use until then still belongs to it."""
    return at_local(day, A_DAY)


def _payers(session: Session, ids: Sequence[int]) -> dict[int, PayerAccount]:
    """Payer accounts with who answers for them."""
    rows = select(PayerAccount).where(PayerAccount.id.in_(ids)).options(joinedload(PayerAccount.holder))
    return {one.id: one for one in session.scalars(rows)}


def _people(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """What people are called."""
    return {row[0]: row[1] for row in session.execute(select(User.id, User.name).where(User.id.in_(ids)))}


def _to_bill(row: Any, payer: PayerAccount | None, people: dict[int, str], untils: Untils) -> ToBill:
    """One payer's part of the preview."""
    payer_id, user_id, count, total = row
    return ToBill(
        payer_account_id=payer_id,
        user_id=user_id,
        payer_name=payer.name if payer else "",
        payer_number=payer.number if payer else "",
        kind=payer.kind if payer else None,
        person=payer.holder.name if payer else people.get(user_id, ""),
        item_count=count,
        total_fen=total,
        until_on=untils.slips if payer and payer.kind == PayerKind.GRANT else untils.bills,
    )


_NAMES = (Organisation.name_zh, Organisation.name_en, Organisation.adcode)


def _drafts() -> Select[StatementDraft]:
    """Drafts with whom they are for."""
    debtor = joinedload(StatementDraft.debtor)
    return select(StatementDraft).options(
        debtor.joinedload(Debtor.organisation).load_only(*_NAMES),
        debtor.joinedload(Debtor.payer).joinedload(PayerAccount.holder),
        debtor.joinedload(Debtor.payer).joinedload(PayerAccount.organisation).load_only(*_NAMES),
        debtor.joinedload(Debtor.user),
    )
