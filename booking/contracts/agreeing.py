"""Keeping what an outside use rests on: when it is agreed on, when it changes, when a contract comes or goes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.contracts.form_numbers import number_form, number_of
from booking.contracts.grounds import Use, cover_of, covers_for
from booking.contracts.needs import Acceptance, Ground
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict
from booking.core.texts import N_
from booking.notifications.service import announce
from models.contracts import Contract, UseAgreement
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.contracts import ContractState, Need


class AgreementLacking(Conflict):
    """What the institution requires of this use is not there yet."""

    code = "agreement_lacking"
    sentence = N_("还缺少承接单位要求的合同或委托单，不能开始。")


LACKING_ORDER = N_("委托 %(number)s 还缺少承接单位要求的合同或委托单，不能开始。")
LACKING_USE = N_("这次使用缺少要求的合同或委托单，补齐之前只能登记为“未能使用”。")


class OrderFormChanged(Conflict):
    """Another version of the text holds than the one that was read."""

    code = "order_form_changed"
    sentence = N_("委托单的条款已有新的版本，请阅读后再接受。")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a use is to rest on, at which amount, on which days."""

    ground: Ground
    amount_fen: int | None
    days: tuple[date, date]


def keep(
    session: Session,
    use: Use,
    ground: Ground,
    amount_fen: int | None,
    days: tuple[date, date],
    *,
    accepted: Acceptance | None = None,
    now: datetime,
) -> UseAgreement:
    """Keep what a use rests on, with what its user accepted by a click, now or earlier.

    A contract whose amount others used up meanwhile does not cover it; what was accepted does, where that is enough.
    """
    held = _held(session, use, _Wanted(ground, amount_fen, days), accepted, now=now)
    row = UseAgreement(
        organisation_id=use.organisation_id,
        user_id=use.user_id,
        party_id=use.party_id or (accepted.party_id if accepted else None),
        reservation_id=use.reservation_id,
        sample_order_id=use.sample_order_id,
        need=held.need,
        amount_fen=amount_fen,
        text_id=held.text_id,
        contract_id=held.cover.contract_id if held.cover else None,
        accepted_text_id=accepted.text_id if accepted else None,
        accepted_at=accepted.at if accepted else None,
        accepted_fen=accepted.amount_fen if accepted else None,
        accepted_facts=dict(accepted.facts) if accepted else {},
        created_at=now,
    )
    session.add(row)
    session.flush()
    if row.is_lacking:
        announce(session, "contracts.lacking", {"agreement_id": row.id}, now=now)
    return row


def accepted_of(row: UseAgreement) -> Acceptance | None:
    """What the user of a row accepted by a click, as it was then."""
    if row.accepted_text_id is None or row.accepted_at is None or row.accepted_fen is None:
        return None
    return Acceptance(row.accepted_text_id, row.accepted_at, row.accepted_fen, row.accepted_facts, row.party_id)


def _held(
    session: Session,
    use: Use,
    wanted: _Wanted,
    accepted: Acceptance | None,
    *,
    tried: frozenset[int] = frozenset(),
    now: datetime,
) -> Ground:
    """The same ground, its contract looked at once more under its lock; else another contract, or the accepted form.

    Uses of a contract without a limit do not wait for each other, only for who ends it.
    """
    ground = wanted.ground
    if ground.cover is None:
        return ground
    is_shared = ground.cover.left_fen is None
    locked = select(Contract).where(Contract.id == ground.cover.contract_id)
    locked = locked.with_for_update(read=True) if is_shared else locked.with_for_update(key_share=True)
    contract = session.scalars(locked.execution_options(populate_existing=True)).one()
    cover = cover_of(session, contract, use)
    if contract.state == ContractState.SIGNED and cover.covers(*wanted.days, wanted.amount_fen):
        return Ground(ground.need, ground.text_id, cover)
    tried |= {contract.id}
    others = [one for one in covers_for(session, use, today=local_date(now)) if one.contract_id not in tried]
    other = next((one for one in others if one.covers(*wanted.days, wanted.amount_fen)), None)
    if other is None:
        return _uncovered(ground.need, accepted)
    again = replace(wanted, ground=Ground(ground.need, None, other))
    return _held(session, use, again, accepted, tried=tried, now=now)


def _uncovered(need: Need, accepted: Acceptance | None) -> Ground:
    """What a use rests on without a contract: its accepted form, where a form is enough."""
    return Ground(need, accepted.text_id if accepted and need == Need.ORDER_FORM else None)


def note_accepted(session: Session, row: UseAgreement, *, actor: Actor, now: datetime) -> None:
    """Give what was just accepted its number as an order form; the log keeps who accepted which version."""
    form = number_form(session, row, now=now)
    is_booking = row.reservation_id is not None
    subject = ("reservation", row.reservation_id) if is_booking else ("sample_order", row.sample_order_id)
    number = number_of(form.year, form.number)
    after = {"text_id": row.accepted_text_id, "amount_fen": row.accepted_fen, "number": number}
    audit.note(session, "contracts.order_form_accepted", subject, actor=actor, now=now, after=after)


def lock_uses(session: Session, rows: Sequence[UseAgreement]) -> None:
    """Lock uses before the contract on which they rest or may come to rest, in the order of who changes a use."""
    bookings = {row.reservation_id for row in rows if row.reservation_id is not None}
    orders = {row.sample_order_id for row in rows if row.sample_order_id is not None}
    for used in (
        select(Reservation.id).where(Reservation.id.in_(bookings)).order_by(Reservation.id),
        select(SampleOrder.id).where(SampleOrder.id.in_(orders)).order_by(SampleOrder.id),
    ):
        session.execute(used.with_for_update(key_share=True))
