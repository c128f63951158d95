"""The pages of one's own statements, and of one in full."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, reach
from booking.charges.labels import KINDS as CHARGE_KINDS
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden
from booking.payers.labels import KINDS as PAYER_KINDS
from booking.statements import labels, queries, transfers
from booking.statements.forms import ListPage, MinePage, PartsPage
from booking.statements.papers import statement_file
from booking.statements.queries import Show
from booking.statements.views.finance import PER_PAGE, listed, shown
from booking.statements.vouchered import NOTHING, Deducted, deducted
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from models.statements import StatementItem
from models.vocabulary.payers import PayerKind


@signed_in
def mine() -> ResponseReturnValue:
    """Show what one owes or owed, the newest first; or the statements on which a charge stands."""
    who, asked, today = require_actor(), read_query(MinePage), local_date(utcnow())
    if asked.charge is not None:
        found = queries.statements_with(reading(), asked.charge, who, today=today)
        return render_template("statements/of_charge.html", charge_id=asked.charge, rows=[listed(one) for one in found])
    show = shown(asked.show, Show.ALL)
    page = queries.own_statements(reading(), who, show, today=today, limit=PER_PAGE, cursor=asked.cursor)
    more_at = url_for(".mine", show=show.value, cursor=page.next_cursor)
    return render_template(
        "statements/mine.html",
        rows=[listed(one) for one in page.items],
        next_url=more_at if page.next_cursor else None,
        tabs=[
            {"label": _(labels.SHOW[one]), "url": url_for(".mine", show=one.value), "active": one == show}
            for one in (Show.ALL, Show.OPEN, Show.OVERDUE)
        ],
        keeps=bool(reach(who, Permission.SEE_STATEMENTS)),
        acts=bool(reach(who, Permission.SEE_BILLED).organisation_ids),
    )


@signed_in
def billed() -> ResponseReturnValue:
    """Show what the people of one's organisations were billed in their names, for their agents and finance."""
    session, who, asked, today = reading(), require_actor(), read_query(ListPage), local_date(utcnow())
    places = reach(who, Permission.SEE_BILLED).organisation_ids
    if not places:
        raise Forbidden
    show = shown(asked.show, Show.ALL)
    page = queries.billed_statements(session, places, who, show, today=today, limit=PER_PAGE, cursor=asked.cursor)
    more_at = url_for(".billed", show=show.value, cursor=page.next_cursor)
    return render_template(
        "statements/billed.html",
        rows=[listed(one) for one in page.items],
        next_url=more_at if page.next_cursor else None,
        tabs=[
            {"label": _(labels.SHOW[one]), "url": url_for(".billed", show=one.value), "active": one == show}
            for one in (Show.ALL, Show.OPEN, Show.OVERDUE)
        ],
    )


@signed_in
def of_payer(payer_id: int) -> ResponseReturnValue:
    """Show what a payer account was billed, for who keeps it or answers for it: slips are to be signed there."""
    session, who, asked, today = reading(), require_actor(), read_query(ListPage), local_date(utcnow())
    account = queries.payer_for(session, payer_id, who, today=today)
    show = shown(asked.show, Show.ALL)
    page = queries.statements_to(session, payer_id, who, show, today=today, limit=PER_PAGE, cursor=asked.cursor)
    more_at = url_for(".of_payer", payer_id=payer_id, show=show.value, cursor=page.next_cursor)
    return render_template(
        "statements/of_payer.html",
        account=account,
        rows=[listed(one) for one in page.items],
        next_url=more_at if page.next_cursor else None,
        tabs=[
            {
                "label": _(labels.SHOW[one]),
                "url": url_for(".of_payer", payer_id=payer_id, show=one.value),
                "active": one == show,
            }
            for one in (Show.ALL, Show.OPEN, Show.OVERDUE)
        ],
    )


@signed_in
def show(statement_id: int) -> ResponseReturnValue:
    """Show a statement: what it asks for, what was paid of it, and its files."""
    session, who, asked = reading(), require_actor(), read_query(PartsPage)
    found = queries.statement_for(session, statement_id, who, today=local_date(utcnow()))
    told, sees = found.statement.told, found.sight.sees_cash
    parts = transfers.parts_of(session, found.statement, limit=PER_PAGE, cursor=asked.cursor) if sees else None
    older_at = parts.next_cursor if parts else None
    kind, items = told.get("payer_kind"), queries.items_of(session, statement_id)
    off = deducted(session, items)
    return render_template(
        "statements/show.html",
        **listed(found),
        sight=found.sight,
        told=told,
        payer_kind=_(PAYER_KINDS[PayerKind(kind)]) if kind else "",
        keeper=in_language(told.get("keeper_zh", ""), told.get("keeper_en", "")),
        items=[_item(one, off.get(one.id, NOTHING)) for one in items],
        deducted_fen=sum(one.voucher_fen for one in off.values()),
        parts=[(one, _(labels.MOVED[one.moved])) for one in parts.items] if parts else [],
        next_url=url_for(".show", statement_id=statement_id, cursor=older_at, _anchor="transfers")
        if older_at
        else None,
    )


@signed_in
def file(statement_id: int, kind: str) -> ResponseReturnValue:
    """The same as a file to print, or for a spreadsheet."""
    return statement_file(reading(), statement_id, kind, require_actor())


def _item(item: StatementItem, off: Deducted) -> dict[str, Any]:
    """An item in words."""
    name = in_language(item.instrument_zh, item.instrument_en)
    return {
        "item": item,
        "instrument": name or _("费用 %(number)s", number=item.charge_id),
        "kind": _(CHARGE_KINDS[item.kind]),
        "off": off,
    }
