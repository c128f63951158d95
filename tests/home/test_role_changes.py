"""The card of the last changes of roles: who got or lost which role where, for those who read the log."""

from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.accounts.ending import end_grant
from booking.accounts.grant_changes import latest_changes
from booking.accounts.grants import NewGrant, give_grant
from booking.core.actors import Actor, Reach
from booking.core.clock import local_date
from models.accounts import User
from models.custody import OwnerChange
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.custody import OwnerChangeState
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user, sign_in


def given(
    session: Session, user: User, role: Role, kind: ScopeKind, scope_id: int | None, *, actor: Actor, now: datetime
) -> int:
    wanted = NewGrant(user.id, role, kind, scope_id, local_date(now))
    made = give_grant(session, wanted, actor=actor, now=now)
    session.commit()
    return made.id


def boss_of(session: Session, name: str, organisation_id: int, now: datetime) -> tuple[User, Actor]:
    user = make_user(session, name)
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation_id)
    return user, actor_for(session, user, now=now)


def test_the_card_says_who_got_and_lost_which_role_where(client: FlaskClient, session: Session, now: datetime) -> None:
    ours = make_instrument(session, make_organisation(session, name_zh="甲大学"), name_zh="离子研磨仪")
    theirs = make_instrument(session, make_organisation(session), name_zh="别处的电镜")
    boss, actor = boss_of(session, "boss", ours.organisation_id, now)
    _other, their_boss = boss_of(session, "their_boss", theirs.organisation_id, now)
    anna, carol = make_user(session, "anna"), make_user(session, "carol")
    given(session, carol, Role.STEWARD, ScopeKind.INSTRUMENT, theirs.id, actor=their_boss, now=now)
    given(session, anna, Role.TRAINER, ScopeKind.ORGANISATION, ours.organisation_id, actor=actor, now=now)
    grant_id = given(session, anna, Role.STEWARD, ScopeKind.INSTRUMENT, ours.id, actor=actor, now=now)
    give(session, boss, Role.STEWARD, ScopeKind.INSTRUMENT, ours.id)
    end_grant(session, grant_id, last_day=local_date(now), actor=actor, now=now)
    session.commit()
    sign_in(client, boss)

    page = client.get("/home?lang=zh").text
    [card] = [one for one in client.get("/api/v1/home").get_json()["cards"] if one["code"] == "role_changes"]

    told = [(one["action"], one["role"], one["person"], one["title_zh"], one["by"]) for one in card["items"]]
    assert told == [
        ("accounts.grant_ended", "steward", "Anna", "离子研磨仪", "Boss"),
        ("accounts.grant_given", "steward", "Anna", "离子研磨仪", "Boss"),
        ("accounts.grant_given", "trainer", "Anna", "甲大学", "Boss"),
    ]
    line = (
        f'<a href="/audit?subject_id={grant_id}&amp;subject_kind=grant">结束角色 · 仪器管理员 · 离子研磨仪</a> · Anna'
    )
    assert line in page
    assert ("由 Boss 办理" in page, "别处的电镜" in page, "Carol" in page) == (True, False, False)


def test_who_reads_all_of_the_log_reads_roles_of_the_platform_too(session: Session, now: datetime) -> None:
    admin, anna = make_user(session, "admin"), make_user(session, "anna")
    give(session, admin, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    actor = actor_for(session, admin, now=now)
    given(session, anna, Role.AUDITOR, ScopeKind.PLATFORM, None, actor=actor, now=now)

    [found] = latest_changes(session, Reach(everywhere=True), limit=5)

    assert (found.role, found.holder, found.scope_name_zh, found.actor) == ("auditor", "Anna", "", "Admin")
    assert latest_changes(session, Reach(organisation_ids=frozenset({make_organisation(session).id})), limit=5) == []


def test_a_record_that_went_to_another_institution_is_not_named_to_the_former_one(
    session: Session, now: datetime
) -> None:
    organisation = make_organisation(session)
    instrument = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT, name_zh="秘密的草稿")
    _boss, actor = boss_of(session, "boss", organisation.id, now)
    given(session, make_user(session, "anna"), Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id, actor=actor, now=now)
    ours = Reach(organisation_ids=frozenset({organisation.id}))
    before = latest_changes(session, ours, limit=5)
    receiver = make_organisation(session)
    change = OwnerChange(
        instrument_id=instrument.id,
        from_organisation_id=organisation.id,
        to_organisation_id=receiver.id,
        starts_on=local_date(now),
        reason="划转",
        state=OwnerChangeState.APPLIED,
        proposed_at=now,
        applied_at=now + timedelta(days=1),
    )
    session.add(change)
    instrument.organisation_id = receiver.id
    session.commit()

    after = latest_changes(session, ours, limit=5)

    assert [one.scope_name_zh for one in before] == ["秘密的草稿"]
    assert [(one.role, one.holder, one.scope_name_zh) for one in after] == [("steward", "Anna", "")]


def test_five_changes_take_as_many_statements_as_two(session: Session, now: datetime) -> None:
    organisation = make_organisation(session)
    _boss, actor = boss_of(session, "boss", organisation.id, now)

    def asked(names: str) -> tuple[int, int]:
        for name in names:
            user = make_user(session, f"{name}_person")
            given(session, user, Role.TRAINER, ScopeKind.ORGANISATION, organisation.id, actor=actor, now=now)
        with counting() as statements:
            found = latest_changes(session, Reach(everywhere=True), limit=9)
        return len(found), len(statements)

    assert (asked("ab"), asked("cde")) == ((2, 1), (5, 1))
