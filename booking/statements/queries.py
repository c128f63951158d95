"""Reading statements that were issued: one in full for who may read it, lists for either side."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, may
from booking.affiliations.queries import has_left, in_force
from booking.charges.queries import sees_record
from booking.core.actors import Actor, Reach, Target
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.ledger.queries import balance_of
from booking.payers.queries import found_account
from booking.statements.ages import of_age
from booking.statements.rules import Age, Sight
from models.accounts import User
from models.affiliations import Affiliation
from models.charges import Charge
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.payers import PayerAccount
from models.statements import Debtor, Receipt, Settlement, Statement, StatementItem
from models.vocabulary.catalogue import PublishingState

MOST_TURNS = 100
"""How many statements of one charge are listed at most."""


class Show(StrEnum):
    """Which statements a list shows."""

    OPEN = "open"
    OVERDUE = "overdue"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Found:
    """A statement with what the actor is to it."""

    statement: Statement
    sight: Sight

    @property
    def open_fen(self) -> int:
        """What remains to be paid of it."""
        return self.statement.open.balance_fen if self.statement.open else 0


def statement_for(session: Session, statement_id: int, actor: Actor, *, today: date) -> Found:
    """One statement for who may read it; raises NotFound."""
    statement = session.scalar(_statements().where(Statement.id == statement_id))
    if statement is None:
        raise NotFound
    sight = _of(statement, sight_of(session, statement.debtor, actor, today=today), actor)
    if not sight.sees:
        raise NotFound
    return Found(statement, sight)


def _of(statement: Statement, sight: Sight, actor: Actor) -> Sight:
    """What somebody is to a statement who is so much to its debtor."""
    return replace(sight, is_billed_to=is_billed_to(statement, actor))


def is_billed_to(statement: Statement, actor: Actor) -> bool:
    """Whether somebody reads a statement for the organisation that it was billed to."""
    place_id = statement.billed_to_id
    return place_id is not None and may(actor, Permission.SEE_BILLED, Target(place_id))


def debtor_for(session: Session, debtor_id: int, actor: Actor, *, today: date) -> tuple[Debtor, Sight]:
    """A debtor for who may read of all its money, and what the actor is to it; raises NotFound."""
    debtor = session.scalar(_debtors().where(Debtor.id == debtor_id))
    if debtor is None:
        raise NotFound
    sight = sight_of(session, debtor, actor, today=today)
    if not sight.sees_cash:
        raise NotFound
    return debtor, sight


def sight_of(session: Session, debtor: Debtor, actor: Actor, *, today: date) -> Sight:
    """What the actor is to a debtor's statements; who answers for its account has not left who keeps it."""
    return _sight(debtor, actor, _answered_for(session, [debtor], actor, today=today))


def _answered_for(session: Session, debtors: Sequence[Debtor], actor: Actor, *, today: date) -> frozenset[int]:
    """The payer accounts of these that the actor answers for, whom they have not left."""
    held = {one.payer.id for one in debtors if one.payer is not None and one.payer.holder_id == actor.id}
    if not held:
        return frozenset()
    stays = ~has_left(actor.id, PayerAccount.organisation_id, today)
    return frozenset(session.scalars(select(PayerAccount.id).where(PayerAccount.id.in_(held), stays)))


def _sight(debtor: Debtor, actor: Actor, answered_for: Collection[int]) -> Sight:
    """The same, where it is known for which payer accounts they answer."""
    target, payer = Target(debtor.organisation_id), debtor.payer
    owes = debtor.user_id == actor.id or debtor.payer_account_id in answered_for
    keeps = payer is not None and may(actor, Permission.SEE_PAYERS, Target(payer.organisation_id))
    return Sight(
        manages=may(actor, Permission.MANAGE_STATEMENTS, target),
        reads=may(actor, Permission.SEE_STATEMENTS, target),
        owes=owes,
        keeps_payer=keeps,
    )


def items_of(session: Session, statement_id: int) -> Sequence[StatementItem]:
    """What a statement asks for, in its order, as everybody reads it who may read the statement."""
    rows = items_in_full().where(StatementItem.statement_id == statement_id)
    return session.scalars(rows.order_by(StatementItem.id)).all()


