"""Clearing in the world: two months of vouchers used on both sides, the first closed by the other province."""

from typing import TYPE_CHECKING

from booking.accounts.queries import actor_of
from booking.clearing import service
from booking.clearing.rules import month_after, month_before, month_of
from booking.core.clock import at_local, local_date
from models.directory import Organisation
from tests.clearing.across import BORDER, Across

if TYPE_CHECKING:
    from tests.house.worlds import Builder


def add_clearing(builder: "Builder") -> None:
    """Of last month and the one before: captures and payments either way and within each province."""
    session, names = builder.session, builder.world.names
    due = month_before(month_of(local_date(builder.now)))
    closed = month_before(due)
    their_officer = actor_of(session, "their-officer@example.org", now=builder.now)
    assert their_officer is not None
    authorities = {
        "50": session.get_one(Organisation, names["authority"]),
        "51": session.get_one(Organisation, names["their_authority"]),
    }
    across = Across(
        session, builder.now, authorities=authorities, officers={"50": builder.actor("officer"), "51": their_officer}
    )
    for month in (closed, due):
        at = at_local(month, 60 * 24 * 3)
        for issuer, provider in (("50", "51"), ("51", "50")):
            use = across.captured(issuer, provider, 100, at)
            across.paid([(use, 100, 90)], at)
        for code in ("50", "51"):
            across.captured(code, code, 7, at)
    session.commit()
    service.close_month(session, BORDER, closed, actor=their_officer, now=builder.now)
    names |= {"clearing_due": f"{due:%Y-%m}", "clearing_closed": f"{closed:%Y-%m}"}
    session.commit()


def close_this_month(builder: "Builder") -> None:
    """The month in which the world's own vouchers were used is closed, as soon as it is over."""
    month = month_of(local_date(builder.now))
    over = at_local(month_after(month), 60)
    service.close_month(builder.session, BORDER, month, actor=builder.actor("officer"), now=over)
    builder.session.commit()
