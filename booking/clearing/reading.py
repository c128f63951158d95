"""The transfers behind a figure of a month, for who sees the border."""

from datetime import date

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.clearing import queries
from booking.clearing.forms import ClearedQuery
from booking.clearing.rules import Border, Course
from booking.clearing.transfers import Behind, transfers_behind
from booking.core.actors import Actor
from booking.core.errors import NotFound
from booking.core.pages import Page


def behind(session: Session, border: Border, month: date, asked: ClearedQuery, actor: Actor) -> Page[Behind]:
    """The transfers that a figure adds up; raises NotFound where there is no such pair at the border."""
    sight = queries.sight_of(session, actor, Permission.SEE_CLEARING)
    pairs = {one.issuer: one for one in queries.border_seen(session, border, sight)}
    pair = pairs.get(asked.issuer)
    if pair is None:
        raise NotFound
    span = queries.span_of(session, border, month)
    course = Course(pair.issuer, pair.provider, asked.way)
    return transfers_behind(session, pair, span, course, asked.figure, limit=asked.limit, cursor=asked.cursor)
