"""Reading what outside uses rest on: what an institution requires, the contracts that may cover, what is lacking."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.affiliations.queries import in_force
from booking.contracts.needs import Agreement, Cover
from booking.contracts.used import GIVEN_UP, NOT_DONE, is_last, used_of
from booking.core.period import Period
from models.accounts import Grant
from models.affiliations import Affiliation
from models.contracts import Contract, ContractSettings, ContractText, UseAgreement
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.contracts import NEEDY, ContractScope, ContractState
from models.vocabulary.reservations import ReservationState
from models.vocabulary.samples import SampleOrderState


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


def agreement_for(
    session: Session,
    use: Use,
    threshold_fen: int,
    cost: Callable[[Period], int | None],
    accepted_id: int | None,
    *,
    today: date,
    may_wait: bool = False,
) -> Agreement:
    """What the institution asks of an outside use, with the contracts that may cover it."""
    return Agreement(
        cost=cost,
        threshold_fen=threshold_fen,
        text_id=text_id_now(session, use.organisation_id),
        covers=tuple(covers_for(session, use, today=today)),
        accepted_id=accepted_id,
        may_wait=may_wait,
    )


def text_id_now(session: Session, organisation_id: int) -> int:
    """The version of an institution's text that holds now; whoever requires something has one."""
    newest = select(ContractText.id).where(ContractText.organisation_id == organisation_id)
    return session.execute(newest.order_by(ContractText.number.desc()).limit(1)).scalar_one()


def covers_for(session: Session, use: Use, *, today: date) -> list[Cover]:
    """The contracts in force of the user's side with what their amounts leave, the narrowest and the oldest first."""
    parties = {use.party_id} if use.party_id is not None else parties_of_user(session, use.user_id, today)
    if not parties:
        return []
    narrow = [Contract.scope == ContractScope.FRAMEWORK]
    narrow.append(and_(Contract.scope == ContractScope.INSTRUMENT, Contract.instrument_id == use.instrument_id))
    if use.sample_order_id is not None:
        narrow.append(
            and_(Contract.scope == ContractScope.SAMPLE_ORDER, Contract.sample_order_id == use.sample_order_id)
        )
    rows = select(Contract).where(
        Contract.organisation_id == use.organisation_id,
        Contract.party_id.in_(parties),
        Contract.state == ContractState.SIGNED,
        or_(*narrow),
    )
    contracts = session.scalars(rows.order_by(Contract.scope.desc(), Contract.id)).all()
    used = _used(session, contracts, use)
    return [_cover(one, used.get(one.id, 0)) for one in contracts]


def cover_of(session: Session, contract: Contract, use: Use) -> Cover:
    """A contract as it may cover a use, whose own amount does not count twice."""
    return _cover(contract, _used(session, [contract], use).get(contract.id, 0))


def _used(session: Session, contracts: Sequence[Contract], use: Use) -> dict[int, int]:
    """What else of the amounts of those with a limit was used."""
    limited = [one.id for one in contracts if one.amount_fen is not None]
    return used_of(session, limited, but_reservation_id=use.reservation_id, but_order_id=use.sample_order_id)


def _cover(contract: Contract, used_fen: int) -> Cover:
    """A contract with what its amount leaves."""
    left = None if contract.amount_fen is None else contract.amount_fen - used_fen
    return Cover(contract.id, contract.number, contract.starts_on, contract.ends_on, left)


def parties_of_user(session: Session, user_id: int, today: date) -> set[int]:
    """The organisations on whose contracts somebody's use may rest: where they belong, and those they act for."""
    return parties_of_users(session, [user_id], today).get(user_id, set())


def parties_of_users(session: Session, user_ids: Collection[int], today: date) -> dict[int, set[int]]:
    """The same of several people; absent for nobody's."""
    belonging = select(Affiliation.user_id, Affiliation.organisation_id).where(
        Affiliation.user_id.in_(user_ids), in_force(today)
    )
    acting = select(Grant.user_id, Grant.scope_id).where(
        Grant.user_id.in_(user_ids),
        Grant.role == Role.ENTERPRISE_AGENT,
        Grant.scope_kind == ScopeKind.ORGANISATION,
        Grant.starts_on <= today,
        or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for user_id, organisation_id in session.execute(belonging.union(acting)):
        if organisation_id is not None:
            found[user_id].add(organisation_id)
    return found


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
