"""What an outside booking rests on, as far as whoever looks may know of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.contracts.grounds import is_lacking, last_of, parties_of_user
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.period import Period
from booking.core.texts import N_
from booking.reservations.changes import period_of
from booking.reservations.queries import Sight, in_full, reservation_for, sight_of
from models.contracts import UseAgreement
from models.payers import PayerAccount
from models.reservations import Reservation
from models.vocabulary.reservations import STANDING


class Mismatch(StrEnum):
    """What does not go together: the contract's party, who booked, and who answers for what pays."""

    OTHER_HOLDER = "other_holder"
    OTHER_PAYER = "other_payer"
    NOT_THE_HOLDER = "not_the_holder"


MISMATCHES = {
    Mismatch.OTHER_HOLDER: N_("预约人不属于合同的委托方。"),
    Mismatch.OTHER_PAYER: N_("经费账户的负责人不属于合同的委托方。"),
    Mismatch.NOT_THE_HOLDER: N_("经费账户的负责人不是预约人。"),
}


def agreement_for(session: Session, reservation: Reservation, sight: Sight) -> UseAgreement | None:
    """What a reservation needs and rests on, for its holder and who sees who booked; None for others and without."""
    if not (sight.is_holder or sight.sees_names):
        return None
    return last_of(session, reservation_id=reservation.id)


def order_form_for(session: Session, reservation_id: int, actor: Actor) -> tuple[Reservation, UseAgreement | None]:
    """A reservation with what it rests on, to read its order form; raises NotFound.

    An accepted form is also for who keeps the contracts of the institution that was given it, and for who acts for
    the organisation in whose name it was accepted.
    """
    found = last_of(session, reservation_id=reservation_id)
    if found is not None and found.text_id is not None and _keeps(found, actor):
        return _reservation(session, reservation_id), found
    reservation = reservation_for(session, reservation_id, actor)
    return reservation, agreement_for(session, reservation, sight_of(reservation, actor))


def _keeps(found: UseAgreement, actor: Actor) -> bool:
    """Whether the actor keeps contracts and order forms on either side."""
    if may(actor, Permission.SEE_CONTRACTS, Target(found.organisation_id)):
        return True
    return found.party_id is not None and may(actor, Permission.SIGN_CONTRACTS, Target(found.party_id))


def _reservation(session: Session, reservation_id: int) -> Reservation:
    """A reservation that is there, in full."""
    found = session.scalar(in_full().where(Reservation.id == reservation_id))
    assert found is not None
    return found


@dataclass(frozen=True, slots=True)
class AgreedFacts:
    """What an order form is about: what was accepted, or while nothing was, the reservation as it is."""

    period: Period
    sample_count: int | None
    amount_fen: int | None
    is_changed: bool
    is_late: bool = False


def agreed_facts(reservation: Reservation, found: UseAgreement) -> AgreedFacts:
    """The facts of the click, whether the reservation is another one since, and whether its time had begun then."""
    now = AgreedFacts(period_of(reservation), reservation.sample_count, found.amount_fen, is_changed=False)
    if found.accepted_at is None or found.accepted_fen is None:
        return now
    facts = found.accepted_facts
    moments = [datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at")]
    then = AgreedFacts(Period(*moments), facts["sample_count"], found.accepted_fen, is_changed=False)
    return replace(then, is_changed=then != now, is_late=found.accepted_at > then.period.start)


def mismatches_told(
    session: Session, reservation: Reservation, found: UseAgreement | None, sight: Sight, actor: Actor, *, now: datetime
) -> list[Mismatch]:
    """The same for who decides about the booking or sees the contracts of the institution; nothing for others."""
    if found is None or not (sight.decides or may(actor, Permission.SEE_CONTRACTS, Target(found.organisation_id))):
        return []
    return mismatches(session, reservation, found, now=now)


def mismatches(
    session: Session, reservation: Reservation, found: UseAgreement | None, *, now: datetime
) -> list[Mismatch]:
    """What finance should look at: contract party, payer account and who booked that do not go together."""
    if found is None or found.contract is None:
        return []
    payer = session.get(PayerAccount, reservation.payer_account_id) if reservation.payer_account_id else None
    holder_id = payer.holder_id if payer else None
    return list(_mismatches(session, reservation.booked_by_id, holder_id, found.contract.party_id, now))


def _mismatches(
    session: Session, user_id: int, payer_holder_id: int | None, party_id: int, now: datetime
) -> Iterator[Mismatch]:
    """One after the other."""
    today = local_date(now)
    if party_id not in parties_of_user(session, user_id, today):
        yield Mismatch.OTHER_HOLDER
    if payer_holder_id is None:
        return
    if party_id not in parties_of_user(session, payer_holder_id, today):
        yield Mismatch.OTHER_PAYER
    if payer_holder_id != user_id:
        yield Mismatch.NOT_THE_HOLDER


def lacking_ahead(session: Session, here: ColumnElement[bool], *, now: datetime, limit: int) -> Sequence[Reservation]:
    """Coming reservations that fulfil a condition and lack what their owners require, the soonest first."""
    lacking = exists(select(UseAgreement.id).where(UseAgreement.reservation_id == Reservation.id, is_lacking()))
    ahead = Reservation.state.in_(STANDING), Reservation.ends_at > now
    rows = in_full().where(here, *ahead, lacking)
    return session.scalars(rows.order_by(Reservation.starts_at, Reservation.id).limit(limit)).all()
