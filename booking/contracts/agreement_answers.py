"""What an outside use needs and rests on, as the API says it."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from booking.contracts.form_numbers import number_of
from booking.contracts.needs import Agreement
from booking.core.period import Period
from models.contracts import UseAgreement
from models.order_forms import OrderForm
from models.vocabulary.contracts import NEEDY, Need


class AskedAgreement(BaseModel):
    """What the owner asks of a use: below `threshold_fen` to accept the text `text_id`, from it on a contract.

    A contract may come until the use starts; `contract_number` is one that covers it already.
    """

    need: Need
    threshold_fen: int
    text_id: int
    is_lacking: bool
    contract_number: str | None


class KeptAgreement(BaseModel):
    """What a use needs and rests on; while it is lacking the use may not start. Without a price it has no amount.

    What was accepted by a click is told as it was then, whatever the use costs or rests on since.
    """

    need: Need
    is_lacking: bool
    amount_fen: int | None
    text_id: int | None
    contract_id: int | None
    contract_number: str | None
    accepted_text_id: int | None
    accepted_at: datetime | None
    accepted_fen: int | None
    accepted_facts: dict[str, Any]
    order_form_id: int | None
    order_form_number: str | None
    since: datetime


def asked_agreement(agreement: Agreement | None, period: Period) -> dict[str, Any] | None:
    """What is asked of a wish; None where nothing is."""
    if agreement is None:
        return None
    ground = agreement.ground(period)
    answer = AskedAgreement(
        need=ground.need,
        threshold_fen=agreement.threshold_fen,
        text_id=agreement.text_id,
        is_lacking=ground.is_lacking,
        contract_number=ground.cover.number if ground.cover else None,
    )
    return answer.model_dump(mode="json")


def kept_agreement(row: UseAgreement | None, form: OrderForm | None, *, is_lacking: bool) -> KeptAgreement | None:
    """What a use rests on with its accepted form, and whether it may not start; None where nothing was required."""
    if row is None or row.need not in NEEDY:
        return None
    return KeptAgreement(
        need=row.need,
        is_lacking=is_lacking,
        amount_fen=row.amount_fen,
        text_id=row.text_id,
        contract_id=row.contract_id,
        contract_number=row.contract.number if row.contract else None,
        accepted_text_id=row.accepted_text_id,
        accepted_at=row.accepted_at,
        accepted_fen=row.accepted_fen,
        accepted_facts=row.accepted_facts,
        order_form_id=form.id if form else None,
        order_form_number=number_of(form.year, form.number) if form else None,
        since=row.created_at,
    )
