"""Leaving an institution in the HTTP API: what somebody has there, handing it over, cancelling it, ending it."""

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from booking.accounts.ending import Departure
from booking.accounts.grant_answers import HeldGrantAnswer, PersonAnswer, person_answer
from booking.core.clock import local_date, utcnow
from booking.reservations import answers
from booking.reservations import handing_over as service
from booking.reservations.answer_shapes import ReservationAnswer
from booking.reservations.leaving_forms import CancelBookingsForm, HandOverForm, LeavingForm
from booking.reservations.queries import sight_of
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json
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


class LeavingAnswer(BaseModel):
    """What somebody has at an institution: roles, teams, and bookings still to come on its instruments."""

    person: PersonAnswer
    grants: list[HeldGrantAnswer]
    teams: list[LedTeamAnswer]
    reservations: list[ReservationAnswer]


@bp.get("/leaving")
@documented(tag=TAG, answers={200: LeavingAnswer}, refusals=(401, 403, 404))
def show(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """What somebody has at an institution; for its administrators, whose look is logged."""
    answer = _answer(organisation_id, user_id)
    transaction(service.note_looking, organisation_id, user_id, actor=require_actor(), now=utcnow())
    return answer


@bp.post("/hand-over-bookings")
@documented(tag=TAG, answers={200: LeavingAnswer}, body=HandOverForm, refusals=STEP)
def hand_over(organisation_id: int, user_id: int) -> ResponseReturnValue:
    """Make somebody else the holder of bookings, all or none; the rules are asked again for the new holder."""
    form, actor, now = read_json(HandOverForm), require_actor(), utcnow()
    transaction(
        service.hand_over_bookings,
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
        service.cancel_bookings,
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


def _answer(organisation_id: int, user_id: int) -> Response:
    """What somebody has here now."""
    actor = require_actor()
    found = service.leaving_of(reading(), organisation_id, user_id, actor=actor, now=utcnow())
    response = jsonify(
        person=person_answer(found.person).model_dump(mode="json"),
        grants=[HeldGrantAnswer.of(one).model_dump(mode="json") for one in found.grants],
        teams=[_team(one).model_dump(mode="json") for one in found.memberships],
        reservations=[answers.loaded_reservation(one, sight_of(one, actor)) for one in found.bookings],
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _team(member: TeamMember) -> LedTeamAnswer:
    """A membership as its answer; its team must be loaded."""
    team = member.team
    return LedTeamAnswer(id=team.id, name=team.name_zh, name_en=team.name_en, is_lead=team.lead_id == member.user_id)