def items_in_full() -> Select[StatementItem]:
    """Items, each with whether vouchers paid something of its charge."""
    its_charge = joinedload(StatementItem.charge, innerjoin=True).load_only(Charge.uses_vouchers)
    return select(StatementItem).options(its_charge)


def knows(charge: Charge, actor: Actor) -> bool:
    """Whether somebody may know which instrument a charge is for that is not on a statement yet."""
    is_public = charge.instrument.publishing_state == PublishingState.PUBLISHED
    return charge.user_id == actor.id or is_public or sees_record(charge, actor)


def own_statements(
    session: Session, actor: Actor, show: Show, *, today: date, limit: int, cursor: str = ""
) -> Page[Found]:
    """What one owes or owed, the newest first."""
    return _page(session, owed_by(actor, today), show, actor, today=today, limit=limit, cursor=cursor)


def billed_statements(
    session: Session,
    organisation_ids: Collection[int],
    actor: Actor,
    show: Show,
    *,
    today: date,
    limit: int,
    cursor: str = "",
) -> Page[Found]:
    """What the people of some organisations were billed in their names, the newest first."""
    to_them = Statement.billed_to_id.in_(organisation_ids)
    return _page(session, to_them, show, actor, today=today, limit=limit, cursor=cursor)


def statements_at(
    session: Session,
    organisation_id: int,
    actor: Actor,
    show: Show,
    *,
    today: date,
    limit: int,
    cursor: str = "",
    age: Age | None = None,
) -> Page[Found]:
    """What an institution has issued, or is open of an age, the newest first."""
    at_it = and_(Statement.organisation_id == organisation_id, of_age(age, today))
    return _page(session, at_it, show, actor, today=today, limit=limit, cursor=cursor)


def payer_for(session: Session, payer_id: int, actor: Actor, *, today: date) -> PayerAccount:
    """A payer account for who keeps it, audits or answers for it: they read what it was billed; raises NotFound."""
    found = found_account(session, payer_id, actor, today=today)
    if not (found.sight.is_holder or found.sight.manages or found.sight.audits):
        raise NotFound
    return found.account


def statements_to(
    session: Session, payer_id: int, actor: Actor, show: Show, *, today: date, limit: int, cursor: str = ""
) -> Page[Found]:
    """What a payer account was billed by any institution, the newest first."""
    to_it = Debtor.payer_account_id == payer_id
    return _page(session, to_it, show, actor, today=today, limit=limit, cursor=cursor)


def statements_of(
    session: Session,
    debtor_id: int,
    actor: Actor,
    *,
    today: date,
    limit: int,
    cursor: str = "",
    age: Age | None = None,
) -> Page[Found]:
    """What a debtor was billed, or of that what is open of an age, the newest first."""
    theirs = and_(Statement.debtor_id == debtor_id, of_age(age, today))
    return _page(session, theirs, Show.ALL, actor, today=today, limit=limit, cursor=cursor)


def statements_with(session: Session, charge_id: int, actor: Actor, *, today: date) -> list[Found]:
    """The statements on which a charge or what was changed of it stands, as far as the actor may read them."""
    with_it = select(StatementItem.statement_id).where(StatementItem.charge_id == charge_id)
    page = _page(session, Statement.id.in_(with_it), Show.ALL, actor, today=today, limit=MOST_TURNS)
    return [one for one in page.items if one.sight.sees]


def settlements_of(session: Session, statement_id: int) -> Sequence[Settlement]:
    """What entries of the ledger settled of a statement, the first one first."""
    rows = select(Settlement).where(Settlement.statement_id == statement_id)
    return session.scalars(rows.order_by(Settlement.id)).all()


