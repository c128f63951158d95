"""The pages of one reservation: show, move, edit, cancel, leave."""

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may
from booking.charges.labels import STATES as CHARGE_STATES
from booking.charges.making import may_cost
from booking.charges.own import is_own
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput
from booking.pricing.quoting import quote_of
from booking.pricing.wording import SpokenQuote, spoken_quote
from booking.reservations import service
from booking.reservations.availability import instrument_time
from booking.reservations.cancelling import costs_unknown, fee_of_cancelling, may_still_cancel
from booking.reservations.events import public_events
from booking.reservations.firms import offered_to
from booking.reservations.forms import CancelForm, ChangeForm, DetailsForm, PeriodForm, ReasonForm, WindowForm
from booking.reservations.labels import DIRECTIONS, MODES, STATES
from booking.reservations.paid import paid_for
from booking.reservations.panel import FIELDS, TIMES, Frame, Said, weigh
from booking.reservations.payer_field import FIELD
from booking.reservations.people import details_of
from booking.reservations.queries import Sight, history_of, holders_in, reservation_for, sight_of, target_of
from booking.reservations.refusals import (
    AlreadyStarted,
    FeeChanged,
    NotChangeable,
    ReasonNeeded,
    ReservationRefused,
)
from booking.reservations.spoken import sentence_of as said
from booking.reservations.story import told
from booking.reservations.uses import what_came
from booking.reservations.views.agreement import agreement_shown
from booking.reservations.views.typed import (
    DETAILS,
    PEOPLE,
    VOUCHERS,
    read_typed,
    texts_of,
    typed_texts,
    version_typed,
)
from booking.reservations.views.wishes import again, panel_page, said_to
from booking.reservations.voucher_words import SpokenVouchers, spoken_held
from booking.reservations.vouchered import Vouchered, vouchered
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.filters import local_input
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from models.reservations import Reservation
from models.vocabulary.reservations import STANDING, ReservationState


@signed_in
def show(reservation_id: int) -> ResponseReturnValue:
    """Show a reservation in full, with its history and what can be done."""
    actor = require_actor()
    reservation = reservation_for(reading(), reservation_id, actor)
    sight = sight_of(reservation, actor)
    changes = history_of(reading(), reservation_id)
    holders = holders_in(reading(), changes)
    held = vouchered(reading(), reservation, sight)
    price, opens = _price(reservation, sight), _opens(held)
    return render_template(
        "reservations/show.html",
        **named(reservation, sight),
        **_possible(reservation, sight),
        details=details_of(reservation),
        price=price,
        paid=paid_for(reading(), reservation, actor, sight, now=utcnow()),
        vouchered=held,
        spoken_held=_spoken_held(held, reservation, price, opens=opens),
        opens_vouchers=opens,
        has_vouchers=sight.is_holder and _has_vouchers(reservation),
        came=what_came(reading(), reservation, actor, sight),
        charge_states=CHARGE_STATES,
        **agreement_shown(reservation, sight),
        history=[told(change, holders, sight) for change in changes],
        state_label=_(STATES[reservation.state]),
        mode_label=_(MODES[reservation.mode]),
        direction_label=_(DIRECTIONS[reservation.direction]) if reservation.direction else "",
    )


def _opens(held: Vouchered | None) -> bool:
    """Whether whoever looks may read the vouchers that hold for it."""
    firm = Target(held.wish.organisation_id) if held and held.wish else None
    return firm is not None and may(require_actor(), Permission.SEE_VOUCHERS, firm)


def _spoken_held(
    held: Vouchered | None, reservation: Reservation, price: SpokenQuote | None, *, opens: bool
) -> SpokenVouchers | None:
    """What vouchers hold, in words; of two times they hold enough for either, so nothing is said of what is left."""
    if held is None:
        return None
    is_settled = price is not None and reservation.asked_starts_at is None
    return spoken_held(held, price.total_fen if price and is_settled else None, sees_left=opens)


def _price(reservation: Reservation, sight: Sight) -> SpokenQuote | None:
    """What it was quoted, for the holder and those who see who booked."""
    return spoken_quote(quote_of(reading(), reservation)) if sight.is_holder or sight.sees_names else None


