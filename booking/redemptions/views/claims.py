"""What a claimant does: asking to be paid, handing in papers, taking a request back."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.accounts.views.again import again
from booking.attachments.uploads import limits_for, read_uploads
from booking.core import forms
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, Problem
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.programmes.labels import DOCUMENTS
from booking.redemptions import documents, labels, service
from booking.redemptions.claimable import Claimable, claimable_page
from booking.redemptions.forms import (
    ClaimablePage,
    ClaimableQuery,
    RedemptionDocumentPage,
    RedemptionForm,
    WithdrawRedemptionPage,
)
from booking.redemptions.views.one import shown
from booking.redemptions.wording import name_of, voucher_number
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import posted, read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from booking.web.uploads import takes_files
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.redemptions import Unclaimable

KIND = OwnerKind.REDEMPTION
SHOW = "redemptions.show"
PER_PAGE = 100


@signed_in
def new() -> ResponseReturnValue:
    """Show what can be claimed, and ask for what was ticked."""
    who, now = require_actor(), utcnow()
    asked = read_query(ClaimablePage)
    require(who, Permission.CLAIM_REDEMPTIONS, Target(asked.organisation))
    if request.method == "GET":
        return render_template("redemptions/new.html", form={}, problems={}, **_choices(asked))
    try:
        form = forms.read(RedemptionForm, _ticked(asked.organisation))

        def work(session: Session) -> dict[str, Any]:
            return {"id": service.request_redemption(session, form, actor=who, now=now).id}

        made = create_once(work, actor=who, now=now)[0]
    except InvalidInput as refused:
        return again("redemptions/new.html", refused, **_choices(asked))
    flash(_("兑付申请已提交。"), "right")
    return redirect(url_for(SHOW, redemption_id=made["id"]), code=303)


@takes_files
@signed_in
def add_documents(redemption_id: int) -> ResponseReturnValue:
    """Hand in files of one paper of the list."""
    values = shown(redemption_id)
    if not values["sight"].claims:
        raise Forbidden
    limits = limits_for(KIND)

    def work(session: Session) -> int:
        return documents.add_documents(
            session, redemption_id, kind, files, limits, actor=require_actor(), now=utcnow()
        ).id

    try:
        kind = read_form(RedemptionDocumentPage).document
        files = read_uploads(limits, keeps_originals=True)
        return _done(work, _("材料已保存。"))
    except (InvalidInput, Conflict) as refused:
        return again("redemptions/show.html", refused, **values)


@signed_in
def remove_document(redemption_id: int, attachment_id: int) -> ResponseReturnValue:
    """Take a file out again."""

    def work(session: Session) -> int:
        return documents.remove_document(session, redemption_id, attachment_id, actor=require_actor(), now=utcnow()).id

    return taken(redemption_id, work, _("文件已取出。"))


@signed_in
def withdraw(redemption_id: int) -> ResponseReturnValue:
    """Take a request back."""

    def work(session: Session) -> int:
        reason = read_form(WithdrawRedemptionPage).reason
        return service.withdraw(session, redemption_id, reason, actor=require_actor(), now=utcnow()).id

    return taken(redemption_id, work, _("申请已撤回，兑付截止以前可以重新申请。"))


def taken(
    redemption_id: int, work: Callable[[Session], int], said: str, *, first: Callable[[], object] | None = None
) -> ResponseReturnValue:
    """Take a step once per key, and show the redemption; after a refusal as it was filled in.

    What takes long and writes nothing is done `first`, while nobody waits for it to write.
    """
    values = shown(redemption_id)
    try:
        if first:
            first()
        return _done(work, said)
    except (InvalidInput, Conflict) as refused:
        return again("redemptions/show.html", refused, **values)


def _done(work: Callable[[Session], int], said: str) -> ResponseReturnValue:
    """Take a step once per key, then go back to the redemption."""
    done = create_once(lambda session: {"id": work(session)}, actor=require_actor(), now=utcnow())[0]
    flash(said, "right")
    return redirect(url_for(SHOW, redemption_id=done["id"]), code=303)


def _ticked(organisation_id: int) -> dict[str, Any]:
    """The request as it was ticked: each box names a voucher and a charge; raises InvalidInput for none."""
    values = posted()
    pairs = [text.partition("-") for text in request.form.getlist("items")]
    if not pairs:
        raise InvalidInput([Problem("items", N_("请至少选一项。"))])
    items = [{"voucher_id": voucher, "charge_id": charge} for voucher, _dash, charge in pairs]
    named: dict[str, Any] = {name: values[name] for name in ("programme_id", "note") if name in values}
    return {**named, "organisation_id": organisation_id, "items": items}


def _choices(asked: ClaimableQuery) -> dict[str, Any]:
    """What can be claimed, by programme, and what cannot yet with every reason."""
    session, today = reading(), local_date(utcnow())
    page = claimable_page(
        session,
        asked.organisation,
        today=today,
        programme_id=asked.programme,
        limit=PER_PAGE,
        cursor=asked.cursor,
    )
    here: dict[str, Any] = {"organisation": asked.organisation, "programme": asked.programme}
    by_programme: dict[int, list[Claimable]] = {}
    for one in page.items:
        by_programme.setdefault(one.voucher.programme_id, []).append(one)
    place = organisation(session, asked.organisation)
    return {
        "organisation_id": asked.organisation,
        "place": name_of(place),
        "cursor": asked.cursor,
        "programme_id": asked.programme,
        "first_url": url_for("redemptions.new", **here) if asked.cursor else "",
        "next_url": url_for("redemptions.new", **here, cursor=page.next_cursor) if page.next_cursor else "",
        "programmes": [_programme(rows) for rows in by_programme.values()],
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
        "ticked": request.form.getlist("items"),
        "is_sent": request.method == "POST",
        "key": new_key(),
    }


def _programme(rows: list[Claimable]) -> dict[str, Any]:
    """A programme with what can be claimed of it."""
    first, version = rows[0].voucher.programme, rows[0].version
    return {
        "id": first.id,
        "name": in_language(first.name_zh, first.name_en),
        "authority": name_of(first.organisation),
        "documents": [_(DOCUMENTS[one]) for one in DOCUMENTS if one.value in version.documents],
        "bears": _(labels.BEARS[version.bears_difference]),
        "runs_at": first.runs_at,
        "batches": [(one["opens_on"], one["closes_on"]) for one in version.windows],
        "rows": [_row(one) for one in rows],
        "can": any(not one.reasons for one in rows),
    }


def _why(one: Claimable, reason: Unclaimable) -> str:
    """Why an amount cannot be claimed today, and when it could."""
    if one.next_opens_on and reason in labels.NEXT:
        return str(_(labels.NEXT[reason], opens=one.next_opens_on.isoformat()))
    return str(_(labels.UNCLAIMABLE[reason]))


def _row(one: Claimable) -> dict[str, Any]:
    """One amount in words."""
    instrument = one.charge.instrument
    return {
        "value": f"{one.voucher.id}-{one.charge.id}",
        "voucher": voucher_number(one.voucher),
        "enterprise": name_of(one.voucher.organisation),
        "provider": name_of(one.charge.organisation),
        "instrument": in_language(instrument.name_zh, instrument.name_en),
        "used_on": one.used_on,
        "invoiced_on": one.invoiced_on,
        "redeem_by": one.claim_by,
        "amount_fen": one.amount_fen,
        "reasons": [_why(one, reason) for reason in one.reasons],
    }
