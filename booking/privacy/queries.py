"""What has to be handed over before an account can be erased."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from booking.accounts.succession import lacking
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.privacy.rules import is_erased
from booking.reservations.uses import from_before
from booking.statements.billable import is_billable
from models.accounts import Grant, User
from models.catalogue import Instrument
from models.charges import Charge
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.payers import PayerAccount
from models.pricing import ReservationQuote
from models.reservations import Reservation
from models.samples import SampleOrder
from models.statements import Debtor, Statement
from models.teams import Team
from models.vocabulary.accounts import Role
from models.vocabulary.charges import UNSETTLED
from models.vocabulary.reservations import HOLDING_TIME, ReservationState
from models.vocabulary.samples import OVER as SAMPLES_OVER


class HindranceKind(StrEnum):
    """Why an account cannot be erased yet."""

    COMING_BOOKING = "coming_booking"
    LAST_ROLE = "last_role"
    TEAM = "team"
    PAYER_ACCOUNT = "payer_account"
    CHARGE = "charge"
    UNCONFIRMED_USE = "unconfirmed_use"
    STATEMENT = "statement"
    CREDIT = "credit"
    SAMPLE_ORDER = "sample_order"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One thing that is still the person's: a booking, a role that nobody else holds there, a team, a payer account,
    a charge that is theirs to answer or will be, a statement that they owe, what is to be paid back to them, an open
    order of samples, a public contact.

    `id` is that of the reservation, the grant, the team, the account, the charge, the statement, the debtor, the order
    or the instrument; `role` is set for roles only, and the names are empty for the platform.
    """

    kind: HindranceKind
    id: int
    name_zh: str
    name_en: str
    role: Role | None = None
    starts_at: datetime | None = None


def erasable(session: Session, user_id: int) -> User:
    """The account, unless it was erased already; raises NotFound."""
    user = session.get(User, user_id)
    if user is None or is_erased(user.email):
        raise NotFound
    return user


def hindrances(session: Session, user: User, *, now: datetime) -> list[Hindrance]:
    """Everything that keeps the account from being erased."""
    return [
        *_bookings(session, user.id, now),
        *_last_roles(session, user.id, last_day(now)),
        *_teams(session, user.id),
        *_payer_accounts(session, user.id),
        *_charges(session, user.id),
        *_unconfirmed_uses(session, user.id, now),
        *_statements(session, user.id),
        *_credits(session, user.id),
        *_sample_orders(session, user.id),
        *_contacts(session, user),
    ]


def last_day(now: datetime) -> date:
    """The last day on which what an erased person held still holds: yesterday."""
    return local_date(now) - timedelta(days=1)


def _bookings(session: Session, user_id: int, now: datetime) -> list[Hindrance]:
    """The person's bookings that are not over, the next one first."""
    coming = (Reservation.booked_by_id == user_id, Reservation.state.in_(HOLDING_TIME), Reservation.ends_at > now)
    columns = select(Reservation.id, Instrument.name_zh, Instrument.name_en, Reservation.starts_at)
    rows = session.execute(columns.join(Reservation.instrument).where(*coming).order_by(Reservation.starts_at))
    return [
        Hindrance(HindranceKind.COMING_BOOKING, row.id, row.name_zh, row.name_en, starts_at=row.starts_at)
        for row in rows
    ]


def _last_roles(session: Session, user_id: int, last_day: date) -> list[Hindrance]:
    """The roles that nobody would hold after the person."""
    lacks = lacking(session, grants_after(session, user_id, last_day), last_day)
    return [
        Hindrance(HindranceKind.LAST_ROLE, lack.grant_id, lack.scope_name_zh, lack.scope_name_en, role=lack.role)
        for lack in lacks
    ]


def grants_after(session: Session, user_id: int, last_day: date) -> Sequence[Grant]:
    """The person's grants that hold longer than a day, the oldest first."""
    longer = or_(Grant.ends_on.is_(None), Grant.ends_on > last_day)
    return session.scalars(select(Grant).where(Grant.user_id == user_id, longer).order_by(Grant.id)).all()


def _teams(session: Session, user_id: int) -> list[Hindrance]:
    """The teams that the person leads."""
    rows = session.execute(select(Team.id, Team.name_zh, Team.name_en).where(Team.lead_id == user_id).order_by(Team.id))
    return [Hindrance(HindranceKind.TEAM, row.id, row.name_zh, row.name_en) for row in rows]


def _payer_accounts(session: Session, user_id: int) -> list[Hindrance]:
    """The payer accounts that the person answers for and that are open, or have money to be paid back."""
    accounts = select(PayerAccount.id, PayerAccount.name).join(LedgerAccount, LedgerAccount.id == PayerAccount.left_id)
    is_alive = or_(PayerAccount.closed_at.is_(None), LedgerAccount.balance_fen > 0)
    rows = session.execute(accounts.where(PayerAccount.holder_id == user_id, is_alive).order_by(PayerAccount.id))
    return [Hindrance(HindranceKind.PAYER_ACCOUNT, row.id, row.name, row.name) for row in rows]


