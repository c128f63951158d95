"""The steps of a sample order as forms send them."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.attachments.forms import FileRemovalPage
from booking.attachments.uploads import has_uploads, limits_for, read_uploads
from booking.charges.terms import windows
from booking.contracts.forms import OrderFormPage
from booking.core.clock import utcnow
from booking.core.errors import Conflict, InvalidInput
from booking.core.forms import read
from booking.core.texts import N_
from booking.reservations.spoken import LATER
from booking.reservations.voucher_field import DECLARATIONS, VOUCHER, voucher_values
from booking.samples import agreeing, charging, handling, queries, quoting, removing, service
from booking.samples.forms import (
    AcceptPage,
    CountForm,
    GiveBackPage,
    ReasonPage,
    ReceivePage,
    RecordForm,
    RecordPage,
    ResultForm,
    SampleMessagePage,
    SampleQuotePage,
    SendPage,
    SettlePage,
)
from booking.samples.paying import FIELD
from booking.samples.typed import counts_typed, quote_lines, typed
from booking.samples.views.orders import order_page
from booking.web.extensions import reading, transaction
from booking.web.reading import posted, read_form
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.vocabulary.attachments import OwnerKind

KIND = OwnerKind.SAMPLE_ORDER


@takes_files
def add_message(order_id: int) -> ResponseReturnValue:
    """Write to the other side, once however often the form is sent."""
    who, now, limits = require_actor(), utcnow(), limits_for(KIND)

    def work() -> None:
        text = read_form(SampleMessagePage).text
        files = read_uploads(limits) if has_uploads() else []

        def store(session: Session) -> dict[str, Any]:
            return {"id": service.add_message(session, order_id, text, files, limits, actor=who, now=now).id}

        create_once(store, actor=who, now=now)

    return _done(order_id, work, N_("已发送。"))


def remove_file(order_id: int) -> ResponseReturnValue:
    """Take a file away that is no result, with the reason."""

    def work() -> None:
        form = read_form(FileRemovalPage)
        _take(removing.remove_file, order_id, form.attachment_id, form.remove_reason)

    return _done(order_id, work, N_("已删除，用户会收到邮件。"))


def quote(order_id: int) -> ResponseReturnValue:
    """Say what the order costs, once however often the form is sent."""
    who, now = require_actor(), utcnow()

    def work() -> None:
        form = typed(SampleQuotePage, lines=quote_lines(request.form))

        def store(session: Session) -> dict[str, Any]:
            return {"id": quoting.quote_order(session, order_id, form, actor=who, now=now).id}

        create_once(store, actor=who, now=now)

    return _done(order_id, work, N_("已报价，用户会收到邮件。"))


def refuse(order_id: int) -> ResponseReturnValue:
    """Say no."""
    return _for_reason(order_id, quoting.refuse_order, N_("已答复，用户会收到邮件。"))


def accept(order_id: int) -> ResponseReturnValue:
    """Accept the quote."""

    def work() -> None:
        form = read(AcceptPage, _paying(posted()))
        _take(quoting.accept_quote, order_id, form.quote_id, form.order_form, form.paying)

    at_voucher = dict.fromkeys(("voucher_id", "voucher_use", "voucher_organisation_id"), VOUCHER)
    return _done(order_id, work, N_("已接受报价，委托生效。请寄出样品。"), at_voucher)


def _paying(said: Mapping[str, Any]) -> dict[str, Any]:
    """The form with the choice to settle later, and that of vouchers, in the fields of their own."""
    is_later = said.get(FIELD) == LATER
    left = {FIELD} if is_later else set()
    others = {name: one for name, one in said.items() if name not in {*left, VOUCHER, *DECLARATIONS}}
    return {**others, **voucher_values(said), "pays_later": is_later}


def agree(order_id: int) -> ResponseReturnValue:
    """Accept the order form of an order that lost its contract."""

    def work() -> None:
        _take(agreeing.accept_terms, order_id, read_form(OrderFormPage).text_id)

    return _done(order_id, work, N_("已接受委托单。"))


def send(order_id: int) -> ResponseReturnValue:
    """Say how the samples travel."""
    return _done(
        order_id, lambda: _take(handling.send_samples, order_id, read_form(SendPage)), N_("已登记，机主会收到邮件。")
    )


@takes_files
def receive(order_id: int) -> ResponseReturnValue:
    """Say what arrived, with photos."""
    limits = limits_for(KIND)

    def work() -> None:
        form = typed(ReceivePage, "damaged", "missing")
        files = read_uploads(limits) if has_uploads() else []
        _take(handling.receive_samples, order_id, form, files, limits)

    return _done(order_id, work, N_("已登记收样，用户会收到邮件。"))


def settle(order_id: int) -> ResponseReturnValue:
    """Answer what is to happen with what arrived."""

    def work() -> None:
        _take(handling.settle_mismatch, order_id, read_form(SettlePage), windows=windows())

    return _done(order_id, work, N_("已答复机主。"))


def record(order_id: int) -> ResponseReturnValue:
    """Say what became of one sample."""

    def work() -> None:
        asked = read_form(RecordPage)
        form = RecordForm(state=asked.sample_state, note=asked.sample_note)
        _take(handling.record_sample, order_id, asked.position, form)

    return _done(order_id, work, N_("已登记。"), {"state": "sample_state", "note": "sample_note"})


@takes_files
def results(order_id: int) -> ResponseReturnValue:
    """Hand over results, once however often the form is sent."""
    who, now, limits, terms = require_actor(), utcnow(), limits_for(KIND), windows()

    def work() -> None:
        form = typed(ResultForm, "positions")
        files = read_uploads(limits, keeps_originals=True) if has_uploads() else []

        def store(session: Session) -> dict[str, Any]:
            done = handling.add_results(session, order_id, form, files, limits, windows=terms, actor=who, now=now)
            return {"id": done.id}

        create_once(store, actor=who, now=now)

    return _done(order_id, work, N_("已交付，用户会收到邮件。"))


def approve(order_id: int) -> ResponseReturnValue:
    """Accept the results."""

    def work() -> None:
        _take(handling.approve_results, order_id, windows=windows())

    return _done(order_id, work, N_("已确认结果，委托完成。"))


def dispute(order_id: int) -> ResponseReturnValue:
    """Say what is wrong with the results."""
    return _for_reason(order_id, handling.dispute_results, N_("已提出异议，机主会收到邮件。"))


def uphold(order_id: int) -> ResponseReturnValue:
    """Uphold the results."""
    return _for_reason(order_id, handling.uphold_results, N_("已答复，用户会收到邮件。"), windows=windows())


def cancel(order_id: int) -> ResponseReturnValue:
    """End the order midway."""
    return _for_reason(order_id, handling.cancel_order, N_("委托已取消，对方会收到邮件。"), windows=windows())


def give_back(order_id: int) -> ResponseReturnValue:
    """Record what became of what is left."""
    return _done(order_id, lambda: _take(handling.give_back, order_id, read_form(GiveBackPage)), N_("已登记。"))


def count(order_id: int) -> ResponseReturnValue:
    """Say how much was done of each line of the quote."""

    def work() -> None:
        said = {"counts": counts_typed(request.form), "note": request.form.get("count_note", "")}
        form = read(CountForm, said)
        _take(charging.say_done, order_id, form, windows=windows())

    return _done(order_id, work, N_("已登记，将按此收费。"), {"note": "count_note"})


def _take(step: Callable[..., object], order_id: int, *given: Any, **named: Any) -> None:
    """One step in a transaction."""
    transaction(step, order_id, *given, actor=require_actor(), now=utcnow(), **named)


def _for_reason(order_id: int, step: Callable[..., object], said: str, **named: Any) -> ResponseReturnValue:
    """A step that asks why, in a field that is named after the step: a page asks for several."""
    field = f"{request.path.rsplit('/', 1)[1]}_reason"

    def work() -> None:
        form = read(ReasonPage, {"reason": request.form.get(field, "")})
        transaction(step, order_id, reason=form.reason, actor=require_actor(), now=utcnow(), **named)

    return _done(order_id, work, said, {"reason": field})


def _done(
    order_id: int, work: Callable[[], object], said: str, fields: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    """Do the step and show the order; after a refusal as it was filled in, with problems at `fields`.

    What one may not read is not found before anything else is said.
    """
    queries.order_for(reading(), order_id, require_actor())
    try:
        work()
    except (InvalidInput, Conflict) as refused:
        return order_page(order_id, refused, fields)
    flash(_(said), "right")
    return redirect(url_for("samples.show", order_id=order_id), code=303)
