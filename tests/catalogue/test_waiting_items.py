"""Test items of a published record go through the gate like its texts: two reviewers, and nothing public before."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue import gate, queries, review_queries, reviewing, test_items
from booking.catalogue.forms import TestItemForm
from booking.core.actors import Actor
from models.catalogue import Instrument, TestItem
from models.publishing import ReviewRound
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import ReportMark
from models.vocabulary.publishing import RoundState
from tests.factories.instruments import make_instrument
from tests.factories.people import actor_for, give, make_user

OLD = {"name_zh": "拉伸", "standard": "GB/T 228"}
NEW = TestItemForm(name_zh="拉伸", standard="GB/T 228.1", turnaround_days=5, report_mark=ReportMark.CMA)


class House(NamedTuple):
    instrument: Instrument
    item: TestItem
    steward: Actor
    admin: Actor
    reviewer: Actor


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    instrument = make_instrument(
        session,
        cleared_at=now,
        first_published_at=now,
        functions_zh="力学",
        user_rules_zh="须预约",
        fees_zh="按次",
        contact_name="陈",
        phone="023-1",
    )
    item = TestItem(instrument_id=instrument.id, position=1, **OLD)
    session.add(item)
    people = []
    for role in (Role.STEWARD, Role.INSTITUTION_ADMIN, Role.REVIEWER):
        user = make_user(session, role.value)
        give(session, user, role, ScopeKind.ORGANISATION, instrument.organisation_id)
        people.append(actor_for(session, user, now=now))
    return House(instrument, item, *people)


def public_items(session: Session, instrument: Instrument) -> list[tuple[str, str]]:
    session.expire_all()
    return [(item.name_zh, item.standard) for item in queries.record_for(session, instrument.id, None).test_items]


def last_round(session: Session, instrument: Instrument) -> ReviewRound:
    rounds = select(ReviewRound).where(ReviewRound.instrument_id == instrument.id).order_by(ReviewRound.id.desc())
    return session.scalars(rounds.execution_options(populate_existing=True)).first()  # type: ignore[return-value]


def change_items(session: Session, house: House, now: datetime) -> TestItem:
    """Edit one item of the published record and add another."""
    test_items.edit_test_item(session, house.instrument.id, house.item.id, NEW, actor=house.steward, now=now)
    return test_items.add_test_item(
        session, house.instrument.id, TestItemForm(name_zh="压缩"), actor=house.steward, now=now
    )


def test_added_and_edited_items_are_public_once_two_people_approved(
    session: Session, house: House, now: datetime
) -> None:
    change_items(session, house, now)

    waiting = last_round(session, house.instrument)
    [change] = review_queries.round_for(session, waiting.id, house.admin).changes
    assert public_items(session, house.instrument) == [("拉伸", "GB/T 228")]
    assert (change.field, change.before, change.after) == (
        "test_items",
        "拉伸 · GB/T 228",
        "拉伸 · GB/T 228.1 · 5 d · CMA\n压缩",
    )
    reviewing.approve_round(session, waiting.id, actor=house.admin, now=now)
    assert public_items(session, house.instrument) == [("拉伸", "GB/T 228")]
    reviewing.approve_round(session, waiting.id, actor=house.reviewer, now=now)
    assert public_items(session, house.instrument) == [("拉伸", "GB/T 228.1"), ("压缩", "")]
    assert last_round(session, house.instrument).state == RoundState.APPROVED


def send_back(session: Session, house: House, now: datetime) -> None:
    reviewing.send_back_round(session, last_round(session, house.instrument).id, "不清楚", actor=house.admin, now=now)


def withdraw(session: Session, house: House, now: datetime) -> None:
    gate.withdraw_submission(session, house.instrument.id, actor=house.steward, now=now)


def take_back(session: Session, house: House, now: datetime) -> None:
    who: dict[str, Any] = {"actor": house.steward, "now": now}
    added = session.scalars(select(TestItem.id).where(TestItem.is_held)).one()
    test_items.remove_test_item(session, house.instrument.id, added, **who)
    test_items.edit_test_item(session, house.instrument.id, house.item.id, TestItemForm(**OLD), **who)


@pytest.mark.parametrize("ending", [send_back, withdraw, take_back])
def test_items_that_are_not_let_through_are_gone_and_the_public_ones_stay(
    session: Session, house: House, now: datetime, ending: Callable[[Session, House, datetime], None]
) -> None:
    change_items(session, house, now)

    ending(session, house, now)

    ended = last_round(session, house.instrument)
    assert public_items(session, house.instrument) == [("拉伸", "GB/T 228")]
    assert (ended.state == RoundState.OPEN, session.scalars(select(TestItem.id)).all()) == (False, [house.item.id])


def test_what_waits_becomes_the_records_own_when_it_leaves_the_public(
    session: Session, house: House, now: datetime
) -> None:
    change_items(session, house, now)

    gate.withhold_record(session, house.instrument.id, "须保密", actor=house.admin, now=now)

    items = queries.test_items_of(session, house.instrument.id)
    assert [(item.standard, item.is_held, item.proposed) for item in items] == [
        ("GB/T 228.1", False, None),
        ("", False, None),
    ]
