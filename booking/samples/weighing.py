"""What an outside order needs, and whether it is there: weighed when it is accepted, and again when it counts."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.accounts.queries import actor_of
from booking.affiliations.group_reading import group_of
from booking.catalogue.keeping import staff_organisation_id
from booking.catalogue.queries import target_of
from booking.contracts.agreeing import accepted_of, keep
from booking.contracts.grounds import Use, agreement_for, lacking_of, last_of, threshold_of
from booking.contracts.needs import Acceptance, Agreement, Ground, unchanged
from booking.core.clock import local_date
from models.contracts import UseAgreement
from models.samples import SampleOrder
from models.vocabulary.affiliations import UserSide
from models.vocabulary.contracts import Need


@dataclass(frozen=True, slots=True)
class OrderAgreement:
    """What is asked of an order, with what it costs."""

    agreement: Agreement
    amount_fen: int
    ground: Ground


def asked_of(
    session: Session, order: SampleOrder, amount_fen: int, accepted_id: int | None, *, now: datetime
) -> OrderAgreement | None:
    """What the owner asks of an outside order at this amount; None where nothing is. Reads only."""
    owner_id, today = staff_organisation_id(order), local_date(now)
    threshold = threshold_of(session, owner_id)
    if threshold is None or is_inside(session, order, now=now):
        return None
    use = use_of(order, order.requested_by_id)
    found = agreement_for(session, use, threshold, lambda _period: amount_fen, accepted_id, today=today)
    return OrderAgreement(found, amount_fen, found.weighed(amount_fen, today, today))


def keep_inside(session: Session, order: SampleOrder, amount_fen: int, *, now: datetime) -> None:
    """Keep that an order of one of the owner's own people needs nothing, where others need something."""
    if threshold_of(session, staff_organisation_id(order)) is not None:
        use, today = use_of(order, order.requested_by_id), local_date(now)
        keep(session, use, Ground(Need.INSIDE), amount_fen, (today, today), now=now)


def lacking_now(
    session: Session, order: SampleOrder, days: tuple[date, date] | None = None, *, now: datetime
) -> UseAgreement | None:
    """What a locked order needs on some days, else today, and has not got as things stand; None when it may go on."""
    last, when = last_of(session, sample_order_id=order.id), days or (local_date(now), local_date(now))
    if last is not None and (last.is_lacking or _may_differ(last, order) or not _covers(last, when)):
        agree_again(session, order, last, last.amount_fen, when, now=now)
    return lacking_of(session, sample_order_id=order.id)


def _may_differ(last: UseAgreement, order: SampleOrder) -> bool:
    """Whether it rests on who somebody was then, or on what another institution required."""
    return last.need == Need.INSIDE or last.organisation_id != staff_organisation_id(order)


def _covers(last: UseAgreement, days: tuple[date, date]) -> bool:
    """Whether a contract on which it rests, if it does, holds on all these days."""
    return last.contract is None or (last.contract.starts_on <= days[0] and days[1] <= last.contract.ends_on)


def agree_again(
    session: Session,
    order: SampleOrder,
    last: UseAgreement | None,
    amount_fen: int | None,
    days: tuple[date, date],
    *,
    now: datetime,
) -> None:
    """Weigh an accepted order anew, as its instrument has another owner or its ground was lacking; never refuses."""
    use = use_of(order, last.user_id if last else order.requested_by_id)
    is_kept = last is not None and last.organisation_id == use.organisation_id
    accepted = accepted_of(last) if last is not None and is_kept else None
    ground = _ground(session, order, use, amount_fen, accepted, days, now=now)
    cover_id = ground.cover.contract_id if ground.cover else None
    found = (ground.need, ground.text_id, cover_id)
    if last is None or not is_kept or (last.need, last.text_id, last.contract_id) != found:
        keep(session, use, ground, amount_fen, days, accepted=accepted, now=now)


def _ground(  # noqa: PLR0917 - the same
    session: Session,
    order: SampleOrder,
    use: Use,
    amount_fen: int | None,
    accepted: Acceptance | None,
    days: tuple[date, date],
    *,
    now: datetime,
) -> Ground:
    """What an accepted order needs and rests on as things stand now."""
    threshold = threshold_of(session, use.organisation_id)
    if threshold is None:
        return Ground(Need.NOTHING)
    if is_inside(session, order, now=now):
        return Ground(Need.INSIDE)
    kept_id = accepted.text_id if accepted else None
    least = unchanged(threshold, accepted)
    found = agreement_for(session, use, least, lambda _period: amount_fen, kept_id, today=local_date(now))
    return replace(found, text_id=kept_id or found.text_id).weighed(amount_fen, *days)


def use_of(order: SampleOrder, user_id: int) -> Use:
    """The order as a use of whoever accepts it, or asked for it."""
    owner_id = staff_organisation_id(order)
    return Use(owner_id, order.instrument_id, user_id, order.organisation_id, None, order.id)


def is_inside(session: Session, order: SampleOrder, *, now: datetime) -> bool:
    """Whether the order is of one of the owner's own people, by a role or their user group; never of a firm."""
    owner_id = staff_organisation_id(order)
    if order.organisation_id is not None:
        return order.organisation_id == owner_id
    who = actor_of(session, order.requested_by.email, now=now)
    if may(who, Permission.BOOK_INTERNALLY, target_of(order.instrument)):
        return True
    return group_of(session, order.requested_by_id, owner_id, local_date(now)).side == UserSide.INSIDE
