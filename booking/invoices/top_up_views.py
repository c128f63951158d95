"""The pages of invoices over money that was paid into a payer account: those there are, and recording one."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.views.again import again
from booking.attachments.uploads import has_uploads, limits_for, read_uploads
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput
from booking.invoices import labels, queries, service
from booking.invoices.forms import MOST_ITEMS, TopUpInvoicePage
from booking.invoices.top_ups import account_for, paid_in
from booking.invoices.typed import PAID, written
from booking.statements.forms import ListPage
from booking.statements.queries import belongs_to
from booking.web.extensions import reading
from booking.web.reading import read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from booking.web.uploads import takes_files
from models.payers import PayerAccount
from models.vocabulary.attachments import OwnerKind

KIND = OwnerKind.INVOICE
SHOWN = 50


@signed_in
def index_of_payer(payer_id: int) -> ResponseReturnValue:
    """Show the invoices that a payer account got where it is kept, and what was paid in."""
    session = reading()
    debtor, sight = account_for(session, payer_id, require_actor(), today=local_date(utcnow()))
    account = session.get_one(PayerAccount, payer_id)
    page = queries.invoices_of(session, debtor.id or 0, limit=SHOWN, cursor=read_query(ListPage).cursor)
    return render_template(
        "invoices/of_payer.html",
        account=account,
        sight=sight,
        paid=paid_in(session, account),
        rows=[(one, _(labels.KINDS[one.kind])) for one in page.items],
        next_url=url_for(".of_payer", payer_id=payer_id, cursor=page.next_cursor) if page.next_cursor else None,
    )


@takes_files
@signed_in
def new_top_up(payer_id: int) -> ResponseReturnValue:
    """Ask what the invoice says and which receipts it covers; then record it with its file."""
    account = _kept(payer_id)
    if request.method == "GET":
        return render_template("invoices/new_top_up.html", form=_usual(account), problems={}, **_asked(account))
    actor, now, limits = require_actor(), utcnow(), limits_for(KIND)
    try:
        form = forms.read(TopUpInvoicePage, written("movement_id", PAID))
        files = read_uploads(limits, is_invoice=True) if has_uploads() else []

        def work(session: Session) -> dict[str, Any]:
            made = service.record_top_up_invoice(session, payer_id, form, files, limits, actor=actor, now=now)
            return {"id": made.id}

        invoice_id = create_once(work, actor=actor, now=now)[0]["id"]
    except InvalidInput as refused:
        return again("invoices/new_top_up.html", refused, **_asked(account))
    flash(_("发票已登记。"), "right")
    return redirect(url_for("invoices.show", invoice_id=invoice_id), code=303)


def _kept(payer_id: int) -> PayerAccount:
    """The account, for who keeps the institution's invoices and does not owe them; raises NotFound and Forbidden."""
    session = reading()
    _debtor, sight = account_for(session, payer_id, require_actor(), today=local_date(utcnow()))
    if not sight.settles:
        raise Forbidden
    return session.get_one(PayerAccount, payer_id)


def _asked(account: PayerAccount) -> dict[str, Any]:
    """The account with what of its receipts may be invoiced."""
    said = {name: _(label) for name, label in labels.FIELDS.items()}
    return {
        "account": account,
        "rows": [one for one in paid_in(reading(), account) if one.left_fen][:MOST_ITEMS],
        "kinds": [(kind.value, _(label)) for kind, label in labels.KINDS.items()],
        "labels": said | {"items": said["paid_in"]},
        "limits": limits_for(KIND),
        "today": local_date(utcnow()),
        "key": new_key(),
    }


def _usual(account: PayerAccount) -> dict[str, str]:
    """What the form holds before anybody typed: the one organisation that its holder belongs to, else their name."""
    today = local_date(utcnow())
    places = belongs_to(reading(), account.holder_id, today=today)
    usual = {"title": account.holder.name, "issued_on": today.isoformat()}
    if len(places) == 1:
        usual |= {"title": places[0].name_zh or places[0].name_en, "tax_number": places[0].uscc or ""}
    return usual
