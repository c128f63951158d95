"""One sample order: what it says, what either side can do next, its printed form and its files."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may
from booking.attachments.uploads import file_response, limits_for
from booking.catalogue.keeping import staff_target
from booking.catalogue.owner_queries import open_change
from booking.catalogue.queries import is_readable
from booking.charges.counting import most_counts, usual_counts, work_of
from booking.charges.labels import STATE_LOOKS as CHARGE_LOOKS
from booking.charges.labels import STATES as CHARGE_STATES
from booking.charges.queries import charge_for
from booking.charges.sampled import said_counts
from booking.contracts.addresses import order_form_address
from booking.contracts.form_numbers import number_of
from booking.contracts.grounds import lacking_of
from booking.contracts.labels import CLAUSES
from booking.contracts.queries import text_now
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, NotFound, Refused
from booking.payers.queries import found_account
from booking.reservations.voucher_words import spoken_held
from booking.reservations.vouchered import Vouchered
from booking.samples import labels, queries, quoting
from booking.samples.addresses import attachment_address
from booking.samples.rules import RECORDED, Side
from booking.samples.typed import shown_lines
from booking.samples.views.accepting import NOTHING, accepting
from booking.samples.weighing import asked_of
from booking.samples.whole import WholeOrder, agreed_order, file_for, whole_order
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.repeats import new_key
from booking.web.signed_in import require_actor
from models.attachments import Attachment
from models.custody import OwnerChange
from models.samples import SampleOrder, SampleQuote
from models.vocabulary.attachments import AttachmentKind, OwnerKind
from models.vocabulary.contracts import Need
from models.vocabulary.pricing import LineKind
from models.vocabulary.samples import OVER, SampleStep

PROPOSED_DAYS = timedelta(days=30)
BLANK_LINES = 3


def show(order_id: int) -> ResponseReturnValue:
    """The order, for either side."""
    return order_page(order_id)


def order_form(order_id: int) -> ResponseReturnValue:
    """The order form to be printed, once the quote is accepted."""
    actor = require_actor()
    whole = agreed_order(reading(), order_id, actor)
    if whole.order.number is None:
        raise NotFound
    sees_order = queries.side_of(whole.order, actor) is not None
    form = whole.form
    agreed = {
        "agreement": whole.agreement,
        "clause_names": CLAUSES,
        "sees_order": sees_order,
        "form_number": number_of(form.year, form.number) if form else "",
        "form_user": form.told["user"] if form else "",
        "paper_url": order_form_address(form, actor),
    }
    return render_template("samples/order_form.html", whole=whole, order=whole.order, **agreed, **words())


def download(order_id: int, attachment_id: int) -> Response:
    """A file of the order."""
    session = reading()
    return file_response(session, file_for(session, order_id, attachment_id, require_actor()))


def thumbnail(order_id: int, attachment_id: int, edge: int) -> Response:
    """A photo whose longest side has so many pixels."""
    session = reading()
    return file_response(session, file_for(session, order_id, attachment_id, require_actor()), edge)


def order_page(order_id: int, refused: Refused | None = None, fields: Mapping[str, str] | None = None) -> Response:
    """The order with the forms of the reader's side; after a refusal as they were filled in, with problems there."""
    who = require_actor()
    whole = whole_order(reading(), order_id, who)
    side = queries.side_of(whole.order, who)
    open_steps = set(queries.open_steps(reading(), whole.order, who))
    page = render_template(
        "samples/show.html",
        whole=whole,
        order=whole.order,
        is_own=side == Side.REQUESTER,
        may_remove=side == Side.STAFF and may(who, Permission.HANDLE_SAMPLES, staff_target(whole.order)),
        may_read=is_readable(whole.order.instrument, who),
        leaving=_leaving(whole.order) if side == Side.REQUESTER else None,
        may_write=side == Side.REQUESTER or may(who, Permission.HANDLE_SAMPLES, staff_target(whole.order)),
        steps_open=open_steps,
        is_overdue=_is_overdue(whole.order),
        photos=_of_kind(whole, AttachmentKind.PHOTO),
        documents=_of_kind(whole, AttachmentKind.DOCUMENT),
        address=attachment_address,
        limits=limits_for(OwnerKind.SAMPLE_ORDER),
        form=request.form,
        form_lists={name: request.form.getlist(name) for name in ("damaged", "missing", "positions")},
        problems=_problems(refused, fields or {}),
        key=request.form.get("idempotency_key") or new_key(),
        recorded=[(one.value, _(labels.SAMPLE_STATE[one])) for one in RECORDED],
        **words(),
        **_quoting(whole, open_steps),
        **_charging(whole, open_steps),
        **_agreeing(whole, side, open_steps),
    )
    return make_response(page, refused.status if refused else 200)


def _leaving(order: SampleOrder) -> OwnerChange | None:
    """The change of owner with which an open order would go along."""
    return None if order.state in OVER else open_change(reading(), order.instrument_id)


def words() -> dict[str, Any]:
    """What everything is called."""
    return {
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
        "states": labels.STATE,
        "state_looks": labels.STATE_LOOKS,
        "step_names": labels.STEP,
        "sample_states": labels.SAMPLE_STATE,
        "sample_looks": labels.SAMPLE_LOOKS,
        "hazards": labels.HAZARD,
        "leftovers": labels.LEFTOVER,
        "given_back": labels.GIVEN_BACK,
        "reports": labels.REPORT,
        "settlings": labels.SETTLING,
        "line_name": line_name,
        "over": OVER,
    }


