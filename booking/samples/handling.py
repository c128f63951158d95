"""From the parcel to the end: sent, received, tested in runs, reported, accepted or disputed, given back."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import union
from sqlalchemy.orm import Session

from booking.attachments.preparing import Prepared
from booking.attachments.rules import Limits
from booking.catalogue.keeping import staff_organisation_id
from booking.charges.windows import Windows
from booking.contracts.agreeing import LACKING_ORDER, AgreementLacking
from booking.contracts.needs import local_days
from booking.core.actors import Actor
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.period import Period
from booking.core.texts import N_
from booking.reservations.cancelling import end_reservation
from booking.reservations.changes import revise
from booking.reservations.held import locked
from booking.reservations.service import reserve_for_staff
from booking.reservations.tested import askers_of
from booking.reservations.wishes import Details, Wish
from booking.samples.charging import ask_for_answer, charge_done, charge_midway
from booking.samples.forms import (
    GiveBackForm,
    ReceiveForm,
    RecordForm,
    ResultForm,
    SampleRunForm,
    SendForm,
    SettleForm,
)
from booking.samples.queries import has_leftovers, idle_reservations, result_count, samples_of
from booking.samples.releasing import charge_reported, require_released
from booking.samples.rules import (
    AT_HAND,
    after_receiving,
    after_reporting,
    after_settling,
    done_so_far,
    goes_on,
    may_become,
    unknown_positions,
)
from booking.samples.service import attach, write
from booking.samples.stepping import begin, finish
from booking.samples.weighing import lacking_now
from models.samples import SampleOrder, SampleResult, SampleRun, SampleRunOrder
from models.vocabulary.reservations import STANDING, ReservationState
from models.vocabulary.samples import Leftover, SampleOrderState, SampleState, SampleStep, Settling


def send_samples(session: Session, order_id: int, form: SendForm, *, actor: Actor, now: datetime) -> SampleOrder:
    """Say how the samples travel."""
    held = begin(session, order_id, SampleStep.SEND, actor=actor, now=now)
    held.order.courier, held.order.tracking_number = form.courier, form.tracking_number
    return finish(session, held, actor=actor, now=now)


def receive_samples(
    session: Session,
    order_id: int,
    form: ReceiveForm,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
) -> SampleOrder:
    """Say what arrived, with photos; what is not as announced goes back as a question."""
    held = begin(session, order_id, SampleStep.RECEIVE, actor=actor, now=now)
    samples = {one.position: one for one in samples_of(session, order_id)}
    problems = unknown_positions(form.damaged, samples, "damaged") + unknown_positions(form.missing, samples, "missing")
    if set(form.damaged) & set(form.missing):
        problems.append(Problem("missing", N_("同一样品不能既损坏又缺少。")))
    for one in samples.values():
        one.state = SampleState.RECEIVED
    for state, positions in ((SampleState.DAMAGED, form.damaged), (SampleState.MISSING, form.missing)):
        for position in set(positions) & set(samples):
            samples[position].state, samples[position].condition = state, form.note
    target = after_receiving([one.state for one in samples.values()], form.extra)
    if target == SampleOrderState.QUESTIONED and not form.note:
        problems.append(Problem("note", N_("与委托不符，请写明看到的情况，用户会据此决定。")))
    if problems:
        raise InvalidInput(problems)
    order = held.order
    order.received_at = now
    order.queued_at = now if target == SampleOrderState.QUEUED else None
    attach(session, order, staff_organisation_id(order), files, limits, actor=actor, now=now)
    facts = {"damaged": len(set(form.damaged)), "missing": len(set(form.missing)), "extra": form.extra}
    return finish(session, held, to=target, reason=form.note, facts=facts, actor=actor, now=now)


def settle_mismatch(
    session: Session, order_id: int, form: SettleForm, *, windows: Windows, actor: Actor, now: datetime
) -> SampleOrder:
    """Answer what is to happen: go on with what is there, or end the order and send back or dispose of it."""
    held = begin(session, order_id, SampleStep.SETTLE, actor=actor, now=now)
    was = held.order.state
    order, samples, facts = held.order, samples_of(session, order_id), {"answer": form.answer.value}
    if form.answer == Settling.GO_ON:
        for one in samples:
            one.state = goes_on(one.state)
        if not any(one.state in AT_HAND for one in samples):
            raise InvalidInput([Problem("answer", N_("没有收到可以测试的样品，不能继续。"))])
        order.queued_at = now
    else:
        _leave(order, Leftover(form.answer.value))
    if form.message:
        write(session, order, form.message, is_staff=False, actor=actor, now=now)
    finish(session, held, to=after_settling(form.answer), facts=facts, actor=actor, now=now)
    if order.state == SampleOrderState.CANCELLED:
        charge_midway(session, held, was, windows=windows, actor=actor, now=now)
    return order


def _leave(order: SampleOrder, leftover: Leftover) -> None:
    """Change what becomes of the samples; raises InvalidInput when nobody knows where to send them."""
    if leftover == Leftover.RETURN and not order.return_address:
        raise InvalidInput([Problem("answer", N_("委托没有写寄回地址，请先在留言中与机主商定，或选择销毁。"))])
    order.leftover = leftover


def start_run(session: Session, instrument_id: int, form: SampleRunForm, *, actor: Actor, now: datetime) -> SampleRun:
    """Take time on the instrument for the samples of several orders; raises ReservationRefused for taken time.

    What their owner requires must hold on the days of the run, else AgreementLacking.
    """
    held = [begin(session, number, SampleStep.RUN, actor=actor, now=now) for number in sorted(set(form.order_ids))]
    if any(one.order.instrument_id != instrument_id for one in held):
        raise InvalidInput([Problem("order_ids", N_("请选择同一台仪器的委托。"))])
    if form.ends_at <= form.starts_at:
        raise InvalidInput([Problem("ends_at", N_("结束时间须晚于开始时间。"))])
    period = Period(form.starts_at, form.ends_at)
    for one in held:
        _require_ground(session, one.order, local_days(period), now=now)
    numbers = ", ".join(one.order.number or "" for one in held)
    count = sum(one.order.sample_count for one in held)
    details = Details(purpose=numbers[:600], sample_count=min(count, 10_000))
    wish = Wish(instrument_id, period, details=details, override_reason=form.override_reason)
    reservation = reserve_for_staff(session, wish, actor=actor, now=now)
    run = SampleRun(
        instrument_id=instrument_id,
        reservation_id=reservation.id,
        started_by_id=actor.id,
        note=form.note,
        created_at=now,
    )
    session.add(run)
    session.flush()
    session.add_all(SampleRunOrder(run_id=run.id, order_id=one.order.id) for one in held)
    for one in held:
        finish(session, one, reason=form.note, facts={"run_id": run.id}, actor=actor, now=now)
    _revise_calendars(session, [one.order.id for one in held], now=now)
    return run


def _revise_calendars(session: Session, order_ids: Sequence[int], *, now: datetime) -> None:
    """Let the calendars of those who asked show when their samples are tested, or that they are not."""
    if scopes := [f"mine:{user_id}" for user_id in session.scalars(union(*askers_of(order_ids)))]:
        revise(session, scopes, now=now)


def record_sample(
    session: Session, order_id: int, position: int, form: RecordForm, *, actor: Actor, now: datetime
) -> SampleOrder:
    """Say what became of one sample that had arrived, or that it turned up; damage and loss with what happened."""
    held = begin(session, order_id, SampleStep.RECORD, actor=actor, now=now)
    sample = next((one for one in samples_of(session, order_id) if one.position == position), None)
    if sample is None:
        raise NotFound
    if not may_become(sample.state, form.state):
        raise InvalidInput([Problem("state", N_("这个样品没有收到，或不能这样登记。"))])
    if form.state in {SampleState.TESTED, SampleState.FAILED} and held.order.state == SampleOrderState.QUEUED:
        _require_ground(session, held.order, now=now)
    if form.state in {SampleState.DAMAGED, SampleState.LOST, SampleState.FAILED} and not form.note:
        raise InvalidInput([Problem("note", N_("请写明发生了什么。"))])
    sample.state = form.state
    sample.condition = form.note or sample.condition
    facts = {"position": position, "sample_state": form.state.value}
    return finish(session, held, reason=form.note, facts=facts, actor=actor, now=now)


def _require_ground(
    session: Session, order: SampleOrder, days: tuple[date, date] | None = None, *, now: datetime
) -> None:
    """Nothing is tested while what the owner requires is not there, on some days, else today."""
    if lacking_now(session, order, days, now=now) is not None:
        raise AgreementLacking(LACKING_ORDER, number=order.number)


def add_results(
    session: Session,
    order_id: int,
    form: ResultForm,
    files: Sequence[Prepared],
    limits: Limits,
    *,
    windows: Windows,
    actor: Actor,
    now: datetime,
) -> SampleOrder:
    """Hand over results of some samples or all; the last ones end the testing, and silence accepts them in the end."""
    held = begin(session, order_id, SampleStep.REPORT, actor=actor, now=now)
    samples = {one.position: one for one in samples_of(session, order_id)}
    problems = unknown_positions(form.positions, samples, "positions")
    if not files:
        problems.append(Problem("files", N_("请选择要上传的文件。")))
    if problems:
        raise InvalidInput(problems)
    order = held.order
    stored = attach(session, order, staff_organisation_id(order), files, limits, actor=actor, now=now)
    session.add_all(_result(order_id, form, one.id, actor=actor, now=now) for one in stored)
    for position in set(form.positions) or set(samples):
        if samples[position].state == SampleState.RECEIVED:
            samples[position].state = SampleState.TESTED
    target = after_reporting(is_final=form.is_final, state=order.state)
    if target == SampleOrderState.REPORTED:
        ask_for_answer(session, order, windows=windows, now=now)
    facts = {"files": len(stored), "is_final": form.is_final, "sha256": [one.sha256 for one in stored]}
    finish(session, held, to=target, facts=facts, actor=actor, now=now)
    charge_reported(session, order, windows=windows, actor=actor, now=now)
    return order


def _result(order_id: int, form: ResultForm, attachment_id: int, *, actor: Actor, now: datetime) -> SampleResult:
    """A file with results, and what is said of it."""
    return SampleResult(
        order_id=order_id,
        attachment_id=attachment_id,
        report_number=form.report_number,
        positions=sorted(set(form.positions)),
        is_final=form.is_final,
        note=form.note,
        made_by_id=actor.id,
        made_at=now,
    )


def approve_results(session: Session, order_id: int, *, windows: Windows, actor: Actor, now: datetime) -> SampleOrder:
    """Accept the results, which ends the order: it is charged."""
    held = begin(session, order_id, SampleStep.APPROVE, actor=actor, now=now)
    require_released(session, held.order, now=now)
    order = finish(session, held, actor=actor, now=now)
    charge_done(session, order, windows=windows, actor=actor, now=now)
    return order


def dispute_results(session: Session, order_id: int, *, reason: str, actor: Actor, now: datetime) -> SampleOrder:
    """Say what is wrong with the results; the staff test again, hand over others, or uphold them."""
    held = begin(session, order_id, SampleStep.DISPUTE, actor=actor, now=now)
    require_released(session, held.order, now=now)
    return finish(session, held, reason=reason, actor=actor, now=now)


def uphold_results(
    session: Session, order_id: int, *, reason: str, windows: Windows, actor: Actor, now: datetime
) -> SampleOrder:
    """Answer a dispute: the results are right, and why; who asked is asked anew."""
    held = begin(session, order_id, SampleStep.UPHOLD, actor=actor, now=now)
    ask_for_answer(session, held.order, windows=windows, now=now)
    return finish(session, held, reason=reason, actor=actor, now=now)


def cancel_order(
    session: Session, order_id: int, *, reason: str, windows: Windows, actor: Actor, now: datetime
) -> SampleOrder:
    """End an order midway, by either side: what had been done is charged, the rest of what is held is given back.

    Time that only it would have used is given back too.
    """
    held = begin(session, order_id, SampleStep.CANCEL, actor=actor, now=now)
    was = held.order.state
    states = [one.state for one in samples_of(session, order_id)]
    done = done_so_far(states, result_count(session, order_id))
    order = finish(session, held, reason=reason, facts=done, actor=actor, now=now)
    for reservation_id in idle_reservations(session, order_id, now=now):
        reservation = locked(session, reservation_id)
        if reservation.state in STANDING:
            end_reservation(session, reservation, ReservationState.CANCELLED, reason=reason, actor=actor, now=now)
    charge_midway(session, held, was, windows=windows, actor=actor, now=now)
    _revise_calendars(session, [order_id], now=now)
    return order


def give_back(session: Session, order_id: int, form: GiveBackForm, *, actor: Actor, now: datetime) -> SampleOrder:
    """Record that what is left was sent back, or disposed of; once."""
    held = begin(session, order_id, SampleStep.GIVE_BACK, actor=actor, now=now)
    order = held.order
    if not has_leftovers(session, order_id):
        raise InvalidInput([Problem("how", N_("没有样品可以处理，或已经处理过。"))])
    if form.how == Leftover.RETURN and not form.courier:
        raise InvalidInput([Problem("courier", N_("请写明怎样寄回，或由谁取走。"))])
    order.given_back, order.given_back_at = form.how, now
    order.return_courier, order.return_number = form.courier, form.tracking_number
    return finish(session, held, facts={"how": form.how.value}, actor=actor, now=now)
