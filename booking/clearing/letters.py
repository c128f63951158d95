"""Which mails follow from what was done with a month of clearing: the other side's officers are told."""

from booking.clearing import queries
from booking.clearing.officers import officers_of
from booking.clearing.rules import creditor_of, number_of
from booking.core.clock import local_date
from booking.notifications.letters import Letter, News
from models.clearing import ClearingEvent, ClearingStatement

TEMPLATE = "clearing/changed"
CLOSED = "close"
"""What a letter calls the closing of a month; every other step has its own name."""


def on_changed(news: News) -> list[Letter]:
    """To the officers of the other province: that a month was closed, confirmed, paid, or what was written of it."""
    statement = news.session.get(ClearingStatement, news.payload["statement_id"])
    event_id = news.payload["event_id"]
    event = news.session.get(ClearingEvent, event_id) if event_id is not None else None
    if statement is None or (event is None) != (event_id is None):
        return []
    border, province = queries.border_of_statement(statement), event.province if event else statement.province
    actor_id, other = event.actor_id if event else statement.closed_by_id, border.other(province)
    people = officers_of(news.session, [other], today=local_date(news.now))[other]
    names = queries.province_titles(news.session)
    creditor = creditor_of(border, statement.net_fen)
    values = {
        "step": event.step.value if event else CLOSED,
        "number": number_of(border, statement.number),
        "month": f"{statement.month:%Y-%m}",
        "net_fen": abs(statement.net_fen),
        "by": names.get(province, (province, province)),
        "creditor": names.get(creditor, (creditor, creditor)) if creditor else None,
        "is_ours": creditor == other,
        "text": event.text if event else "",
        "settled_on": event.settled_on if event else None,
        "receipt": event.receipt if event else "",
        "link": news.link(f"clearing/{border}/{statement.month:%Y-%m}"),
    }
    return [Letter(one.email, one.language, TEMPLATE, values) for one in people if one.id != actor_id]
