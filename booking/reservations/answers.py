"""What the API of reservations answers, made from rows and values in the reader's language."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from booking.contracts.agreement_answers import asked_agreement
from booking.core.period import Period
from booking.pricing.answers import booking_price
from booking.pricing.quoting import Quoted
from booking.reservations.availability import InstrumentTime
from booking.reservations.paid import Paid
from booking.reservations.payment import Payment
from booking.reservations.people import details_of
from booking.reservations.queries import Sight
from booking.reservations.reasons import Action, Refusal, Remedy
from booking.reservations.spoken import label_of, sentence_of
from booking.reservations.uses import Came
from booking.reservations.voucher_answers import asked_vouchers
from booking.reservations.vouching import VoucherUse
from booking.reservations.wishes import Answer, Details
from models.accounts import User
from models.reservations import (
    Block,
    BlockConflict,
    Reservation,
    ReservationChange,
    ReservationUse,
    Suspension,
)


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _maybe(moment: datetime | None) -> str | None:
    """The same, or nothing."""
    return stamp(moment) if moment else None


def _period(period: Period) -> dict[str, str]:
    """Start and end."""
    return {"start": stamp(period.start), "end": stamp(period.end)}


def availability(time: InstrumentTime) -> dict[str, Any]:
    """An instrument's time."""
    return {
        "booking_mode": str(time.terms.booking_mode),
        "open": [_period(period) for period in time.open],
        "busy": [{**_period(busy.period), "kind": str(busy.kind), "reason": busy.reason} for busy in time.busy],
        "free": [_period(period) for period in time.free],
        "slots": [_period(period) for period in time.slots],
        "hidden": time.is_hidden,
    }


def refusals_said(refusals: Iterable[Refusal]) -> list[dict[str, Any]]:
    """Refusals in the reader's language."""
    return [
        {
            "code": str(refusal.code),
            "message": sentence_of(refusal),
            "remedies": [_remedy(remedy) for remedy in refusal.remedies],
        }
        for refusal in refusals
    ]


def _remedy(remedy: Remedy) -> dict[str, Any]:
    """A remedy as the API shows it."""
    return {
        "action": str(remedy.action),
        "label": label_of(remedy),
        "starts_at": _maybe(remedy.starts_at),
        "ends_at": _maybe(remedy.ends_at),
        "mode": str(remedy.mode) if remedy.mode else None,
        "url": remedy.url or None,
        "payer_account_id": remedy.payer.id if remedy.payer else None,
        "pays_later": remedy.action == Action.PAY_LATER,
        "voucher_use": _voucher_use(remedy),
        "voucher_id": remedy.voucher.id if remedy.voucher else None,
        "order_form": remedy.order_form,
    }


def _voucher_use(remedy: Remedy) -> str | None:
    """How a remedy would use vouchers."""
    if remedy.action == Action.NO_VOUCHER:
        return str(VoucherUse.NONE)
    return str(VoucherUse.NAMED) if remedy.voucher else None


def quote(answer: Answer) -> dict[str, Any]:
    """What would come of a wish."""
    return {
        "allowed": answer.allowed,
        "refusals": refusals_said(answer.refusals),
        "starts_at": stamp(answer.period.start),
        "ends_at": stamp(answer.period.end),
        "claimed_from": stamp(answer.claimed.start),
        "claimed_to": stamp(answer.claimed.end),
        "mode": str(answer.mode),
        "needs_approval": answer.needs_approval,
        "price": covered_price(answer),
        "payment": payment(answer.payment, answer.period),
        "vouchers": asked_vouchers(answer.payment, answer.period),
        "agreement": asked_agreement(answer.agreement, answer.period),
    }


def payment(found: Payment | None, period: Period) -> dict[str, Any] | None:
    """Which account would pay, and which others could; None where nothing is to be paid."""
    if found is None:
        return None
    needed = found.needed(period)
    return {
        "needed_fen": needed,
        "is_needed": found.is_needed,
        "payer_account_id": found.chosen.id if found.chosen else None,
        "choices": [
            {
                "payer_account_id": one.id,
                "name": one.name,
                "number": one.number,
                "kind": str(one.kind),
                "left_fen": one.left_fen,
                "limit_left_fen": one.allowance_fen,
                "can_pay": one.can_pay(needed),
                "province_rule": one.rule,
            }
            for one in found.choices
        ],
    }


def covered_price(answer: Answer) -> dict[str, Any] | None:
    """What a time costs, with what vouchers take off and the limit that decided."""
    found, covering = price(answer.price), answer.payment.covering if answer.payment else None
    if found is None or covering is None or answer.payment is None:
        return found
    plan = covering.plan(answer.payment.cost(answer.period), answer.period)
    limits = ", ".join(plan.limits) or None
    return {**found, "voucher_fen": plan.deducted_fen, "own_fen": plan.own_fen, "decided_by": limits}


