"""The pages for billing: a preview of everybody with something to bill, drafts, issuing them or dropping one."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.charges.labels import KINDS as CHARGE_KINDS
from booking.core import forms
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput
from booking.payers.labels import KINDS as PAYER_KINDS
from booking.statements import billable, queries, runs, service
from booking.statements.billable import ToBill
from booking.statements.forms import DraftsPage, IssuePage, ToBillPage
from booking.statements.rules import kind_of, number_of
from booking.statements.terms import terms_of, untils_of
from booking.statements.views.finance import field_labels, office, place_for
from booking.statements.views.runs import told
from booking.web.errors import problems_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import posted, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.directory import Organisation
from models.statements import StatementDraft
from models.vocabulary.statements import StatementKind


@signed_in
def to_bill(organisation_id: int) -> ResponseReturnValue:
    """Show everybody with something to bill; then make their drafts."""
    sends = request.method == "POST"
    place = place_for(organisation_id, Permission.MANAGE_STATEMENTS if sends else Permission.SEE_STATEMENTS)
    if not sends:
        return _preview(place)
    actor, now = require_actor(), utcnow()
    try:
        form = forms.read(DraftsPage, posted() | {"debtors": request.form.getlist("debtors")})

        def work(session: Session) -> dict[str, Any]:
            made = service.make_drafts(session, place.id, form, actor=actor, now=now)
            return {"count": len(made)}

        count = create_once(work, actor=actor, now=now)[0]["count"]
    except InvalidInput as refused:
        return _preview(place, refused)
    if not count:
        flash(_("没有选中付款人，没有生成草稿。"), "attention")
        return redirect(url_for(".to_bill", organisation_id=place.id), code=303)
    flash(
        ngettext(
            "已生成 %(count)s 份草稿，请核对后出具。", "已生成 %(count)s 份草稿，请核对后出具。", count, count=count
        ),
        "right",
    )
    return redirect(url_for(".drafts", organisation_id=place.id), code=303)


@signed_in
def drafts(organisation_id: int) -> ResponseReturnValue:
    """Show the drafts of an institution."""
    place = place_for(organisation_id, Permission.SEE_STATEMENTS)
    rows = [_listed(one) for one in billable.drafts_at(reading(), place.id)]
    total, latest = sum(row["draft"].total_fen for row in rows), runs.runs_at(reading(), place.id, limit=1)
    run = told(latest[0]) if latest else {"run": None}
    return render_template("statements/drafts.html", **office(place, "drafts"), **run, rows=rows, total=total)


@signed_in
def draft(draft_id: int) -> ResponseReturnValue:
    """Show a draft with everything that it is made of now."""
    return _draft_page(draft_id)


def _draft_page(draft_id: int, refused: InvalidInput | None = None) -> ResponseReturnValue:
    """The same, after a refusal with its problems."""
    session, actor = reading(), require_actor()
    found = billable.draft_for(session, draft_id, actor)
    rows = billable.billables(session, found.debtor, found.until_on)
    charges = billable.charges_by_id(session, [row.charge_id for row in rows])
    place, today = found.debtor.organisation, local_date(utcnow())
    belongs = billable.may_name(session, found.debtor, found.until_on, today=today)
    page = render_template(
        "statements/draft.html",
        **_listed(found),
        organisation=place,
        organisation_name=in_language(place.name_zh, place.name_en),
        manages=may(actor, Permission.MANAGE_STATEMENTS, Target(place.id)),
        rows=[
            {
                "row": row,
                "charge": charges[row.charge_id],
                "knows": queries.knows(charges[row.charge_id], actor),
                "kind": _(CHARGE_KINDS[charges[row.charge_id].kind]),
                "amount_fen": row.gross_fen - row.billed_fen,
            }
            for row in rows
        ],
        now_fen=sum(row.gross_fen - row.billed_fen for row in rows),
        is_same=service.is_same(found, rows),
        settles=queries.sight_of(session, found.debtor, actor, today=today).settles,
        belongs=[(str(one.id), in_language(one.name_zh, one.name_en)) for one in belongs],
        problems=problems_of(refused) if refused else {},
        labels=field_labels(),
        key=new_key(),
    )
    return page, refused.status if refused else 200


@signed_in
def issue(draft_id: int) -> ResponseReturnValue:
    """Issue a draft under the next number."""
    actor, now = require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        billed_to = forms.read(IssuePage, posted()).billed_to
        made = service.issue_statement(session, draft_id, billed_to=billed_to, actor=actor, now=now)
        return {"id": made.id, "number": number_of(made.year, made.number)}

    try:
        done = create_once(work, actor=actor, now=now)[0]
    except InvalidInput as refused:
        return _draft_page(draft_id, refused)
    flash(_("已出具 %(number)s，付款人会收到邮件。", number=done["number"]), "right")
    return redirect(url_for(".show", statement_id=done["id"]), code=303)


@signed_in
def drop(draft_id: int) -> ResponseReturnValue:
    """Drop a draft."""
    organisation_id = transaction(service.drop_draft, draft_id, actor=require_actor(), now=utcnow())
    flash(_("草稿已撤销，费用以后还可以结算。"), "right")
    return redirect(url_for(".drafts", organisation_id=organisation_id), code=303)


def _preview(place: Organisation, refused: InvalidInput | None = None) -> ResponseReturnValue:
    """Everybody with something to bill until the day that is asked for, or the last cut-off."""
    session, today = reading(), local_date(utcnow())
    until_on = read_query(ToBillPage).until_on if request.method == "GET" else None
    terms = terms_of(session, place.id)
    untils = untils_of(terms, today, min(until_on, today) if until_on else None)
    found = billable.to_bill(session, place.id, untils)
    page = render_template(
        "statements/to_bill.html",
        **office(place, "to_bill"),
        rows=[_previewed(one) for one in found],
        total=sum(one.total_fen for one in found),
        untils=untils,
        until_on=until_on,
        today=today,
        problems=problems_of(refused) if refused else {},
        labels=field_labels(),
        key=new_key(),
    )
    return page, refused.status if refused else 200


def _previewed(one: ToBill) -> dict[str, Any]:
    """One payer of the preview in words."""
    return {
        "one": one,
        "payer": one.payer_name or one.person,
        "holder": one.person if one.payer_name else "",
        "kind": _(PAYER_KINDS[one.kind]) if one.kind else _("没有经费账户"),
        "is_slip": kind_of(one.kind) == StatementKind.TRANSFER_SLIP,
    }


def _listed(draft: StatementDraft) -> dict[str, Any]:
    """A draft in words."""
    debtor = draft.debtor
    payer, person = debtor.payer, queries.person_of(debtor)
    return {
        "draft": draft,
        "payer": payer.name if payer else person.name,
        "payer_number": payer.number if payer else "",
        "holder": person.name if payer else "",
        "payer_kind": _(PAYER_KINDS[payer.kind]) if payer else _("没有经费账户"),
    }
