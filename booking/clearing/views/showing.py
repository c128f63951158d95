"""The pages that are read: a month of all borders, a month of one, and the transfers behind a figure."""

from datetime import date
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.clearing import labels, queries
from booking.clearing.forms import ClearedPage, ClearingPage, border_in, month_in
from booking.clearing.links import openable
from booking.clearing.months import Act, ShownMonth, months, shown_month, sight_for
from booking.clearing.papers import clearing_file
from booking.clearing.reading import behind
from booking.clearing.rules import Border, month_after, month_before, month_of, number_of
from booking.clearing.wording import border_name, name_of, province_names
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Refused
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.repeats import new_key
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.clearing import ClearingState, Figure

LATEST = 24


@signed_in
def index() -> ResponseReturnValue:
    """Show a month of every border that one sees, and the statements of the months before."""
    session, who, today = reading(), require_actor(), local_date(utcnow())
    month = min(read_query(ClearingPage).day or month_of(today), month_of(today))
    sight, names = sight_for(session, who), province_names(session)
    found = months(session, month, who, today=today)
    statements = queries.statements_of(session, queries.borders_seen(session, sight), limit=LATEST)
    return render_template(
        "clearing/index.html",
        month=month,
        before=month_before(month),
        after=month_after(month) if month < month_of(today) else None,
        months=[_month(one, names) for one in found],
        statements=[_statement(one, names, today) for one in statements],
        figures=_figures(),
    )


@signed_in
def show(border: str, month: str) -> ResponseReturnValue:
    """Show a month of a border: its figures, who owes whom, and what was done with its statement."""
    return month_page(border_in(border), month_in(month))


@signed_in
def transfers(border: str, month: str) -> ResponseReturnValue:
    """Show the transfers that a figure adds up."""
    session, who, asked = reading(), require_actor(), read_query(ClearedPage)
    place, day = border_in(border), month_in(month)
    page, names = behind(session, place, day, asked, who), province_names(session)
    where: dict[str, Any] = {
        "border": border,
        "month": month,
        "issuer": asked.issuer,
        "figure": asked.figure,
        "way": asked.way,
    }
    return render_template(
        "clearing/transfers.html",
        border=place,
        border_name=border_name(place, names),
        month=day,
        figure=_(labels.FIGURES[asked.figure]),
        way=_(labels.WAYS[asked.way]),
        issuer=names.get(asked.issuer, asked.issuer),
        provider=names.get(place.other(asked.issuer), asked.issuer),
        rows=[(one, in_language(one.part.provider_zh, one.part.provider_en) if one.part else "") for one in page.items],
        may_open=openable(session, who, page.items, today=local_date(utcnow())),
        next_url=url_for(".transfers", **where, cursor=page.next_cursor) if page.next_cursor else None,
    )


@signed_in
def file(border: str, month: str, kind: str) -> ResponseReturnValue:
    """A month as a file to keep."""
    return clearing_file(reading(), border_in(border), month_in(month), kind, require_actor())


def month_page(border: Border, month: date, refused: Refused | None = None) -> Response:
    """The page of a month, with what was refused."""
    session, who, today = reading(), require_actor(), local_date(utcnow())
    found, names = shown_month(session, border, month, who, today=today), province_names(session)
    problems = problems_of(refused) if isinstance(refused, InvalidInput) else {}
    if refused is not None and not problems:
        problems = {"": [sentence_of(refused)]}
    page = render_template(
        "clearing/show.html",
        **_month(found, names),
        events=_events(found),
        can={one.value for one in found.may},
        acts=Act,
        figures=_figures(),
        labels={name: _(label) for name, label in labels.FIELDS.items()},
        form=request.form.to_dict() if refused is not None else {},
        problems=problems,
        key=request.form.get("idempotency_key") or new_key(),
        today=today,
    )
    return make_response(page, refused.status if refused else 200)


def _month(found: ShownMonth, names: dict[str, str]) -> dict[str, Any]:
    """A month in words."""
    label, kind, sign = labels.STATES[found.state]
    creditor, statement = found.creditor, found.closed.statement if found.closed else None
    owes = [(course, amounts) for course, amounts in found.figures.items() if any(amounts.values())]
    return {
        "border": found.border,
        "border_name": border_name(found.border, names),
        "month": found.month,
        "chip": None if found.border.is_within else (_(label), kind, sign),
        "rows": [
            {
                "course": course,
                "issuer": names.get(course.issuer, course.issuer),
                "provider": names.get(course.provider, course.provider),
                "way": _(labels.WAYS[course.way]),
                "amounts": [(one.value, _(labels.FIGURES[one]), amounts[one]) for one in Figure],
            }
            for course, amounts in owes
        ],
        "net_fen": abs(found.net_fen),
        "creditor": names.get(creditor, creditor) if creditor else "",
        "debtor": names.get(found.border.other(creditor), "") if creditor else "",
        "number": number_of(found.border, statement.number) if statement else "",
        "statement": statement,
        "closer": name_of(statement.organisation) if statement else "",
        "is_closed": statement is not None,
        "is_open": found.state == ClearingState.OPEN,
        "due": found.due,
    }


def _statement(found: queries.Closed, names: dict[str, str], today: date) -> dict[str, Any]:
    """A statement of the list."""
    statement = found.statement
    border = queries.border_of_statement(statement)
    label, kind, sign = labels.STATES[queries.state_of_closed(found, today)]
    creditor = queries.creditor_of_closed(found)
    return {
        "border": border,
        "border_name": border_name(border, names),
        "month": statement.month,
        "number": number_of(border, statement.number),
        "net_fen": abs(statement.net_fen),
        "creditor": names.get(creditor, creditor) if creditor else "",
        "chip": (_(label), kind, sign),
    }


def _events(found: ShownMonth) -> list[dict[str, Any]]:
    """What was done with the statement."""
    events = found.closed.events if found.closed else ()
    return [{"event": one, "step": _(labels.STEPS[one.step]), "authority": name_of(one.organisation)} for one in events]


def _figures() -> list[str]:
    """What the figures are called."""
    return [_(labels.FIGURES[one]) for one in Figure]
