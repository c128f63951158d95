"""What stands on a board, as one sees it: a sign, a label, a look, and the words for those who do not see."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from booking.core.period import Period
from booking.reservations.board_queries import BoardItem
from booking.reservations.labels import BLOCK_KINDS, STATES
from booking.web import filters
from models.reservations import Block, Reservation
from models.vocabulary.reservations import ReservationState


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item of the board; `look` is its class, `sign` and `spoken` say the same without colour."""

    period: Period
    look: str
    sign: str
    spoken: str
    label: str
    title: str
    url: str

    @property
    def hours(self) -> str:
        """From when until when, without the day."""
        return (
            filters.period(self.period.start, self.period.end).removeprefix(filters.day(self.period.start)).strip(", ")
        )


def shown(item: BoardItem, conflicting: frozenset[int] = frozenset()) -> ShownItem:
    """The item; `conflicting` are reservations that lie in a block."""
    if item.reservation:
        return _reservation(item.period, item.reservation, is_problem=item.reservation.id in conflicting)
    if item.block:
        return _block(item.period, item.block)
    title = filters.period(item.period.start, item.period.end)
    return ShownItem(item.period, "busy", "▪", "", _("共用机位已占用"), title, "")


def _reservation(period: Period, reservation: Reservation, *, is_problem: bool) -> ShownItem:
    """A reservation with its holder and what it is for."""
    waits = reservation.state == ReservationState.REQUESTED or reservation.asked_starts_at is not None
    look, sign = ("problem", "!") if is_problem else ("waiting", "?") if waits else ("mine", "✓")
    spoken = _("与停用时段冲突") if is_problem else _("改时间待审批") if reservation.asked_starts_at else ""
    label = " ".join(part for part in (reservation.booked_by.name, reservation.purpose) if part)
    return ShownItem(
        period=period,
        look=look,
        sign=sign,
        spoken=spoken or _(STATES[reservation.state]),
        label=label,
        title=f"{filters.period(period.start, period.end)} {label}",
        url=url_for("reservations.show", reservation_id=reservation.id),
    )


def _block(period: Period, block: Block) -> ShownItem:
    """A block with its kind and reason."""
    kind = _(BLOCK_KINDS[block.kind])
    label = _("%(kind)s：%(reason)s", kind=kind, reason=block.reason) if block.reason else kind
    return ShownItem(
        period=period,
        look="block",
        sign="▨",
        spoken=_("停用时段"),
        label=label,
        title=f"{filters.period(block.starts_at, block.ends_at)} {label}",
        url=url_for("reservations.blocks", instrument_id=block.instrument_id),
    )
