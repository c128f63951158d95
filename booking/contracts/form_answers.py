"""Accepted order forms as the API says them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from booking.contracts.answers import ClauseAnswer, clauses_answer
from booking.contracts.form_numbers import number_of
from booking.contracts.order_forms import Listed
from models.order_forms import OrderForm
from models.vocabulary.contracts import Clause


class _OrderForm(BaseModel):
    """What an order form says in a list and in full: names are those of then."""

    id: int
    number: str
    organisation_id: int
    organisation: str
    party: str
    accepted_by: str
    accepted_at: datetime
    accepted_fen: int
    accepted_facts: dict[str, Any]
    text_id: int
    reservation_id: int | None
    sample_order_id: int | None


class OrderFormAnswer(_OrderForm):
    """An accepted order form: who accepted which version for which use of whose instruments, when, at which amount.

    `amount_fen` is what the use costs now, `holds` whether it still rests on the form; `accepted_facts` are what was
    seen with the click: of a booking its time.
    """

    amount_fen: int | None
    holds: bool


class OrderFormInFull(_OrderForm):
    """An order form as its paper has it, with the six topics."""

    organisation_en: str
    organisation_uscc: str
    party_en: str
    party_uscc: str
    instrument_zh: str
    instrument_en: str
    purpose: str
    sample_order: str
    clauses: dict[Clause, ClauseAnswer]


class OrderFormList(BaseModel):
    """A page of order forms."""

    items: list[OrderFormAnswer]
    next_cursor: str | None


SAME = ("id", "organisation_id", "accepted_at", "text_id", "reservation_id", "sample_order_id")
SEEN = ("starts_at", "ends_at", "sample_count")


def order_form_answer(listed: Listed) -> OrderFormAnswer:
    """A form in a list."""
    return OrderFormAnswer(**_said(listed.form), amount_fen=listed.amount_fen, holds=listed.holds)


def order_form_in_full(form: OrderForm) -> OrderFormInFull:
    """A form as it was accepted."""
    told = form.told
    return OrderFormInFull(
        **_said(form),
        organisation_en=told["owner_en"],
        organisation_uscc=told["owner_uscc"],
        sample_order=told["order_number"] or told["order_title"],
        clauses=clauses_answer(form.text.clauses),
        **{name: told[name] for name in ("party_en", "party_uscc", "instrument_zh", "instrument_en", "purpose")},
    )


def _said(form: OrderForm) -> dict[str, Any]:
    """What lists and the whole have in common."""
    told = form.told
    return {name: getattr(form, name) for name in SAME} | {
        "number": number_of(form.year, form.number),
        "organisation": told["owner_zh"],
        "party": told["party_zh"],
        "accepted_by": told["user"],
        "accepted_fen": form.amount_fen,
        "accepted_facts": {name: told[name] for name in SEEN if name in told},
    }
