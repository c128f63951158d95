"""What the API answers of billing: the terms, what is to be billed, drafts, statements; amounts are fen."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.statements import queries
from booking.statements.billable import ToBill, billables, may_name
from booking.statements.queries import Found
from booking.statements.rules import number_of
from booking.statements.service import is_same
from booking.statements.vouchered import NOTHING, Deducted, deducted
from models.statements import BillingTerms, StatementDraft, StatementItem
from models.vocabulary.payers import PayerKind
from models.vocabulary.statements import StatementKind, Withholding


class BillingTermsAnswer(BaseModel):
    """How an institution bills: monthly to `cut_off_day` (or the month's last), slips to `term_ends` if there are any.

    While something is overdue, `refuses_overdue` says whether new bookings are refused. Of whose sample orders results
    are withheld until they are paid is said by `withholds_results`; it holds for quotes accepted from then on.
    """

    cut_off_day: int
    term_ends: str
    pays_within_days: int
    refuses_overdue: bool
    withholds_results: Withholding
    bank_details: str
    version: int


class ToBillAnswer(BaseModel):
    """What one payer is to be billed until a day; `code` names the payer: a for an account, p for a person."""

    code: str
    payer_account_id: int | None
    user_id: int | None
    payer_name: str
    payer_number: str
    kind: PayerKind | None
    person: str
    item_count: int
    total_fen: int
    until_on: date


class ToBillList(BaseModel):
    """Everybody with something to bill."""

    items: list[ToBillAnswer]
    next_cursor: str | None = None


class DraftItemAnswer(BaseModel):
    """A charge of which a draft asks for an amount now."""

    charge_id: int
    amount_fen: int


class DraftAnswer(BaseModel):
    """A draft as it was made, and what it would be now; it is issued only while both are the same.

    `may_issue` is whether the caller may, `billed_to_ids` the organisations of a person of which one is chosen then.
    """

    id: int
    debtor_id: int
    payer_account_id: int | None
    user_id: int | None
    until_on: date
    total_fen: int
    item_count: int
    now_fen: int
    now_count: int
    is_same: bool
    may_issue: bool
    billed_to_ids: list[int]
    items: list[DraftItemAnswer]
    created_at: datetime


class DraftRow(BaseModel):
    """A draft in a list."""

    id: int
    debtor_id: int
    payer_account_id: int | None
    user_id: int | None
    until_on: date
    total_fen: int
    item_count: int
    created_at: datetime


class DraftList(BaseModel):
    """Drafts, in the order in which they are issued."""

    items: list[DraftRow]
    next_cursor: str | None = None


class IssuedAnswer(BaseModel):
    """The statements that were issued, and how many drafts are left: those that changed, and what was too much.

    Of people of several organisations somebody chooses one for each, when it is issued by itself. What one owes oneself
    is left to others.
    """

    statement_ids: list[int]
    changed_draft_ids: list[int]
    unclear_draft_ids: list[int]
    own_draft_ids: list[int]
    left: int


class StatementRow(BaseModel):
    """A statement in a list: `due_fen` is what it asked for, `open_fen` what remains to be paid."""

    id: int
    organisation_id: int
    debtor_id: int
    number: str
    kind: StatementKind
    payer_account_id: int | None
    payer_name: str
    holder: str
    until_on: date
    issued_on: date
    due_on: date | None
    total_fen: int
    taken_fen: int
    due_fen: int
    open_fen: int


class StatementList(BaseModel):
    """Some statements, the newest first."""

    items: list[StatementRow]
    next_cursor: str | None


class StatementItemAnswer(BaseModel):
    """A charge on it, or (`turn` above zero) what was changed of it since it was billed.

    `amount_fen` is what vouchers leave of it: they pay `voucher_fen` besides.
    """

    charge_id: int
    turn: int
    instrument: str
    instrument_en: str
    booked_by: str
    starts_at: datetime
    ends_at: datetime
    amount_fen: int
    taken_fen: int
    voucher_fen: int
    vouchers: list[str]


class SettlementAnswer(BaseModel):
    """What an entry of the ledger settled of it, below zero: opened again."""

    entry_id: int
    amount_fen: int
    created_at: datetime


class StatementAnswer(StatementRow):
    """A statement in full: its items add up to `total_fen`, its settlements to what is not open of `due_fen`."""

    entry_id: int | None
    payer_number: str
    budget_item: str
    bank_details: str
    created_at: datetime
    items: list[StatementItemAnswer]
    settlements: list[SettlementAnswer]


def terms_answer(terms: BillingTerms) -> BillingTermsAnswer:
    """How an institution bills."""
    return BillingTermsAnswer(**{name: getattr(terms, name) for name in BillingTermsAnswer.model_fields})


def to_bill_answer(one: ToBill) -> ToBillAnswer:
    """What one payer is to be billed."""
    return ToBillAnswer(**{name: getattr(one, name) for name in ToBillAnswer.model_fields})


def draft_row(draft: StatementDraft) -> DraftRow:
    """A draft in a list."""
    return DraftRow(**_draft(draft))


def draft_answer(session: Session, draft: StatementDraft, actor: Actor, *, today: date) -> DraftAnswer:
    """A draft with what it would be now, and what the actor may do with it."""
    rows = billables(session, draft.debtor, draft.until_on)
    items = [DraftItemAnswer(charge_id=one.charge_id, amount_fen=one.gross_fen - one.billed_fen) for one in rows]
    return DraftAnswer(
        **_draft(draft),
        now_fen=sum(one.amount_fen for one in items),
        now_count=len(items),
        is_same=is_same(draft, rows),
        may_issue=queries.sight_of(session, draft.debtor, actor, today=today).settles,
        billed_to_ids=[one.id for one in may_name(session, draft.debtor, draft.until_on, today=today)],
        items=items,
    )


def statement_row(found: Found) -> StatementRow:
    """A statement in a list."""
    return StatementRow(**_row(found))


def statement_answer(session: Session, found: Found) -> StatementAnswer:
    """A statement in full; what was settled is told to those who may read of the money."""
    told, statement = found.statement.told, found.statement
    settlements = queries.settlements_of(session, statement.id) if found.sight.sees_cash else []
    items = queries.items_of(session, statement.id)
    off = deducted(session, items)
    return StatementAnswer(
        **_row(found),
        entry_id=statement.entry_id,
        payer_number=told.get("payer_number", ""),
        budget_item=told.get("budget_item", ""),
        bank_details=told["bank_details"],
        created_at=statement.created_at,
        items=[_item(one, off.get(one.id, NOTHING)) for one in items],
        settlements=[
            SettlementAnswer(entry_id=one.entry_id, amount_fen=one.amount_fen, created_at=one.created_at)
            for one in settlements
        ],
    )


def _draft(draft: StatementDraft) -> dict[str, Any]:
    """What lists and answers of drafts have in common."""
    names = ("id", "debtor_id", "until_on", "total_fen", "item_count", "created_at")
    debtor = draft.debtor
    said = {name: getattr(draft, name) for name in names}
    return said | {"payer_account_id": debtor.payer_account_id, "user_id": debtor.user_id}


def _row(found: Found) -> dict[str, Any]:
    """What lists and answers of statements have in common."""
    one = found.statement
    plain = set(StatementRow.model_fields) & set(type(one).__table__.columns.keys())
    return {name: getattr(one, name) for name in plain} | {
        "number": number_of(one.year, one.number),
        "payer_account_id": one.debtor.payer_account_id,
        "payer_name": one.told.get("payer_name", ""),
        "holder": one.told["holder"],
        "open_fen": found.open_fen,
    }


def _item(item: StatementItem, off: Deducted) -> StatementItemAnswer:
    """An item."""
    return StatementItemAnswer(
        charge_id=item.charge_id,
        turn=item.turn,
        instrument=item.instrument_zh,
        instrument_en=item.instrument_en,
        booked_by=item.user_name,
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        amount_fen=item.amount_fen,
        taken_fen=item.taken_fen,
        voucher_fen=off.voucher_fen,
        vouchers=list(off.numbers),
    )
