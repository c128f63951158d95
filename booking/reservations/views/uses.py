"""The pages on which a steward says what came of reservations: a list to confirm at once, and one by one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, reach
from booking.charges.making import price_of
from booking.charges.terms import windows
from booking.core import forms
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, Refused, StaleVersion
from booking.core.texts import N_
from booking.pricing.quoting import terms_told
from booking.pricing.rules import Terms
from booking.pricing.wording import spoken_quote
from booking.reservations import labels
from booking.reservations.forms import UseForm, UsePage, UsesForm, UsesPage
from booking.reservations.older_uses import held_for_older, let_off_use
from booking.reservations.queries import Sight, reservation_for, sight_of
from booking.reservations.uses import instruments_waiting, uses_to_confirm, waiting_uses
from booking.reservations.using import confirm_use
from booking.reservations.using_many import Told, each_by_itself
from booking.reservations.views.todo import Also, ToDo, name_of
from booking.reservations.views.typed import version_typed
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.filters import local_input, period
from booking.web.languages import in_language
from booking.web.reading import posted, read_query
from booking.web.signed_in import require_actor, signed_in
from models.reservations import Reservation
from models.vocabulary.reservations import UseOutcome

PER_PAGE, SHOWN = 30, 5
OLDER = "older"
ACTUAL = ("actual_starts_at", "actual_ends_at")
PIECE = "pieces."
FIELDS = {
    "outcome": N_("使用情况"),
    "actual_starts_at": N_("实际开始"),
    "actual_ends_at": N_("实际结束"),
    "samples": N_("样品数"),
    "note": N_("说明"),
}
OUTCOMES = {UseOutcome.USED: N_("已使用"), UseOutcome.NO_SHOW: N_("没有人来"), UseOutcome.UNUSABLE: N_("未能使用")}


@signed_in
def uses() -> ResponseReturnValue:
    """Show what waits to be confirmed, the oldest first."""
    return _list()


@signed_in
def confirm_uses() -> ResponseReturnValue:
    """Confirm the chosen ones as booked; those that cannot be are told with the reason."""
    if not reach(require_actor(), Permission.DECIDE_BOOKINGS):
        raise Forbidden
    chosen = request.form.getlist("reservation_ids")
    try:
        form = forms.read(UsesForm, {"reservation_ids": chosen})
    except InvalidInput as invalid:
        return _list([_("请至少选择一项。")] if not chosen else [sentence_of(invalid)], invalid.status)
    as_booked: dict[str, Any] = {"windows": windows(), "is_bulk": True, "actor": require_actor(), "now": utcnow()}
    told = each_by_itself(form.reservation_ids, lambda one: transaction(confirm_use, one, UseForm(), **as_booked))
    _say(told, N_("已确认 %(count)s 次使用。"))
    return redirect(url_for(".uses"), code=303)


@signed_in
def let_off_uses() -> ResponseReturnValue:
    """Charge nothing for the chosen ones from before; those that cannot be let off are told with the reason."""
    if not reach(require_actor(), Permission.DECIDE_BOOKINGS):
        raise Forbidden
    chosen = request.form.getlist("reservation_ids")
    try:
        form = forms.read(UsesForm, {"reservation_ids": chosen})
    except InvalidInput as invalid:
        return _list([_("请至少选择一项。")] if not chosen else [sentence_of(invalid)], invalid.status, OLDER)
    said: dict[str, Any] = {"actor": require_actor(), "now": utcnow()}
    told = each_by_itself(form.reservation_ids, lambda one: transaction(let_off_use, one, **said))
    _say(told, N_("已免收 %(count)s 次使用，冻结的金额已退回。"))
    return redirect(url_for(".uses", show=OLDER), code=303)


def _say(told: Sequence[Told], done: str) -> None:
    """How many of them it was done for, and why not for the others."""
    refused = [(one.reservation_id, one.refused) for one in told if one.refused is not None]
    if len(refused) < len(told):
        flash(_(done, count=len(told) - len(refused)), "right")
    for number, why in refused:
        flash(_("预约 %(number)s：%(reason)s", number=number, reason=sentence_of(why)), "attention")


@signed_in
def use(reservation_id: int) -> ResponseReturnValue:
    """Ask what came of one reservation; then keep it and make its charge."""
    reservation, sight = _decided(reservation_id)
    if request.method == "GET":
        return _form(reservation, sight)
    try:
        form = forms.read(UsePage, _typed())
        actor, now, version = require_actor(), utcnow(), version_typed()
        transaction(confirm_use, reservation_id, form, windows=windows(), version=version, actor=actor, now=now)
    except (InvalidInput, Conflict, StaleVersion) as refused:
        return _form(reservation, sight, refused)
    flash(_("已确认。"), "right")
    return redirect(url_for(".show", reservation_id=reservation_id), code=303)


def to_do(actor: Actor, now: datetime) -> Also | None:
    """What the person is to confirm, as the board lists it; a statement, two when there is something."""
    within = reach(actor, Permission.DECIDE_BOOKINGS)
    if not within:
        return None
    count, rows = waiting_uses(reading(), within, actor, limit=SHOWN, now=now)
    first = [
        ToDo(
            kind=_("使用确认"),
            url=url_for("reservations.use", reservation_id=one.id),
            title=name_of(one.instrument),
            person=one.booked_by.name,
            due=period(one.starts_at, one.ends_at),
            is_late=False,
        )
        for one in rows
    ]
    return Also(count, first, url_for("reservations.uses"), _("全部使用"))


def _typed() -> dict[str, Any]:
    """The form as it is read: pieces by the place of their line; what is as booked names no time."""
    values = posted(*ACTUAL)
    pieces = {name.removeprefix(PIECE): text for name, text in values.items() if name.startswith(PIECE)}
    kept = {name: text for name, text in values.items() if name in FIELDS}
    return {**kept, "pieces": pieces} if pieces else kept


def _decided(reservation_id: int) -> tuple[Reservation, Sight]:
    """A reservation for who decides about it; raises NotFound or Forbidden."""
    actor = require_actor()
    reservation = reservation_for(reading(), reservation_id, actor)
    sight = sight_of(reservation, actor)
    if not sight.decides:
        raise Forbidden
    return reservation, sight


def _form(reservation: Reservation, sight: Sight, refused: Refused | None = None) -> ResponseReturnValue:
    """The form for one use, as it was filled in after a refusal."""
    instrument = reservation.instrument
    booked = {
        "actual_starts_at": local_input(reservation.starts_at),
        "actual_ends_at": local_input(reservation.ends_at),
    }
    booked |= {"samples": "" if reservation.sample_count is None else str(reservation.sample_count)}
    problems = problems_of(refused) if isinstance(refused, InvalidInput) else {}
    found = price_of(reading(), reservation)
    terms = found.terms if found else Terms()
    pieces = {f"{PIECE}{place}": in_language(one.name_zh, one.name_en) for place, one in terms.pieces.items()}
    page = render_template(
        "reservations/use.html",
        reservation=reservation,
        sight=sight,
        instrument_name=in_language(instrument.name_zh, instrument.name_en),
        price=spoken_quote(found),
        pieces=pieces.items(),
        counts_samples=terms.counts_samples,
        outcomes=[(str(outcome), _(text)) for outcome, text in OUTCOMES.items()],
        form=request.form if refused is not None else booked,
        problems=problems,
        refusal=sentence_of(refused) if refused is not None and not problems else "",
        labels={name: _(label) for name, label in FIELDS.items()} | pieces,
    )
    return page, refused.status if refused is not None else 200


def _list(problems: list[str] | None = None, status: int = 200, part: str = "") -> ResponseReturnValue:
    """What waits to be confirmed, for who decides about bookings anywhere."""
    actor, now = require_actor(), utcnow()
    if not reach(actor, Permission.DECIDE_BOOKINGS):
        raise Forbidden
    asked = read_query(UsesPage)
    older, chosen = (part or asked.show) == OLDER, asked.instrument
    page = uses_to_confirm(
        reading(), actor, instrument_id=chosen, older=older, limit=PER_PAGE, cursor=asked.cursor, now=now
    )
    show = OLDER if older else None
    more = url_for(".uses", show=show, instrument=chosen, cursor=page.next_cursor) if page.next_cursor else ""
    waiting = instruments_waiting(reading(), actor, older=older, now=now)
    shown = render_template(
        "reservations/uses.html",
        rows=page.items,
        terms=terms_told(reading(), page.items),
        held_fen=held_for_older(reading(), actor, now=now) if older else 0,
        next_url=more,
        instrument_id=chosen,
        instruments=[(one.id, in_language(one.name_zh, one.name_en)) for one in waiting],
        show=show,
        tabs=[
            {"label": _("待确认"), "url": url_for(".uses"), "active": not older},
            {"label": _("更早的使用"), "url": url_for(".uses", show=OLDER), "active": older},
        ],
        modes=labels.MODES,
        problems={"": problems} if problems else {},
    )
    return shown, status
