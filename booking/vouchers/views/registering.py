"""The page on which a firm registers a voucher of another system, and the files that prove it."""

from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.attachments.uploads import file_response, has_uploads, limits_for, read_uploads
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput
from booking.core.forms import Written, read
from booking.programmes.wording import authority_name, headline, programme_name
from booking.vouchers import labels, registering
from booking.vouchers.forms import RegisterVoucherPage, RegisterVoucherQuery
from booking.web.errors import problems_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import posted, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from booking.web.uploads import takes_files
from models.vocabulary.attachments import OwnerKind

KIND = OwnerKind.VOUCHER


@takes_files
@signed_in
def register() -> ResponseReturnValue:
    """Ask what the voucher is called and worth there, with evidence; then register it."""
    who, now = require_actor(), utcnow()
    if not reach(who, Permission.APPLY_FOR_VOUCHERS).organisation_ids:
        raise Forbidden
    if request.method == "GET":
        asked = read_query(RegisterVoucherQuery)
        return _page({"programme_id": asked.programme or "", "organisation_id": asked.organisation or ""}, None)
    try:
        form, limits = _typed(), limits_for(KIND)
        if not registering.may_register(who, form.organisation_id):
            raise Forbidden
        files = read_uploads(limits, keeps_originals=True) if has_uploads() else []

        def work(session: Session) -> dict[str, Any]:
            return {"id": registering.register(session, form, files, limits, actor=who, now=now).id}

        made = create_once(work, actor=who, now=now)[0]
    except InvalidInput as refused:
        return _page(request.form.to_dict(), refused)
    flash(_("已登记，预约和送样时可以选用。"), "right")
    return redirect(url_for("vouchers.show", voucher_id=made["id"]), 303)


@signed_in
def evidence(voucher_id: int, attachment_id: int) -> Response:
    """A file that proves a registered voucher."""
    session, today = reading(), local_date(utcnow())
    found = registering.evidence_for(session, voucher_id, attachment_id, require_actor(), today=today)
    return file_response(session, found)


def _typed() -> RegisterVoucherPage:
    """What was typed, the face in yuan as a person wrote it."""
    values: dict[str, Any] = posted()
    if "face_fen" in values:
        values["face_fen"] = Written(values["face_fen"])
    return read(RegisterVoucherPage, values)


def _page(form: dict[str, Any], refused: InvalidInput | None) -> Response:
    """The form, with the programmes whose vouchers live elsewhere."""
    session, who = reading(), require_actor()
    firms = registering.firms_of(session, who)
    open_now = registering.open_programmes(session, local_date(utcnow()))
    page = render_template(
        "vouchers/register.html",
        firms=[(one.id, in_language(one.name_zh, one.name_en)) for one in firms],
        policies=[(one.programme.id, f"{one.programme.runs_at} · {programme_name(one.programme)}") for one in open_now],
        explained=[
            (one.programme.id, programme_name(one.programme), authority_name(one.programme), headline(one.version))
            for one in open_now
        ],
        form=form,
        problems=problems_of(refused) if refused else {},
        labels={name: _(label) for name, label in labels.FIELDS.items()},
        key=request.form.get("idempotency_key") or new_key(),
    )
    return make_response(page, refused.status if refused else 200)
