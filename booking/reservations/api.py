"""The reservations of the HTTP API: time, wishes, reservations and the steps of their life."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.contracts.agreement_answers import kept_agreement
from booking.contracts.forms import OrderFormForm
from booking.contracts.grounds import lacks
from booking.contracts.order_forms import form_of
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import Refused
from booking.core.forms import Form
from booking.core.period import Period
from booking.pricing.quoting import quote_of
from booking.reservations import answers, approval, availability_bodies, queries, service
from booking.reservations.agreed import agreement_for, mismatches_told
from booking.reservations.agreeing import accept_order_form
from booking.reservations.answer_shapes import (
    AvailabilityAnswer,
    QuoteAnswer,
    ReservationAnswer,
    ReservationInFull,
    ReservationsAnswer,
)
from booking.reservations.changes import period_of
from booking.reservations.choosing_payer import choose_payer
from booking.reservations.forms import (
    ApprovalForm,
    CancelForm,
    ChangeForm,
    ReasonForm,
    ReservationsQuery,
    WindowForm,
    WishForm,
)
from booking.reservations.held import read_again
from booking.reservations.paid import paid_for
from booking.reservations.refusals import ReservationRefused
from booking.reservations.uses import what_came
from booking.reservations.voucher_answers import kept_vouchers
from booking.reservations.vouchered import vouchered
from booking.web.errors import add_to_problem
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import actor as actor_asking
from booking.web.signed_in import require_actor
from models.reservations import Reservation

bp = Blueprint("reservations_api", __name__, url_prefix="/api/v1")

FormT = TypeVar("FormT", bound=Form)

TAG = "reservations"
STEP = (400, 401, 403, 404, 409, 412, 415, 422)


def _members(refused: Refused) -> dict[str, Any]:
    """The reasons and remedies of a refused wish, as a member of its problem."""
    return {"refusals": answers.refusals_said(refused.refusals)} if isinstance(refused, ReservationRefused) else {}


bp.record_once(lambda state: add_to_problem(cast("Flask", state.app), _members))


@bp.get("/instruments/<int:instrument_id>/availability")
@documented(tag=TAG, answers={200: AvailabilityAnswer}, query=WindowForm, refusals=(401, 404, 422))
def availability(instrument_id: int) -> ResponseReturnValue:
    """When the instrument is open, busy and free between two moments at most 100 days apart."""
    window = read_query(WindowForm).window
    body = availability_bodies.body(reading(), instrument_id, window, viewer=actor_asking(), now=utcnow())
    return Response(body, mimetype="application/json")


@bp.post("/quotes")
@documented(tag=TAG, answers={200: QuoteAnswer}, body=WishForm, refusals=(400, 401, 404, 415, 422))
def quote() -> ResponseReturnValue:
    """What would come of a wish now: every reason against it, with remedies. Nothing is stored."""
    wish = read_json(WishForm).wish
    return jsonify(answers.quote(service.ask(reading(), wish, actor=actor_asking(), now=utcnow())))


@bp.post("/reservations")
@documented(tag=TAG, answers={201: ReservationAnswer}, body=WishForm, refusals=(400, 401, 403, 404, 409, 415, 422))
def create() -> ResponseReturnValue:
    """Reserve a time; 409 with every reason when it is taken, 422 when the rules refuse it."""
    actor, now = require_actor(), utcnow()
    wish = read_json(WishForm).wish

    def work(session: Session) -> dict[str, Any]:
        made = service.request_reservation(session, wish, actor=actor, now=now)
        booked_by = read_again(session, made.id).booked_by.name if wish.on_behalf_of else actor.name
        return answers.reservation(made, wish.details, booked_by=booked_by)

    made, _repeated = create_once(work, actor=actor, now=now)
    response = _with_version(made)
    response.status_code = 201
    response.headers["Location"] = url_for(".show", reservation_id=made["id"])
    return response


@bp.get("/reservations")
@documented(tag=TAG, answers={200: ReservationsAnswer}, query=ReservationsQuery, refusals=(400, 401, 422))
def list_reservations() -> ResponseReturnValue:
    """One's own reservations with `mine=1`, else also those of the instruments one looks after; latest first."""
    actor, wanted = require_actor(), read_query(ReservationsQuery)
    read = queries.my_reservations if wanted.mine else queries.visible_reservations
    page = read(reading(), actor, wanted.filter, limit=wanted.limit, cursor=wanted.cursor, now=utcnow())
    return jsonify(items=[_said(row, actor) for row in page.items], next_cursor=page.next_cursor)


