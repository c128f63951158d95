from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.accounts.delegating import delegate_grant
from booking.accounts.ending import Departure
from booking.accounts.queries import actor_of
from booking.accounts.succession import SuccessorNeeded
from booking.affiliations.user_groups import seed_groups
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.reservations import handing_over as service
from booking.reservations import leaving, story
from booking.reservations.approval import confirm_reservation
from booking.reservations.coming import coming_bookings
from booking.reservations.queries import Sight, history_of, holders_in, target_of
from booking.reservations.reasons import Code
from booking.reservations.refusals import AlreadyStarted, BookingsChanged, ReservationRefused
from booking.reservations.suspensions import suspend_person
from booking.reservations.team_bookings import team_reservations
from booking.teams.service import add_member, close, create_team
from models.accounts import Grant, User
from models.affiliations import Affiliation
from models.catalogue import Instrument
from models.directory import Organisation
from models.reservations import Reservation
from models.teams import Team
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy
from models.vocabulary.catalogue import PublishingState, ShareMode
from models.vocabulary.reservations import ChangeKind, ReservationMode, ReservationState
from tests.accounts.leaving import admin_of, platform_admin, roles_of
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.reservations.acting import TODAY, act, at, book, claims_of, fresh, kinds, revision, steward_of

DAY = timedelta(days=1)
LINKED = Sight(is_holder=False, is_linked=True, sees_names=False, decides=False)


@dataclass
class Cast:
    """The instrument, who leaves, who takes over, and who administers the institution."""

    instrument: Instrument
    researcher: Actor
    other: Actor
    admin: Actor


@pytest.fixture
def cast(session: Session, instrument: Instrument, researcher: Actor, other: Actor, now: datetime) -> Cast:
    return Cast(instrument, researcher, other, admin_of(session, instrument.organisation_id, now))


def hand_over(session: Session, cast: Cast, made: list[Reservation], by: Actor, now: datetime) -> list[Reservation]:
    arguments = (cast.instrument.organisation_id, cast.researcher.id, [one.id for one in made], cast.other.email)
    return act(session, service.hand_over_bookings, *arguments, reason="毕业离校", actor=by, now=now)


def pass_on(session: Session, cast: Cast, one: Reservation, by: Actor, now: datetime) -> None:
    arguments = (None, cast.researcher.id, [one.id], cast.other.email)
    act(session, service.hand_over_bookings, *arguments, reason="离职", actor=by, now=now)


def booked(session: Session, instrument: Instrument, hours: list[int], who: Actor, now: datetime) -> list[Reservation]:
    made = [book(session, instrument, at(hour), who, now) for hour in hours]
    mailed(session, now=now)
    return made


def test_bookings_go_over_with_their_time_their_history_and_a_word_to_both(
    session: Session, cast: Cast, now: datetime
) -> None:
    made = booked(session, cast.instrument, [9, 13], cast.researcher, now)
    claimed = claims_of(session, made[0])
    seen = revision(session, f"mine:{cast.researcher.id}"), revision(session, f"mine:{cast.other.id}")

    hand_over(session, cast, made, cast.admin, now)

    assert [fresh(session, one).booked_by_id for one in made] == [cast.other.id, cast.other.id]
    assert claims_of(session, made[0]) == claimed
    *_, handed = history_of(session, made[0].id)
    assert handed.kind == ChangeKind.HANDED_OVER
    assert (handed.before, handed.after) == ({"booked_by_id": cast.researcher.id}, {"booked_by_id": cast.other.id})
    assert story.told(handed, holders_in(session, [handed]), LINKED).words == "Researcher 移交给 Other"
    assert revision(session, f"mine:{cast.researcher.id}") > seen[0]
    assert revision(session, f"mine:{cast.other.id}") > seen[1]
    told = [(letter.recipient, letter.values["is_new"]) for letter in mailed(session, now=now)]
    assert told == [(cast.researcher.email, False), (cast.other.email, True)] * 2