@signed_in
def move(reservation_id: int) -> ResponseReturnValue:
    """Choose another time: the calendar and the panel, as for a new one."""
    frame = _frame(reservation_id)
    assert frame.moving is not None
    asked = {name: request.args[name] for name in TIMES if request.args.get(name)}
    typed = asked or {
        "starts_at": local_input(frame.moving.starts_at),
        "ends_at": local_input(frame.moving.ends_at),
    }
    answer = weigh(reading(), frame, typed, actor=require_actor(), now=utcnow()) if asked else None
    return panel_page(frame, Said(typed, answer))


@signed_in
def move_calendar(reservation_id: int) -> ResponseReturnValue:
    """Answer the instrument's events without the reservation itself, whose time it may use again."""
    window, actor = read_query(WindowForm).window, require_actor()
    reservation, _sight = changeable(reservation_id)
    instrument_id, now = reservation.instrument_id, utcnow()
    time = instrument_time(reading(), instrument_id, window, viewer=actor, own_id=reservation_id, now=now)
    return jsonify(events=public_events(time))


@signed_in
def ask_move(reservation_id: int) -> ResponseReturnValue:
    """Say at once whether the other time may be had."""
    return said_to(_frame(reservation_id))


@signed_in
def save_move(reservation_id: int) -> ResponseReturnValue:
    """Give the reservation the other time, or show the panel again with every reason."""
    frame = _frame(reservation_id)
    try:
        moved = _move(reservation_id)
    except (ReservationRefused, ReasonNeeded, InvalidInput) as refused:
        return again(frame, refused)
    flash(_("改时间的申请已提交，等待机主审批。") if moved.asked_starts_at else _("时间已更改。"), "right")
    return redirect(url_for(".show", reservation_id=reservation_id), code=303)


def _move(reservation_id: int) -> Reservation:
    """Read the panel's form and move."""
    form = read_typed(ChangeForm, *TIMES, "reason", "override_reason", FIELD, *VOUCHERS)
    period = read_typed(PeriodForm, *TIMES).period
    return transaction(
        service.move_reservation,
        reservation_id,
        period,
        reason=form.reason,
        override_reason=form.override_reason,
        paying=form.paying,
        version=version_typed(),
        actor=require_actor(),
        now=utcnow(),
    )


@signed_in
def edit(reservation_id: int) -> ResponseReturnValue:
    """Change what a reservation says besides its time."""
    reservation, sight = changeable(reservation_id)
    typed, problems, status = texts_of(reservation, details_of(reservation)), {}, 200
    if request.method == "POST":
        try:
            return _edit(reservation_id)
        except InvalidInput as invalid:
            typed, problems, status = typed_texts(), problems_of(invalid), invalid.status
        except ReasonNeeded as needed:
            typed, problems, status = typed_texts(), {"reason": [sentence_of(needed)]}, needed.status
        except ReservationRefused as refused:
            sentences = [said(one) for one in refused.refusals]
            typed, problems, status = typed_texts(), {"sample_count": sentences}, refused.status
        reservation, sight = changeable(reservation_id)
    return render_template(
        "reservations/edit.html",
        **named(reservation, sight),
        wish=typed,
        problems=problems,
        labels={name: _(label) for name, label in FIELDS.items()},
        directions=[(str(direction), _(text)) for direction, text in DIRECTIONS.items()],
    ), status


def _edit(reservation_id: int) -> ResponseReturnValue:
    """Read the form and save."""
    details = read_typed(DetailsForm, *DETAILS, *PEOPLE).details
    reason = read_typed(ReasonForm, "reason").reason
    actor, now, version = require_actor(), utcnow(), version_typed()
    transaction(service.edit_reservation, reservation_id, details, version=version, reason=reason, actor=actor, now=now)
    flash(_("已保存。"), "right")
    return redirect(url_for(".show", reservation_id=reservation_id), code=303)


