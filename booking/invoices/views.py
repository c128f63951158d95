"""The pages of invoices: recording one for statements of a debtor, reading it, keeping its file, reversing it."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.views.again import again
from booking.attachments.preparing import Prepared
from booking.attachments.uploads import file_response, has_uploads, limits_for, read_uploads
from booking.charges.terms import windows
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput
from booking.core.money import yuan_from_fen
from booking.invoices import labels, queries, service
from booking.invoices.contracted import Contracted, contracted_for
from booking.invoices.forms import MOST_ITEMS, InvoicePage, ReversalPage, WithdrawalPage
from booking.invoices.rules import tax_in
from booking.invoices.top_up_views import index_of_payer, new_top_up
from booking.invoices.top_ups import invoiced_of
from booking.invoices.typed import PAID, amounts, written
from booking.statements.forms import ListPage
from booking.statements.queries import debtor_for, person_of, statements_of
from booking.statements.rules import number_of
from booking.web.extensions import reading
from booking.web.reading import posted, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from booking.web.uploads import takes_files
from models.statements import Debtor, Statement
from models.vocabulary.attachments import OwnerKind

bp = Blueprint("invoices", __name__)
OF_PAYER = "/payer-accounts/<int:payer_id>/invoices"
bp.add_url_rule(OF_PAYER, "of_payer", index_of_payer, methods=["GET"])
bp.add_url_rule(f"{OF_PAYER}/new", "new_top_up", new_top_up, methods=["GET", "POST"])

KIND = OwnerKind.INVOICE
SHOWN = 50


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of these pages stays in a cache: they show money, and whose it is."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@bp.get("/debtors/<int:debtor_id>/invoices")
@signed_in
def index(debtor_id: int) -> ResponseReturnValue:
    """Show the invoices that a debtor got, the newest first."""
    session = reading()
    debtor, sight = debtor_for(session, debtor_id, require_actor(), today=local_date(utcnow()))
    page = queries.invoices_of(session, debtor_id, limit=SHOWN, cursor=read_query(ListPage).cursor)
    return render_template(
        "invoices/index.html",
        debtor=debtor,
        sight=sight,
        payer=debtor.payer.name if debtor.payer else person_of(debtor).name,
        rows=[(one, _(labels.KINDS[one.kind])) for one in page.items],
        next_url=url_for(".index", debtor_id=debtor_id, cursor=page.next_cursor) if page.next_cursor else None,
    )


@bp.get("/statements/<int:statement_id>/invoices")
@signed_in
def of_statement(statement_id: int) -> ResponseReturnValue:
    """Show the invoices that cover a statement, for who may read that."""
    session = reading()
    found = queries.covered_for(session, statement_id, require_actor(), today=local_date(utcnow()))
    return render_template(
        "invoices/of_statement.html",
        statement_id=statement_id,
        number=number_of(found.statement.year, found.statement.number),
        rows=[(one, _(labels.KINDS[one.kind])) for one in queries.invoices_for(session, statement_id)],
    )


@bp.route("/debtors/<int:debtor_id>/invoices/new", methods=["GET", "POST"])
@takes_files
@signed_in
def new(debtor_id: int) -> ResponseReturnValue:
    """Ask what the invoice says and covers; then record it with its file."""
    debtor = _kept(debtor_id)
    if request.method == "GET":
        return render_template("invoices/new.html", form=_usual(debtor), problems={}, **_asked(debtor))
    actor, now, limits = require_actor(), utcnow(), limits_for(KIND)
    try:
        form = forms.read(InvoicePage, written())
        files = read_uploads(limits, is_invoice=True) if has_uploads() else []

        def work(session: Session) -> dict[str, Any]:
            said: dict[str, Any] = {"windows": windows(), "actor": actor, "now": now}
            return {"id": service.record_invoice(session, debtor_id, form, files, limits, **said).id}

        invoice_id = create_once(work, actor=actor, now=now)[0]["id"]
    except InvalidInput as refused:
        return again("invoices/new.html", refused, **_asked(debtor))
    flash(_("发票已登记。"), "right")
    return redirect(url_for(".show", invoice_id=invoice_id), code=303)


@bp.get("/invoices/<int:invoice_id>")
@signed_in
def show(invoice_id: int) -> ResponseReturnValue:
    """Show an invoice: what it says, what it covers, and what does not agree."""
    return render_template("invoices/show.html", **_shown(invoice_id), form={}, problems={})


@bp.post("/invoices/<int:invoice_id>/attachments")
@takes_files
@signed_in
def attach(invoice_id: int) -> ResponseReturnValue:
    """Keep the invoice's file."""
    limits = limits_for(KIND)
    files: list[Prepared] = []

    def work(session: Session) -> int:
        return service.attach_files(session, invoice_id, files, limits, actor=require_actor(), now=utcnow()).id

    return _step(invoice_id, work, _("文件已保存。"), lambda: files.extend(read_uploads(limits, is_invoice=True)))


@bp.post("/invoices/<int:invoice_id>/reverse")
@signed_in
def reverse(invoice_id: int) -> ResponseReturnValue:
    """Record a red-letter invoice that reverses this one, or a part of it."""

    def work(session: Session) -> int:
        form = forms.read(ReversalPage, written() | {"paid_in": amounts("movement_id", PAID)})
        said: dict[str, Any] = {"windows": windows(), "actor": require_actor(), "now": utcnow()}
        return service.reverse_invoice(session, invoice_id, form, **said).id

    return _step(invoice_id, work, _("红字发票已登记。"))