@pytest.mark.parametrize("why", ["suspended", "not shared"])
def test_when_a_rule_is_against_the_new_holder_nothing_goes_over(
    session: Session, cast: Cast, now: datetime, why: str
) -> None:
    made = booked(session, cast.instrument, [9, 13], cast.researcher, now)
    if why == "suspended":
        steward = steward_of(session, cast.instrument, now)
        until = now + 10 * DAY
        act(
            session, suspend_person, cast.other.email, target_of(cast.instrument), until, "爽约", actor=steward, now=now
        )
    else:
        session.get_one(Instrument, cast.instrument.id).share_mode = ShareMode.INTERNAL

    with pytest.raises(ReservationRefused):
        hand_over(session, cast, made, cast.admin, now)

    assert [fresh(session, one).booked_by_id for one in made] == [cast.researcher.id, cast.researcher.id]
    assert kinds(session, made[0]) == [ChangeKind.CONFIRMED]


def test_what_is_shared_inside_goes_over_to_whoever_belongs_there(session: Session, cast: Cast, now: datetime) -> None:
    made = booked(session, cast.instrument, [9], cast.researcher, now)
    session.get_one(Instrument, cast.instrument.id).share_mode = ShareMode.INTERNAL
    owner = session.get_one(Organisation, cast.instrument.organisation_id)
    affiliate(session, session.get_one(User, cast.other.id), owner)

    hand_over(session, cast, made, cast.admin, now)

    assert fresh(session, made[0]).booked_by_id == cast.other.id


def test_only_this_institutions_bookings_go_over_and_only_by_its_admins(
    session: Session, cast: Cast, now: datetime
) -> None:
    elsewhere = make_instrument(session)
    here = booked(session, cast.instrument, [9], cast.researcher, now)
    there = booked(session, elsewhere, [9], cast.researcher, now)
    mixed = [*here, *there]

    with pytest.raises(BookingsChanged):
        hand_over(session, cast, mixed, cast.admin, now)
    with pytest.raises(Forbidden):
        hand_over(session, cast, here, steward_of(session, cast.instrument, now), now)

    assert [fresh(session, one).booked_by_id for one in mixed] == [cast.researcher.id, cast.researcher.id]


def test_bookings_are_cancelled_together_with_a_reason(session: Session, cast: Cast, now: datetime) -> None:
    made = booked(session, cast.instrument, [9, 13], cast.researcher, now)
    ids = [one.id for one in made]

    own, late = (None, cast.researcher.id, ids), at(9.5).start
    with pytest.raises(AlreadyStarted) as refused:
        act(session, service.cancel_bookings, *own, reason="离校", actor=cast.researcher, now=late)
    assert refused.value.values == {"number": made[0].id, "name": cast.instrument.name_zh}
    assert {fresh(session, one).state for one in made} == {ReservationState.CONFIRMED}
    act(
        session,
        service.cancel_bookings,
        cast.instrument.organisation_id,
        cast.researcher.id,
        ids,
        reason="离校",
        actor=cast.admin,
        now=now,
    )

    assert {fresh(session, one).state for one in made} == {ReservationState.CANCELLED}
    assert [claims_of(session, one) for one in made] == [[], []]


