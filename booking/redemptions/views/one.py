"""The page of one redemption: what is claimed, its papers and what is missing, and what can be done next."""

from datetime import date
from typing import Any

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.attachments.uploads import file_response, limits_for
from booking.charges.queries import readable_ids
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.money import yuan_from_fen
from booking.redemptions import documents, labels, queries
from booking.redemptions.again import claimed_anew_by, last_day_of
from booking.redemptions.differences import differences
from booking.redemptions.flags import Said, flags_of, is_told
from booking.redemptions.pack import pack_response
from booking.redemptions.queries import WholeRedemption
from booking.redemptions.service_types import types_of
from booking.redemptions.views.lists import row
from booking.redemptions.wording import (
    declared_in_words,
    difference_of,
    flags_in_words,
    name_of,
    packed,
    payment_of,
    said_type,
    state_on,
    step_of,
    voucher_number,
)
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.repeats import new_key
from booking.web.signed_in import require_actor, signed_in
from models.redemptions import RedemptionEvent, RedemptionItem
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.redemptions import WAITING, RedemptionState, RedemptionStep


@signed_in
def show(redemption_id: int) -> ResponseReturnValue:
    """Show a redemption."""
    return render_template("redemptions/show.html", **shown(redemption_id), form={}, problems={})


@signed_in
def pack(redemption_id: int) -> Response:
    """Its papers as a ZIP in the order of the programme's list."""
    session = reading()
    whole = queries.whole_redemption(session, redemption_id, require_actor(), today=local_date(utcnow()))
    return pack_response(session, whole)


@signed_in
def file(redemption_id: int, attachment_id: int) -> Response:
    """A file that was handed in with it, or a paper of the bank."""
    session = reading()
    return file_response(session, documents.file_for(session, redemption_id, attachment_id, require_actor()))


def shown(redemption_id: int) -> dict[str, Any]:
    """A redemption in words, with the steps that the reader can take."""
    session, who, today = reading(), require_actor(), local_date(utcnow())
    whole = queries.whole_redemption(session, redemption_id, who, today=today)
    found, sight = whole.redemption, whole.sight
    invoices, types = documents.invoices_by_charge(session, whole.items), types_of(session, whole.items)
    said = flags_of(session, found, whole.items) if is_told(whole) else {}
    return {
        **row(found),
        **_turn(session, whole, who, today),
        "state": state_on(found, today),
        "sight": sight,
        "runs_at": found.programme.runs_at,
        "steps_elsewhere": whole.steps if found.programme.runs_at and sight.records else frozenset(),
        "paid_to": _(labels.CLAIMANTS[found.redeemed_by]),
        "refusal": _refusal(whole),
        "again_by": claimed_anew_by(found, whole.items),
        "again_days": found.programme_version.review_days,
        "lapses": claimed_anew_by(found, whole.items) < today,
        "is_over": last_day_of(found, whole.items) < today,
        "difference": difference_of(found),
        "items": [
            _item(place, one, invoices, said_type(types, one), said.get(one.id))
            for place, one in enumerate(whole.items, start=1)
        ],
        **_papers(session, whole),
        "own_files": {one.attachment_id for one in whole.documents},
        "due": _due(session, whole, who, today),
        "bank_papers": whole.bank_papers,
        "payments": [(one, payment_of(found, one.kind)) for one in whole.payments],
        "events": [(one, step_of(found, one.step), _who(whole, one), _flagged(whole, one)) for one in whole.events],
        "takes_papers": sight.claims and found.state in documents.OPEN,
        "may_withdraw": sight.claims and found.state == RedemptionState.REQUESTED,
        "limits": limits_for(OwnerKind.REDEMPTION),
        "labels": _field_labels(whole),
        "today": today,
        "key": new_key(),
    }


def _turn(session: Session, whole: WholeRedemption, who: Actor, today: date) -> dict[str, Any]:
    """Whose turn it is, and what of it the reader can do."""
    found, sight = whole.redemption, whole.sight
    decides = sight.reviews and queries.decides(session, found, sight, today=today)
    return {
        "office": name_of(found.office) if found.office else "",
        "house": name_of(queries.house_of(found)),
        "is_own": whole.is_own,
        "is_second": _is_second(whole, who.id),
        "is_others": sight.reviews and found.state in WAITING and not decides,
        "steps": whole.steps if decides and not whole.is_own else frozenset(),
    }


