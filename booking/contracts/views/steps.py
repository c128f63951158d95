"""The steps of a contract as forms send them."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.attachments.uploads import has_uploads, limits_for, read_uploads
from booking.contracts import queries
from booking.contracts import steps as service
from booking.contracts.forms import EndPage, SendContractPage, SignPage
from booking.contracts.typed import typed
from booking.contracts.views.contract import contract_page
from booking.core.clock import utcnow
from booking.core.errors import Conflict, InvalidInput
from booking.core.forms import read
from booking.core.texts import N_
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor, signed_in
from booking.web.uploads import takes_files
from models.vocabulary.attachments import OwnerKind

KIND = OwnerKind.CONTRACT


@takes_files
@signed_in
def send(contract_id: int) -> ResponseReturnValue:
    """Let the other party read the contract and sign it."""
    limits = limits_for(KIND)

    def work() -> None:
        form = read_form(SendContractPage)
        files = read_uploads(limits) if has_uploads() else []
        who, now = require_actor(), utcnow()
        transaction(service.send_contract, contract_id, files, limits, reason=form.reason, actor=who, now=now)

    return _done(contract_id, work, N_("已发给对方，对方会收到邮件。"))


@signed_in
def recall(contract_id: int) -> ResponseReturnValue:
    """Take it back to change it."""

    def work() -> None:
        transaction(service.recall_contract, contract_id, actor=require_actor(), now=utcnow())

    return _done(contract_id, work, N_("已收回，修改后请再发给对方。"))


@takes_files
@signed_in
def sign(contract_id: int) -> ResponseReturnValue:
    """Hand in the file that shows a signature, once however often the form is sent."""
    who, now, limits = require_actor(), utcnow(), limits_for(KIND)

    def work() -> None:
        form = typed(SignPage, "sides")
        files = read_uploads(limits, keeps_originals=True) if has_uploads() else []

        def store(session: Session) -> dict[str, Any]:
            return {"id": service.sign_contract(session, contract_id, form, files, limits, actor=who, now=now).id}

        create_once(store, actor=who, now=now)

    return _done(contract_id, work, N_("签字文件已保存，对方会收到邮件。"))


@signed_in
def end(contract_id: int) -> ResponseReturnValue:
    """End it for a reason, which has a field of its own on the page."""

    def work() -> None:
        form = read(EndPage, {"reason": request.form.get("end_reason", "")})
        transaction(service.end_contract, contract_id, reason=form.reason, actor=require_actor(), now=utcnow())

    return _done(contract_id, work, N_("合同已终止，对方会收到邮件。"), {"reason": "end_reason"})


def _done(
    contract_id: int, work: Callable[[], object], said: str, fields: dict[str, str] | None = None
) -> ResponseReturnValue:
    """Do the step and show the contract; after a refusal as it was filled in, with problems at `fields`.

    What one may not read is not found before anything else is said.
    """
    queries.contract_for(reading(), contract_id, require_actor())
    try:
        work()
    except (InvalidInput, Conflict) as refused:
        return contract_page(contract_id, refused, fields)
    flash(_(said), "right")
    return redirect(url_for("contracts.show", contract_id=contract_id), code=303)
