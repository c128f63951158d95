"""Test items of an instrument."""

from typing import Annotated, Any

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from booking.catalogue import test_items
from booking.catalogue.answers import EditedTestItemAnswer, InstrumentRecord, edited_item_answer
from booking.catalogue.api.answering import json_answer, record_response
from booking.catalogue.api.records import EDITING
from booking.catalogue.forms import TestItemEdit
from booking.core.clock import utcnow
from booking.core.forms import Explained, Form
from booking.web.extensions import transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor


class MoveForm(Form):
    """How many places an item moves; −1 is one up."""

    places: Annotated[int, Field(ge=-200, le=200)]


@documented(tag="catalogue", body=TestItemEdit, answers={201: EditedTestItemAnswer}, refusals=EDITING)
def add(instrument_id: int) -> Response:
    """Add a test item after the others; of a published record it waits for reviewers."""
    actor, form, now = require_actor(), read_json(TestItemEdit), utcnow()

    def work(session: Session) -> dict[str, Any]:
        reason = form.change_reason
        item = test_items.add_test_item(session, instrument_id, form.item(), reason=reason, actor=actor, now=now)
        return edited_item_answer(item).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=actor, now=now)
    return json_answer(EditedTestItemAnswer(**answer), 201)


@documented(tag="catalogue", body=TestItemEdit, answers={200: EditedTestItemAnswer}, refusals=EDITING)
def edit(instrument_id: int, item_id: int) -> Response:
    """Replace a test item; of a published record the new values wait for reviewers."""
    form = read_json(TestItemEdit)
    who: dict[str, Any] = {"reason": form.change_reason, "actor": require_actor(), "now": utcnow()}
    item = transaction(test_items.edit_test_item, instrument_id, item_id, form.item(), **who)
    return json_answer(edited_item_answer(item))


@documented(tag="catalogue", query=Explained, answers={204: None}, refusals=(401, 403, 404, 422))
def remove(instrument_id: int, item_id: int) -> Response:
    """Take a test item off the record."""
    actor, reason = require_actor(), read_query(Explained).change_reason
    transaction(test_items.remove_test_item, instrument_id, item_id, reason=reason, actor=actor, now=utcnow())
    return Response(status=204)


@documented(tag="catalogue", body=MoveForm, answers={200: InstrumentRecord}, refusals=EDITING)
def move(instrument_id: int, item_id: int) -> Response:
    """Move a test item among the others."""
    places = read_json(MoveForm).places
    transaction(test_items.move_test_item, instrument_id, item_id, places, actor=require_actor(), now=utcnow())
    return record_response(instrument_id)