@bp.post("/invoices/<int:invoice_id>/withdraw")
@signed_in
def withdraw(invoice_id: int) -> ResponseReturnValue:
    """Take back what was recorded wrongly."""

    def work(session: Session) -> int:
        why = forms.read(WithdrawalPage, posted()).withdrawn_for
        said: dict[str, Any] = {"windows": windows(), "actor": require_actor(), "now": utcnow()}
        return service.withdraw_invoice(session, invoice_id, why, **said).id

    return _step(invoice_id, work, _("登记已撤回，发票号码可以重新登记。"))


@bp.get("/invoices/<int:invoice_id>/attachments/<int:attachment_id>")
@signed_in
def file(invoice_id: int, attachment_id: int) -> ResponseReturnValue:
    """One of the invoice's files."""
    session, today = reading(), local_date(utcnow())
    return file_response(session, queries.file_for(session, invoice_id, attachment_id, require_actor(), today=today))


def _step(
    invoice_id: int, work: Callable[[Session], int], said: str, ready: Callable[[], None] = lambda: None
) -> ResponseReturnValue:
    """Do it once per key and show the invoice that came of it; after a refusal as it was filled in.

    What takes time is made `ready` before, for who may take the step only; raises Forbidden.
    """
    shown = _shown(invoice_id)
    if not shown["sight"].settles:
        raise Forbidden
    try:
        ready()
        done = create_once(lambda session: {"id": work(session)}, actor=require_actor(), now=utcnow())[0]
    except (InvalidInput, Conflict) as refused:
        return again("invoices/show.html", refused, **shown)
    flash(said, "right")
    return redirect(url_for(".show", invoice_id=done["id"]), code=303)


def _kept(debtor_id: int) -> Debtor:
    """The debtor, for who keeps the institution's statements; raises NotFound and Forbidden."""
    debtor, sight = debtor_for(reading(), debtor_id, require_actor(), today=local_date(utcnow()))
    if not sight.settles:
        raise Forbidden
    return debtor


def _asked(debtor: Debtor) -> dict[str, Any]:
    """The debtor and its statements with what is left to be covered, and whose contracts those meet."""
    session, today = reading(), local_date(utcnow())
    found = queries.to_invoice(session, debtor.id, limit=MOST_ITEMS)
    ids = [one.id for one in found]
    billed, contracted = queries.billed_of(session, debtor.id, ids), contracted_for(session, ids)
    strange = [one for one in found if not _is_contracted(debtor, one, contracted.get(one.id, ()))]
    return {
        "debtor": debtor,
        "payer": debtor.payer.name if debtor.payer else person_of(debtor).name,
        "rows": [(one, billed[one.id].number, billed[one.id], contracted.get(one.id, ())) for one in found],
        "strange": [billed[one.id].number for one in strange],
        "paid_in_fen": invoiced_of(session, debtor.id) if any(one.taken_fen for one in found) else 0,
        "kinds": [(kind.value, _(label)) for kind, label in labels.KINDS.items()],
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
        "limits": limits_for(KIND),
        "today": today,
        "key": new_key(),
    }


def _is_contracted(debtor: Debtor, statement: Statement, contracted: Sequence[Contracted]) -> bool:
    """Whether who pays a statement is the other side of every contract that its uses rest on."""
    payer = queries.payer_of(debtor, [statement])
    return all(one.party.is_same(payer) for one in contracted)


def _usual(debtor: Debtor) -> dict[str, str]:
    """What the form holds before anybody typed: the organisation that the latest statement names, today."""
    session, today = reading(), local_date(utcnow())
    latest = statements_of(session, debtor.id, require_actor(), today=today, limit=1).items
    told = latest[0].statement.told if latest else {}
    title = told.get("keeper_zh") or told.get("keeper_en") or person_of(debtor).name
    tax_number = told.get("keeper_uscc", "")
    return {"title": title, "tax_number": tax_number, "issued_on": local_date(utcnow()).isoformat()}


def _shown(invoice_id: int) -> dict[str, Any]:
    """An invoice in words."""
    found = queries.invoice_for(reading(), invoice_id, require_actor(), today=local_date(utcnow()))
    invoice = found.invoice
    is_office = found.sight.manages or found.sight.reads
    return {
        "invoice": invoice,
        "sight": found.sight,
        "is_office": is_office,
        "kind": _(labels.KINDS[invoice.kind]),
        "tax_fen": tax_in(invoice.amount_fen, invoice.rate),
        "rate": f"{yuan_from_fen(invoice.rate)}%",
        "items": [(one, number_of(one.statement.year, one.statement.number)) for one in found.items],
        "paid_in": found.paid_in,
        "left": found.left,
        "files": found.files,
        "reversed_by": found.reversed_by,
        "is_reversed": found.is_reversed,
        "withdrawal": invoice.withdrawal,
        "warnings": [_(labels.WARNINGS[one]) for one in found.warnings] if is_office else [],
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
        "today": local_date(utcnow()),
        "key": new_key(),
    }