def test_what_was_booked_elsewhere_while_belonging_here_alone_goes_to_ones_own_people_or_is_cancelled(
    session: Session, cast: Cast, now: datetime
) -> None:
    here, third = session.get_one(Organisation, cast.instrument.organisation_id), make_organisation(session)
    leaver, heir = (session.get_one(User, one.id) for one in (cast.researcher, cast.other))
    affiliate(session, leaver, here, starts_on=TODAY - 9 * DAY, ends_on=TODAY + 5 * DAY)
    affiliate(session, leaver, third, starts_on=TODAY - DAY, ends_on=TODAY - DAY)
    elsewhere, hidden = make_instrument(session), make_instrument(session)
    booked(session, elsewhere, [9], cast.researcher, now - 10 * DAY)
    booked(session, elsewhere, [10], cast.researcher, now - DAY)
    booked(session, hidden, [9], cast.researcher, now)
    hidden.publishing_state = PublishingState.WITHHELD
    there = booked(session, elsewhere, [11, 12], cast.researcher, now)
    keeper = steward_of(session, elsewhere, now)
    ours = booked(session, cast.instrument, [9], cast.researcher, now - 10 * DAY)

    found = coming_bookings(session, here.id, leaver.id, limit=2, now=now)
    rest = coming_bookings(session, here.id, leaver.id, limit=2, cursor=found.page.next_cursor or "", now=now)
    assert (found.count, [one.id for one in (*found.bookings, *rest.bookings)]) == (
        3,
        [ours[0].id, there[0].id, there[1].id],
    )
    with pytest.raises(InvalidInput) as refused:
        hand_over(session, cast, there[:1], cast.admin, now)
    assert [problem.field for problem in refused.value.problems] == ["email"]
    affiliate(session, heir, here)
    mailed(session, now=now)
    hand_over(session, cast, [*ours, there[0]], cast.admin, now)
    give(session, leaver, Role.STEWARD, ScopeKind.INSTRUMENT, elsewhere.id)
    arguments = (here.id, leaver.id, [there[1].id])
    act(session, service.cancel_bookings, *arguments, reason="离校", actor=cast.admin, now=now)

    assert [fresh(session, one).booked_by_id for one in (*ours, there[0])] == [heir.id, heir.id]
    assert fresh(session, there[1]).state == ReservationState.CANCELLED
    letters = mailed(session, now=now)
    to_keeper = [
        (letter.template, letter.values["link"][-2:]) for letter in letters if letter.recipient == keeper.email
    ]
    assert to_keeper == [
        ("reservations/handed_over_here", f"/{there[0].id}"),
        ("reservations/cancelled_here", f"/{there[1].id}"),
    ]
    assert [one.recipient for one in letters if one.template == "reservations/cancelled_here"] == [keeper.email]
    [to_holder] = [letter for letter in letters if letter.template == "reservations/cancelled"]
    assert (to_holder.recipient, to_holder.values["is_outside"]) == (leaver.email, True)
    assert coming_bookings(session, None, leaver.id, now=now).count == 3


@pytest.mark.parametrize("claimed_by", [ConfirmedBy.ROSTER, ConfirmedBy.MAIL_DOMAIN])
def test_who_is_claimed_unasked_keeps_what_they_booked_elsewhere_to_themselves(
    session: Session, cast: Cast, now: datetime, claimed_by: ConfirmedBy
) -> None:
    claiming = make_organisation(session)
    person = session.get_one(User, cast.researcher.id)
    held = affiliate(session, person, claiming, confirmed_by=claimed_by, starts_on=TODAY, agreed_at=None)
    booked(session, cast.instrument, [9], cast.researcher, now)

    def seen() -> int:
        session.commit()
        return coming_bookings(session, claiming.id, person.id, now=now).count

    assert seen() == 0
    held = session.merge(held)
    held.agreed_at = now + DAY
    assert seen() == 0
    held.agreed_at = now
    assert seen() == 1


