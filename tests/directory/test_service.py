"""Organisations, units and days, kept in the database."""

import csv
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from booking.core.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from booking.directory import days, queries, service
from booking.directory.forms import ClosingDaysForm, OrganisationForm, UnitForm
from booking.web.extensions import db
from models.accounts import AuditEntry, User
from models.catalogue import Instrument
from models.directory import CalendarDay, Organisation, Unit
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import DayKind, OrganisationKind
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user

OFFICIAL = Path(__file__).parent / "data" / "cn_calendar_2024_2026.csv"
SOUND = "91110000600037341L"


def form(**values: object) -> OrganisationForm:
    """A university in Beibei, as typed."""
    given: dict[str, object] = {"name_zh": "新大学", "kind": OrganisationKind.UNIVERSITY, "adcode": "500109"}
    return OrganisationForm.model_validate(given | values)


@pytest.fixture
def platform_admin(session: Session) -> User:
    user = make_user(session, "admin")
    give(session, user, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    return user


def test_a_new_organisation_is_stored_with_its_number_and_noted(
    session: Session, platform_admin: User, now: datetime
) -> None:
    actor = actor_for(session, platform_admin, now=now)

    made = service.create_organisation(session, form(uscc=SOUND.lower()), actor=actor, now=now)

    assert (made.uscc, made.country, made.version) == (SOUND, "CN", 1)
    assert session.scalars(select(AuditEntry.action)).all() == ["directory.organisation_created"]


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        pytest.param({"uscc": SOUND[:-1] + "0"}, ["uscc"], id="check digit"),
        pytest.param({"adcode": "999999"}, ["adcode"], id="no such place"),
        pytest.param({"adcode": None}, ["adcode"], id="no place in China"),
        pytest.param({"latitude": 29.5}, ["longitude"], id="half a position"),
        pytest.param({"name_zh": "已有大学", "uscc": "1"}, ["uscc", "name_zh"], id="name taken, number unsound"),
    ],
)
def test_an_unsound_organisation_is_refused_at_its_fields_and_not_stored(
    session: Session, platform_admin: User, now: datetime, values: dict[str, object], fields: list[str]
) -> None:
    make_organisation(session, name_zh="已有大学")
    actor = actor_for(session, platform_admin, now=now)

    with pytest.raises(InvalidInput) as refused:
        service.create_organisation(session, form(**values), actor=actor, now=now)

    assert [problem.field for problem in refused.value.problems] == fields
    assert session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_an_institution_admin_edits_their_own_institution_only(session: Session, now: datetime) -> None:
    own, other = make_organisation(session), make_organisation(session)
    admin = make_user(session)
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, own.id)
    actor, same = actor_for(session, admin, now=now), own.name_zh

    def edit(place: Organisation, version: int = 1, **values: object) -> None:
        typed = form(**{"name_zh": same, **values})
        service.update_organisation(session, place.id, typed, actor=actor, now=now, expected_version=version)

    edit(own, name_en="New", website="https://example.org")
    with pytest.raises(Forbidden):
        edit(other, name_zh="他校")
    with pytest.raises(StaleVersion):
        edit(own, name_en="Old")

    assert (own.name_zh, own.name_en, own.version) == (same, "New", 2)
    assert session.scalar(select(Organisation.name_zh).where(Organisation.id == other.id)) != "他校"


@pytest.mark.parametrize("engine_app", ["postgresql"], indirect=True, scope="session")
def test_who_edits_an_institution_waits_for_no_record_that_is_written_meanwhile(
    session: Session, platform_admin: User, now: datetime
) -> None:
    place, actor = make_organisation(session), actor_for(session, platform_admin, now=now)
    session.add(Instrument(organisation_id=place.id, name_zh="电镜", created_at=now, updated_at=now))
    session.flush()

    with Session(db.engine) as other:
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        typed = form(name_zh=place.name_zh, name_en="New")
        service.update_organisation(other, place.id, typed, actor=actor, now=now)
        other.commit()
    session.commit()

    session.refresh(place)
    assert place.name_en == "New"


def test_what_was_verified_is_changed_by_the_platform_alone(
    session: Session, platform_admin: User, now: datetime
) -> None:
    firm = make_organisation(session, name_zh="某检测公司", kind=OrganisationKind.TESTING_LABORATORY, uscc=SOUND)
    admin = make_user(session, "own")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, firm.id)
    other = form(name_zh="某大学", uscc="91500000MA5U000007", country="DE", adcode=None)

    with pytest.raises(InvalidInput) as refused:
        service.update_organisation(session, firm.id, other, actor=actor_for(session, admin, now=now), now=now)
    session.refresh(firm)
    fields = [problem.field for problem in refused.value.problems]
    assert fields == ["name_zh", "kind", "uscc", "country", "adcode"]
    assert (firm.name_zh, firm.kind, firm.uscc, firm.version) == (
        "某检测公司",
        OrganisationKind.TESTING_LABORATORY,
        SOUND,
        1,
    )

    renamed = form(name_zh="某大学", uscc=SOUND)
    service.update_organisation(session, firm.id, renamed, actor=actor_for(session, platform_admin, now=now), now=now)
    assert (firm.name_zh, firm.kind) == ("某大学", OrganisationKind.UNIVERSITY)


