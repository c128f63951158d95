"""Sample orders of the HTTP API: asking, each step of either side, runs."""

from collections.abc import Callable
from typing import Annotated, Any

from flask import Blueprint, Response, url_for
from pydantic import Field
from sqlalchemy.orm import Session

from booking.attachments.answers import UploadBody
from booking.attachments.forms import FileRemovalForm
from booking.attachments.uploads import has_uploads, limits_for, read_uploads
from booking.catalogue.api.answering import json_answer
from booking.charges.terms import windows
from booking.contracts.forms import OrderFormForm
from booking.core.clock import utcnow
from booking.samples import agreeing, charging, handling, lists, queries, quoting, removing, service
from booking.samples.addresses import attachment_address
from booking.samples.answers import (
    ProposalAnswer,
    SampleOrderAnswer,
    SampleOrderList,
    order_answer,
    order_summary,
    proposal_answer,
)
from booking.samples.forms import (
    AcceptForm,
    CountForm,
    GiveBackForm,
    ReceiveForm,
    RecordForm,
    ResultForm,
    SampleMessageForm,
    SampleMessagePage,
    SampleOrderForm,
    SampleOrdersQuery,
    SampleQuoteForm,
    SampleReasonForm,
    SampleRunForm,
    SendForm,
    SettleForm,
)
from booking.samples.run_answers import NewRunAnswer, run_values
from booking.samples.stickers import read_code
from booking.samples.typed import typed, with_files
from booking.samples.whole import whole_order
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_form, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.vocabulary.attachments import OwnerKind

bp = Blueprint("samples_api", __name__, url_prefix="/api/v1")

TAG = "sample orders"
ASKING = (400, 401, 403, 404, 409, 415, 422)
FILES = (*ASKING, 413)
STEP = (401, 403, 404, 409)
ORDERS = "/sample-orders"
ONE = "/sample-orders/<int:order_id>"


Files = Annotated[list[bytes], Field(json_schema_extra={"items": {"type": "string", "format": "binary"}})]


class SampleOrderBody(SampleOrderForm):
    """A multipart request with files; `marks`, `test_items` and `hazards` may be given several times."""

    files: Files


class ReceiveBody(ReceiveForm):
    """A multipart receipt with photos; `damaged` and `missing` may be given several times."""

    files: Files


class SampleMessageBody(UploadBody):
    """A multipart message with files."""

    text: str


class ResultBody(UploadBody):
    """Files with results; `positions` may be given several times, none means all samples."""

    report_number: str = ""
    positions: list[int] = Field(default_factory=list)
    is_final: bool = False
    note: str = ""


@bp.post("/instruments/<int:instrument_id>/sample-orders")
@takes_files
@documented(tag=TAG, body=SampleOrderForm, form=SampleOrderBody, answers={201: SampleOrderAnswer}, refusals=FILES)
def request_order(instrument_id: int) -> Response:
    """Ask the staff of an instrument to test samples, as JSON or with files; with `organisation_id`, for a firm."""
    who, now, limits = require_actor(), utcnow(), limits_for(OwnerKind.SAMPLE_ORDER)
    service.orderable(reading(), instrument_id, who)
    form, files = with_files(SampleOrderForm, limits, "marks", "test_items", "hazards")

    def work(session: Session) -> dict[str, Any]:
        made = service.request_order(session, instrument_id, form, files, limits, actor=who, now=now)
        return {"id": made.id}

    answer, _repeated = create_once(work, actor=who, now=now)
    response = _order(answer["id"], 201)
    response.headers["Location"] = url_for("samples_api.show", order_id=answer["id"])
    return response


@bp.get(ORDERS)
@documented(tag=TAG, query=SampleOrdersQuery, answers={200: SampleOrderList}, refusals=(400, 401, 403, 422))
def index() -> Response:
    """One's own orders and those of one's firms; with `staffed=1` those of the instruments one works for."""
    who, asked = require_actor(), read_query(SampleOrdersQuery)
    show = lists.Show.WAITING if asked.waiting else lists.Show.ALL
    read = read_code(asked.number)
    number = (read.number if read else "") if asked.number else None
    wanted = lists.Wanted(show, asked.state, asked.instrument, number)
    find = lists.staffed_orders if asked.staffed else lists.own_orders
    page = find(reading(), who, wanted, limit=asked.limit, cursor=asked.cursor)
    return json_answer(SampleOrderList(items=[order_summary(one) for one in page.items], next_cursor=page.next_cursor))