@bp.get("/reservations/<int:reservation_id>")
@documented(tag=TAG, answers={200: ReservationInFull}, refusals=(401, 404))
def show(reservation_id: int) -> ResponseReturnValue:
    """One reservation with its history."""
    actor, session = require_actor(), reading()
    found = queries.reservation_for(session, reservation_id, actor)
    sight = queries.sight_of(found, actor)
    history = answers.history(queries.history_of(session, reservation_id), sight)
    price = answers.price(quote_of(session, found)) if sight.is_holder or sight.sees_names else None
    paid = paid_for(session, found, actor, sight, now=utcnow())
    payment = answers.paid(paid) if paid else None
    vouchers = kept_vouchers(vouchered(session, found, sight))
    came = what_came(session, found, actor, sight)
    rests_on = agreement_for(session, found, sight)
    kept = kept_agreement(rests_on, form_of(session, rests_on), is_lacking=lacks(session, rests_on))
    wrong = mismatches_told(session, found, rests_on, sight, actor, now=utcnow())
    agreement = {"agreement": kept.model_dump(mode="json") if kept else None, "mismatches": wrong}
    told = {
        "history": history,
        "price": price,
        "payment": payment,
        "vouchers": vouchers,
        **answers.came(came),
        **agreement,
    }
    return _with_version({**_said(found, actor), **told})


@bp.patch("/reservations/<int:reservation_id>")
@documented(tag=TAG, answers={200: ReservationAnswer}, body=ChangeForm, refusals=STEP)
def change(reservation_id: int) -> ResponseReturnValue:
    """Move it, choose what pays and with which vouchers, edit what it says; what is not named stays."""
    form = read_json(ChangeForm)
    return _step(reservation_id, lambda session, actor, version: _change(session, reservation_id, form, actor, version))


@bp.post("/reservations/<int:reservation_id>/cancel")
@documented(tag=TAG, answers={200: ReservationAnswer}, body=CancelForm, refusals=STEP)
def cancel(reservation_id: int) -> ResponseReturnValue:
    """Cancel it: the holder before the start, a steward with a reason; with `fee_fen` for that fee only."""
    form = _read(CancelForm)

    def work(session: Session, actor: Actor, version: int | None) -> object:
        now, fee = utcnow(), form.fee_fen
        return service.cancel_reservation(
            session, reservation_id, reason=form.reason, version=version, fee_seen=fee, actor=actor, now=now
        )

    return _step(reservation_id, work)


@bp.post("/reservations/<int:reservation_id>/approve")
@documented(tag=TAG, answers={200: ReservationAnswer}, body=ApprovalForm, refusals=STEP)
def approve(reservation_id: int) -> ResponseReturnValue:
    """Say yes to a request or a pending change (stewards)."""
    reason = _read(ApprovalForm).override_reason

    def work(session: Session, actor: Actor, version: int | None) -> object:
        return approval.confirm_reservation(
            session, reservation_id, version=version, override_reason=reason, actor=actor, now=utcnow()
        )

    return _step(reservation_id, work)