def test_giving_away_ones_own_bookings_passes_neither_approval_nor_groups_and_tells_the_stewards(
    session: Session, cast: Cast, careful: Instrument, now: datetime
) -> None:
    house, keeper = make_organisation(session), steward_of(session, cast.instrument, now)
    for one in (cast.researcher, cast.other):
        affiliate(session, session.get_one(User, one.id), house)
    [asked] = booked(session, careful, [9], cast.researcher, now)
    act(session, confirm_reservation, asked.id, actor=steward_of(session, careful, now), now=now)
    near, later = booked(session, cast.instrument, [9, 13], cast.researcher, now)
    far = book(session, cast.instrument, at(9, day=20), cast.researcher, now)
    for group in seed_groups(session, cast.instrument.organisation_id):
        group.horizon_days = 7
    mailed(session, now=now)

    def told(one: Reservation) -> list[tuple[Code, dict[str, object]]]:
        with pytest.raises(ReservationRefused) as refused:
            pass_on(session, cast, one, cast.researcher, now)
        return [(refusal.code, dict(refusal.values)) for refusal in refused.value.refusals]

    assert told(asked) == [(Code.NEEDS_APPROVAL, {})]
    assert told(far) == [(Code.CANNOT_TAKE_OVER, {})]
    pass_on(session, cast, near, cast.researcher, now)
    letters = [(letter.recipient, letter.template) for letter in mailed(session, now=now)]
    assert letters == [
        (cast.other.email, "reservations/handed_over"),
        (keeper.email, "reservations/handed_over_here"),
    ]
    where, until = target_of(cast.instrument), now + 10 * DAY
    act(session, suspend_person, cast.other.email, where, until, "爽约", actor=keeper, now=now)
    assert told(later) == [(Code.CANNOT_TAKE_OVER, {})]

    assert [fresh(session, one).booked_by_id for one in (asked, far, later)] == [cast.researcher.id] * 3


def test_ones_own_bookings_go_to_colleagues_and_the_platform_settles_those_of_anybody(
    session: Session, cast: Cast, now: datetime
) -> None:
    mine = booked(session, cast.instrument, [9, 13], cast.researcher, now)
    platform, heir = platform_admin(session, now), session.get_one(User, cast.other.id)

    nobody, said = replace(cast, other=replace(cast.other, email="nobody@example.org")), []
    for named in (cast, nobody):
        with pytest.raises(InvalidInput) as refused:
            pass_on(session, named, mine[0], cast.researcher, now)
        said.append(refused.value.problems)
    assert said[0] == said[1]
    with pytest.raises(Forbidden):
        pass_on(session, cast, mine[0], cast.admin, now)
    pass_on(session, cast, mine[0], platform, now)
    with pytest.raises(BookingsChanged):
        pass_on(session, nobody, mine[0], cast.researcher, now)
    house = make_organisation(session)
    for person in (session.get_one(User, cast.researcher.id), heir):
        affiliate(session, person, house)
    pass_on(session, cast, mine[1], cast.researcher, now)

    assert [fresh(session, one).booked_by_id for one in mine] == [heir.id, heir.id]