@bp.get(ONE)
@documented(tag=TAG, answers={200: SampleOrderAnswer}, refusals=(401, 404))
def show(order_id: int) -> Response:
    """The whole order, for who asked, the agents of the firm, and the staff of the instrument."""
    return _order(order_id)


def _order(order_id: int, status: int = 200) -> Response:
    """The order as it is now, with its version as ETag."""
    who = require_actor()
    whole = whole_order(reading(), order_id, who)
    response = json_answer(
        order_answer(whole, queries.open_steps(reading(), whole.order, who), attachment_address, reader_id=who.id),
        status,
    )
    response.set_etag(str(whole.order.version))
    return response


def _step(order_id: int, work: Callable[..., object], *given: Any, **named: Any) -> Response:
    """Take a step and answer the order."""
    transaction(work, order_id, *given, actor=require_actor(), now=utcnow(), **named)
    return _order(order_id)


@bp.get(f"{ONE}/proposal")
@documented(tag=TAG, answers={200: ProposalAnswer}, refusals=(401, 403, 404))
def proposal(order_id: int) -> Response:
    """What the price list makes of the order, for those who quote."""
    found = quoting.proposal_of(reading(), order_id, actor=require_actor(), now=utcnow())
    return json_answer(proposal_answer(found))


@bp.post(f"{ONE}/quote")
@documented(tag=TAG, body=SampleQuoteForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def quote(order_id: int) -> Response:
    """Say what the order costs and until when that holds; another replaces `last_quote_id`, the one before."""
    who, form, now = require_actor(), read_json(SampleQuoteForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": quoting.quote_order(session, order_id, form, actor=who, now=now).id}

    create_once(work, actor=who, now=now)
    return _order(order_id)


@bp.post(f"{ONE}/refuse")
@documented(tag=TAG, body=SampleReasonForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def refuse(order_id: int) -> Response:
    """Say no to a request."""
    return _step(order_id, quoting.refuse_order, reason=read_json(SampleReasonForm).reason)


@bp.post(f"{ONE}/accept")
@documented(tag=TAG, body=AcceptForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def accept(order_id: int) -> Response:
    """Accept the quote that was seen; its amount is held in the payer account that is named, else the usual one."""
    form = read_json(AcceptForm)
    return _step(order_id, quoting.accept_quote, form.quote_id, form.order_form, form.paying)


@bp.post(f"{ONE}/agree")
@documented(tag=TAG, body=OrderFormForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def agree(order_id: int) -> Response:
    """Accept the order form of an order that lost its contract."""
    return _step(order_id, agreeing.accept_terms, read_json(OrderFormForm).text_id)


@bp.post(f"{ONE}/send")
@documented(tag=TAG, body=SendForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def send(order_id: int) -> Response:
    """Say how the samples travel."""
    return _step(order_id, handling.send_samples, read_json(SendForm))


@bp.post(f"{ONE}/receive")
@takes_files
@documented(tag=TAG, body=ReceiveForm, form=ReceiveBody, answers={200: SampleOrderAnswer}, refusals=FILES)
def receive(order_id: int) -> Response:
    """Say what arrived, as JSON or with photos; what is not as announced goes back as a question."""
    limits = limits_for(OwnerKind.SAMPLE_ORDER)
    queries.order_for(reading(), order_id, require_actor())
    form, files = with_files(ReceiveForm, limits, "damaged", "missing")
    return _step(order_id, handling.receive_samples, form, files, limits)


@bp.post(f"{ONE}/settle")
@documented(tag=TAG, body=SettleForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def settle(order_id: int) -> Response:
    """Answer what is to happen with samples that did not arrive as announced."""
    return _step(order_id, handling.settle_mismatch, read_json(SettleForm), windows=windows())


@bp.post(f"{ONE}/samples/<int:position>/record")
@documented(tag=TAG, body=RecordForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def record(order_id: int, position: int) -> Response:
    """Say what became of one sample."""
    return _step(order_id, handling.record_sample, position, read_json(RecordForm))


@bp.post(f"{ONE}/count")
@documented(tag=TAG, body=CountForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def count(order_id: int) -> Response:
    """Say how much was done of each line of the accepted quote, which is what will be charged; for the staff."""
    return _step(order_id, charging.say_done, read_json(CountForm), windows=windows())


@bp.post(f"{ONE}/results")
@takes_files
@documented(tag=TAG, form=ResultBody, answers={201: SampleOrderAnswer}, refusals=FILES)
def results(order_id: int) -> Response:
    """Hand over files with results; the last ones end the testing."""
    who, limits, now, terms = require_actor(), limits_for(OwnerKind.SAMPLE_ORDER), utcnow(), windows()
    queries.order_for(reading(), order_id, who)
    form = typed(ResultForm, "positions")
    files = read_uploads(limits, keeps_originals=True) if has_uploads() else []

    def work(session: Session) -> dict[str, Any]:
        done = handling.add_results(session, order_id, form, files, limits, windows=terms, actor=who, now=now)
        return {"id": done.id}

    create_once(work, actor=who, now=now)
    return _order(order_id, 201)


@bp.post(f"{ONE}/approve")
@documented(tag=TAG, answers={200: SampleOrderAnswer}, refusals=STEP)
def approve(order_id: int) -> Response:
    """Accept the results; silence does the same after some working days. The order is charged then."""
    return _step(order_id, handling.approve_results, windows=windows())


@bp.post(f"{ONE}/dispute")
@documented(tag=TAG, body=SampleReasonForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def dispute(order_id: int) -> Response:
    """Say what is wrong with the results."""
    return _step(order_id, handling.dispute_results, reason=read_json(SampleReasonForm).reason)


@bp.post(f"{ONE}/uphold")
@documented(tag=TAG, body=SampleReasonForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def uphold(order_id: int) -> Response:
    """Answer a dispute: the results are right, and why."""
    return _step(order_id, handling.uphold_results, reason=read_json(SampleReasonForm).reason, windows=windows())


@bp.post(f"{ONE}/cancel")
@documented(tag=TAG, body=SampleReasonForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def cancel(order_id: int) -> Response:
    """End the order midway; what had been done is kept with it, and charged."""
    return _step(order_id, handling.cancel_order, reason=read_json(SampleReasonForm).reason, windows=windows())


@bp.post(f"{ONE}/give-back")
@documented(tag=TAG, body=GiveBackForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def give_back(order_id: int) -> Response:
    """Record that what is left of the samples went back, or was disposed of."""
    return _step(order_id, handling.give_back, read_json(GiveBackForm))


@bp.post(f"{ONE}/messages")
@documented(tag=TAG, body=SampleMessageForm, answers={201: SampleOrderAnswer}, refusals=ASKING)
def add_message(order_id: int) -> Response:
    """Write to the other side."""
    return _add_message(order_id, read_json(SampleMessageForm).text, is_upload=False)


@bp.post(f"{ONE}/attachments")
@takes_files
@documented(tag=TAG, form=SampleMessageBody, answers={201: SampleOrderAnswer}, refusals=FILES)
def attach(order_id: int) -> Response:
    """Write to the other side, with files."""
    queries.order_for(reading(), order_id, require_actor())
    return _add_message(order_id, read_form(SampleMessagePage).text, is_upload=True)


@bp.post(f"{ONE}/attachments/<int:attachment_id>/remove")
@documented(tag=TAG, body=FileRemovalForm, answers={200: SampleOrderAnswer}, refusals=ASKING)
def remove_file(order_id: int, attachment_id: int) -> Response:
    """Take a file of the order away that is no result, with the reason; for the staff."""
    reason = read_json(FileRemovalForm).reason
    return _step(order_id, removing.remove_file, attachment_id, reason)


def _add_message(order_id: int, text: str, *, is_upload: bool) -> Response:
    """Store the message once, and answer the order."""
    who, limits, now = require_actor(), limits_for(OwnerKind.SAMPLE_ORDER), utcnow()
    files = read_uploads(limits) if is_upload else []

    def work(session: Session) -> dict[str, Any]:
        return {"id": service.add_message(session, order_id, text, files, limits, actor=who, now=now).id}

    create_once(work, actor=who, now=now)
    return _order(order_id, 201)


@bp.post("/instruments/<int:instrument_id>/sample-runs")
@documented(tag=TAG, body=SampleRunForm, answers={201: NewRunAnswer}, refusals=ASKING)
def start_run(instrument_id: int) -> Response:
    """Take time on the instrument for the samples of several orders."""
    who, form, now = require_actor(), read_json(SampleRunForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        run = handling.start_run(session, instrument_id, form, actor=who, now=now)
        ids = sorted(set(form.order_ids))
        values = run_values(queries.run_for(session, run.id))
        return NewRunAnswer(**values, instrument_id=instrument_id, order_ids=ids).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=who, now=now)
    return json_answer(NewRunAnswer(**answer), 201)
