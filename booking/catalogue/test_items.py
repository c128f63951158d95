"""What an instrument can test, in the owner's order."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.catalogue.changes import assign, changed, lock, one_refresh
from booking.catalogue.forms import TestItemForm
from booking.catalogue.queries import test_items_of
from booking.catalogue.waiting_items import is_waiting, public_values, settle, values_of
from booking.core.actors import Actor
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from models.catalogue import Instrument, TestItem
from models.vocabulary.catalogue import PublishingState

MOST_ITEMS = 200


def add_test_item(
    session: Session, instrument_id: int, new: TestItemForm, *, reason: str = "", actor: Actor, now: datetime
) -> TestItem:
    """A new item after the others; raises InvalidInput when it has no name or there are too many.

    Of a published record it waits until reviewers let it through.
    """
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    _check_named(new)
    count, last = session.execute(
        select(func.count(), func.max(TestItem.position)).where(TestItem.instrument_id == instrument_id)
    ).one()
    if count >= MOST_ITEMS:
        raise InvalidInput([Problem("name_zh", N_("检测项目最多 %(most)s 项。"), {"most": MOST_ITEMS})])
    is_held = instrument.publishing_state == PublishingState.PUBLISHED
    item = TestItem(instrument_id=instrument_id, position=(last or 0) + 1, is_held=is_held, **new.model_dump())
    session.add(item)
    if is_held:
        settle(session, instrument, actor=actor, now=now)
    fact, after = _fact("test_item_added", is_held), new.model_dump()
    changed(session, instrument, fact, actor=actor, now=now, after=after, reason=reason)
    return item


def edit_test_item(
    session: Session,
    instrument_id: int,
    item_id: int,
    values: TestItemForm,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> TestItem:
    """Set every column of an item; raises InvalidInput when it has no name.

    Of a published record the new values wait until reviewers let them through; typing the public ones again
    takes them back.
    """
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    _check_named(values)
    item = _item(session, instrument_id, item_id)
    old, new = values_of(item), values.model_dump()
    after = {name: value for name, value in new.items() if old[name] != value}
    if not after:
        return item
    is_held = instrument.publishing_state == PublishingState.PUBLISHED
    if is_held and not item.is_held:
        item.proposed = None if new == public_values(item) else values.model_dump(mode="json")
    else:
        assign(item, new)
    if is_held:
        settle(session, instrument, actor=actor, now=now)
    before = {name: old[name] for name in after}
    fact = _fact("test_item_edited", is_held)
    changed(session, instrument, fact, actor=actor, now=now, before=before, after=after, reason=reason)
    return item


def remove_test_item(
    session: Session, instrument_id: int, item_id: int, *, reason: str = "", actor: Actor, now: datetime
) -> Instrument:
    """Take an item off the record at once, with what waits of it."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    item = _item(session, instrument_id, item_id)
    before, was_waiting = values_of(item), is_waiting(item)
    session.delete(item)
    if was_waiting:
        settle(session, instrument, actor=actor, now=now)
    changed(session, instrument, "test_item_removed", actor=actor, now=now, before=before, reason=reason)
    return instrument


def move_test_item(
    session: Session, instrument_id: int, item_id: int, places: int, *, actor: Actor, now: datetime
) -> Instrument:
    """Move an item by `places` among the others: −1 is one up."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    moved = _item(session, instrument_id, item_id)
    items = test_items_of(session, instrument_id)
    before = [item.id for item in items]
    items.remove(moved)
    items.insert(max(0, before.index(item_id) + places), moved)
    after = [item.id for item in items]
    for position, item in enumerate(items, start=1):
        item.position = position
    if before != after:
        order = {"order": before}, {"order": after}
        changed(session, instrument, "test_items_reordered", actor=actor, now=now, before=order[0], after=order[1])
    return instrument


def put_test_items(
    session: Session, items_by_instrument: Mapping[int, Sequence[TestItemForm]], *, actor: Actor, now: datetime
) -> int:
    """Replace the items of several instruments without a review, as the platform's own data; how many there are now."""
    for item in (item for items in items_by_instrument.values() for item in items):
        _check_named(item)
    with one_refresh(session):
        for instrument_id, items in items_by_instrument.items():
            _put(session, instrument_id, items, actor=actor, now=now)
    return sum(len(items) for items in items_by_instrument.values())


def _put(session: Session, instrument_id: int, items: Sequence[TestItemForm], *, actor: Actor, now: datetime) -> None:
    """Replace the items of one instrument."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    session.execute(delete(TestItem).where(TestItem.instrument_id == instrument_id))
    session.add_all(
        TestItem(instrument_id=instrument_id, position=position, **item.model_dump())
        for position, item in enumerate(items, start=1)
    )
    changed(session, instrument, "test_items_replaced", actor=actor, now=now, after={"count": len(items)})


def _fact(fact: str, is_held: bool) -> str:
    """What the audit log says happened."""
    return "test_item_held_for_review" if is_held else fact


def _check_named(values: TestItemForm) -> None:
    """An item needs a name in either language."""
    if not (values.name_zh or values.name_en):
        raise InvalidInput([Problem("name_zh", N_("请填写中文或英文名称。"))])


def _item(session: Session, instrument_id: int, item_id: int) -> TestItem:
    """The item of this instrument; raises NotFound."""
    item = session.get(TestItem, item_id)
    if item is None or item.instrument_id != instrument_id:
        raise NotFound
    return item
