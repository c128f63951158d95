"""The page of one payer account, what is said of it, and who uses it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.views.again import again
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, NotFound, Refused, StaleVersion
from booking.core.money import yuan_from_fen
from booking.ledger.queries import cursor_of
from booking.payers import held, labels, queries, service
from booking.payers.forms import ChangePage, LimitPage, LinesPage, MemberPage
from booking.payers.held import HeldFor
from booking.payers.queries import Found, Line
from booking.payers.rules import BY_AMOUNT, Sight
from booking.payers.views.lists import field_labels, listed, province_choices, with_provinces, written
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import posted, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.payers import PayerAccount
from models.vocabulary.payers import MovementKind, PayerKind

LINES = 20
TOLD = ("name", "budget_item", "province_rule")
HELD = 10


@signed_in
def show(payer_id: int) -> ResponseReturnValue:
    """Show what is left, every transfer that makes it up, and who may use it."""
    return account_page(payer_id)


@signed_in
def edit(payer_id: int) -> ResponseReturnValue:
    """Ask what is to be said of the account from now on, and why; then store it."""
    account = to_keep(payer_id, closed=True).account
    if request.method == "GET":
        return _edit_page(account)
    try:
        form = forms.read(ChangePage, with_provinces(posted()))
        actor = require_actor()
        transaction(service.change_payer, payer_id, form, version=form.version, actor=actor, now=utcnow())
    except (InvalidInput, StaleVersion, service.PayerClosed) as refused:
        return _edit_page(account, refused)
    flash(_("已保存。"), "right")
    return back(payer_id)


@signed_in
def add_member(payer_id: int) -> ResponseReturnValue:
    """Let somebody use the account."""
    actor, now = require_actor(), utcnow()
    try:
        form = forms.read(MemberPage, written(posted(), "limit_fen"))

        def work(session: Session) -> dict[str, Any]:
            made = service.add_member(session, payer_id, form.email, limit_fen=form.limit_fen, actor=actor, now=now)
            return {"id": made.id}

        create_once(work, actor=actor, now=now)
    except (InvalidInput, service.AlreadyMember) as refused:
        return account_page(payer_id, refused)
    flash(_("已加入，对方可以看到这个账户的金额和每一笔。"), "right")
    return back(payer_id)


@signed_in
def remove_member(payer_id: int, member_id: int) -> ResponseReturnValue:
    """Let somebody no longer use the account."""
    transaction(service.remove_member, payer_id, member_id, actor=require_actor(), now=utcnow())
    flash(_("已移除。"), "right")
    return back(payer_id)


@signed_in
def set_limit(payer_id: int, member_id: int) -> ResponseReturnValue:
    """Ask how much a member may use in all; then keep it."""
    found = _with_members(payer_id)
    member = next((one for one in queries.members_of(reading(), payer_id) if one.id == member_id), None)
    if member is None:
        raise NotFound
    values = {**listed(found.account), "member": member, "labels": field_labels()}
    if request.method == "GET":
        limit = "" if member.limit_fen is None else yuan_from_fen(member.limit_fen)
        return render_template("payers/limit.html", form={"limit_fen": limit}, problems={}, **values)
    try:
        form = forms.read(LimitPage, written(posted(), "limit_fen"))
        actor = require_actor()
        transaction(service.set_limit, payer_id, member_id, form.limit_fen, actor=actor, now=utcnow())
    except InvalidInput as refused:
        return again("payers/limit.html", refused, **values)
    flash(_("已保存。"), "right")
    return back(payer_id)


def account_page(payer_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """Everything that the person asking may see of a payer account."""
    session, actor = reading(), require_actor()
    found = queries.found_account(session, payer_id, actor, today=local_date(utcnow()))
    account = found.account
    asked = read_query(LinesPage) if request.method == "GET" else LinesPage()
    page = queries.lines_of(session, found, actor, limit=LINES, cursor=_cursor(account, asked))
    values: dict[str, Any] = {
        **listed(account),
        "sight": found.sight,
        "is_open": account.closed_at is None,
        "total": queries.total_of(session, account),
        "total_label": _(labels.TOTALS[account.kind]),
        "is_by_amount": account.kind in BY_AMOUNT,
        "is_grant": account.kind == PayerKind.GRANT,
        "provinces": [in_language(one.name_zh, one.name_en) for one in queries.provinces_of(session, account)],
        "members": queries.members_of(session, account.id),
        "own_id": actor.id,
        **_held_and_paid(found, asked),
        "lines": [_line(one) for one in page.items],
        "next_url": url_for(".show", payer_id=payer_id, cursor=page.next_cursor, _anchor="transfers")
        if page.next_cursor
        else None,
        "labels": field_labels(),
        "key": new_key(),
    }
    if refused is not None:
        return again("payers/show.html", refused, **values)
    return render_template("payers/show.html", form={}, problems={}, **values)


def _held_and_paid(found: Found, asked: LinesPage) -> dict[str, Any]:
    """What is held and what was paid, each in pages that add up to what the account says of it."""
    session, actor, payer_id = reading(), require_actor(), found.account.id
    at = partial(url_for, ".show", payer_id=payer_id)
    holds = held.held_in(session, payer_id, actor, found.sight, limit=HELD, cursor=asked.held)
    entry_id = 0 if asked.paid else asked.entry or 0
    paid = held.paid_from(session, payer_id, actor, found.sight, limit=HELD, cursor=asked.paid, entry_id=entry_id)
    return {
        "held_for": [_held(one) for one in holds.items],
        "older_holds": at(held=holds.next_cursor, _anchor="held") if holds.next_cursor else "",
        "newest_holds": at(_anchor="held") if asked.held else "",
        "payments": paid.items,
        "older_payments": at(paid=paid.next_cursor, _anchor="paid") if paid.next_cursor else "",
        "newest_payments": at(_anchor="paid") if asked.paid or entry_id else "",
    }


def _cursor(account: PayerAccount, asked: LinesPage) -> str:
    """From where on the page shows transfers."""
    return asked.cursor or (cursor_of(reading(), account.left_id, asked.entry) if asked.entry else "")


def to_keep(payer_id: int, *, closed: bool = False) -> Found:
    """The account, for who keeps it while it is open, or when `closed` too; raises NotFound, Forbidden, PayerClosed."""
    return _open_for(payer_id, lambda sight: sight.manages, closed=closed)


def _with_members(payer_id: int) -> Found:
    """The same, for who decides about its members."""
    return _open_for(payer_id, lambda sight: sight.runs_members)


def _open_for(payer_id: int, may: Callable[[Sight], bool], *, closed: bool = False) -> Found:
    """An open account (or a `closed` one) for who may."""
    found = queries.found_account(reading(), payer_id, require_actor(), today=local_date(utcnow()))
    if not may(found.sight):
        raise Forbidden
    if found.account.closed_at is not None and not closed:
        raise service.PayerClosed
    return found


def back(payer_id: int) -> ResponseReturnValue:
    """To the account's page."""
    return redirect(url_for(".show", payer_id=payer_id), code=303)


