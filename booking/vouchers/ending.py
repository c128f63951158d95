"""What an authority does with a voucher: freezing for an audit, thawing, taking it back, revoking; and its last day."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, StaleVersion
from booking.core.texts import N_
from booking.ledger.rules import Posting
from booking.ledger.service import post_entries
from booking.notifications.service import announce
from booking.vouchers.forms import VoucherReasonForm
from booking.vouchers.listing import OwnVoucher, readable
from booking.vouchers.moving import locked
from booking.vouchers.opening import CAUSE
from booking.vouchers.queries import voucher
from booking.vouchers.rules import given_up, is_firms, state_after
from models.vocabulary.vouchers import ENDED, VoucherState, VoucherStep
from models.vouchers import Voucher, VoucherEvent

LIVING = frozenset(VoucherState) - ENDED


class NotNow(Conflict):
    """As the voucher stands, this step is not possible."""

    code = "voucher_state"
    sentence = N_("这张创新券现在的状态不允许这样做。")


def take_step(
    session: Session,
    voucher_id: int,
    step: VoucherStep,
    form: VoucherReasonForm,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Voucher:
    """Freeze, thaw, take back or revoke a voucher; what is left of an ended one goes back to where it came from.

    Its firm takes the registration of one back that lives elsewhere. What is held stays held for uses until its last
    day. Raises NotFound, Forbidden, OwnVoucher, StaleVersion or NotNow.
    """
    read = readable(session, voucher_id, actor, today=local_date(now))
    found = read.voucher
    if step not in read.allowed:
        raise OwnVoucher if read.is_own else Forbidden
    session.execute(select(Voucher.id).where(Voucher.id == voucher_id).with_for_update(key_share=True))
    session.refresh(found, ["version", "state"])
    if expected_version not in {None, found.version}:
        raise StaleVersion
    target = state_after(found.state, step)
    if target is None:
        raise NotNow
    _change(session, found, step, target, actor=actor, reason=form.reason, now=now)
    if not is_firms(step, found.number_there):
        told = {"voucher_id": voucher_id, "step": step.value, "reason": form.reason}
        announce(session, "vouchers.stepped", told, now=now)
    return found


def due_to_expire(session: Session, *, now: datetime) -> Sequence[int]:
    """The ids of vouchers whose last day of use is over, the oldest first."""
    over = Voucher.use_by < local_date(now), Voucher.state.in_(LIVING)
    return session.scalars(select(Voucher.id).where(*over).order_by(Voucher.id)).all()


def expire_voucher(session: Session, voucher_id: int, /, *, now: datetime) -> bool:
    """Let a voucher end whose last day of use is over; whether it did. What is held can still be captured."""
    session.execute(select(Voucher.id).where(Voucher.id == voucher_id).with_for_update(key_share=True))
    found = voucher(session, voucher_id)
    if found.use_by >= local_date(now) or found.state in ENDED:
        return False
    _change(session, found, VoucherStep.EXPIRE, VoucherState.EXPIRED, actor=None, reason="", now=now)
    return True


def _change(
    session: Session,
    found: Voucher,
    step: VoucherStep,
    target: VoucherState,
    *,
    actor: Actor | None,
    reason: str,
    now: datetime,
) -> None:
    """The new state of a locked voucher, with what goes back, the step and the line in the audit log."""
    before = found.state
    found.state = target
    found.version += 1
    session.flush()
    entry_id = _give_up(session, found, now=now) if target in ENDED else None
    actor_id = actor.id if actor else None
    said = {"step": step, "actor_id": actor_id, "reason": reason, "entry_id": entry_id, "occurred_at": now}
    session.add(VoucherEvent(voucher_id=found.id, **said))
    session.flush()
    audit.note(
        session,
        f"vouchers.{step.value}",
        ("voucher", found.id),
        actor=actor,
        now=now,
        before={"state": before.value},
        after={"state": target.value},
        reason=reason,
    )


def _give_up(session: Session, found: Voucher, *, now: datetime) -> int | None:
    """What is left of an ended voucher goes back to where it came from; the entry, if anything was left."""
    books = locked(session, [found.id], now=now)
    credit = books.found[found.id].credit_fen
    posting = Posting(f"voucher:{found.number}:end", list(given_up(books.books_of(found.id), credit)))
    if not posting.moves:
        return None
    return post_entries(session, CAUSE, [*books.following, posting], now=now)[posting.key]
