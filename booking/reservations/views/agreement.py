"""What an outside booking rests on: a card of its page, and the order form to be read, accepted and printed."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may
from booking.contracts.addresses import order_form_address
from booking.contracts.agreeing import OrderFormChanged
from booking.contracts.form_numbers import number_of
from booking.contracts.forms import OrderFormPage
from booking.contracts.grounds import lacking_of
from booking.contracts.labels import CLAUSES
from booking.contracts.order_forms import form_of
from booking.contracts.queries import side_of, text_now
from booking.core.actors import Actor, Target
from booking.core.clock import utcnow
from booking.core.errors import NotFound
from booking.pricing.quoting import quote_of
from booking.pricing.wording import spoken_quote
from booking.reservations.agreed import MISMATCHES, agreed_facts, agreement_for, mismatches_told, order_form_for
from booking.reservations.agreeing import NothingToAccept, accept_order_form
from booking.reservations.queries import Sight, may_see, sight_of
from booking.web.errors import sentence_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form
from booking.web.signed_in import require_actor, signed_in
from models.contracts import ContractText, UseAgreement
from models.reservations import Reservation
from models.vocabulary.contracts import NEEDY, Need


def agreement_shown(reservation: Reservation, sight: Sight) -> dict[str, Any]:
    """What the page of a reservation says of its ground: what it is, what is missing, and what does not go together."""
    session, actor = reading(), require_actor()
    found = agreement_for(session, reservation, sight)
    contract = found.contract if found else None
    wrong = mismatches_told(session, reservation, found, sight, actor, now=utcnow())
    return {
        "agreement": found if found and found.need in NEEDY else None,
        "lacks": found is not None and lacking_of(session, reservation_id=reservation.id) is not None,
        "contract_link": contract is not None and side_of(contract, actor) is not None,
        "mismatches": [_(MISMATCHES[one]) for one in wrong],
    }


@signed_in
def order_form(reservation_id: int) -> ResponseReturnValue:
    """Show the order form with its six topics; its holder accepts one that is due."""
    actor = require_actor()
    problem, status = "", 200
    if request.method == "POST":
        try:
            transaction(accept_order_form, reservation_id, read_form(OrderFormPage).text_id, actor=actor, now=utcnow())
        except (OrderFormChanged, NothingToAccept) as refused:
            problem, status = sentence_of(refused), refused.status
        else:
            flash(_("已接受委托单。"), "right")
            return redirect(url_for(".show", reservation_id=reservation_id), code=303)
    reservation, found = order_form_for(reading(), reservation_id, actor)
    text = _text(found)
    if found is None or text is None:
        raise NotFound
    page = render_template(
        "reservations/order_form.html",
        reservation=reservation,
        **_called(reservation, found, actor),
        price=spoken_quote(quote_of(reading(), reservation)),
        agreement=found,
        agreed=agreed_facts(reservation, found),
        text=text,
        sees_booking=may_see(sight_of(reservation, actor)),
        list_url=_list_url(found, actor),
        may_accept=found.text_id is None and reservation.booked_by_id == actor.id,
        clause_names=CLAUSES,
        problem=problem,
    )
    return page, status


def _called(reservation: Reservation, found: UseAgreement, actor: Actor) -> dict[str, str]:
    """What everybody and everything is called: with an accepted form as then, and its number; else as today."""
    form = form_of(reading(), found)
    if form is None:
        instrument, owner, party = reservation.instrument, found.organisation, found.party
        return {
            "form_number": "",
            "paper_url": "",
            "instrument_name": in_language(instrument.name_zh, instrument.name_en),
            "organisation_name": in_language(owner.name_zh, owner.name_en),
            "party_name": in_language(party.name_zh, party.name_en) if party else "",
            "user_name": found.user.name,
        }
    told = form.told
    return {
        "form_number": number_of(form.year, form.number),
        "paper_url": order_form_address(form, actor),
        "instrument_name": in_language(told["instrument_zh"], told["instrument_en"]),
        "organisation_name": in_language(told["owner_zh"], told["owner_en"]),
        "party_name": in_language(told["party_zh"], told["party_en"]),
        "user_name": told["user"],
    }


def _list_url(found: UseAgreement, actor: Actor) -> str:
    """The list of order forms in which the actor finds it, on either side."""
    if may(actor, Permission.SEE_CONTRACTS, Target(found.organisation_id)):
        return url_for("contracts.order_forms_at", organisation_id=found.organisation_id)
    return url_for("contracts.order_forms")


def _text(found: UseAgreement | None) -> ContractText | None:
    """The version that was accepted, else the one to accept; none where no order form is in question."""
    if found is None or found.contract_id is not None or found.need != Need.ORDER_FORM:
        return None
    return found.text or text_now(reading(), found.organisation_id)
