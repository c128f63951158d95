"""Merging a unit into another of its institution, and removing one that has nothing."""

from flask import Response
from flask_babel import gettext
from pydantic import BaseModel

from booking.catalogue import merging
from booking.catalogue.api.answering import json_answer
from booking.catalogue.api.records import EDITING, who
from booking.catalogue.merging_forms import MergeForm, PreviewQuery
from booking.core.clock import utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import FieldProblem, documented
from booking.web.reading import read_json, read_query
from booking.web.signed_in import require_actor
from models.vocabulary.accounts import Role


class RoleGoingAlong(BaseModel):
    """A role at the unit that would hold at the other one."""

    grant_id: int
    user_id: int
    name: str
    role: Role


class MergeAnswer(BaseModel):
    """What merging takes along and what ends with the unit; `problems` say why it cannot be."""

    unit_id: int
    into_id: int
    instruments: int
    coming_bookings: int
    people: int
    invitations: int
    kept_enquiries: int
    kept_orders: int
    owner_changes: int
    roles: list[RoleGoingAlong]
    drops_settings: bool
    drops_prices: bool
    problems: list[FieldProblem]


class MergedAnswer(BaseModel):
    """The unit that has everything now."""

    unit_id: int


@documented(tag="organisations", answers={200: MergeAnswer}, query=PreviewQuery, refusals=(400, 401, 403, 404, 422))
def preview(unit_id: int) -> Response:
    """What would go along if the unit were merged into another: a logged look at its roles, nothing changes."""
    actor = require_actor()
    into_id = read_query(PreviewQuery).into_id
    found = merging.preview_merge(reading(), unit_id, into_id, actor=actor, now=utcnow())
    transaction(merging.note_preview, found, actor=actor, now=utcnow())
    roles = [
        RoleGoingAlong(grant_id=one.grant.id, user_id=one.grant.user_id, name=one.name, role=one.grant.role)
        for one in found.has.roles
    ]
    answer = MergeAnswer(
        unit_id=unit_id,
        into_id=into_id,
        **found.has.counts,
        coming_bookings=found.has.coming_bookings,
        roles=roles,
        drops_settings=found.has.has_settings,
        drops_prices=found.has.has_prices,
        problems=[FieldProblem(field=one.field, message=gettext(one.message, **one.values)) for one in found.problems],
    )
    return json_answer(answer)


@documented(tag="organisations", body=MergeForm, answers={200: MergedAnswer}, refusals=EDITING)
def merge(unit_id: int) -> Response:
    """Give everything of the unit to another of its institution and remove it."""
    form = read_json(MergeForm)
    into = transaction(merging.merge_unit, unit_id, form.into_id, **who(form))
    return json_answer(MergedAnswer(unit_id=into.id))


@documented(tag="organisations", answers={204: None}, refusals=(401, 403, 404, 409, 412))
def remove(unit_id: int) -> Response:
    """Remove a unit that has nothing; one that has something is merged."""
    transaction(merging.remove_unit, unit_id, actor=require_actor(), now=utcnow())
    return Response(status=204)
