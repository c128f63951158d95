"""Writing programmes: always another row, by officers of the authority alone."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from booking.programmes import queries, service
from booking.programmes.forms import MARKED, MarkForm, ProgrammeForm
from models.accounts import AuditEntry
from models.directory import Organisation
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.programmes import MarkKind
from tests.counting import counting
from tests.factories.instruments import make_organisation
from tests.factories.programmes import (
    CHONGQING,
    TERMS,
    make_authority,
    make_officer,
    make_programme,
    version_form,
)

TODAY = date(2026, 11, 23)
TOMORROW = date(2026, 11, 24)


@pytest.fixture
def authority(session: Session) -> Organisation:
    return make_authority(session)


@pytest.fixture
def officer(session: Session, authority: Organisation, now: datetime) -> Actor:
    return make_officer(session, authority, "officer", now=now)


@pytest.fixture
def programme(session: Session, authority: Organisation, officer: Actor, now: datetime) -> Programme:
    return make_programme(session, authority, officer, now=now)


def problems_in(refused: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [problem.field for problem in refused.value.problems]


def versions_stored(session: Session) -> int | None:
    return session.scalar(select(func.count()).select_from(ProgrammeVersion))


def test_a_programme_begins_with_a_version_that_marks_every_value(session: Session, programme: Programme) -> None:
    version = queries.versions_of(session, programme.id)[0]

    shares = [f"shares.{name}" for name in TERMS["shares"]]
    assert list(version.marks) == [*shares, *MARKED, *(f"exclusions.{name}" for name in TERMS["exclusions"])]
    assert {mark["kind"] for mark in version.marks.values()} == {"assumed"}
    assert (version.number, version.shares, version.year_cap_fen) == (1, TERMS["shares"], 20_000_000)


def test_another_version_leaves_the_one_before_as_it_was(
    session: Session, programme: Programme, officer: Actor, now: datetime
) -> None:
    form = version_form(valid_from=TOMORROW, year_cap_fen=30_000_000, reason="上限提高")

    service.write_version(session, programme.id, form, actor=officer, now=now, expected_version=1)

    session.commit()
    found = queries.versions_of(session, programme.id)
    assert [(one.number, one.year_cap_fen) for one in found] == [(2, 30_000_000), (1, 20_000_000)]
    days = (TODAY, TOMORROW, date(2025, 12, 31))
    on = [queries.version_on(session, programme.id, day) for day in days]
    assert [one.number if one else None for one in on] == [1, 2, None]


def test_of_two_versions_for_one_day_the_later_one_holds(
    session: Session, programme: Programme, officer: Actor, now: datetime
) -> None:
    for cap in (30_000_000, 31_000_000):
        form = version_form(valid_from=TOMORROW, year_cap_fen=cap)
        service.write_version(session, programme.id, form, actor=officer, now=now)

    found = queries.version_on(session, programme.id, TOMORROW)
    assert found is not None
    assert found.year_cap_fen == 31_000_000


def test_before_its_first_day_a_programme_is_shown_as_it_will_begin(
    session: Session, authority: Organisation, officer: Actor, now: datetime
) -> None:
    made = make_programme(session, authority, officer, now=now, valid_from=date(2027, 1, 1), year=2027)

    assert queries.shown(session, made.id, TODAY).version.number == 1
    assert queries.version_on(session, made.id, TODAY) is None


def test_what_is_over_cannot_be_changed(session: Session, programme: Programme, officer: Actor, now: datetime) -> None:
    with pytest.raises(InvalidInput) as refused:
        service.write_version(
            session, programme.id, version_form(valid_from=date(2026, 11, 22)), actor=officer, now=now
        )

    session.rollback()
    assert problems_in(refused) == ["valid_from"]
    assert versions_stored(session) == 1


def test_who_saw_an_older_version_is_told(
    session: Session, programme: Programme, officer: Actor, now: datetime
) -> None:
    service.write_version(session, programme.id, version_form(valid_from=TOMORROW), actor=officer, now=now)

    with pytest.raises(StaleVersion):
        service.write_version(
            session,
            programme.id,
            version_form(valid_from=TOMORROW),
            actor=officer,
            now=now,
            expected_version=1,
        )


def test_officers_of_the_other_province_write_nothing(
    session: Session, authority: Organisation, programme: Programme, now: datetime
) -> None:
    other = make_officer(session, make_authority(session, CHONGQING), "other", now=now)
    named = {"organisation_id": authority.id, "year": 2027, "name_zh": "创新券 2027"}

    with pytest.raises(Forbidden):
        service.write_version(session, programme.id, version_form(valid_from=TOMORROW), actor=other, now=now)
    with pytest.raises(Forbidden):
        service.start_programme(session, ProgrammeForm(**TERMS, **named, valid_from=TODAY), actor=other, now=now)

    session.rollback()
    assert versions_stored(session) == 1


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        pytest.param({"use_by": date(2025, 12, 31)}, ["use_by"], id="used before it begins"),
        pytest.param({"redeem_by": date(2026, 12, 30)}, ["redeem_by"], id="redeemed before the last use"),
        pytest.param({"marks": {"budget": MarkForm()}}, ["marks.budget"], id="a mark of nothing"),
        pytest.param(
            {"marks": {"year_cap_fen": MarkForm(kind=MarkKind.SOURCED)}},
            ["marks.year_cap_fen.text"],
            id="a source without a name",
        ),
        pytest.param(
            {
                "windows": [
                    {
                        "opens_on": "2026-07-02",
                        "closes_on": "2026-07-01",
                        "invoiced_from": "2026-06-30",
                        "invoiced_until": "2026-01-01",
                    }
                ]
            },
            ["windows.0.closes_on", "windows.0.invoiced_until"],
            id="a batch that runs backwards",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(
    session: Session,
    programme: Programme,
    officer: Actor,
    now: datetime,
    *,
    changes: dict[str, Any],
    fields: list[str],
) -> None:
    form = version_form(valid_from=TOMORROW, **changes)

    with pytest.raises(InvalidInput) as refused:
        service.write_version(session, programme.id, form, actor=officer, now=now)

    session.rollback()
    assert problems_in(refused) == fields
    assert versions_stored(session) == 1


def test_a_sourced_value_without_a_text_of_its_own_comes_from_the_notice(
    session: Session, programme: Programme, officer: Actor, now: datetime
) -> None:
    marks = {
        "year_cap_fen": MarkForm(kind=MarkKind.SOURCED),
        "use_by": MarkForm(kind=MarkKind.SOURCED, text="另一份通知"),
    }
    form = version_form(valid_from=TOMORROW, notice="川科政〔2025〕6号", marks=marks)

    made = service.write_version(session, programme.id, form, actor=officer, now=now)

    assert made.marks["year_cap_fen"] == {"kind": "sourced", "text": "川科政〔2025〕6号"}
    assert made.marks["use_by"] == {"kind": "sourced", "text": "另一份通知"}
    assert made.marks["redeem_by"] == {"kind": "assumed", "text": ""}


def test_a_programme_belongs_to_an_authority_and_has_a_name_of_its_own_in_the_year(
    session: Session, authority: Organisation, programme: Programme, officer: Actor, now: datetime
) -> None:
    school = make_organisation(session)
    at_school = make_officer(session, school, "misplaced", now=now)
    first = {**TERMS, "year": 2026, "name_zh": "创新券 2026", "valid_from": TODAY}
    of_school, again, of_nobody = (
        ProgrammeForm(**first, organisation_id=key) for key in (school.id, authority.id, 999_999)
    )

    with pytest.raises(InvalidInput) as no_authority:
        service.start_programme(session, of_school, actor=at_school, now=now)
    with pytest.raises(InvalidInput) as same_name:
        service.start_programme(session, again, actor=officer, now=now)
    with pytest.raises(NotFound):
        service.start_programme(session, of_nobody, actor=officer, now=now)

    session.rollback()
    assert problems_in(no_authority) == ["organisation_id"]
    assert problems_in(same_name) == ["name_zh"]
    assert session.scalars(select(Programme.id)).all() == [programme.id]


def test_every_version_is_in_the_log_with_its_reason(
    session: Session, programme: Programme, officer: Actor, now: datetime
) -> None:
    form = version_form(valid_from=TOMORROW, reason="上限提高")

    service.write_version(session, programme.id, form, actor=officer, now=now)

    about = select(AuditEntry).where(AuditEntry.subject_kind == "programme").order_by(AuditEntry.id)
    found = session.scalars(about).all()
    assert [(one.action, one.actor_id, one.reason) for one in found] == [
        ("programmes.started", officer.id, ""),
        ("programmes.version_written", officer.id, "上限提高"),
    ]
    assert found[1].after is not None
    assert (found[1].after["number"], found[1].after["valid_from"]) == (2, "2026-11-24")


@pytest.mark.parametrize("count", [2, 5])
def test_the_list_takes_one_statement_however_many_programmes_there_are(
    session: Session, authority: Organisation, officer: Actor, now: datetime, count: int
) -> None:
    for year in range(2026, 2026 + count):
        make_programme(session, authority, officer, now=now, year=year)
    session.expire_all()

    with counting() as statements:
        found = queries.programmes(session, TODAY)
        names = [(one.programme.year, one.programme.organisation.name_zh) for one in found]

    assert names == [(year, authority.name_zh) for year in reversed(range(2026, 2026 + count))]
    assert len(statements) == 1
