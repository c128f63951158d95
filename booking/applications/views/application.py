"""The page of one application: what was asked for, its papers, what either side does next; and its voucher."""

from typing import Any

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may
from booking.applications import eligibility, labels, queries
from booking.applications.answers import is_firms_step, is_named, reason_shown
from booking.applications.eligibility import NotEligible
from booking.applications.queries import WholeApplication
from booking.applications.rules import REVIEWED, Side
from booking.applications.vouched import voucher_of
from booking.applications.voucher_papers import deadline_note, pdf_response, shares_said, voucher_pdf
from booking.applications.wording import name_of, number_of, office_of, reasons_said
from booking.attachments.uploads import file_response, limits_for
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Refused
from booking.core.money import yuan_from_fen
from booking.programmes.labels import DOCUMENTS, REDEEMED_BY
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.repeats import new_key
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.applications import ApplicationStep
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.programmes import ProgrammeDocument


@signed_in
def show(application_id: int) -> ResponseReturnValue:
    """The application, for the firm, and for the authorities that it concerns."""
    return application_page(application_id)


@signed_in
def paper(application_id: int, document: str) -> Response:
    """The file of one paper."""
    session = reading()
    file = queries.file_for(session, application_id, ProgrammeDocument(document), require_actor())
    return file_response(session, file)


@signed_in
def voucher(application_id: int) -> ResponseReturnValue:
    """The voucher that was issued: its number, its face and both deadlines."""
    who = require_actor()
    found, issued, version = voucher_of(reading(), application_id, who)
    firm, authority = Target(found.organisation_id), Target(found.programme.organisation_id)
    return render_template(
        "applications/voucher.html",
        opens=any(may(who, Permission.SEE_VOUCHERS, place) for place in (firm, authority)),
        is_firm=may(who, Permission.APPLY_FOR_VOUCHERS, firm),
        application=found,
        voucher=issued,
        number=number_of(found),
        firm=name_of(found.organisation),
        authority=name_of(found.programme.organisation),
        programme=in_language(found.programme.name_zh, found.programme.name_en),
        redeemed_by=_(REDEEMED_BY[version.redeemed_by]),
        shares=shares_said(version),
        note=deadline_note(),
        version=version,
        today=local_date(utcnow()),
    )


@signed_in
def voucher_paper(application_id: int) -> Response:
    """The same as a PDF under its number."""
    found, issued, version = voucher_of(reading(), application_id, require_actor())
    return pdf_response(voucher_pdf(found, issued, version), issued.number)


def application_page(
    application_id: int, refused: Refused | None = None, fields: dict[str, str] | None = None
) -> Response:
    """The application with the forms of the reader's side; after a refusal as they were filled in."""
    who, session, today = require_actor(), reading(), local_date(utcnow())
    whole = queries.whole_application(session, application_id, who, today=today)
    found = whole.application
    page = render_template(
        "applications/show.html",
        whole=whole,
        application=found,
        number=number_of(found),
        firm=name_of(found.organisation),
        programme=in_language(found.programme.name_zh, found.programme.name_en),
        authority=name_of(found.programme.organisation),
        district=name_of(found.district) if found.district else "",
        is_firm=whole.side == Side.FIRM,
        is_in_review=found.state in REVIEWED,
        steps_open=set(whole.steps),
        papers=[_paper(whole, one) for one in whole.needed],
        history=_history(whole),
        budget_left=eligibility.budget_left_fen(session, whole.version) if found.state in REVIEWED else None,
        unverified=[(one.value, _(DOCUMENTS[one])) for one in whole.unverified],
        documents=[(one.value, _(DOCUMENTS[one])) for one in whole.needed],
        form={**_written(whole), **request.form.to_dict()},
        chosen=request.form.getlist("lacking"),
        problems=problems_said(refused, fields or {}),
        limits=limits_for(OwnerKind.VOUCHER_APPLICATION),
        key=request.form.get("idempotency_key") or new_key(),
        today=today,
        **words(),
    )
    return make_response(page, refused.status if refused else 200)


def words() -> dict[str, Any]:
    """What everything is called."""
    return {
        "labels": {name: _(label) for name, label in labels.FIELDS.items()}
        | {f"expires_on.{one.value}": _(label) for one, label in DOCUMENTS.items()}
        | {f"document.{one.value}": _(label) for one, label in DOCUMENTS.items()},
        "states": labels.STATES,
        "state_looks": labels.STATE_LOOKS,
    }


def problems_said(refused: Refused | None, fields: dict[str, str]) -> dict[str, list[str]]:
    """The sentences of a refusal by field, under the names that fields have on the page."""
    if refused is None:
        return {}
    if isinstance(refused, NotEligible):
        return {"": reasons_said(refused.reasons)}
    if not isinstance(refused, InvalidInput):
        return {"": [sentence_of(refused)]}
    return {fields.get(name, name): said for name, said in problems_of(refused).items()}


def _written(whole: WholeApplication) -> dict[str, str]:
    """What the forms begin with."""
    return {"amount_fen": yuan_from_fen(whole.wanted_fen), "statement": whole.statement}


def _paper(whole: WholeApplication, document: ProgrammeDocument) -> dict[str, Any]:
    """One of the papers that are wanted, in words."""
    verified, ready = whole.verified_as(document), whole.reusable.get(document)
    handed_in = whole.papers.get(document)
    return {
        "document": document.value,
        "name": _(DOCUMENTS[document]),
        "file": handed_in.attachment if handed_in else None,
        "verified": verified,
        "verified_by": name_of(verified.authority) if verified else "",
        "ready": ready if handed_in is None else None,
        "ready_by": name_of(ready.authority) if ready else "",
        "is_checked": document in whole.unverified,
    }


def _history(whole: WholeApplication) -> list[dict[str, Any]]:
    """What happened, without the changes of a draft that led to nothing else."""
    return [
        {
            "occurred_at": one.occurred_at,
            "step": _(labels.STEPS[one.step]),
            "actor": one.actor.name if is_named(whole, one.step) else "",
            "office": "" if is_firms_step(one.step) else office_of(whole.application, one),
            "reason": reason_shown(whole, one),
            "lacking": [_(DOCUMENTS[ProgrammeDocument(name)]) for name in one.facts.get("lacking", ())],
        }
        for one in whole.events
        if one.step != ApplicationStep.EDIT
    ]
