"""What a firm does: apply, write, hand in papers, submit, take back."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.applications import queries, service, steps
from booking.applications.eligibility import NotEligible, eligibility
from booking.applications.forms import (
    ApplicationPage,
    ApplicationPaperForm,
    NewApplicationPage,
    NewPage,
    WithdrawApplicationForm,
)
from booking.applications.views.application import application_page, problems_said, words
from booking.applications.wording import name_of, reasons_said
from booking.attachments.uploads import has_uploads, limits_for, read_uploads
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, InvalidInput, Refused, StaleVersion
from booking.core.forms import Written, read
from booking.core.texts import N_
from booking.programmes.labels import DOCUMENTS
from booking.programmes.queries import Shown, programmes
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import posted, read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from booking.web.uploads import takes_files
from models.directory import Organisation
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.programmes import ProgrammeDocument

KIND = OwnerKind.VOUCHER_APPLICATION
FormT = TypeVar("FormT", bound=BaseModel)


@signed_in
def new() -> ResponseReturnValue:
    """Choose a programme, see whether the firm may apply, and begin."""
    who, now = require_actor(), utcnow()
    if request.method == "GET":
        asked = read_query(NewPage)
        first = {"programme_id": asked.programme or "", "organisation_id": asked.organisation or ""}
        return _new_page(first, None)
    try:
        form = _typed(NewApplicationPage)

        def work(session: Session) -> dict[str, Any]:
            return {"id": service.start_application(session, form, actor=who, now=now).id}

        made = create_once(work, actor=who, now=now)[0]["id"]
    except (InvalidInput, NotEligible) as refused:
        return _new_page(request.form.to_dict(), refused)
    flash(_("已保存草稿。请上传材料，核对后提交。"), "right")
    return redirect(url_for(".show", application_id=made), code=303)


def _new_page(form: dict[str, Any], refused: Refused | None) -> ResponseReturnValue:
    """The form with what each programme of the firm's province says of it."""
    session, today = reading(), local_date(utcnow())
    firms, policies = queries.firms_of(session, require_actor()), programmes(session, today)
    firm = _chosen(firms, form.get("organisation_id"))
    policy = next((one for one in policies if str(one.programme.id) == str(form.get("programme_id"))), None)
    found = eligibility(session, policy, firm, None, today=today) if policy and firm else None
    page = render_template(
        "applications/new.html",
        firms=[(one.id, name_of(one)) for one in firms],
        policies=[(one.programme.id, _named(one)) for one in _open(policies, today)],
        firm=firm,
        policy=policy,
        found=found,
        reasons=reasons_said(found.reasons) if found else [],
        papers=[_(DOCUMENTS[one]) for one in found.documents] if found else [],
        form=form,
        problems=problems_said(refused, {}),
        key=request.form.get("idempotency_key") or new_key(),
        **words(),
    )
    return page, refused.status if refused else 200


def _open(policies: list[Shown], today: date) -> list[Shown]:
    """Those whose vouchers are applied for here, and can still be used."""
    return [one for one in policies if one.version.use_by >= today and not one.programme.runs_at]


def _typed(form: type[FormT]) -> FormT:
    """The posted form, its amount in yuan as a person wrote it."""
    values: dict[str, Any] = posted()
    if "amount_fen" in values:
        values["amount_fen"] = Written(values["amount_fen"])
    return read(form, values)


def _chosen(firms: Any, asked: Any) -> Organisation | None:
    """The firm that was asked for, else the only one."""
    found = next((one for one in firms if str(one.id) == str(asked)), None)
    return found or (firms[0] if len(firms) == 1 else None)


def _named(policy: Shown) -> str:
    """A programme with its authority, as a choice."""
    name = in_language(policy.programme.name_zh, policy.programme.name_en)
    return f"{name} · {name_of(policy.programme.organisation)}"


@signed_in
def edit(application_id: int) -> ResponseReturnValue:
    """Ask for another amount, or say something else of it."""

    def work() -> None:
        form = _typed(ApplicationPage)
        who, now = require_actor(), utcnow()
        transaction(service.edit_application, application_id, form, version=form.version, actor=who, now=now)

    return done(application_id, work, N_("已保存。"), of_firm=True)


@takes_files
@signed_in
def hand_in(application_id: int) -> ResponseReturnValue:
    """Hand in a file as one of the papers."""
    limits = limits_for(KIND)

    def work() -> None:
        form = read_form(ApplicationPaperForm)
        files = read_uploads(limits, keeps_originals=True) if has_uploads() else []
        who, now = require_actor(), utcnow()
        transaction(service.hand_in_paper, application_id, form.document, files, limits, actor=who, now=now)

    return done(application_id, work, N_("材料已保存。"), of_firm=True)


@signed_in
def remove_paper(application_id: int, document: str) -> ResponseReturnValue:
    """Take a paper out again."""

    def work() -> None:
        kind, who = ProgrammeDocument(document), require_actor()
        transaction(service.remove_paper, application_id, kind, actor=who, now=utcnow())

    return done(application_id, work, N_("材料已移除。"), of_firm=True)


@signed_in
def submit(application_id: int) -> ResponseReturnValue:
    """Hand the application in for review."""

    def work() -> None:
        transaction(steps.submit_application, application_id, actor=require_actor(), now=utcnow())

    return done(application_id, work, N_("已提交。审核有结果时，您会收到邮件。"), of_firm=True)


@signed_in
def withdraw(application_id: int) -> ResponseReturnValue:
    """Take it back, for a reason if one is given."""

    def work() -> None:
        form = read(WithdrawApplicationForm, {"reason": request.form.get("withdraw_reason", "")})
        who, now = require_actor(), utcnow()
        transaction(steps.withdraw_application, application_id, reason=form.reason, actor=who, now=now)

    return done(application_id, work, N_("申请已撤回。"), {"reason": "withdraw_reason"}, of_firm=True)


@signed_in
def apply_again(application_id: int) -> ResponseReturnValue:
    """Begin another application with the same content."""
    who, now = require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": service.apply_again(session, application_id, actor=who, now=now).id}

    try:
        made = create_once(work, actor=who, now=now)[0]["id"]
    except (NotEligible, Conflict) as refused:
        return application_page(application_id, refused)
    flash(_("已带着原来的内容新建申请，请更正后提交。"), "right")
    return redirect(url_for(".show", application_id=made), code=303)


def done(
    application_id: int,
    work: Callable[[], object],
    said: str,
    fields: dict[str, str] | None = None,
    *,
    of_firm: bool = False,
) -> ResponseReturnValue:
    """Do the step and show the application; after a refusal as it was filled in, with problems at `fields`.

    What one may not read is not found, and what one may not do is refused before anything else is said.
    """
    found, _side = queries.application_for(reading(), application_id, require_actor())
    if of_firm:
        require(require_actor(), Permission.APPLY_FOR_VOUCHERS, Target(found.organisation_id))
    try:
        work()
    except (InvalidInput, NotEligible, Conflict, StaleVersion) as refused:
        return application_page(application_id, refused, fields)
    flash(_(said), "right")
    return redirect(url_for("applications.show", application_id=application_id), code=303)