def test_closing_an_account_lists_what_is_still_to_come_and_leads_to_settling_it(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    now = utcnow()
    platform, person = make_user(session, "platform"), session.get_one(User, cast.researcher.id)
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    starts = datetime.combine(local_date(now) + 7 * DAY, time(2), tzinfo=UTC)
    rows = [
        {
            "uid": f"{number}@example.org",
            "instrument_id": cast.instrument.id,
            "booked_by_id": person.id,
            "starts_at": starts + number * timedelta(hours=1),
            "ends_at": starts + (number + 1) * timedelta(hours=1),
            "state": ReservationState.CONFIRMED,
            "mode": ReservationMode.SELF,
            "created_at": now,
            "updated_at": now,
        }
        for number in range(101)
    ]
    session.execute(insert(Reservation), rows)
    session.commit()
    sign_in(client, platform)

    closing = client.get(f"/people/{person.id}/deactivate").get_data(as_text=True)
    first = client.get(f"/people/{person.id}/bookings").get_data(as_text=True)
    answer = client.get(f"/api/v1/people/{person.id}/bookings").get_json()
    second = client.get(f"/people/{person.id}/bookings?cursor={answer['next_cursor']}").get_data(as_text=True)
    sent = {"step": "cancel", "reason": "离职"}
    empty = client.post(f"/people/{person.id}/bookings", data=sent)
    one, gone = str(answer["reservations"][0]["id"]), "999999"
    unsure = client.post(f"/people/{person.id}/bookings", data=sent | {"reservation_ids": one})
    stale = client.post(f"/people/{person.id}/bookings", data=sent | {"reservation_ids": gone, "is_sure": "1"})

    assert ("未来的预约（101 条）" in closing, "另有 81 项" in closing) == (True, True)
    assert f'href="/people/{person.id}/bookings"' in closing
    assert "移交后由接手人使用并承担费用" in first
    assert [page.count('name="reservation_ids"') for page in (first, second)] == [100, 1]
    assert (answer["reservations_count"], len(answer["reservations"])) == (101, 100)
    assert f"cursor={answer['next_cursor']}" in first
    assert [page.count(" checked") for page in (first, empty.text, unsure.text)] == [100, 0, 1]
    assert [page.status_code for page in (empty, unsure, stale)] == [422, 422, 409]


def leave(session: Session, cast: Cast, user: User, departure: Departure, leads: dict[int, str]) -> None:
    arguments = (cast.instrument.organisation_id, user.id, departure, leads)
    act(session, leaving.end_everything, *arguments, actor=cast.admin, now=NOW)


NOW = datetime.fromisoformat("2026-11-23T01:30:00+00:00")


def test_everything_here_ends_on_one_day_once_successors_are_named(session: Session, cast: Cast, now: datetime) -> None:
    steward = make_user(session, "steward")
    grant = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, cast.instrument.id)
    elsewhere = give(session, steward, Role.TRAINER, ScopeKind.ORGANISATION, make_instrument(session).organisation_id)
    arguments = (cast.instrument.organisation_id, "一组", "", steward.email)
    team = act(session, create_team, *arguments, actor=cast.admin, now=now)
    here = session.get_one(Organisation, cast.instrument.organisation_id)
    held = affiliate(session, steward, here)

    with pytest.raises(SuccessorNeeded):
        leave(session, cast, steward, Departure(TODAY), {})
    named = Departure(TODAY, "调离", {grant.id: cast.other.email})
    with pytest.raises(InvalidInput) as refused:
        leave(session, cast, steward, named, {})
    assert [problem.field for problem in refused.value.problems] == [f"lead_{team.id}"]
    gone = make_user(session, "gone")
    affiliate(session, gone, here, state=AffiliationState.ENDED, ends_on=TODAY - DAY)
    with pytest.raises(InvalidInput) as refused:
        leave(session, cast, steward, named, {team.id: gone.email})
    assert [problem.field for problem in refused.value.problems] == [f"lead_{team.id}"]
    assert session.get_one(Team, team.id).lead_id == steward.id
    assert roles_of(session, session.get_one(User, cast.other.id), now=now) == []
    session.refresh(held)
    before = held.ends_on
    assert before is None

    leave(session, cast, steward, named, {team.id: cast.other.email})

    session.refresh(held)
    assert (held.ends_on, held.ended_by_id, held.reason) == (TODAY, cast.admin.id, "调离")
    assert roles_of(session, steward, now=now + DAY) == [elsewhere.role]
    assert roles_of(session, session.get_one(User, cast.other.id), now=now) == [Role.STEWARD]
    assert session.get_one(Team, team.id).lead_id == cast.other.id


@pytest.mark.parametrize("heir", ["oneself", "a third"])
def test_who_stands_in_for_the_only_admin_cannot_end_them_and_name_who_follows(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, heir: str
) -> None:
    here = session.get_one(Organisation, cast.instrument.organisation_id)
    admin, deputy = session.get_one(User, cast.admin.id), make_user(session, "deputy")
    affiliate(session, admin, here)
    grant = session.scalars(select(Grant).where(Grant.user_id == admin.id)).one()
    act(session, delegate_grant, grant.id, deputy.email, TODAY, TODAY + 7 * DAY, actor=cast.admin, now=now)
    actor = actor_for(session, deputy, now=now)
    email = deputy.email if heir == "oneself" else cast.other.email
    departure = Departure(TODAY, "离职", {grant.id: email})

    with pytest.raises(Forbidden):
        act(session, leaving.end_everything, here.id, admin.id, departure, {}, actor=actor, now=now)

    session.refresh(grant)
    held = session.scalars(select(Affiliation).where(Affiliation.user_id == admin.id)).one()
    assert (grant.ends_on, held.ends_on, kinds_of_grants(session)) == (None, None, [None, grant.id])
    sign_in(client, deputy)
    assert "对方有您不能授予的角色" in client.get(f"/organisations/{here.id}/people/{admin.id}/leaving").text


