"""Reading payer accounts: who sees which, who uses them, and what changed their amounts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, may
from booking.affiliations.queries import has_left
from booking.core.actors import Actor, Reach, Target
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.core.places import province_of
from booking.directory import listing
from booking.ledger import queries as ledger
from booking.ledger.queries import Posted
from booking.payers.held import HeldFor, held_by_entry
from booking.payers.rules import Sight
from models.accounts import User
from models.charges import ChargeCapture
from models.directory import Organisation, Place
from models.ledger import LedgerAccount, LedgerEntry
from models.payers import PayerAccount, PayerMember, PayerMovement


@dataclass(frozen=True, slots=True)
class Found:
    """A payer account with what the actor is to it."""

    account: PayerAccount
    sight: Sight


@dataclass(frozen=True, slots=True)
class Line:
    """A transfer of an account, with what it was made for; whether it was taken back.

    That is a movement, a reservation that it is held for, or a charge, which is told to who may read of the bookings.
    """

    posted: Posted
    movement: PayerMovement | None
    is_corrected: bool
    held: HeldFor | None = None
    charge_id: int | None = None
    is_of_charge: bool = False


def found_account(session: Session, account_id: int, actor: Actor, *, today: date) -> Found:
    """The payer account and what the actor is to it; raises NotFound for whoever may not know of it."""
    account = session.scalar(_accounts().where(PayerAccount.id == account_id))
    if account is None:
        raise NotFound
    sight = sight_of(session, account, actor, today=today)
    if not sight.sees:
        raise NotFound
    return Found(account, sight)


def sight_of(session: Session, account: PayerAccount, actor: Actor, *, today: date) -> Sight:
    """What the actor is to a payer account; whoever has left the institution that keeps it is nothing to it."""
    own = (PayerMember.payer_account_id == account.id, PayerMember.user_id == actor.id)
    target = Target(account.organisation_id)
    stays = ~has_left(actor.id, account.organisation_id, today)
    is_holder = account.holder_id == actor.id and session.scalar(select(stays))
    return Sight(
        is_holder=bool(is_holder),
        is_member=session.scalar(select(PayerMember.id).where(*own, stays)) is not None,
        manages=may(actor, Permission.MANAGE_PAYERS, target),
        audits=may(actor, Permission.SEE_PAYERS, target),
    )


def is_orphaned(today: date) -> ColumnElement[bool]:
    """Payer accounts that nobody answers for: the holder has left the institution that keeps them, or is deactivated.

    Until another holder is named, whoever manages the institution's accounts answers for them.
    """
    gone = select(User.id).where(User.deactivated_at.is_not(None))
    return or_(PayerAccount.holder_id.in_(gone), has_left(PayerAccount.holder_id, PayerAccount.organisation_id, today))


def orphaned(session: Session, payer_ids: Collection[int], *, today: date) -> set[int]:
    """Those of these payer accounts."""
    if not payer_ids:
        return set()
    return set(session.scalars(select(PayerAccount.id).where(PayerAccount.id.in_(payer_ids), is_orphaned(today))))


def accounts_of(session: Session, user_id: int, *, today: date, limit: int, cursor: str = "") -> Page[PayerAccount]:
    """The payer accounts that somebody answers for or may use where they have not left, the newest first."""
    own = select(PayerMember.payer_account_id).where(PayerMember.user_id == user_id)
    theirs = or_(PayerAccount.holder_id == user_id, PayerAccount.id.in_(own))
    wanted = _accounts().where(theirs, ~has_left(user_id, PayerAccount.organisation_id, today))
    return _page(session, wanted, limit, cursor)


def accounts_at(session: Session, organisation_id: int, *, limit: int, cursor: str = "") -> Page[PayerAccount]:
    """The payer accounts that an institution keeps, the newest first."""
    return _page(session, _accounts().where(PayerAccount.organisation_id == organisation_id), limit, cursor)


def places_of(session: Session, within: Reach) -> Sequence[tuple[Organisation, int]]:
    """The institutions whose payer accounts somebody keeps or reads, by name, each with how many are open."""
    open_ones = func.count(PayerAccount.id).filter(PayerAccount.closed_at.is_(None))
    rows = select(Organisation, open_ones).join(PayerAccount, PayerAccount.organisation_id == Organisation.id)
    if not within.everywhere:
        rows = rows.where(Organisation.id.in_(within.organisation_ids))
    grouped = rows.group_by(Organisation.id).order_by(Organisation.name_zh, Organisation.id)
    return [(row[0], row[1]) for row in session.execute(grouped)]


def members_of(session: Session, account_id: int) -> Sequence[PayerMember]:
    """Who may use a payer account beside its holder, by name."""
    rows = select(PayerMember).join(PayerMember.user).where(PayerMember.payer_account_id == account_id)
    loaded = rows.options(joinedload(PayerMember.user), joinedload(PayerMember.use))
    return session.scalars(loaded.order_by(User.name, PayerMember.id)).all()


def lines_of(session: Session, found: Found, actor: Actor, *, limit: int, cursor: str = "") -> Page[Line]:
    """Every transfer that makes up what is left, the newest first, as far as the actor may see what it was for."""
    account = found.account
    page = ledger.transfers_of(session, account.left_id, limit=limit, cursor=cursor)
    entry_ids = [one.entry.id for one in page.items]
    movements = _movements(session, entry_ids)
    corrected = set(session.scalars(select(LedgerEntry.corrects_id).where(LedgerEntry.corrects_id.in_(entry_ids))))
    held = held_by_entry(session, account.id, entry_ids, actor, found.sight)
    charged = _charged(session, entry_ids)
    lines = []
    for one in page.items:
        charge_id, user_id = charged.get(one.entry.id, (None, None))
        tells = found.sight.sees_bookings or user_id == actor.id
        line = Line(
            one,
            movements.get(one.entry.id),
            one.entry.id in corrected,
            held.get(one.entry.id),
            charge_id if tells else None,
            charge_id is not None,
        )
        lines.append(line)
    return Page(lines, page.next_cursor)


def _charged(session: Session, entry_ids: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    """The charges that these entries paid, each with who booked."""
    rows = select(ChargeCapture.entry_id, ChargeCapture.charge_id, ChargeCapture.user_id)
    return {row[0]: (row[1], row[2]) for row in session.execute(rows.where(ChargeCapture.entry_id.in_(entry_ids)))}


def movement_by_entry(session: Session, entry_id: int) -> PayerMovement | None:
    """The movement that an entry was posted for."""
    return _movements(session, [entry_id]).get(entry_id)


def moved_by(session: Session, account: PayerAccount, movement: PayerMovement) -> int:
    """What a movement changed of what is left: above zero came in, below zero went out."""
    moves = ledger.moves_of(session, movement.entry_id)
    came = sum(one.amount_fen for one in moves if one.to_id == account.left_id)
    return came - sum(one.amount_fen for one in moves if one.from_id == account.left_id)


def total_of(session: Session, account: PayerAccount) -> int:
    """What was authorised, or paid in less what was paid back, until now."""
    return -ledger.balance_of(session, account.source_id)


def provinces_of(session: Session, account: PayerAccount) -> list[Place]:
    """The provinces in which a grant may be spent: the institution's own, and those its rule allows."""
    allowed = {province_of(account.organisation.adcode), *map(province_of, account.other_provinces.split())}
    return [one for one in listing.provinces(session) if province_of(one.adcode) in allowed]