def _who(whole: WholeRedemption, event: RedemptionEvent) -> str:
    """Who took a step: a person of the reader's own side, of the other the organisation."""
    return event.actor.name if queries.shows_person(whole, event) else name_of(queries.side_of(whole, event))


def _flagged(whole: WholeRedemption, event: RedemptionEvent) -> list[tuple[int, str]]:
    """Why a review approved what something speaks against: the places of the items, and the reasons."""
    reasons = event.facts.get("flagged", {}) if is_told(whole) else {}
    places = enumerate(whole.items, start=1)
    return [(place, reasons[str(one.id)]) for place, one in places if str(one.id) in reasons]


def _papers(session: Session, whole: WholeRedemption) -> dict[str, Any]:
    """The papers of the list, and which of them nobody has."""
    papers = packed(documents.papers_of(session, whole))
    missing = [one for one in papers if not one.files and not one.kept_back]
    return {
        "papers": papers,
        "document_choices": [(one.kind, one.title) for one in papers],
        "missing": [one.title for one in missing],
        "next_paper": missing[0].kind if missing else "",
    }


def _due(session: Session, whole: WholeRedemption, who: Actor, today: date) -> list[dict[str, Any]]:
    """What is to be billed or given back of what was not approved, by charge, with whether the reader may open that."""
    found = differences(session, whole.redemption, whole.items, whole.events)
    may_open = readable_ids(session, [one.charge_id for one in found], who, today=today)
    names = {one.charge_id: name_of(one.charge.organisation) for one in whole.items}
    return [
        {"due": one, "provider": names[one.charge_id], "is_open": one.charge_id in may_open, "fen": abs(one.change_fen)}
        for one in found
    ]


def _is_second(whole: WholeRedemption, actor_id: int) -> bool:
    """Whether the reader made the first review, so that the second is for somebody else."""
    reviews = [one for one in whole.events if one.step == RedemptionStep.CITY_REVIEW]
    is_turn = whole.redemption.state == RedemptionState.REVIEWED
    return is_turn and any(one.actor_id == actor_id for one in reviews)


def _refusal(whole: WholeRedemption) -> RedemptionEvent | None:
    """The step that refused it, where it is refused."""
    is_refused = whole.redemption.state == RedemptionState.REJECTED
    return next((one for one in whole.events if is_refused and one.step == RedemptionStep.REJECT), None)


def _field_labels(whole: WholeRedemption) -> dict[str, str]:
    """What fields are called, also those of each item."""
    plain = {name: _(label) for name, label in labels.FIELDS.items()}
    for place, one in enumerate(whole.items, start=1):
        plain[f"approved-{one.id}"] = _(
            "第 %(place)s 项 %(voucher)s 的核准金额", place=place, voucher=one.voucher.number
        )
        plain[f"reason-{one.id}"] = _("第 %(place)s 项 %(voucher)s 的核减原因", place=place, voucher=one.voucher.number)
    return plain


def _item(place: int, one: RedemptionItem, invoices: Any, service_type: str, said: Said | None) -> dict[str, Any]:
    """One item in words."""
    instrument = one.charge.instrument
    stands = one.approved_fen if one.approved_fen is not None else one.claimed_fen
    return {
        "place": place,
        "item": one,
        "voucher": voucher_number(one.voucher),
        "enterprise": name_of(one.voucher.organisation),
        "provider": name_of(one.charge.organisation),
        "instrument": in_language(instrument.name_zh, instrument.name_en),
        "service_type": service_type,
        "fee_fen": one.charge.gross_fen + one.charge.voucher_fen,
        "invoices": "、".join(invoice.number for invoice in invoices.get(one.charge_id, ())),
        "stands": yuan_from_fen(stands),
        "flags": flags_in_words(said) if said else [],
        "declared": declared_in_words(said) if said else "",
        "left_fen": (one.approved_fen or 0) - one.clawed_fen,
    }
