from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.delegating import delegate_grant
from booking.accounts.ending import end_grant
from booking.core.actors import Actor
from booking.enquiries import service as enquiries
from booking.enquiries.forms import EnquiryForm
from booking.notifications.letters import Letter
from booking.reactions import letters_by
from booking.reservations.deciders import HEIGHTS, deciders_of
from models.catalogue import Instrument
from models.directory import Unit
from models.notifications import Event
from models.vocabulary.accounts import Role, ScopeKind
from tests.accounts.leaving import platform_admin
from tests.factories.instruments import make_instrument
from tests.factories.letters import SETTINGS, mailed
from tests.factories.people import actor_for, give, make_user
from tests.factories.samples import LIMITS, Orders
from tests.reservations.acting import TODAY, act, at, book

DAY = timedelta(days=1)


def scope_ids(instrument: Instrument) -> dict[ScopeKind, int | None]:
    return {
        ScopeKind.INSTRUMENT: instrument.id,
        ScopeKind.UNIT: instrument.unit_id,
        ScopeKind.ORGANISATION: instrument.organisation_id,
        ScopeKind.PLATFORM: None,
    }


def test_who_decides_is_the_nearest_in_force_however_many_have_left(
    session: Session, careful: Instrument, now: datetime
) -> None:
    unit = Unit(organisation_id=careful.organisation_id, name_zh="中心")
    session.add(unit)
    session.flush()
    careful.unit_id = unit.id
    people = [make_user(session, f"height{n}") for n in range(len(HEIGHTS))]
    for person, (role, kind) in zip(people, HEIGHTS, strict=True):
        give(session, person, role, kind, scope_ids(careful)[kind])

    found = []
    for person in people:
        found.append([one.id for one in deciders_of(session, careful, now=now).people])
        person.deactivated_at = now
        session.commit()

    assert found == [[person.id] for person in people]
    assert list(deciders_of(session, careful, now=now).people) == []


def test_a_new_request_is_told_to_the_admins_when_no_steward_is_in_force(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    gone = give(session, make_user(session, "gone"), Role.STEWARD, ScopeKind.INSTRUMENT, careful.id)
    gone.ends_on = TODAY - DAY
    admin = make_user(session, "admin")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, careful.organisation_id)

    book(session, careful, at(10, day=3), researcher, now)

    assert [letter.recipient for letter in mailed(session, now=now)] == [admin.email]


@pytest.mark.parametrize("who", ["a deputy", "the admins"])
def test_what_waits_when_a_steward_leaves_is_told_to_who_decides_then(
    session: Session, careful: Instrument, researcher: Actor, now: datetime, who: str
) -> None:
    steward, heir = make_user(session, "steward"), make_user(session, "heir")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, careful.id)
    role, kind = (Role.STEWARD, ScopeKind.INSTRUMENT) if who == "a deputy" else (Role.STEWARD, ScopeKind.ORGANISATION)
    give(session, heir, role, kind, scope_ids(careful)[kind])
    book(session, careful, at(10, day=3), researcher, now)
    book(session, make_instrument(session, policy={"needs_approval": True}), at(10, day=3), researcher, now)
    Orders(session, careful.id, researcher, researcher, now).asked()
    asked = EnquiryForm(text="能测吗？", sample="氧化铝", periods=[])
    enquiries.ask(session, careful.id, asked, [], LIMITS, days=3, actor=researcher, now=now)
    mailed(session, now=now)

    act(session, end_grant, grant.id, last_day=TODAY - DAY, actor=platform_admin(session, now), now=now)

    letters = [letter for letter in mailed(session, now=now) if letter.template == "reservations/passed_on"]
    assert [(letter.recipient, len(letter.values["waiting"])) for letter in letters] == [(heir.email, 1)]
    assert letters[0].values["others"] == {"enquiries": 1, "sample_orders": 1}


def test_nobody_is_told_before_the_last_day_is_over(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    steward, heir = make_user(session, "steward"), make_user(session, "heir")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, careful.id)
    give(session, heir, Role.STEWARD, ScopeKind.INSTRUMENT, careful.id)
    book(session, careful, at(10, day=4), researcher, now)
    act(session, end_grant, grant.id, last_day=TODAY, actor=platform_admin(session, now), now=now)

    today = [letter.template for letter in mailed_at(session, now)]
    tomorrow = [(letter.template, letter.recipient) for letter in mailed_at(session, now + DAY)]

    assert today == ["reservations/requested", "reservations/requested", "accounts/grant_ended"]
    assert tomorrow == [("reservations/passed_on", heir.email)]


def test_when_who_stood_in_is_done_the_steward_is_told_what_waits(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    steward, deputy = make_user(session, "steward"), make_user(session, "deputy")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, careful.id)
    actor = actor_for(session, steward, now=now)
    act(session, delegate_grant, grant.id, deputy.email, TODAY, TODAY + DAY, actor=actor, now=now)
    book(session, careful, at(10, day=6), researcher, now)
    asked = [one.recipient for one in mailed_at(session, now) if one.template == "reservations/requested"]

    assert sorted(asked) == [deputy.email, steward.email]
    later = now + 2 * DAY
    assert [one.recipient for one in mailed_at(session, later) if one.template == "reservations/passed_on"] == [
        steward.email
    ]


def mailed_at(session: Session, moment: datetime) -> list[Letter]:
    session.rollback()
    letters: list[Letter] = []
    due = select(Event).where(Event.handled_at.is_(None), Event.occurred_at <= moment).order_by(Event.id)
    for event in session.scalars(due).all():
        letters += letters_by(SETTINGS)(session, event, moment)
        event.handled_at = moment
    session.commit()
    return letters


def test_a_role_that_was_given_again_passes_nothing_on(
    session: Session, careful: Instrument, researcher: Actor, now: datetime
) -> None:
    steward = make_user(session, "steward")
    grants = [give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, careful.id) for _ in range(2)]
    book(session, careful, at(10, day=3), researcher, now)
    act(session, end_grant, grants[0].id, last_day=TODAY - DAY, actor=platform_admin(session, now), now=now)

    told = [letter.template for letter in mailed(session, now=now)]

    assert told == ["reservations/requested", "accounts/grant_ended"]