def is_taken(session: Session, organisation_id: int, kind: str, number: str) -> bool:
    """Whether an institution has an open account of this kind and number."""
    open_ones = (*_same(organisation_id, kind, number), PayerAccount.closed_at.is_(None))
    return session.scalar(select(PayerAccount.id).where(*open_ones)) is not None


def times_opened(session: Session, organisation_id: int, kind: str, number: str) -> int:
    """How many accounts of this kind and number an institution has had."""
    return session.scalar(select(func.count(PayerAccount.id)).where(*_same(organisation_id, kind, number))) or 0


def _same(organisation_id: int, kind: str, number: str) -> tuple[ColumnElement[bool], ...]:
    """Accounts of an institution that are called the same."""
    return (PayerAccount.organisation_id == organisation_id, PayerAccount.kind == kind, PayerAccount.number == number)


def _accounts() -> Select[PayerAccount]:
    """Payer accounts with their institution, holder, what is left, held, and spent on charges."""
    return (
        select(PayerAccount)
        .options(joinedload(PayerAccount.organisation).load_only(*_NAMES), joinedload(PayerAccount.holder))
        .options(joinedload(PayerAccount.left).load_only(LedgerAccount.balance_fen))
        .options(joinedload(PayerAccount.held).load_only(LedgerAccount.balance_fen))
        .options(joinedload(PayerAccount.captured).load_only(LedgerAccount.balance_fen))
    )


_NAMES = (Organisation.name_zh, Organisation.name_en, Organisation.adcode)


def _movements(session: Session, entry_ids: Sequence[int]) -> Mapping[int, PayerMovement]:
    """The movements of these entries, with who recorded them."""
    rows = select(PayerMovement).where(PayerMovement.entry_id.in_(entry_ids)).options(joinedload(PayerMovement.made_by))
    return {one.entry_id: one for one in session.scalars(rows)}


def _page(session: Session, statement: Select[PayerAccount], limit: int, cursor: str) -> Page[PayerAccount]:
    """One page, the newest first."""
    if cursor:
        statement = statement.where(PayerAccount.id < decode_cursor(cursor, row_id)[0])
    rows = session.scalars(statement.order_by(PayerAccount.id.desc()).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.id,))
