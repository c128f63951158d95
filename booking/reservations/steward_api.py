"""What stewards do by the HTTP API: blocks with their conflicts, and suspensions."""

from typing import Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.core.clock import utcnow
from booking.reservations import answers, blocks, suspensions
from booking.reservations.answer_shapes import (
    BlocksAnswer,
    ConflictsAnswer,
    MadeBlockAnswer,
    SuspensionAnswer,
    SuspensionsAnswer,
)
from booking.reservations.board_queries import open_conflicts
from booking.reservations.forms import BlockForm
from booking.reservations.suspension_forms import SuspensionForm, SuspensionsQuery
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.accounts import User

bp = Blueprint("steward_api", __name__, url_prefix="/api/v1")

TAG = "stewards"
MADE = (400, 401, 403, 404, 415, 422)


@bp.post("/instruments/<int:instrument_id>/blocks")
@documented(tag=TAG, answers={201: MadeBlockAnswer}, body=BlockForm, refusals=MADE)
def add_block(instrument_id: int) -> ResponseReturnValue:
    """Block the instrument, or one group of its lanes; the reservations in it are answered as conflicts."""
    actor, now, form = require_actor(), utcnow(), read_json(BlockForm)

    def work(session: Session) -> dict[str, Any]:
        made = blocks.add_block(
            session,
            instrument_id,
            form.period,
            form.kind,
            form.reason,
            lane_group_id=form.lane_group,
            actor=actor,
            now=now,
        )
        return {**answers.block(made.block), "conflicts": [answers.conflict(row) for row in made.conflicts]}

    return _made(create_once(work, actor=actor, now=now)[0])


@bp.get("/instruments/<int:instrument_id>/blocks")
@documented(tag=TAG, answers={200: BlocksAnswer}, refusals=(401, 403, 404))
def list_blocks(instrument_id: int) -> ResponseReturnValue:
    """The instrument's blocks that are not over, the first one first."""
    found = blocks.blocks_of(reading(), instrument_id, actor=require_actor(), now=utcnow())
    return jsonify(items=[answers.block(row) for row in found], next_cursor=None)


@bp.delete("/blocks/<int:block_id>")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def remove_block(block_id: int) -> ResponseReturnValue:
    """Take a block away; its time is free again unless another block lies there."""
    transaction(blocks.remove_block, block_id, actor=require_actor(), now=utcnow())
    return "", 204


@bp.get("/conflicts")
@documented(tag=TAG, answers={200: ConflictsAnswer}, refusals=(401,))
def list_conflicts() -> ResponseReturnValue:
    """Reservations that lie in a block, on the instruments one decides about, the soonest first."""
    within = reach(require_actor(), Permission.DECIDE_BOOKINGS)
    found = open_conflicts(reading(), within, now=utcnow())
    return jsonify(items=[answers.conflict(row) for row in found], next_cursor=None)


@bp.get("/suspensions")
@documented(tag=TAG, answers={200: SuspensionsAnswer}, query=SuspensionsQuery, refusals=(401, 422))
def list_suspensions() -> ResponseReturnValue:
    """Suspensions in force where one looks after instruments, or one's own; the soonest to end first."""
    asked, actor, now = read_query(SuspensionsQuery), require_actor(), utcnow()
    listed = suspensions.own_suspensions if asked.mine else suspensions.suspensions_in_force
    found = listed(reading(), actor, now=now)
    return jsonify(items=[answers.suspension(one.suspension, one.person) for one in found], next_cursor=None)


@bp.post("/suspensions")
@documented(tag=TAG, answers={201: SuspensionAnswer}, body=SuspensionForm, refusals=MADE)
def suspend() -> ResponseReturnValue:
    """Keep a person from booking an instrument, or at an organisation, for a while; they are told why."""
    actor, now, form = require_actor(), utcnow(), read_json(SuspensionForm)

    def work(session: Session) -> dict[str, Any]:
        made = suspensions.suspend_person(
            session, form.email, form.where, form.until, form.reason, actor=actor, now=now
        )
        return answers.suspension(made, session.get_one(User, made.user_id))

    return _made(create_once(work, actor=actor, now=now)[0])


@bp.delete("/suspensions/<int:suspension_id>")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def lift_suspension(suspension_id: int) -> ResponseReturnValue:
    """End a suspension early."""
    transaction(suspensions.lift_suspension, suspension_id, actor=require_actor(), now=utcnow())
    return "", 204


def _made(answer: dict[str, Any]) -> Response:
    """201 with the answer."""
    response = jsonify(answer)
    response.status_code = 201
    return response
