"""The page of an institution's receipts: what came in and was paid back, narrowed, added up, and to take away."""

from functools import partial
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission
from booking.core.errors import InvalidInput
from booking.statements import labels, tables
from booking.statements.cash_book import CashRow, cash_at, every_row, sums_at
from booking.statements.forms import CashForm, CashPage
from booking.statements.views.finance import PER_PAGE, field_labels, office, place_for
from booking.web.errors import problems_of
from booking.web.exports import exported
from booking.web.extensions import reading
from booking.web.reading import query_values, read_query
from booking.web.signed_in import signed_in
from models.directory import Organisation

NAMES = tuple(CashForm.model_fields)


@signed_in
def receipts(organisation_id: int) -> ResponseReturnValue:
    """Show what an institution received and paid back, the latest papers first, with what that adds up to."""
    place = place_for(organisation_id, Permission.SEE_STATEMENTS)
    try:
        asked = read_query(CashPage)
    except InvalidInput as refused:
        return _shown(place, _typed(), problems_of(refused)), refused.status
    session, wanted = reading(), asked.wanted
    page, filters = cash_at(session, place.id, wanted, limit=PER_PAGE, cursor=asked.cursor), _filters(asked)
    at = partial(url_for, ".receipts", organisation_id=place.id)
    more_at = at(**filters, cursor=page.next_cursor)
    sums = sums_at(session, place.id, wanted)
    found = {
        "rows": [{"row": one, "what": _(labels.CAME[one.came]), "url": _entry_of(one)} for one in page.items],
        "sums": [(_(labels.CAME[one.came]), one) for one in sums],
        "total": sum(one.amount_fen for one in sums),
        "filters": filters,
        "next_url": more_at if page.next_cursor else None,
    }
    return _shown(place, filters, {}, **found)


@signed_in
def receipts_table(organisation_id: int, suffix: str) -> Response:
    """The same rows as a file for a spreadsheet."""
    place = place_for(organisation_id, Permission.SEE_STATEMENTS)
    session, wanted = reading(), read_query(CashPage).wanted
    return exported(
        lambda: tables.cash_rows(every_row(session, place.id, wanted)),
        f"receipts-{place.id}",
        suffix,
        title=_("收款"),
    )


def _shown(place: Organisation, form: dict[str, Any], problems: dict[str, list[str]], **found: Any) -> str:
    """The page with what was asked for."""
    return render_template(
        "statements/receipts.html",
        **office(place, "receipts"),
        **{"rows": [], "sums": [], "filters": {}, "next_url": None} | found,
        form=form,
        kinds=[(one.value, _(label)) for one, label in labels.CAME.items()],
        problems=problems,
        labels=field_labels(),
    )


def _filters(asked: CashPage) -> dict[str, Any]:
    """What is asked for, as links repeat it."""
    return {name: str(value) for name in NAMES if (value := getattr(asked, name))}


def _typed() -> dict[str, str]:
    """What somebody typed, as they did."""
    values = query_values()
    return {name: str(values[name]) for name in NAMES if name in values}


def _entry_of(row: CashRow) -> str:
    """Where the entry of a row stands among the transfers of who paid."""
    anchor = f"entry-{row.entry_id}"
    if row.debtor_id is not None:
        return url_for(".debtor", debtor_id=row.debtor_id, entry=row.entry_id, _anchor=anchor)
    return url_for("payers.show", payer_id=row.payer_account_id, entry=row.entry_id, _anchor=anchor)
