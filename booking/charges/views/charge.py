"""The page of one charge: what it comes to, who pays, what happened, and what can be done next."""

from collections.abc import Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may
from booking.charges import labels, queries
from booking.charges.answers import told_lines
from booking.charges.queries import Found, Whole, standing_of, target_of
from booking.charges.rules import steps_open
from booking.charges.vouchered import Part, expected_of, fee_of, reasons_of
from booking.charges.withheld import withholds_results
from booking.core.actors import Actor, Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Refused
from booking.pricing.rules import Quote
from booking.pricing.wording import spoken_lines
from booking.programmes.labels import LIMITS
from booking.programmes.wording import sentence
from booking.web import filters
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.repeats import new_key
from booking.web.signed_in import require_actor, signed_in


@signed_in
def show(charge_id: int) -> ResponseReturnValue:
    """Show a charge in full."""
    return charge_page(charge_id)


def charge_page(
    charge_id: int, refused: Refused | None = None, fields: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    """Everything that the person asking may see; after a refusal as it was filled in, with problems at `fields`."""
    actor = require_actor()
    whole = queries.whole_charge(reading(), charge_id, actor, today=local_date(utcnow()))
    page = render_template(
        "charges/show.html",
        **_told(whole),
        problems=_problems(refused, fields or {}),
        refusal=sentence_of(refused) if refused is not None and not isinstance(refused, InvalidInput) else "",
        form=request.form if refused is not None else {},
        sees_statements=whole.found.charge.billed_fen != 0 and _sees_statements(whole.found, actor),
        opens_cause=whole.found.sight.is_booker or whole.found.sight.for_firm or _may_open(whole, actor),
        key=new_key(),
        labels={name: _(label) for name, label in labels.FIELDS.items()},
    )
    return page, refused.status if refused is not None else 200


def _sees_statements(found: Found, actor: Actor) -> bool:
    """Whether the person asking may read what the charge was billed on."""
    place = Target(found.charge.organisation_id)
    return found.sight.answers or found.sight.keeps_payer or may(actor, Permission.SEE_STATEMENTS, place)


def _may_open(whole: Whole, actor: Actor) -> bool:
    """Whether the actor may read what is charged because of the instrument."""
    needed = Permission.SEE_BOOKINGS if whole.found.charge.reservation_id else Permission.SEE_SAMPLE_ORDERS
    return may(actor, needed, target_of(whole.found.charge))


def _told(whole: Whole) -> dict[str, Any]:
    """A charge in words."""
    found = whole.found
    charge = found.charge
    instrument, group = charge.instrument, charge.user_group
    missing = charge.gross_fen - charge.captured_fen - charge.paper_fen
    why = labels.WHY_PROBLEM.get(charge.problem) if charge.problem else None
    return {
        "charge": charge,
        "found": found,
        "instrument_name": in_language(instrument.name_zh, instrument.name_en) if found.knows else "",
        "organisation_name": in_language(charge.organisation.name_zh, charge.organisation.name_en),
        "group_name": in_language(group.name_zh, group.name_en) if group else "",
        "kind_label": _(labels.KINDS[charge.kind]),
        "state_label": _(labels.STATES[charge.state]),
        "state_look": labels.STATE_LOOKS[charge.state],
        "lines": spoken_lines(Quote(tuple(told_lines(whole.lines, knows=found.knows)), charge.gross_fen)),
        "fee_fen": fee_of(charge),
        "vouchers": [_voucher(one) for one in whole.vouchers],
        "expected_fen": expected_of(whole.vouchers),
        "not_covered": [sentence(one) for one in reasons_of(whole.lines)],
        "missing_fen": missing,
        "withholds_results": withholds_results(charge),
        "why_problem": _(why, missing=filters.money(missing)) if why else "",
        "captures": whole.captures,
        "history": [(one, _(labels.STEPS[one.step]), whole.hides_author(one)) for one in whole.events],
        "by_silence": _(labels.BY_SILENCE),
        "steps": [str(step) for step in steps_open(standing_of(charge), found.sight)],
    }


def _voucher(part: Part) -> dict[str, Any]:
    """A voucher that pays something, with why it is so much."""
    limits = _("、").join(str(_(LIMITS[one])) for one in part.decided_by)
    why = _("由这一项决定：%(limits)s", limits=limits) if limits else ""
    return {"number": part.number, "amount_fen": part.amount_fen, "why": why, "invoice_by": part.invoice_by}


def _problems(refused: Refused | None, fields: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong, at the fields of the form that was sent."""
    if not isinstance(refused, InvalidInput):
        return {}
    return {fields.get(name, name): found for name, found in problems_of(refused).items()}