@signed_in
def cancel(reservation_id: int) -> ResponseReturnValue:
    """Ask once more, then cancel; stewards say why."""
    reservation, sight = changeable(reservation_id)
    if not may_still_cancel(reading(), reservation, sight, require_actor(), now=utcnow()):
        raise AlreadyStarted
    problems: dict[str, list[str]] = {}
    status = 200
    if request.method == "POST":
        try:
            return _cancel(reservation_id)
        except InvalidInput as invalid:
            problems, status = problems_of(invalid), invalid.status
        except ReasonNeeded as needed:
            problems, status = {"reason": [sentence_of(needed)]}, needed.status
        except FeeChanged as changed:
            problems, status = {"": [sentence_of(changed)]}, changed.status
        reservation, sight = changeable(reservation_id)
    reason = request.form.get("reason", "")
    actor, now = require_actor(), utcnow()
    fee = fee_of_cancelling(reading(), reservation, actor, now=now)
    is_unknown = not fee and costs_unknown(reading(), reservation, actor, now=now)
    shown = {**named(reservation, sight), "problems": problems, "reason": reason, "fee_fen": fee}
    shown["is_fee_unknown"] = is_unknown
    return render_template("reservations/cancel.html", **shown), status


def _cancel(reservation_id: int) -> ResponseReturnValue:
    """Read the reason and cancel, for the fee that the page named."""
    form = read_typed(CancelForm, "reason", "fee_fen")
    said: dict[str, Any] = {"reason": form.reason, "fee_seen": form.fee_fen, "version": version_typed()}
    transaction(service.cancel_reservation, reservation_id, actor=require_actor(), now=utcnow(), **said)
    flash(_("预约已取消。"), "right")
    return redirect(url_for(".show", reservation_id=reservation_id), code=303)


@signed_in
def leave(reservation_id: int) -> ResponseReturnValue:
    """Take oneself out of a reservation that somebody else made."""
    transaction(service.leave_reservation, reservation_id, actor=require_actor(), now=utcnow())
    flash(_("您已退出这条预约。"), "right")
    return redirect(url_for(".mine"), code=303)


def _frame(reservation_id: int) -> Frame:
    """The panel for another time of this reservation."""
    reservation, _sight = changeable(reservation_id)
    return Frame(reservation.instrument_id, reservation)


def changeable(reservation_id: int) -> tuple[Reservation, Sight]:
    """A reservation that the person asking may change, as long as it holds time; else refused as it will be later."""
    actor = require_actor()
    reservation = reservation_for(reading(), reservation_id, actor)
    sight = sight_of(reservation, actor)
    if not (sight.is_holder or sight.decides):
        raise Forbidden
    if reservation.state not in STANDING:
        raise NotChangeable
    return reservation, sight


def named(reservation: Reservation, sight: Sight) -> dict[str, Any]:
    """The reservation and what its instrument is called."""
    instrument = reservation.instrument
    return {
        "reservation": reservation,
        "sight": sight,
        "instrument": instrument,
        "instrument_name": in_language(instrument.name_zh, instrument.name_en),
        "organisation_name": in_language(instrument.organisation.name_zh, instrument.organisation.name_en),
    }


def _possible(reservation: Reservation, sight: Sight) -> dict[str, bool]:
    """Which steps the page offers; the services decide again."""
    now, actor = utcnow(), require_actor()
    holds = reservation.state in STANDING and reservation.ends_at > now
    changes = holds and (sight.is_holder or sight.decides)
    is_over = reservation.state == ReservationState.CONFIRMED and reservation.ends_at <= now
    return {
        "may_move": changes,
        "may_edit": changes,
        "may_cancel": changes and may_still_cancel(reading(), reservation, sight, actor, now=now),
        "may_choose_payer": holds and sight.is_holder,
        "may_leave": holds and sight.is_linked and not sight.is_holder,
        "may_decide": holds and sight.decides and reservation.decide_by is not None,
        "may_confirm_use": is_over and sight.decides and not _pays(reservation),
        "may_suspend": not sight.is_holder and may(actor, Permission.SUSPEND_PEOPLE, target_of(reservation.instrument)),
    }


def _pays(reservation: Reservation) -> bool:
    """Whether it costs something, and whoever looks pays that."""
    return is_own(reading(), reservation, require_actor()) and may_cost(reading(), reservation)


def _has_vouchers(reservation: Reservation) -> bool:
    """Whether its holder could choose vouchers for it."""
    return reservation.uses_vouchers or bool(offered_to(reading(), reservation.booked_by_id, local_date(utcnow())))
