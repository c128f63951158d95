"""The page of one debtor: what it was billed, what was received from it, and every transfer behind both."""

from datetime import date
from functools import partial
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from booking.ledger.queries import from_entry
from booking.statements import labels, queries, transfers
from booking.statements.ages import sum_of_age
from booking.statements.forms import DebtorPage
from booking.statements.rules import number_of
from booking.statements.transfers import Line
from booking.statements.views.cash import owed
from booking.statements.views.finance import listed
from booking.web.extensions import reading
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from models.statements import Debtor

PER_PAGE = 30


@signed_in
def show(debtor_id: int) -> ResponseReturnValue:
    """Show what a debtor was billed, what was received from it, what is credited to it, and every transfer of that."""
    session, today = reading(), local_date(utcnow())
    found, sight = queries.debtor_for(session, debtor_id, require_actor(), today=today)
    asked, at = read_query(DebtorPage), partial(url_for, ".debtor", debtor_id=debtor_id)
    page = queries.receipts_of(session, debtor_id, limit=PER_PAGE, cursor=asked.cursor)
    corrected = queries.corrected_among(session, page.items)
    moved_from = asked.transfers or (from_entry(asked.entry) if asked.entry else "")
    lines = transfers.lines_of(session, found, limit=PER_PAGE, cursor=moved_from)
    return render_template(
        "statements/debtor.html",
        **owed(found),
        **_billed(session, found, asked, today),
        sight=sight,
        receipts=[(one, _(labels.RECEIPTS[one.kind]), one.id in corrected) for one in page.items],
        next_url=at(cursor=page.next_cursor, _anchor="receipts") if page.next_cursor else None,
        lines=[_line(one) for one in lines.items],
        from_newest=not moved_from,
        more_lines_url=at(transfers=lines.next_cursor, _anchor="transfers") if lines.next_cursor else None,
    )


def _billed(session: Session, debtor: Debtor, asked: DebtorPage, today: date) -> dict[str, Any]:
    """What it was billed, or of that what is open of an age, with what that adds up to."""
    who, age, place_id = require_actor(), asked.age, debtor.organisation_id
    found = queries.statements_of(
        session, debtor.id, who, today=today, limit=PER_PAGE, cursor=asked.statements, age=age
    )
    more_at = url_for(".debtor", debtor_id=debtor.id, age=age, statements=found.next_cursor, _anchor="statements")
    return {
        "statements": [listed(one) for one in found.items],
        "more_statements_url": more_at if found.next_cursor else None,
        "age": _(labels.AGES[age]) if age else "",
        "age_fen": sum_of_age(session, place_id, age, today=today, debtor_id=debtor.id) if age else 0,
    }


def _line(one: Line) -> dict[str, Any]:
    """An entry in words."""
    statement = one.statement
    return {
        "line": one,
        "what": _(labels.MOVED[one.moved]),
        "number": number_of(statement.year, statement.number) if statement else "",
    }
