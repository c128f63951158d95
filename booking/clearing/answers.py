"""Clearing as the API says it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from pydantic import BaseModel

from booking.clearing.months import Act, ShownMonth
from booking.clearing.queries import Closed, border_of_statement
from booking.clearing.rules import Course, number_of
from booking.clearing.transfers import Behind
from booking.core.pages import Page
from models.clearing import ClearingEvent
from models.vocabulary.clearing import ClearingState, ClearingStep, Figure
from models.vocabulary.programmes import BorderWay


class ClearingFiguresAnswer(BaseModel):
    """What was moved in a month for vouchers of one province used in another; `owed_fen` is what the issuer owes.

    `gross_fen` are the whole fees of the uses of which vouchers covered something, `voucher_fen` what they covered.
    """

    issuer: str
    provider: str
    way: BorderWay
    gross_fen: int
    voucher_fen: int
    captured_fen: int
    given_back_fen: int
    not_approved_fen: int
    paid_fen: int
    clawed_back_fen: int
    owed_fen: int


class ClearingEventAnswer(BaseModel):
    """A step of a statement, by an officer of a province."""

    step: ClearingStep
    province: str
    authority: str
    by: str
    text: str
    settled_on: date | None
    receipt: str
    entry_id: int | None
    created_at: datetime


class ClearingStatementAnswer(BaseModel):
    """The statement of a closed month, made of the transfers up to `last_transfer_id`."""

    number: str
    last_transfer_id: int
    closed_by: str
    closed_for: str
    created_at: datetime
    events: list[ClearingEventAnswer]


class ClearingMonthAnswer(BaseModel):
    """A month between two provinces (codes of two digits), or within one.

    `net_fen` is paid by `debtor` to `creditor`; `due` is the month that is to be closed first, `may` what you may do.
    """

    border: str
    month: str
    state: ClearingState
    figures: list[ClearingFiguresAnswer]
    net_fen: int
    debtor: str | None
    creditor: str | None
    statement: ClearingStatementAnswer | None
    due: str | None
    may: list[Act]


class ClearingList(BaseModel):
    """A month of every border that you see."""

    items: list[ClearingMonthAnswer]
    next_cursor: None = None


class BehindAnswer(BaseModel):
    """A transfer behind a figure: the number of the voucher and the provider, and what it was posted for."""

    transfer_id: int
    entry_id: int
    posted_at: datetime
    amount_fen: int
    voucher: str
    provider: str
    provider_en: str
    charge_id: int | None
    redemption_id: int | None


class BehindList(BaseModel):
    """The transfers of a figure, the newest first."""

    items: list[BehindAnswer]
    next_cursor: str | None


def month_answer(found: ShownMonth, fees: Mapping[Course, int]) -> ClearingMonthAnswer:
    """A month, with the whole fees of the uses."""
    creditor = found.creditor
    return ClearingMonthAnswer(
        border=str(found.border),
        month=f"{found.month:%Y-%m}",
        state=found.state,
        figures=[
            ClearingFiguresAnswer(
                issuer=course.issuer,
                provider=course.provider,
                way=course.way,
                gross_fen=fees.get(course, 0),
                voucher_fen=amounts[Figure.CAPTURED] - amounts[Figure.GIVEN_BACK],
                **{f"{one}_fen": amounts[one] for one in Figure},
            )
            for course, amounts in found.figures.items()
        ],
        net_fen=abs(found.net_fen),
        debtor=found.border.other(creditor) if creditor else None,
        creditor=creditor,
        statement=_statement(found.closed) if found.closed else None,
        due=f"{found.due:%Y-%m}" if found.due else None,
        may=sorted(found.may),
    )


def months_answer(found: Iterable[tuple[ShownMonth, Mapping[Course, int]]]) -> ClearingList:
    """A month of several borders, each with its fees."""
    return ClearingList(items=[month_answer(one, fees) for one, fees in found])


def behind_answer(page: Page[Behind]) -> BehindList:
    """Transfers."""
    items = [
        BehindAnswer(
            transfer_id=one.transfer_id,
            entry_id=one.entry_id,
            posted_at=one.posted_at,
            amount_fen=one.amount_fen,
            voucher=one.part.number if one.part else "",
            provider=one.part.provider_zh if one.part else "",
            provider_en=one.part.provider_en if one.part else "",
            charge_id=one.cause.charge_id,
            redemption_id=one.cause.redemption_id,
        )
        for one in page.items
    ]
    return BehindList(items=items, next_cursor=page.next_cursor)


def _statement(found: Closed) -> ClearingStatementAnswer:
    """A statement."""
    statement = found.statement
    return ClearingStatementAnswer(
        number=number_of(border_of_statement(statement), statement.number),
        last_transfer_id=statement.last_transfer_id,
        closed_by=statement.closed_by.name,
        closed_for=statement.organisation.name_zh,
        created_at=statement.created_at,
        events=[_event(one) for one in found.events],
    )


def _event(found: ClearingEvent) -> ClearingEventAnswer:
    """A step."""
    return ClearingEventAnswer(
        step=found.step,
        province=found.province,
        authority=found.organisation.name_zh,
        by=found.actor.name,
        text=found.text,
        settled_on=found.settled_on,
        receipt=found.receipt,
        entry_id=found.entry_id,
        created_at=found.created_at,
    )