def price(found: Quoted | None) -> dict[str, Any] | None:
    """What a time costs, where it has a price."""
    answer = booking_price(found)
    return answer.model_dump(mode="json") if answer else None


def reservation(
    row: Reservation, details: Details, *, booked_by: str, shows_mail: bool = True, shows_payer: bool = True
) -> dict[str, Any]:
    """A reservation from its row and what it says."""

    def person(name: str, email: str) -> dict[str, str | None]:
        return {"name": name, "email": (email or None) if shows_mail else None}

    return {
        "id": row.id,
        "uid": row.uid,
        "state": str(row.state),
        "instrument_id": row.instrument_id,
        "starts_at": stamp(row.starts_at),
        "ends_at": stamp(row.ends_at),
        "asked_starts_at": _maybe(row.asked_starts_at),
        "asked_ends_at": _maybe(row.asked_ends_at),
        "decide_by": _maybe(row.decide_by),
        "mode": str(row.mode),
        "booked_by": booked_by,
        "purpose": row.purpose,
        "direction": str(row.direction) if row.direction else None,
        "project_name": row.project_name,
        "project_number": row.project_number,
        "sample_count": row.sample_count,
        "operator": person(details.operator.name, details.operator.email) if details.operator else None,
        "participants": [person(one.name, one.email) for one in details.participants],
        "payer_account_id": row.payer_account_id if shows_payer else None,
        "version": row.version,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
    }


def loaded_reservation(row: Reservation, sight: Sight) -> dict[str, Any]:
    """A reservation read with instrument, holder and people, as the viewer may see it."""
    shows_mail = sight.is_holder or sight.sees_names
    said = {"shows_mail": shows_mail, "shows_payer": sight.is_holder}
    return reservation(row, details_of(row), booked_by=row.booked_by.name, **said)


def came(found: Came) -> dict[str, Any]:
    """What came of a reservation, and its charge, for who may know."""
    return {"use": use(found.use) if found.use else None, "charge_id": found.charge.id if found.charge else None}


def use(said: ReservationUse) -> dict[str, Any]:
    """What its steward said; who said it must be loaded."""
    return {
        "outcome": str(said.outcome),
        "actual_starts_at": _maybe(said.starts_at),
        "actual_ends_at": _maybe(said.ends_at),
        "samples": said.sample_count,
        "pieces": said.pieces,
        "note": said.note,
        "confirmed_by": said.confirmed_by.name,
        "confirmed_at": stamp(said.created_at),
    }


def paid(found: Paid) -> dict[str, Any]:
    """What is held for a reservation, and where, for who may know."""
    account = found.account
    return {
        "held_fen": found.held_fen,
        "payer_account_id": account.id if account else None,
        "name": account.name if account else None,
        "province_rule": found.rule,
        "transfers": [
            {
                "entry_id": one.entry_id,
                "payer_account_id": one.payer_account_id,
                "held_fen": one.amount_fen,
                "created_at": stamp(one.created_at),
            }
            for one in found.holds
        ],
    }


def history(changes: Sequence[ReservationChange], sight: Sight) -> list[dict[str, Any]]:
    """The history; who was only named in it does not see what it said about others."""
    shows_all = sight.is_holder or sight.sees_names
    return [
        {
            "occurred_at": stamp(change.occurred_at),
            "kind": str(change.kind),
            "by": change.actor.name if change.actor else None,
            "before": change.before if shows_all else None,
            "after": change.after if shows_all else None,
            "reason": change.reason,
        }
        for change in changes
    ]


def block(row: Block) -> dict[str, Any]:
    """A block."""
    return {
        "id": row.id,
        "instrument_id": row.instrument_id,
        "lane_group": row.lane_group_id,
        "starts_at": stamp(row.starts_at),
        "ends_at": stamp(row.ends_at),
        "kind": str(row.kind),
        "reason": row.reason,
    }


def conflict(row: BlockConflict) -> dict[str, Any]:
    """A conflict read with its reservation and the holder."""
    return {
        "id": row.id,
        "block_id": row.block_id,
        "calendar_day_id": row.calendar_day_id,
        "reservation_id": row.reservation_id,
        "instrument_id": row.reservation.instrument_id,
        "starts_at": stamp(row.reservation.starts_at),
        "ends_at": stamp(row.reservation.ends_at),
        "booked_by": row.reservation.booked_by.name,
        "state": str(row.state),
        "reason": row.reason,
    }


def suspension(row: Suspension, person: User) -> dict[str, Any]:
    """A suspension."""
    return {
        "id": row.id,
        "organisation_id": row.organisation_id,
        "instrument_id": row.instrument_id,
        "name": person.name,
        "email": person.email,
        "starts_at": stamp(row.starts_at),
        "ends_at": stamp(row.ends_at),
        "reason": row.reason,
    }
