"""The history of a reservation in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from booking.reservations.changes import UNAGREED
from booking.reservations.labels import CHANGES, LAPSED_UNAGREED
from booking.reservations.queries import Sight
from booking.web import filters
from models.reservations import ReservationChange


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened: when, what, by whom, from what to what, and why."""

    occurred_at: datetime
    what: str
    actor_name: str
    words: str
    reason: str


def told(change: ReservationChange, holders: Mapping[int, str], sight: Sight) -> Told:
    """A row of history in the reader's words; its actor must be loaded, and its holders named by their id.

    What pays is told to the holder and those who see who booked.
    """
    after = dict(change.after or {})
    if not (sight.is_holder or sight.sees_names):
        for name in ("payer_changed", "voucher_changed", "voucher_let_go"):
            after.pop(name, None)
    return Told(
        occurred_at=change.occurred_at,
        what=str(_(LAPSED_UNAGREED if after.get("cause") == UNAGREED else CHANGES[change.kind])),
        actor_name=change.actor.name if change.actor else "",
        words=_words(change.before or {}, after, holders),
        reason=change.reason,
    )


def _words(before: Mapping[str, Any], after: Mapping[str, Any], holders: Mapping[int, str]) -> str:
    """The holders or the times before and after, as far as the change is about them."""
    if "booked_by_id" in before and "booked_by_id" in after:
        names = (holders.get(side["booked_by_id"], "") for side in (before, after))
        return str(_("%(old)s 移交给 %(new)s", old=next(names), new=next(names)))
    if paid := _paid_otherwise(after):
        return paid
    old, new = _period(before), _period(after)
    if old and new:
        return str(_("%(old)s 改为 %(new)s", old=old, new=new))
    return new or old


def _paid_otherwise(after: Mapping[str, Any]) -> str:
    """What about its payment changed."""
    said = {
        "payer_changed": _("改由另一个经费账户支付，或以后结算"),
        "voucher_changed": _("改用别的创新券，或不再用券"),
        "voucher_let_go": _("创新券不能再用于这条预约，预留已释放"),
    }
    return str(_("；")).join(str(words) for name, words in said.items() if after.get(name))


def _period(kept: Mapping[str, Any]) -> str:
    """The period that history kept, or nothing."""
    try:
        start, end = (datetime.fromisoformat(kept[name]) for name in ("starts_at", "ends_at"))
    except (KeyError, TypeError, ValueError):
        return ""
    return filters.period(start, end)
