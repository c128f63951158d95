"""The pages that are read: all vouchers that somebody may see, one with every entry, and a programme's budget."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may, reach
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.ledger.queries import entries_of
from booking.programmes.wording import exclusions_of, programme_name, shares_of
from booking.vouchers import labels, listing, registering
from booking.vouchers.caps import Caps, caps_for, caps_of
from booking.vouchers.forms import VoucherPage, VouchersPage
from booking.vouchers.invoiced import invoice_by
from booking.vouchers.listing import Budget, Line, Use, Wanted
from booking.vouchers.queries import application_of
from booking.vouchers.rules import is_firms
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.programmes import RedeemedBy
from models.vocabulary.vouchers import VoucherState
from models.vouchers import Voucher, VoucherEvent

LINES, TAKEN = 30, 20


@signed_in
def index() -> ResponseReturnValue:
    """Show the vouchers that somebody may see, each with what is left of it, and the budgets of their programmes."""
    session, actor, asked = reading(), require_actor(), read_query(VouchersPage)
    wanted = Wanted(asked.programme, asked.state, asked.mine)
    page = listing.vouchers(session, actor, wanted, limit=asked.limit, cursor=asked.cursor)
    caps = caps_of(session, page.items)
    after: dict[str, Any] = {"programme": asked.programme, "state": asked.state, "mine": asked.mine or None}
    return render_template(
        "vouchers/index.html",
        found=[listed(one, caps) for one in page.items if one.number_there is None],
        registered=[listed(one, caps) for one in page.items if one.number_there is not None],
        budgets=[_budget(one) for one in listing.budgets(session, actor, today=local_date(utcnow()))],
        keeps_relations=bool(reach(actor, Permission.SEE_BUDGETS)),
        applies=bool(reach(actor, Permission.APPLY_FOR_VOUCHERS)),
        sees_applications=bool(
            reach(actor, Permission.APPLY_FOR_VOUCHERS) or reach(actor, Permission.SEE_APPLICATIONS)
        ),
        next_url=url_for(".index", **after, cursor=page.next_cursor) if page.next_cursor else None,
    )


@signed_in
def show(voucher_id: int) -> ResponseReturnValue:
    """Show what is left of a voucher, every entry that makes it up, and the uses that hold it or were paid by it."""
    session, actor, asked = reading(), require_actor(), read_query(VoucherPage)
    found = listing.readable(session, voucher_id, actor, today=local_date(utcnow()))
    one, version = found.voucher, found.voucher.programme_version
    entries = listing.lines(session, one, limit=LINES, cursor=asked.cursor)
    taken = listing.taken_from(session, one, actor, limit=TAKEN, cursor=asked.taken)
    return render_template(
        "vouchers/show.html",
        **listed(one, caps_of(session, [one])),
        application_id=application_of(session, one.id),
        invoice_by=invoice_by(one),
        lapsed_fen=listing.lapsed_fen(session, one.id),
        is_firm=may(actor, Permission.CLAIM_REDEMPTIONS, Target(one.organisation_id)),
        is_usable=one.state == VoucherState.ISSUED and one.use_by >= local_date(utcnow()),
        is_provider=version.redeemed_by == RedeemedBy.PROVIDER,
        number_of_version=version.number,
        shares=[(one.label, one.text) for one in shares_of(version)],
        exclusions=exclusions_of(version),
        lines=[_line(line, one) for line in entries.items],
        older=url_for(".show", voucher_id=voucher_id, cursor=entries.next_cursor, _anchor="entries")
        if entries.next_cursor
        else None,
        held=[_use(use) for use in listing.held_now(session, one, actor)],
        taken=[_use(use) for use in taken.items],
        older_taken=url_for(".show", voucher_id=voucher_id, taken=taken.next_cursor, _anchor="taken")
        if taken.next_cursor
        else None,
        claims_elsewhere=found.may_unregister and one.captured.balance_fen + one.paid.balance_fen > 0,
        events=_events(session, found),
        evidence=registering.evidence_of(session, one.id) if one.number_there is not None else [],
        steps=[(step, _(labels.step_of(step, one.number_there))) for step in found.steps],
    )


@signed_in
def budget(programme_id: int) -> ResponseReturnValue:
    """Show what of a programme's budget is free, committed and paid, with every entry."""
    session, asked = reading(), read_query(VoucherPage)
    found = listing.budget(session, programme_id, require_actor(), today=local_date(utcnow()))
    sides = [found.book.accounts.budget_id, found.book.accounts.committed_id, found.book.paid_id]
    page = entries_of(session, sides, limit=LINES, cursor=asked.cursor)
    older = url_for(".budget", programme_id=programme_id, cursor=page.next_cursor) if page.next_cursor else None
    lines = [(one.entry, [one.changes[side] for side in sides]) for one in page.items]
    return render_template("vouchers/budget.html", **_budget(found), lines=lines, older=older)