def receipts_of(session: Session, debtor_id: int, *, limit: int, cursor: str = "") -> Page[Receipt]:
    """What was received from a debtor and paid back, the newest first, with who recorded it."""
    rows = select(Receipt).where(Receipt.debtor_id == debtor_id).options(joinedload(Receipt.made_by))
    if cursor:
        rows = rows.where(Receipt.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(rows.order_by(Receipt.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda row: (row.id,))


def corrected_among(session: Session, receipts: Sequence[Receipt]) -> set[int]:
    """Which of these receipts were taken back."""
    ids = [one.id for one in receipts]
    found = session.scalars(select(Receipt.corrects_id).where(Receipt.corrects_id.in_(ids)))
    return {one for one in found if one is not None}


def open_of(session: Session, debtor: Debtor) -> int:
    """What is open of all statements of a debtor: the other side of what they asked for."""
    return -balance_of(session, debtor.billed_id)


def person_of(debtor: Debtor) -> User:
    """Who answers for what pays, or owes it themselves."""
    person = debtor.payer.holder if debtor.payer is not None else debtor.user
    assert person is not None
    return person


def places_of(session: Session, within: Reach) -> Sequence[Organisation]:
    """The institutions whose statements somebody keeps or reads; of all of them, those with something to bill."""
    billed = select(Debtor.organisation_id).union(select(Charge.organisation_id))
    wanted = Organisation.id.in_(billed) if within.everywhere else Organisation.id.in_(within.organisation_ids)
    return session.scalars(select(Organisation).where(wanted).order_by(Organisation.name_zh, Organisation.id)).all()


def belongs_to(session: Session, user_id: int, *, today: date) -> Sequence[Organisation]:
    """The organisations that somebody belongs to, by name."""
    theirs = select(Affiliation.organisation_id).where(Affiliation.user_id == user_id, in_force(today))
    rows = select(Organisation).where(Organisation.id.in_(theirs))
    return session.scalars(rows.order_by(Organisation.name_zh, Organisation.id)).all()


def owed_by(actor: Actor, today: date) -> ColumnElement[bool]:
    """Statements to the accounts that one answers for, and to oneself; they must have joined their debtor."""
    stays = ~has_left(actor.id, PayerAccount.organisation_id, today)
    accounts = select(PayerAccount.id).where(PayerAccount.holder_id == actor.id, stays)
    return or_(Debtor.user_id == actor.id, Debtor.payer_account_id.in_(accounts))


def showing(show: Show, today: date) -> ColumnElement[bool]:
    """The statements of one part of a list; they must have joined their open amount."""
    is_open = LedgerAccount.balance_fen > 0
    return {
        Show.OPEN: is_open,
        Show.OVERDUE: and_(is_open, Statement.due_on < today),
        Show.ALL: true(),
    }[show]


def all_statements() -> Select[Statement]:
    """Statements with what pages and answers show, their debtor and their open amount."""
    return _statements().join(Statement.debtor).outerjoin(LedgerAccount, LedgerAccount.id == Statement.open_id)


def _page(
    session: Session,
    within: ColumnElement[bool],
    show: Show,
    actor: Actor,
    *,
    today: date,
    limit: int,
    cursor: str = "",
) -> Page[Found]:
    """One page, the newest first."""
    rows = all_statements().where(within, showing(show, today))
    if cursor:
        rows = rows.where(Statement.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(rows.order_by(Statement.id.desc()).limit(limit + 1)).all()
    page = page_of(found, limit, lambda row: (row.id,))
    theirs = _answered_for(session, [one.debtor for one in page.items], actor, today=today)
    shown = [Found(one, _of(one, _sight(one.debtor, actor, theirs), actor)) for one in page.items]
    return Page(shown, page.next_cursor)


_NAMES = (Organisation.name_zh, Organisation.name_en)


def _debtors() -> Select[Debtor]:
    """Debtors with their account, its holder, who keeps it, and what is credited to them."""
    return select(Debtor).options(
        joinedload(Debtor.organisation).load_only(*_NAMES),
        joinedload(Debtor.payer).joinedload(PayerAccount.holder),
        joinedload(Debtor.payer).joinedload(PayerAccount.organisation).load_only(*_NAMES, Organisation.uscc),
        joinedload(Debtor.user),
        joinedload(Debtor.credit).load_only(LedgerAccount.balance_fen),
    )


def _statements() -> Select[Statement]:
    """Statements with whom they are for and what is open of them."""
    debtor = joinedload(Statement.debtor)
    return select(Statement).options(
        joinedload(Statement.organisation).load_only(*_NAMES),
        joinedload(Statement.open).load_only(LedgerAccount.balance_fen),
        debtor.joinedload(Debtor.payer).joinedload(PayerAccount.holder),
        debtor.joinedload(Debtor.user),
    )