def kinds_of_grants(session: Session) -> list[int | None]:
    return list(session.scalars(select(Grant.delegated_from_id).order_by(Grant.id)))


def test_what_the_platform_gave_ends_with_the_affiliation_alone(session: Session, cast: Cast, now: datetime) -> None:
    here = session.get_one(Organisation, cast.instrument.organisation_id)
    member, stranger = make_user(session, "member"), make_user(session, "stranger")
    affiliate(session, member, here)
    for user in (member, stranger):
        give(session, user, Role.OPERATOR, ScopeKind.ORGANISATION, here.id)
        give(session, user, Role.TRAINER, ScopeKind.ORGANISATION, here.id)

    for user in (member, stranger):
        leave(session, cast, user, Departure(TODAY), {})

    assert [roles_of(session, user, now=now + DAY) for user in (member, stranger)] == [[], [Role.OPERATOR]]


def test_whose_last_booking_here_went_over_is_left_on_the_page_that_asks_who_leaves(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    now = utcnow()
    day = (local_date(now) - TODAY).days + 7
    made = book(session, cast.instrument, at(9, day=day), cast.researcher, now)
    house = f"/organisations/{cast.instrument.organisation_id}"
    sign_in(client, session.get_one(User, cast.admin.id))
    sent = {"step": "hand_over", "reservation_ids": str(made.id), "email": cast.other.email, "reason": "毕业"}

    answers = [client.post(f"{house}/people/{cast.researcher.id}/leaving/bookings", data=sent) for _press in range(2)]

    assert [answer.status_code for answer in answers] == [303, 409]
    assert answers[0].location == f"{house}/leaving"
    assert fresh(session, made).booked_by_id == cast.other.id


def test_somebody_who_has_nothing_here_is_not_known_here(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotFound):
        leaving.leaving_of(session, cast.instrument.organisation_id, cast.researcher.id, actor=cast.admin, now=now)
    for email in (cast.researcher.email, "nobody@example.org"):
        with pytest.raises(InvalidInput):
            leaving.person_leaving(session, cast.instrument.organisation_id, email, actor=cast.admin, now=now)


def test_lead_and_deputies_see_what_members_booked_as_members_and_nobody_else_does(
    session: Session, cast: Cast, now: datetime
) -> None:
    lead = actor_for(session, make_user(session, "lead"), now=now)
    team = act(session, create_team, cast.instrument.organisation_id, "一组", "", lead.email, actor=cast.admin, now=now)
    book(session, cast.instrument, at(9, day=6), cast.researcher, now - 3 * DAY)
    member = act(session, add_member, team, cast.researcher.id, approved_by_id=lead.id, now=now)
    during = book(session, cast.instrument, at(11, day=6), cast.researcher, now)
    act(session, close, team, session.merge(member), TODAY, "", actor=lead, now=now)
    book(session, cast.instrument, at(13, day=6), cast.researcher, now + 2 * DAY)
    book(session, cast.instrument, at(15, day=6), cast.other, now)

    _found, page = team_reservations(session, team.id, actor=lead, limit=10, now=now)

    assert [one.id for one in page.items] == [during.id]
    for actor in (cast.admin, cast.other, cast.researcher):
        with pytest.raises(Forbidden):
            team_reservations(session, team.id, actor=actor, limit=10, now=now)
    affiliate(
        session, session.get_one(User, lead.id), session.get_one(Organisation, team.organisation_id), ends_on=TODAY
    )
    assert team_reservations(session, team.id, actor=lead, limit=10, now=now)[1].items != []
    with pytest.raises(Forbidden):
        team_reservations(session, team.id, actor=lead, limit=10, now=now + DAY)
    assert actor_of(session, lead.email, now=now) is not None