def listed(one: Voucher, caps: Caps) -> dict[str, Any]:
    """The same with what its firm may still use of the programme in each year."""
    return {**shown(one), "caps": caps_for(caps, one)}


def shown(one: Voucher) -> dict[str, Any]:
    """What every page says of a voucher."""
    kind, sign = labels.STATE_LOOKS[one.state]
    return {
        "voucher": one,
        "state": {"label": _(labels.STATES[one.state]), "kind": kind, "sign": sign},
        "firm": in_language(one.organisation.name_zh, one.organisation.name_en),
        "programme": programme_name(one.programme),
        "authority": in_language(one.programme.organisation.name_zh, one.programme.organisation.name_en),
        "gone_fen": one.face_fen
        - one.credit.balance_fen
        - one.held.balance_fen
        - one.captured.balance_fen
        - one.paid.balance_fen,
        "is_soon": 0 <= (one.use_by - local_date(utcnow())).days <= 30,
    }


def _events(session: Session, found: listing.Found) -> list[tuple[VoucherEvent, str, str]]:
    """What was done with a voucher, in words, and by whom: of either side the organisation, an officer by name."""
    one, names = found.voucher, shown(found.voucher)
    told = []
    for event in listing.events_of(session, one.id):
        officer = event.actor.name if event.actor and found.sees_officers else names["authority"]
        who = names["firm"] if is_firms(event.step, one.number_there) else officer if event.actor else ""
        told.append((event, str(_(labels.step_of(event.step, one.number_there))), who))
    return told


def _budget(found: Budget) -> dict[str, Any]:
    """What a page says of a budget."""
    return {
        "budget": found,
        "name": programme_name(found.programme),
        "authority": in_language(found.programme.organisation.name_zh, found.programme.organisation.name_en),
    }


def _line(line: Line, one: Voucher) -> dict[str, Any]:
    """An entry in words."""
    sides = (one.credit_id, one.held_id, one.captured_id, one.paid_id)
    return {"line": line, "what": _what(line, one), "changes": [line.touched.changes[side] for side in sides]}


def _what(line: Line, one: Voucher) -> str:
    """What an entry is of."""
    if line.step is not None:
        return str(_(labels.step_of(line.step, one.number_there)))
    if line.is_lapsed:
        return str(_("过期未兑付"))
    if line.is_rejected:
        return str(_("兑付未核准"))
    if line.charge_id is not None:
        return str(_("退回费用的抵扣") if line.is_back else _("抵扣费用"))
    if line.is_hold:
        return str(_("释放预留") if line.is_back else _("为使用预留"))
    return str(_("兑付"))


def _use(use: Use) -> dict[str, Any]:
    """A use in words, with its address for who may read it."""
    if use.reservation_id is not None:
        said = _("预约 %(number)s", number=use.reservation_id)
        url = url_for("reservations.show", reservation_id=use.reservation_id)
    else:
        said = _("送样委托 %(number)s", number=use.sample_order_id)
        url = url_for("samples.show", order_id=use.sample_order_id)
    return {
        "use": use,
        "said": said,
        "url": url if use.opens else None,
        "provider": in_language(use.provider.name_zh, use.provider.name_en),
        "charge_url": url_for("charges.show", charge_id=use.charge_id) if use.charge_id and use.opens else None,
    }
