"""The tab of test items, and the page of one."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.catalogue import test_items
from booking.catalogue.forms import TestItemForm
from booking.catalogue.page_forms import MovePage, RemovalPage, TestItemPage
from booking.catalogue.views.sheet import editable, saved, shown
from booking.catalogue.waiting_items import values_of
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import NotFound
from booking.web.extensions import transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor

EMPTY = dict.fromkeys(TestItemForm.model_fields, "")


def items(instrument_id: int) -> ResponseReturnValue:
    """Show the test items and a form for a new one."""
    return shown("items", instrument_id, typed=EMPTY, key=new_key())


def add_item(instrument_id: int) -> ResponseReturnValue:
    """Add a test item, once however often the form is sent."""
    editable(instrument_id)
    actor = require_actor()

    def work() -> None:
        form = read_form(TestItemPage)
        create_once(lambda session: _add(session, instrument_id, form, actor), actor=actor, now=utcnow())

    return saved("items", instrument_id, TestItemPage, work, key=request.form.get("idempotency_key") or new_key())


def _add(session: Session, instrument_id: int, form: TestItemPage, actor: Actor) -> dict[str, Any]:
    """The new item's id."""
    reason = form.change_reason
    item = test_items.add_test_item(session, instrument_id, form.item(), reason=reason, actor=actor, now=utcnow())
    session.flush()
    return {"id": item.id}


def item(instrument_id: int, item_id: int) -> ResponseReturnValue:
    """Show one test item for editing."""
    return shown("item", instrument_id, typed=_values(instrument_id, item_id), item_id=item_id)


def save_item(instrument_id: int, item_id: int) -> ResponseReturnValue:
    """Store one test item."""
    _values(instrument_id, item_id)
    who: dict[str, Any] = {"actor": require_actor(), "now": utcnow()}

    def work() -> None:
        form = read_form(TestItemPage)
        reason = form.change_reason
        transaction(test_items.edit_test_item, instrument_id, item_id, form.item(), reason=reason, **who)

    return saved("item", instrument_id, TestItemPage, work, back="items", item_id=item_id)


def remove_item(instrument_id: int, item_id: int) -> ResponseReturnValue:
    """Take a test item off the record."""
    standing, actor = _values(instrument_id, item_id), require_actor()

    def work() -> None:
        reason = read_form(RemovalPage).change_reason
        transaction(test_items.remove_test_item, instrument_id, item_id, reason=reason, actor=actor, now=utcnow())

    return saved("item", instrument_id, RemovalPage, work, back="items", standing=standing, item_id=item_id)


def move_item(instrument_id: int, item_id: int) -> ResponseReturnValue:
    """Move a test item up or down."""
    editable(instrument_id)
    actor = require_actor()

    def work() -> None:
        places = read_form(MovePage).places
        transaction(test_items.move_test_item, instrument_id, item_id, places, actor=actor, now=utcnow())

    return saved("items", instrument_id, TestItemForm, work, key=new_key())


def _values(instrument_id: int, item_id: int) -> dict[str, Any]:
    """The fields of one item of the record; raises NotFound."""
    for found in editable(instrument_id).edited_items:
        if found.id == item_id:
            return {name: "" if value is None else value for name, value in values_of(found).items()}
    raise NotFound
