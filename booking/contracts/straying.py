"""Coming uses that rest on what is no longer so: their instrument has another owner, or who uses it has left."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from booking.affiliations.queries import in_force
from booking.contracts.grounds import NOT_BEGUN
from booking.contracts.used import is_last
from models.accounts import Grant
from models.affiliations import Affiliation
from models.catalogue import Instrument
from models.contracts import Contract, ContractSettings, UseAgreement
from models.custody import OwnerChange
from models.reservations import Reservation
from models.samples import SampleOrder, SampleRun
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.contracts import Need
from models.vocabulary.custody import OwnerChangeState
from models.vocabulary.reservations import STANDING

AFTER_A_CHANGE = timedelta(days=7)
"""How long after an instrument came to its owner uses booked before it came are weighed by what the owner requires."""


def reservations_of_other_owners(session: Session, *, now: datetime) -> Sequence[int]:
    """Coming reservations that rest on what an earlier owner required, or on nothing as that one required nothing.

    Not the time that staff take for test runs: those rest on what each order needs.
    """
    own = UseAgreement.reservation_id == Reservation.id
    taken_along = and_(Reservation.created_at < OwnerChange.applied_at, ~exists().where(own).correlate(Reservation))
    rows = (
        select(Reservation.id)
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .where(
            Reservation.state.in_(STANDING),
            Reservation.starts_at > now,
            ~exists().where(SampleRun.reservation_id == Reservation.id),
            or_(_rests_elsewhere(own), _came_lately(now, taken_along)),
        )
    )
    return session.scalars(rows.order_by(Reservation.id)).all()


def orders_of_other_owners(session: Session, *, now: datetime) -> Sequence[int]:
    """The same of accepted sample orders whose samples nobody tests yet; those kept by an earlier owner stay there."""
    own = UseAgreement.sample_order_id == SampleOrder.id
    taken_along = and_(SampleOrder.accepted_at < OwnerChange.applied_at, ~exists().where(own).correlate(SampleOrder))
    rows = (
        select(SampleOrder.id)
        .join(Instrument, Instrument.id == SampleOrder.instrument_id)
        .where(
            SampleOrder.state.in_(NOT_BEGUN),
            SampleOrder.kept_by_id.is_(None),
            or_(_rests_elsewhere(own), _came_lately(now, taken_along)),
        )
    )
    return session.scalars(rows.order_by(SampleOrder.id)).all()


def _rests_elsewhere(own: ColumnElement[bool]) -> ColumnElement[bool]:
    """The last row of the use is of another institution than its instrument."""
    return exists().where(own, UseAgreement.organisation_id != Instrument.organisation_id, is_last())


def _came_lately(now: datetime, taken_along: ColumnElement[bool]) -> ColumnElement[bool]:
    """The instrument came some days ago to an owner that requires something, and the use came with it."""
    return exists().where(
        OwnerChange.instrument_id == Instrument.id,
        OwnerChange.to_organisation_id == Instrument.organisation_id,
        OwnerChange.state == OwnerChangeState.APPLIED,
        OwnerChange.applied_at > now - AFTER_A_CHANGE,
        ContractSettings.organisation_id == Instrument.organisation_id,
        ContractSettings.requires,
        taken_along,
    )


def reservations_of_leavers(session: Session, *, today: date, now: datetime) -> Sequence[int]:
    """Coming reservations whose holder belongs no longer where it makes them one of the owner's own, or covered."""
    inside = and_(UseAgreement.need == Need.INSIDE, ~_belongs_to(UseAgreement.organisation_id, today))
    party_id = Contract.party_id
    covered = and_(Contract.id.is_not(None), ~_belongs_to(party_id, today), ~_acts_for(party_id, today))
    rows = (
        select(Reservation.id)
        .join(UseAgreement, UseAgreement.reservation_id == Reservation.id)
        .outerjoin(Contract, Contract.id == UseAgreement.contract_id)
        .where(Reservation.state.in_(STANDING), Reservation.starts_at > now, or_(inside, covered), is_last())
    )
    return session.scalars(rows.order_by(Reservation.id)).all()


def orders_out_of_date(session: Session, *, today: date) -> Sequence[int]:
    """Orders that nobody tests yet, of somebody who is no longer one of the owner's own, or whose contract is over."""
    left = and_(UseAgreement.need == Need.INSIDE, ~_belongs_to(UseAgreement.organisation_id, today))
    rows = (
        select(SampleOrder.id)
        .join(UseAgreement, UseAgreement.sample_order_id == SampleOrder.id)
        .outerjoin(Contract, Contract.id == UseAgreement.contract_id)
        .where(
            SampleOrder.state.in_(NOT_BEGUN),
            SampleOrder.kept_by_id.is_(None),
            or_(left, Contract.ends_on < today),
            is_last(),
        )
    )
    return session.scalars(rows.order_by(SampleOrder.id)).all()


def _belongs_to(organisation_id: Any, today: date) -> ColumnElement[bool]:
    """Whether the user of a row belongs to an organisation."""
    own = Affiliation.user_id == UseAgreement.user_id, Affiliation.organisation_id == organisation_id
    return exists().where(*own, in_force(today))


def _acts_for(organisation_id: Any, today: date) -> ColumnElement[bool]:
    """Whether the user of a row acts for a firm."""
    return exists().where(
        Grant.user_id == UseAgreement.user_id,
        Grant.role == Role.ENTERPRISE_AGENT,
        Grant.scope_kind == ScopeKind.ORGANISATION,
        Grant.scope_id == organisation_id,
        Grant.starts_on <= today,
        or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
    )
