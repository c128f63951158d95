"""Leaving an institution in the HTTP API: what somebody has there, handing it over, cancelling it, ending it."""

from datetime import date

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from booking.accounts.ending import Departure
from booking.accounts.grant_answers import HeldGrantAnswer, PersonAnswer, person_answer
from booking.core.clock import local_date, utcnow
from booking.reservations import leaving as service
from booking.reservations.coming_shown import ComingBookingAnswer, coming_shown
from booking.reservations.handing_over import cancel_bookings, hand_over_bookings
from booking.reservations.leaving_forms import CancelBookingsForm, ComingQuery, HandOverForm, LeavingForm
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.signed_in import require_actor
from models.teams import TeamMember

bp = Blueprint("leaving_api", __name__, url_prefix="/api/v1/organisations/<int:organisation_id>/people/<int:user_id>")

TAG = "leaving"
STEP = (400, 401, 403, 404, 409, 415, 422)


class LedTeamAnswer(BaseModel):
    """A team to which somebody belongs, and whether they lead it."""

    id: int
    name: str
    name_en: str
    is_lead: bool


class HeldAffiliationAnswer(BaseModel):
    """The affiliation that ends, from one local day to another, both included; no end means until told."""

    id: int
    starts_on: date
    ends_on: date | None


class LeavingAnswer(BaseModel):
    """What somebody has at an institution: belonging, roles, teams, and one page of the bookings still to come.

    Those are bookings on its instruments, and elsewhere what was booked while the person belonged here alone.
    """

    person: PersonAnswer
    affiliation: HeldAffiliationAnswer | None
    grants: list[HeldGrantAnswer]
    teams: list[LedTeamAnswer]
    reservations: list[ComingBookingAnswer]
    reservations_count: int
    next_cursor: str | None


@bp.get("/leaving")
@documented(tag=TAG, answers={200: LeavingAnswer}, query=ComingQuery, refusals=(400, 401, 403, 404, 422))
def show(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """What somebody has at an institution; for its administrators, whose look is logged."""
    answer = _answer(organisation_id, user_id, read_query(ComingQuery))
    transaction(service.note_looking, organisation_id, user_id, actor=require_actor(), now=utcnow())
    return answer


@bp.post("/hand-over-bookings")
@documented(tag=TAG, answers={200: LeavingAnswer}, body=HandOverForm, refusals=STEP)
def hand_over(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """Make somebody else the holder of bookings, all or none; the rules are asked again for the new holder."""
    form, actor, now = read_json(HandOverForm), require_actor(), utcnow()
    transaction(
        hand_over_bookings,
        organisation_id,
        user_id,
        form.reservation_ids,
        form.email,
        reason=form.reason,
        actor=actor,
        now=now,
    )
    return _answer(organisation_id, user_id)


@bp.post("/cancel-bookings")
@documented(tag=TAG, answers={200: LeavingAnswer}, body=CancelBookingsForm, refusals=STEP)
def cancel(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """Cancel bookings of somebody who leaves, with a reason; all or none."""
    form, actor, now = read_json(CancelBookingsForm), require_actor(), utcnow()
    transaction(
        cancel_bookings,
        organisation_id,
        user_id,
        form.reservation_ids,
        reason=form.reason,
        actor=actor,
        now=now,
    )
    return _answer(organisation_id, user_id)


@bp.post("/end")
@documented(tag=TAG, answers={200: LeavingAnswer}, body=LeavingForm, refusals=STEP)
def end(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """End everything somebody is here on one last day; `lacking` names what needs a successor first."""
    form, actor, now = read_json(LeavingForm), require_actor(), utcnow()
    departure = Departure(form.last_day or local_date(now), form.reason, form.successors)
    transaction(service.end_everything, organisation_id, user_id, departure, form.leads, actor=actor, now=now)
    return _answer(organisation_id, user_id)


def _answer(organisation_id: int, user_id: int, part: ComingQuery | None = None) -> Response:
    """What somebody has here now, with the first bookings unless another part is asked for."""
    actor, wanted, session, now = require_actor(), part or ComingQuery(), reading(), utcnow()
    found = service.leaving_of(
        session, organisation_id, user_id, limit=wanted.limit, cursor=wanted.cursor, actor=actor, now=now
    )
    held = HeldAffiliationAnswer.model_validate(found.affiliation, from_attributes=True) if found.affiliation else None
    response = jsonify(
        person=person_answer(found.person).model_dump(mode="json"),
        affiliation=held.model_dump(mode="json") if held else None,
        grants=[HeldGrantAnswer.of(one).model_dump(mode="json") for one in found.grants],
        teams=[_team(one).model_dump(mode="json") for one in found.memberships],
        **coming_shown(session, found.coming, organisation_id, actor, now=now),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _team(member: TeamMember) -> LedTeamAnswer:
    """A membership as its answer; its team must be loaded."""
    team = member.team
    return LedTeamAnswer(id=team.id, name=team.name_zh, name_en=team.name_en, is_lead=team.lead_id == member.user_id)
