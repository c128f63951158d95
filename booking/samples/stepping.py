"""What every step of a sample order shares: the lock, where it leads, the row of history, the event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.catalogue.keeping import staff_target
from booking.contracts.agreeing import LACKING_ORDER, AgreementLacking
from booking.core.actors import Actor
from booking.core.errors import Conflict, Forbidden, NotFound
from booking.core.texts import N_
from booking.notifications.service import announce
from booking.samples.queries import NEEDED, in_full, side_of
from booking.samples.rules import AT_THE_INSTRUMENT, MOVES, NEED_GROUND, Side, target_of_step
from booking.samples.weighing import lacking_now
from models.samples import SampleOrder, SampleOrderStep
from models.vocabulary.samples import SampleOrderState, SampleStep


class NotNow(Conflict):
    """The order does not stand where this step begins."""

    code = "not_now"
    sentence = N_("委托当前的状态不允许这样操作，可能已由他人处理。")


class HasNoInstrument(Conflict):
    """The order is kept by an institution that no longer has the instrument."""

    code = "order_kept"
    sentence = N_("仪器已转到另一单位，这个委托留在原单位，不能再报价或安排测试。请在仪器页面另提委托。")


@dataclass(frozen=True, slots=True)
class Held:
    """A locked order with the side on which the actor stands, and where the step leads."""

    order: SampleOrder
    side: Side
    step: SampleStep
    target: SampleOrderState


def lock(session: Session, order_id: int, *, actor: Actor) -> tuple[SampleOrder, Side]:
    """The order, locked and read again, and on which side the actor stands; raises NotFound."""
    order = locked_order(session, order_id)
    side = side_of(order, actor) if order else None
    if order is None or side is None:
        raise NotFound
    return order, side


def locked_order(session: Session, order_id: int) -> SampleOrder | None:
    """The order, locked and read again; None where there is none."""
    found = in_full().where(SampleOrder.id == order_id).with_for_update(of=SampleOrder)
    return session.scalar(found.execution_options(populate_existing=True))


def begin(session: Session, order_id: int, step: SampleStep, *, actor: Actor, now: datetime) -> Held:
    """The order, locked for a step that the actor may take now.

    Raises NotFound, Forbidden, NotNow, or AgreementLacking where what the owner requires is not there.
    """
    order, side = lock(session, order_id, actor=actor)
    if side not in MOVES[step].sides:
        raise Forbidden
    if side == Side.STAFF:
        require(actor, NEEDED.get(step, Permission.HANDLE_SAMPLES), staff_target(order))
    target = target_of_step(step, order.state, side)
    if target is None:
        raise NotNow
    if order.kept_by_id is not None and step in AT_THE_INSTRUMENT:
        raise HasNoInstrument
    if step in NEED_GROUND and lacking_now(session, order, now=now) is not None:
        raise AgreementLacking(LACKING_ORDER, number=order.number)
    return Held(order, side, step, target)


def finish(
    session: Session,
    held: Held,
    *,
    to: SampleOrderState | None = None,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    actor: Actor | None,
    now: datetime,
) -> SampleOrder:
    """Leave the order where the step leads, with a row of history, an entry of the log and its event."""
    order = held.order
    order.state = to or held.target
    if order.state != SampleOrderState.REPORTED:
        order.answer_by = None
    order.version += 1
    order.changed_at = now
    session.flush()
    is_staff = held.side != Side.REQUESTER
    note(session, order, held.step, reason=reason, facts=facts, is_staff=is_staff, actor=actor, now=now)
    return order


def note(
    session: Session,
    order: SampleOrder,
    step: SampleStep,
    *,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    is_staff: bool = False,
    actor: Actor | None,
    now: datetime,
) -> None:
    """One row of history and of the log, and the event; nothing of what was written stands in the log."""
    row = SampleOrderStep(
        order_id=order.id,
        occurred_at=now,
        actor_id=actor.id if actor else None,
        step=step,
        state=order.state,
        reason=reason,
        facts=facts or {},
    )
    session.add(row)
    session.flush()
    after = {"step": step.value, "state": order.state.value, **(facts or {})}
    audit.note(session, "samples.changed", ("sample_order", order.id), actor=actor, now=now, after=after)
    told = {"order_id": order.id, "step": step.value, "is_staff": is_staff, "step_id": row.id}
    announce(session, "samples.changed", told, now=now)
