"""Reading what outside uses rest on: what an institution requires, the contracts that may cover, what is lacking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from booking.affiliations.queries import in_force
from models.accounts import Grant
from models.affiliations import Affiliation
from models.contracts import Contract, ContractSettings, ContractText, UseAgreement
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.contracts import NEEDY, ContractState
from models.vocabulary.reservations import ReservationState
from models.vocabulary.samples import SampleOrderState

GIVEN_UP = (ReservationState.REJECTED, ReservationState.CANCELLED, ReservationState.LAPSED)
NOT_DONE = (SampleOrderState.CANCELLED, SampleOrderState.REFUSED)


@dataclass(frozen=True, slots=True)
class Use:
    """A use of an institution's instrument by somebody, or by the firm `party_id` for which an order was placed."""

    organisation_id: int
    instrument_id: int
    user_id: int
    party_id: int | None = None
    reservation_id: int | None = None
    sample_order_id: int | None = None


def threshold_of(session: Session, organisation_id: int) -> int | None:
    """From which amount on an institution asks for a contract; None where it requires nothing."""
    found = select(ContractSettings.threshold_fen).where(
        ContractSettings.organisation_id == organisation_id, ContractSettings.requires
    )
    return session.scalar(found)


def text_id_now(session: Session, organisation_id: int) -> int:
    """The version of an institution's text that holds now; whoever requires something has one."""
    newest = select(ContractText.id).where(ContractText.organisation_id == organisation_id)
    return session.execute(newest.order_by(ContractText.number.desc()).limit(1)).scalar_one()


def parties_of_user(session: Session, user_id: int, today: date) -> set[int]:
    """The organisations on whose contracts somebody's use may rest: where they belong, and those they act for."""
    belonging = select(Affiliation.organisation_id).where(Affiliation.user_id == user_id, in_force(today))
    acting = select(Grant.scope_id).where(
        Grant.user_id == user_id,
        Grant.role == Role.ENTERPRISE_AGENT,
        Grant.scope_kind == ScopeKind.ORGANISATION,
        Grant.starts_on <= today,
        or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
    )
    return {one for one in session.scalars(belonging.union(acting)) if one is not None}


def party_of_user(session: Session, user_id: int, organisation_id: int, today: date) -> int | None:
    """The other organisation to which who uses an institution's instrument belongs; None for none and for several."""
    found = parties_of_user(session, user_id, today) - {organisation_id}
    return found.pop() if len(found) == 1 else None


def last_of(
    session: Session, *, reservation_id: int | None = None, sample_order_id: int | None = None
) -> UseAgreement | None:
    """What a use needs and rests on now; None where nothing was required when it was made."""
    if reservation_id is not None:
        own = UseAgreement.reservation_id == reservation_id
    else:
        own = UseAgreement.sample_order_id == sample_order_id
    rows = select(UseAgreement).where(own).order_by(UseAgreement.id.desc()).limit(1)
    return session.scalar(
        rows.options(
            joinedload(UseAgreement.text),
            joinedload(UseAgreement.contract),
            joinedload(UseAgreement.user, innerjoin=True),
            joinedload(UseAgreement.organisation, innerjoin=True),
            joinedload(UseAgreement.party),
        )
    )


def lacking_of(
    session: Session, *, reservation_id: int | None = None, sample_order_id: int | None = None
) -> UseAgreement | None:
    """What a use needs and has not got, as long as the institution requires it; None when it may start."""
    last = last_of(session, reservation_id=reservation_id, sample_order_id=sample_order_id)
    return last if lacks(session, last) else None


def lacks(session: Session, row: UseAgreement | None) -> bool:
    """Whether a use with this last row may not start, as long as the institution requires what it needs."""
    return row is not None and row.is_lacking and threshold_of(session, row.organisation_id) is not None


def is_last() -> ColumnElement[bool]:
    """No newer row of the same use."""
    newer = aliased(UseAgreement)
    same = or_(
        newer.reservation_id == UseAgreement.reservation_id, newer.sample_order_id == UseAgreement.sample_order_id
    )
    return ~exists().where(same, newer.id > UseAgreement.id)


def is_lacking() -> ColumnElement[bool]:
    """The last row of a use, which needs something that is not there and that the institution still requires."""
    required = exists().where(
        ContractSettings.organisation_id == UseAgreement.organisation_id, ContractSettings.requires
    )
    nothing = UseAgreement.text_id.is_(None), UseAgreement.contract_id.is_(None)
    return and_(UseAgreement.need.in_(NEEDY), *nothing, required, is_last())


def started_lacking(session: Session, *, now: datetime) -> Sequence[int]:
    """Reservations whose time has begun although what they need is not there."""
    holding = (ReservationState.REQUESTED, ReservationState.CONFIRMED)
    rows = (
        select(Reservation.id)
        .join(UseAgreement, UseAgreement.reservation_id == Reservation.id)
        .where(Reservation.state.in_(holding), Reservation.starts_at <= now, Reservation.ends_at > now, is_lacking())
    )
    return session.scalars(rows.order_by(Reservation.starts_at, Reservation.id)).all()


def lacking_at(session: Session, organisation_id: int) -> Sequence[UseAgreement]:
    """What uses of an institution need and have not got, without those that were given up; the oldest first."""
    rows = _lacking_and_alive().where(UseAgreement.organisation_id == organisation_id)
    return session.scalars(rows.order_by(UseAgreement.id)).all()


def _lacking_and_alive() -> Select[UseAgreement]:
    """What uses need and have not got, without those that were given up."""
    return (
        select(UseAgreement)
        .outerjoin(Reservation, Reservation.id == UseAgreement.reservation_id)
        .outerjoin(SampleOrder, SampleOrder.id == UseAgreement.sample_order_id)
        .where(
            is_lacking(),
            or_(Reservation.id.is_(None), Reservation.state.not_in(GIVEN_UP)),
            or_(SampleOrder.id.is_(None), SampleOrder.state.not_in(NOT_DONE)),
        )
    )


def in_force_where_lacking(session: Session, *, today: date) -> Sequence[int]:
    """Contracts in force of institutions with uses that lack what they need: what began later may cover them now."""
    waiting = exists(_lacking_and_alive().where(UseAgreement.organisation_id == Contract.organisation_id))
    days = Contract.starts_on <= today, Contract.ends_on >= today
    rows = select(Contract.id).where(Contract.state == ContractState.SIGNED, *days, waiting)
    return session.scalars(rows.order_by(Contract.id)).all()


def resting_on(session: Session, contract_id: int) -> Sequence[UseAgreement]:
    """Uses that rest on a contract now and have not begun."""
    rows = (
        select(UseAgreement)
        .outerjoin(Reservation, Reservation.id == UseAgreement.reservation_id)
        .outerjoin(SampleOrder, SampleOrder.id == UseAgreement.sample_order_id)
        .where(
            UseAgreement.contract_id == contract_id,
            is_last(),
            or_(Reservation.id.is_(None), Reservation.state.not_in(GIVEN_UP)),
            or_(SampleOrder.id.is_(None), SampleOrder.state.in_(NOT_BEGUN)),
        )
    )
    return session.scalars(rows.order_by(UseAgreement.id)).all()


NOT_BEGUN = (
    SampleOrderState.ACCEPTED,
    SampleOrderState.SENT,
    SampleOrderState.QUESTIONED,
    SampleOrderState.QUEUED,
)