@bp.post("/reservations/<int:reservation_id>/reject")
@documented(tag=TAG, answers={200: ReservationAnswer}, body=ReasonForm, refusals=STEP)
def reject(reservation_id: int) -> ResponseReturnValue:
    """Say no to a request or a pending change, with a reason (stewards)."""
    reason = _read(ReasonForm).reason

    def work(session: Session, actor: Actor, version: int | None) -> object:
        return approval.reject_reservation(
            session, reservation_id, reason=reason, version=version, actor=actor, now=utcnow()
        )

    return _step(reservation_id, work)


@bp.post("/reservations/<int:reservation_id>/agree")
@documented(tag=TAG, answers={200: ReservationAnswer}, body=OrderFormForm, refusals=STEP)
def agree(reservation_id: int) -> ResponseReturnValue:
    """Accept the order form that one's own reservation waits for."""
    text_id = read_json(OrderFormForm).text_id

    def work(session: Session, actor: Actor, _version: int | None) -> object:
        return accept_order_form(session, reservation_id, text_id, actor=actor, now=utcnow())

    return _step(reservation_id, work)


@bp.post("/reservations/<int:reservation_id>/leave")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def leave(reservation_id: int) -> ResponseReturnValue:
    """Take oneself out of a reservation that somebody else made."""
    transaction(service.leave_reservation, reservation_id, actor=require_actor(), now=utcnow())
    return "", 204


def _read(form: type[FormT]) -> FormT:
    """The body of a step; a step that needs no reason needs no body."""
    return read_json(form) if request.content_length else form()


def _change(session: Session, reservation_id: int, form: ChangeForm, actor: Actor, version: int | None) -> None:
    """Move or choose what pays first, then edit, in one transaction; fewer samples first, as they cost less."""
    found = queries.reservation_for(session, reservation_id, actor)
    period = form.moved(period_of(found))
    moves = period is not None or not form.paying.says_nothing
    is_fewer = "sample_count" in form.given and (form.details.sample_count or 0) < (found.sample_count or 0)
    steps: list[Callable[[int | None], object]] = []
    if moves:
        steps.append(lambda seen: _move_or_pay(session, reservation_id, form, period, actor, seen))
    if form.given or not moves:
        steps.append(lambda seen: _edit(session, reservation_id, form, actor, seen))
    for step, seen in zip(reversed(steps) if is_fewer else steps, (version, None), strict=False):
        step(seen)


def _move_or_pay(  # noqa: PLR0917 - a step of a change, with what was asked
    session: Session, reservation_id: int, form: ChangeForm, period: Period | None, actor: Actor, version: int | None
) -> None:
    """Give it the other time, paid as was asked, or let only something else pay."""
    now = utcnow()
    if period is None:
        choose_payer(session, reservation_id, form.paying, version=version, actor=actor, now=now)
        return
    service.move_reservation(
        session,
        reservation_id,
        period,
        version=version,
        reason=form.reason,
        override_reason=form.override_reason,
        paying=form.paying,
        actor=actor,
        now=now,
    )


def _edit(session: Session, reservation_id: int, form: ChangeForm, actor: Actor, version: int | None) -> None:
    """Keep the details that were named."""
    service.edit_reservation(
        session,
        reservation_id,
        form.details,
        fields=form.given,
        version=version,
        reason=form.reason or form.override_reason,
        actor=actor,
        now=utcnow(),
    )


def _step(reservation_id: int, work: Callable[[Session, Actor, int | None], object]) -> Response:
    """Run one step in a transaction and answer the reservation as it is then."""
    actor, version = require_actor(), if_match()

    def done(session: Session) -> dict[str, Any]:
        work(session, actor, version)
        return _said(read_again(session, reservation_id), actor)

    return _with_version(transaction(done))


def _said(row: Reservation, actor: Actor) -> dict[str, Any]:
    """The reservation as the actor may see it."""
    return answers.loaded_reservation(row, queries.sight_of(row, actor))


def _with_version(answer: dict[str, Any]) -> Response:
    """The answer with its version as ETag."""
    response = jsonify(answer)
    response.headers["ETag"] = f'"{answer["version"]}"'
    return response