def _charges(session: Session, user_id: int) -> list[Hindrance]:
    """What the person is to answer, to pay on paper or to be credited themselves, the oldest first.

    That is what may still change and what no statement says yet; of closed accounts that they answer for too.
    """
    closed = select(PayerAccount.id).where(PayerAccount.holder_id == user_id, PayerAccount.closed_at.is_not(None))
    alone = and_(Charge.user_id == user_id, Charge.payer_account_id.is_(None))
    theirs = or_(alone, Charge.payer_account_id.in_(closed))
    waits = or_(Charge.state.in_(UNSETTLED), Charge.problem.is_not(None), is_billable())
    columns = select(Charge.id, Instrument.name_zh, Instrument.name_en, Charge.booked_starts_at)
    rows = session.execute(columns.join(Charge.instrument).where(theirs, waits).order_by(Charge.id))
    return [
        Hindrance(HindranceKind.CHARGE, row.id, row.name_zh, row.name_en, starts_at=row.booked_starts_at)
        for row in rows
    ]


def _unconfirmed_uses(session: Session, user_id: int, now: datetime) -> list[Hindrance]:
    """What the person used and will be asked to pay for themselves once somebody confirms it, the oldest first."""
    theirs = (Reservation.booked_by_id == user_id, Reservation.payer_account_id.is_(None), Reservation.ends_at <= now)
    costs = exists().where(ReservationQuote.reservation_id == Reservation.id, ReservationQuote.total_fen > 0)
    waits = (Reservation.state == ReservationState.CONFIRMED, ~from_before(), costs)
    columns = select(Reservation.id, Instrument.name_zh, Instrument.name_en, Reservation.starts_at)
    rows = session.execute(columns.join(Reservation.instrument).where(*theirs, *waits).order_by(Reservation.starts_at))
    return [
        Hindrance(HindranceKind.UNCONFIRMED_USE, row.id, row.name_zh, row.name_en, starts_at=row.starts_at)
        for row in rows
    ]


def _statements(session: Session, user_id: int) -> list[Hindrance]:
    """What the person owes by statements that are not paid, themselves or for an account, the oldest first."""
    rows = session.execute(
        select(Statement.id, Organisation.name_zh, Organisation.name_en)
        .join(Debtor, Debtor.id == Statement.debtor_id)
        .join(Organisation, Organisation.id == Statement.organisation_id)
        .join(LedgerAccount, LedgerAccount.id == Statement.open_id)
        .where(_owed_by(user_id), LedgerAccount.balance_fen > 0)
        .order_by(Statement.id)
    )
    return [Hindrance(HindranceKind.STATEMENT, row.id, row.name_zh, row.name_en) for row in rows]


def _credits(session: Session, user_id: int) -> list[Hindrance]:
    """The institutions that have received too much of the person, themselves or for an account."""
    rows = session.execute(
        select(Debtor.id, Organisation.name_zh, Organisation.name_en)
        .join(Organisation, Organisation.id == Debtor.organisation_id)
        .join(LedgerAccount, LedgerAccount.id == Debtor.credit_id)
        .where(_owed_by(user_id), LedgerAccount.balance_fen > 0)
        .order_by(Debtor.id)
    )
    return [Hindrance(HindranceKind.CREDIT, row.id, row.name_zh, row.name_en) for row in rows]


def _owed_by(user_id: int) -> ColumnElement[bool]:
    """The debtors that the person is, or answers for, the account closed or not."""
    accounts = select(PayerAccount.id).where(PayerAccount.holder_id == user_id)
    return or_(Debtor.user_id == user_id, Debtor.payer_account_id.in_(accounts))


def _sample_orders(session: Session, user_id: int) -> list[Hindrance]:
    """Open orders of samples that are the person's own or will be charged to them; others of a firm its agents lead."""
    own = and_(SampleOrder.requested_by_id == user_id, SampleOrder.organisation_id.is_(None))
    still = (or_(own, SampleOrder.accepted_by_id == user_id), SampleOrder.state.not_in(SAMPLES_OVER))
    rows = session.execute(select(SampleOrder.id, SampleOrder.title).where(*still).order_by(SampleOrder.id))
    return [Hindrance(HindranceKind.SAMPLE_ORDER, row.id, row.title, row.title) for row in rows]


def _contacts(session: Session, user: User) -> list[Hindrance]:
    """The records that show the person's address as their contact."""
    columns = select(Instrument.id, Instrument.name_zh, Instrument.name_en)
    rows = session.execute(columns.where(func.lower(Instrument.email) == user.email).order_by(Instrument.id))
    return [Hindrance(HindranceKind.CONTACT, row.id, row.name_zh, row.name_en) for row in rows]