def _line(line: Line) -> dict[str, Any]:
    """A transfer in words."""
    movement = line.movement
    by_receipt = movement is not None and movement.kind in {MovementKind.TOPPED_UP, MovementKind.REFUNDED}
    return {
        "line": line,
        "movement": movement,
        "what": _(labels.MOVEMENTS[movement.kind]) if movement else _held_or_back(line),
        "charge_url": url_for("charges.show", charge_id=line.charge_id) if line.charge_id else "",
        "held": _held(line.held) if line.held else None,
        "is_correctable": by_receipt and not line.is_corrected,
    }


def _held_or_back(line: Line) -> str:
    """What a transfer for a reservation, an order or a charge did."""
    is_out = line.posted.amount_fen < 0
    if line.is_of_charge and (is_out or line.held is None):
        return str(_("支付费用") if is_out else _("退回费用"))
    return str(_("冻结") if is_out else _("解冻"))


def _held(one: HeldFor) -> dict[str, Any]:
    """A hold in words."""
    instrument, url = one.instrument, ""
    if one.opens and one.reservation_id is not None:
        url = url_for("reservations.show", reservation_id=one.reservation_id)
    elif one.opens:
        url = url_for("samples.show", order_id=one.sample_order_id)
    name = in_language(instrument.name_zh, instrument.name_en) if instrument else ""
    return {"held": one, "instrument": name, "url": url}


def _edit_page(account: PayerAccount, refused: Refused | None = None) -> ResponseReturnValue:
    """The form for what is said of an account."""
    values = {
        "account": account,
        "is_grant": account.kind == PayerKind.GRANT,
        "labels": field_labels(),
        "provinces": province_choices(),
        "chosen": request.form.getlist("provinces") if refused else account.other_provinces.split(),
    }
    if refused is not None:
        return again("payers/edit.html", refused, **values)
    form = {name: getattr(account, name) for name in TOLD}
    form |= {"holder": account.holder.email, "expires_on": account.expires_on or ""}
    return render_template("payers/edit.html", form=form, problems={}, **values)
