"""The pages on which an institution's finance changes the amount of a payer account; one form for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.views.again import again
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, InvalidInput, NotFound, Refused, StaleVersion
from booking.core.forms import Form, Written
from booking.core.money import yuan_from_fen
from booking.core.texts import N_
from booking.payers import amounts, labels, papers, queries
from booking.payers.forms import AmountPage, ReasonPage, ReceiptPage
from booking.payers.views.account import back, to_keep
from booking.payers.views.lists import field_labels, listed
from booking.web.extensions import reading
from booking.web.reading import posted
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.payers import PayerAccount, PayerMovement

FormT = TypeVar("FormT", bound=Form)


@dataclass(frozen=True, slots=True)
class Step:
    """What the page of a step says: its title, its hint, its fields, and its button."""

    title: str
    hint: str
    fields: tuple[str, ...]
    button: str
    is_danger: bool = False


RECEIPT = ("amount_fen", "receipt_number", "receipt_on", "reason")
AMOUNT = Step(
    N_("设定额度"), N_("从现在起的总额，不能低于已经使用的；每次设定都记入账目。"), ("amount_fen", "reason"), N_("保存")
)
TOP_UP = Step(N_("登记充值"), N_("按收到款项的单据登记；本系统不收款。同一张单据只记一次。"), RECEIPT, N_("登记"))
REFUND = Step(N_("登记退款"), N_("按退回款项的单据登记；本系统不付款。同一张单据只记一次。"), RECEIPT, N_("登记"))
CORRECT = Step(
    N_("更正这笔记录"), N_("另记一笔，金额相反；原来的记录保留。更正后这张单据可以重新登记。"), ("reason",), N_("更正")
)
CLOSE = Step(
    N_("关闭账户"), N_("关闭后不能再使用，也不能重新打开；剩余额度收回，记录保留。"), ("reason",), N_("关闭"), True
)


@signed_in
def set_amount(payer_id: int) -> ResponseReturnValue:
    """Ask what is authorised from now on, and why; then post it."""

    def work(session: Session, now: datetime) -> bool:
        form = _read(AmountPage)
        return amounts.set_amount(session, payer_id, form, version=form.version, actor=require_actor(), now=now).is_new

    return _step(payer_id, AMOUNT, work)


@signed_in
def top_up(payer_id: int) -> ResponseReturnValue:
    """Ask for the receipt of money that came in; then record it."""

    def work(session: Session, now: datetime) -> bool:
        return amounts.top_up(session, payer_id, _read(ReceiptPage), actor=require_actor(), now=now).is_new

    return _step(payer_id, TOP_UP, work)


@signed_in
def refund(payer_id: int) -> ResponseReturnValue:
    """Ask for the receipt of money that was paid back; then record it."""

    def work(session: Session, now: datetime) -> bool:
        return amounts.refund(session, payer_id, _read(ReceiptPage), actor=require_actor(), now=now).is_new

    return _step(payer_id, REFUND, work)


@signed_in
def correct(payer_id: int, movement_id: int) -> ResponseReturnValue:
    """Ask why a movement is wrong; then take it back by a new one."""

    def work(session: Session, now: datetime) -> bool:
        reason = _read(ReasonPage).reason
        return amounts.correct(session, payer_id, movement_id, reason, actor=require_actor(), now=now).is_new

    return _step(payer_id, CORRECT, work, movement_id=movement_id)


@signed_in
def close(payer_id: int) -> ResponseReturnValue:
    """Ask why the account is closed; then close it."""

    def work(session: Session, now: datetime) -> bool:
        amounts.close_payer(session, payer_id, _read(ReasonPage).reason, actor=require_actor(), now=now)
        return True

    return _step(payer_id, CLOSE, work)


def _step(
    payer_id: int, step: Step, work: Callable[[Session, datetime], bool], *, movement_id: int | None = None
) -> ResponseReturnValue:
    """Show the form of a step, or do it once per key."""
    values = _values(payer_id, step, movement_id)
    if request.method == "GET":
        return render_template("payers/step.html", form=_filled_in(values), problems={}, **values)

    now = utcnow()

    def once(session: Session) -> dict[str, Any]:
        return {"id": payer_id, "is_new": work(session, now)}

    try:
        done, _repeated = create_once(once, actor=require_actor(), now=now)
    except (InvalidInput, StaleVersion, Conflict) as refused:
        return _again(values, refused)
    if done["is_new"]:
        flash(_("已记入账目。"), "right")
    else:
        flash(_("早已登记或没有变化，没有再记一笔。"), "attention")
    if step is TOP_UP:
        _tell_shared(payer_id)
    return back(payer_id)


def _tell_shared(payer_id: int) -> None:
    """Say so where the same paper was recorded for statements too."""
    session, number = reading(), str(posted().get("receipt_number", ""))
    if also_fen := papers.received_by(session, session.get_one(PayerAccount, payer_id).organisation_id, number):
        flash(_(labels.ALSO, amount=yuan_from_fen(also_fen)), "attention")


def _values(payer_id: int, step: Step, movement_id: int | None) -> dict[str, Any]:
    """What the page of a step shows; raises NotFound and Forbidden."""
    account, session = to_keep(payer_id, closed=step in {REFUND, CORRECT}).account, reading()
    movement = session.get(PayerMovement, movement_id) if movement_id is not None else None
    if movement_id is not None and (movement is None or movement.payer_account_id != account.id):
        raise NotFound
    return {
        **listed(account),
        "step": step,
        "action": request.path,
        "total": queries.total_of(session, account),
        "total_label": _(labels.TOTALS[account.kind]),
        "movement": movement,
        "what": _(labels.MOVEMENTS[movement.kind]) if movement else "",
        "moved_fen": queries.moved_by(session, account, movement) if movement else 0,
        "labels": field_labels(),
        "today": local_date(utcnow()),
        "key": new_key(),
    }


def _filled_in(values: Mapping[str, Any]) -> dict[str, str]:
    """What the form holds before anybody typed."""
    shown = values["step"] is AMOUNT
    return {"amount_fen": yuan_from_fen(values["total"])} if shown else {"receipt_on": values["today"].isoformat()}


def _again(values: Mapping[str, Any], refused: Refused) -> ResponseReturnValue:
    """The form with what was typed and every problem."""
    return again("payers/step.html", refused, **values)


def _read(form: type[FormT]) -> FormT:
    """What was posted, the amount as a person wrote it."""
    values = posted()
    if "amount_fen" in values:
        values["amount_fen"] = Written(values["amount_fen"])
    return forms.read(form, values)
