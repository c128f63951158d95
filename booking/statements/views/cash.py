"""The pages of what was received: a debtor with all its money, recording a receipt, paying back, and correcting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.views.again import again
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from booking.core.forms import Written
from booking.core.money import yuan_from_fen
from booking.core.texts import N_
from booking.payers.labels import ALSO
from booking.statements import labels, queries, receipts
from booking.statements.forms import ReceiptPage, WhyPage
from booking.statements.rules import Sight, number_of
from booking.statements.views.finance import field_labels
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import posted
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.statements import Debtor, Receipt


@dataclass(frozen=True, slots=True)
class Step:
    """What the page of a step says: its title, its hint, and its button."""

    title: str
    hint: str
    button: str
    asks_amount: bool = True


RECEIVE = Step(
    N_("登记收款"),
    N_("按收到款项的单据登记；本系统不收款。多收的部分记在付款人名下，可以抵付其他结算单或退还。"),
    N_("登记"),
)
REFUND = Step(N_("登记退款"), N_("按退回款项的单据登记；本系统不付款。只能退还多收的部分。"), N_("登记"))
CORRECT = Step(
    N_("更正这笔记录"),
    N_("另记一笔，金额相反；原来的记录保留，付清的结算单重新打开。更正后这张单据可以重新登记。"),
    N_("更正"),
    False,
)


@signed_in
def receive(statement_id: int) -> ResponseReturnValue:
    """Ask for the paper of money that came in for a statement; then record it."""
    found = queries.statement_for(reading(), statement_id, require_actor(), today=local_date(utcnow()))
    _check(found.sight)
    statement = found.statement

    def work(session: Session) -> dict[str, Any]:
        form = _read()
        actor, now = require_actor(), utcnow()
        done = receipts.record_receipt(
            session, statement.debtor_id, form, statement_id=statement_id, actor=actor, now=now
        )
        return {"is_new": done.is_new, "also_fen": receipts.also_by(session, statement.debtor, form.number)}

    values = {**owed(_debtor(statement.debtor_id)), "number": number_of(statement.year, statement.number)}
    form = {"amount_fen": yuan_from_fen(found.open_fen), "received_on": local_date(utcnow()).isoformat()}
    back = url_for(".show", statement_id=statement_id)
    return _step(RECEIVE, values | {"open_of_it": found.open_fen}, form, work, back)


@signed_in
def refund(debtor_id: int) -> ResponseReturnValue:
    """Ask for the paper of money that was paid back; then record it."""
    found = _debtor(debtor_id)

    def work(session: Session) -> dict[str, Any]:
        return {"is_new": receipts.refund(session, debtor_id, _read(), actor=require_actor(), now=utcnow()).is_new}

    form = {"amount_fen": yuan_from_fen(found.credit.balance_fen), "received_on": local_date(utcnow()).isoformat()}
    return _step(REFUND, owed(found), form, work, url_for(".debtor", debtor_id=debtor_id))


@signed_in
def correct(receipt_id: int) -> ResponseReturnValue:
    """Ask why a receipt is wrong; then take it back by another one."""
    receipt = reading().get(Receipt, receipt_id)
    if receipt is None:
        raise NotFound
    found = _debtor(receipt.debtor_id)

    def work(session: Session) -> dict[str, Any]:
        reason = forms.read(WhyPage, posted()).reason
        receipts.correct_receipt(session, receipt_id, reason, actor=require_actor(), now=utcnow())
        return {"is_new": True}

    values = {**owed(found), "receipt": receipt, "what": _(labels.RECEIPTS[receipt.kind])}
    return _step(CORRECT, values, {}, work, url_for(".debtor", debtor_id=found.id))


def _step(
    step: Step, values: Mapping[str, Any], form: Mapping[str, str], work: Callable[[Session], dict[str, Any]], back: str
) -> ResponseReturnValue:
    """Show the form of a step, or do it once per key."""
    shown = {"step": step, "action": request.path, "back": back, "labels": field_labels(), "key": new_key(), **values}
    shown["today"] = local_date(utcnow())
    if request.method == "GET":
        return render_template("statements/step.html", form=form, problems={}, **shown)

    try:
        done = create_once(work, actor=require_actor(), now=utcnow())[0]
    except (InvalidInput, Conflict) as refused:
        return again("statements/step.html", refused, **shown)
    flash(
        _("已登记。") if done["is_new"] else _("这张单据早已登记，没有再记一笔。"),
        "right" if done["is_new"] else "attention",
    )
    if also_fen := done.get("also_fen"):
        flash(_(ALSO, amount=yuan_from_fen(also_fen)), "attention")
    return redirect(back, code=303)


def _debtor(debtor_id: int) -> Debtor:
    """The debtor, for who keeps the institution's statements; raises NotFound and Forbidden."""
    found, sight = queries.debtor_for(reading(), debtor_id, require_actor(), today=local_date(utcnow()))
    _check(sight)
    return found


def _check(sight: Sight) -> None:
    """Raise Forbidden for who reads only."""
    if not sight.settles:
        raise Forbidden


def owed(debtor: Debtor) -> dict[str, Any]:
    """What a debtor is called and owes."""
    payer, person, place = debtor.payer, queries.person_of(debtor), debtor.organisation
    return {
        "debtor": debtor,
        "payer": payer.name if payer else person.name,
        "payer_number": payer.number if payer else "",
        "holder": person.name if payer else "",
        "organisation": place,
        "organisation_name": in_language(place.name_zh, place.name_en),
        "open_fen": queries.open_of(reading(), debtor),
        "credit_fen": debtor.credit.balance_fen,
    }


def _read() -> ReceiptPage:
    """What was posted, the amount as a person wrote it."""
    values = posted()
    if "amount_fen" in values:
        values["amount_fen"] = Written(values["amount_fen"])
    return forms.read(ReceiptPage, values)
