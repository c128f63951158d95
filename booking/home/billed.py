"""Cards about statements: what is to be billed and what is overdue, for finance; what one owes."""

from sqlalchemy import Select, select

from booking.core.clock import local_date
from booking.core.money import shown_yuan
from booking.home.cards import SHOWN, Asked, Found, Item
from booking.statements import queries
from booking.statements.billable import count_to_bill
from booking.statements.queries import Show
from booking.statements.rules import number_of
from booking.statements.terms import default_terms, untils_of
from models.directory import Organisation
from models.statements import BillingTerms, Statement


def billable(asked: Asked) -> Found:
    """Institutions with something to bill until their last cut-off, with how many payers that is."""
    today = local_date(asked.now)
    names = Organisation.id, Organisation.name_zh, Organisation.name_en
    places = select(BillingTerms, *names).select_from(Organisation)
    theirs = places.outerjoin(BillingTerms, BillingTerms.organisation_id == Organisation.id)
    within = theirs.where(Organisation.id.in_(asked.within.organisation_ids)).order_by(Organisation.id)
    rows = asked.session.execute(within).all()
    counts = count_to_bill(asked.session, {row.id: untils_of(row[0] or default_terms(row.id), today) for row in rows})
    items = [
        Item("to_bill", row.id, row.name_zh, row.name_en, count=counts[row.id]) for row in rows if row.id in counts
    ]
    return Found(len(items), items[:SHOWN])


def overdue(asked: Asked) -> Found:
    """Statements of these institutions that are overdue, the longest first."""
    at_them = Statement.organisation_id.in_(asked.within.organisation_ids)
    late = queries.all_statements().where(at_them, queries.showing(Show.OVERDUE, local_date(asked.now)))
    return first_of(asked, late)


def owed(asked: Asked) -> Found:
    """Statements that one owes, what is due first first."""
    today = local_date(asked.now)
    theirs = queries.owed_by(asked.actor, today), queries.showing(Show.OPEN, today)
    return first_of(asked, queries.all_statements().where(*theirs), shows_place=True)


def first_of(asked: Asked, wanted: Select[Statement], *, shows_place: bool = False) -> Found:
    """Those due first, each with what is open and who pays (or whom is paid), and whether there are more."""
    rows = asked.session.scalars(wanted.order_by(Statement.due_on, Statement.id).limit(SHOWN + 1)).all()
    items = []
    for one in rows[:SHOWN]:
        open_fen = one.open.balance_fen if one.open else 0
        number = number_of(one.year, one.number)
        title_zh, title_en = (f"{number} · {shown_yuan(open_fen, language)}" for language in ("zh", "en"))
        zh, en = one.told["organisation_zh"], one.told["organisation_en"]
        if shows_place:
            titles, payer = (f"{title_zh} · {zh or en}", f"{title_en} · {en or zh}"), ""
        else:
            titles, payer = (title_zh, title_en), one.told.get("payer_name") or one.told["holder"]
        items.append(Item("statement", one.id, *titles, person=payer, due_on=one.due_on))
    return Found(len(items), items, is_more=len(rows) > SHOWN)