def test_a_unit_has_its_name_once(session: Session, platform_admin: User, now: datetime) -> None:
    organisation = make_organisation(session)
    actor = actor_for(session, platform_admin, now=now)
    service.add_unit(session, organisation.id, UnitForm(name_zh="材料学院"), actor=actor, now=now)

    with pytest.raises(InvalidInput):
        service.add_unit(session, organisation.id, UnitForm(name_zh="材料学院"), actor=actor, now=now)

    assert session.scalar(select(func.count()).select_from(Unit)) == 1


def test_the_seeded_days_agree_with_the_official_calendar_on_every_day(session: Session) -> None:
    days.seed_public_days(session, [2024, 2025, 2026])
    works = queries.working_day_test(session, None, date(2024, 1, 1), date(2026, 12, 31))

    with OFFICIAL.open(encoding="utf-8", newline="") as file:
        official = {date.fromisoformat(row["date"]): row["is_workday"] == "1" for row in csv.DictReader(file)}

    assert {day: works(day) for day in official} == official
    stored = session.scalars(select(CalendarDay.day).where(CalendarDay.organisation_id.is_(None))).all()
    assert set(stored) <= set(official)


def test_seeding_again_adds_nothing_and_years_to_come_are_provisional(session: Session) -> None:
    days.seed_public_days(session, [2026, 2027])

    assert days.seed_public_days(session, [2026, 2027]) == []
    assert days.unsettled(session, [2026, 2027, 2028]) == [2028]
    provisional = session.scalars(select(CalendarDay).where(CalendarDay.is_confirmed.is_(False))).all()
    assert {row.day.year for row in provisional} == {2027}
    session.execute(update(CalendarDay).where(CalendarDay.day == date(2026, 1, 1)).values(is_confirmed=False))
    assert days.unsettled(session, [2026, 2027]) == [2026]


def test_closing_days_stop_working_days_of_that_institution_alone(
    session: Session, platform_admin: User, now: datetime
) -> None:
    own, other = make_organisation(session), make_organisation(session)
    actor = actor_for(session, platform_admin, now=now)
    closure = ClosingDaysForm(first_day=date(2026, 12, 1), last_day=date(2026, 12, 3), name_zh="校庆")

    wanted = days.days_between(closure, now=now)
    rows = days.set_days(session, own.id, wanted, actor=actor, now=now)
    again = days.set_days(session, own.id, wanted, actor=actor, now=now)

    window = (date(2026, 12, 1), date(2026, 12, 31))
    assert [row.kind for row in rows] == [DayKind.CLOSING_DAY] * 3
    assert again == []
    assert not queries.working_day_test(session, own.id, *window)(date(2026, 12, 2))
    assert queries.working_day_test(session, other.id, *window)(date(2026, 12, 2))


@pytest.mark.parametrize(
    ("days_closed", "field"),
    [
        pytest.param((date(2026, 11, 22), None), "first_day", id="yesterday"),
        pytest.param((date(2026, 12, 2), date(2026, 12, 1)), "last_day", id="reversed"),
        pytest.param((date(2026, 12, 1), date(2027, 12, 1)), "last_day", id="a year long"),
        pytest.param((date(2029, 12, 1), None), "last_day", id="years away"),
    ],
)
def test_an_unlikely_closure_is_refused_and_not_stored(
    session: Session, platform_admin: User, now: datetime, days_closed: tuple[date, date | None], field: str
) -> None:
    organisation = make_organisation(session)
    actor = actor_for(session, platform_admin, now=now)
    closure = ClosingDaysForm(first_day=days_closed[0], last_day=days_closed[1], name_zh="停电")

    with pytest.raises(InvalidInput) as refused:
        days.set_days(session, organisation.id, days.days_between(closure, now=now), actor=actor, now=now)

    assert [problem.field for problem in refused.value.problems] == [field]
    assert session.scalar(select(func.count()).select_from(CalendarDay)) == 0


def test_a_closing_day_is_removed_by_its_own_institution_only(session: Session, now: datetime) -> None:
    own, other = make_organisation(session), make_organisation(session)
    admin = make_user(session)
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, own.id)
    actor = actor_for(session, admin, now=now)
    closure = ClosingDaysForm(first_day=date(2026, 12, 1), name_zh="停电")
    (mine,) = days.set_days(session, own.id, days.days_between(closure, now=now), actor=actor, now=now)
    theirs = CalendarDay(organisation_id=other.id, day=date(2026, 12, 1), kind=DayKind.CLOSING_DAY, name_zh="停水")
    session.add(theirs)
    session.flush()

    days.remove_day(session, days.day_of(session, own.id, mine.id, actor=actor), actor=actor, now=now)
    with pytest.raises(Forbidden):
        days.day_of(session, other.id, theirs.id, actor=actor)
    with pytest.raises(NotFound):
        days.day_of(session, own.id, theirs.id, actor=actor)

    assert session.scalars(select(CalendarDay.name_zh)).all() == ["停水"]