def line_name(line: dict[str, Any]) -> str:
    """What a line of a quote is for."""
    named = in_language(line["name_zh"], line["name_en"])
    return named or str(_(labels.LINE_NAMES.get(LineKind(line["kind"]), labels.OTHER_LINE)))


def _quoting(whole: WholeOrder, open_steps: set[SampleStep]) -> dict[str, Any]:
    """The lines that whoever quotes begins with: those of the last quote, else those of the price list."""
    if SampleStep.QUOTE not in open_steps:
        return {}
    now = utcnow()
    proposal = quoting.proposal_for(reading(), whole.order, now=now)
    lines = whole.quote.lines if whole.quote else proposal.lines
    named = [{**line, "name": in_language(line["name_zh"], line["name_en"])} for line in lines]
    return {
        "proposal": proposal,
        "lines": shown_lines(request.form, named, blank=BLANK_LINES),
        "line_kinds": [(kind.value, _(label)) for kind, label in labels.LINE.items()],
        "valid_until": request.form.get("valid_until") or (local_date(now) + PROPOSED_DAYS).isoformat(),
    }


def _opens_vouchers(order: SampleOrder) -> bool:
    """Whether whoever looks may read the vouchers of the firm that it is for."""
    firm_id = order.organisation_id
    return firm_id is not None and may(require_actor(), Permission.SEE_VOUCHERS, Target(firm_id))


def _charging(whole: WholeOrder, open_steps: set[SampleStep]) -> dict[str, Any]:
    """Who pays, what of the quote was done, and what the order is charged."""
    session, who, now, order = reading(), require_actor(), utcnow(), whole.order
    today = local_date(now)
    found: dict[str, Any] = {**NOTHING, "counting": [], "account": None, "charge_opens": False}
    if SampleStep.ACCEPT in open_steps and whole.quote:
        found |= accepting(order, whole.quote, who, now=now)
    kept = Vouchered(whole.held_fen, whole.expected_fen, None, tuple(whole.shown_vouchers))
    found["kept_vouchers"], found["opens_vouchers"] = kept, _opens_vouchers(order)
    fee_fen = whole.quote.total_fen if whole.quote else None
    found["spoken_held"] = spoken_held(kept, fee_fen, sees_left=found["opens_vouchers"])
    if SampleStep.COUNT in open_steps and whole.quote:
        found["counting"] = _counting(whole, whole.quote)
    if order.payer_account_id is not None:
        with suppress(NotFound):
            found["account"] = found_account(session, order.payer_account_id, who, today=today).account
    if whole.charge is not None:
        with suppress(NotFound):
            found["charge_opens"] = bool(charge_for(session, whole.charge.id, who, today=today))
        found["charge_state"] = _(CHARGE_STATES[whole.charge.state]), *CHARGE_LOOKS[whole.charge.state]
    return found


def _counting(whole: WholeOrder, quote: SampleQuote) -> list[dict[str, Any]]:
    """The lines of the quote with how much was done of each: as typed, as was said, else by the samples."""
    work = work_of(one.state for one in whole.samples)
    counts = said_counts(reading(), whole.order.id) or usual_counts(quote.lines, work)
    most = most_counts(quote.lines, work)
    return [
        {
            "name": f"counts.{place}",
            "label": line_name(line),
            "quoted": line["count"],
            "most": most[place],
            "count": request.form.get(f"counts.{place}", min(counts[place], most[place])),
        }
        for place, line in enumerate(quote.lines)
    ]


def _agreeing(whole: WholeOrder, side: Side | None, open_steps: set[SampleStep]) -> dict[str, Any]:
    """What the owner asks of an outside order, with the text to be accepted now."""
    session, now, order = reading(), utcnow(), whole.order
    asked = None
    if SampleStep.ACCEPT in open_steps and whole.quote and side == Side.REQUESTER:
        asked = asked_of(session, order, whole.quote.total_fen, None, now=now)
    lacking = lacking_of(session, sample_order_id=order.id)
    due = lacking.need if lacking else asked.ground.need if asked and asked.ground.is_lacking else None
    owner_id = order.instrument.organisation_id
    return {
        "agreement": whole.agreement,
        "asked_agreement": asked,
        "lacking": lacking,
        "form_text": text_now(session, owner_id) if due == Need.ORDER_FORM else None,
        "clause_names": CLAUSES,
    }


def _is_overdue(order: SampleOrder) -> bool:
    """Whether the day by which it was wanted is over before its end."""
    return order.due_on is not None and order.state not in OVER and order.due_on < local_date(utcnow())


def _of_kind(whole: WholeOrder, kind: AttachmentKind) -> list[Attachment]:
    """The photos or documents that are no results."""
    return [one for one in whole.other_files if one.kind == kind]


def _problems(refused: Refused | None, fields: Mapping[str, str]) -> dict[str, list[str]]:
    """The sentences of a refusal by field, under the names that fields have on the page."""
    if refused is None:
        return {}
    if not isinstance(refused, InvalidInput):
        return {"": [sentence_of(refused)]}
    found: dict[str, list[str]] = {}
    for field, sentences in problems_of(refused).items():
        name = field if field.startswith(("lines.", "counts.")) else field.partition(".")[0]
        found.setdefault(fields.get(name, name), []).extend(sentences)
    return found
