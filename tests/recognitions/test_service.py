"""The register of mutual recognition: dated entries by officers of the accepting authority, and what follows."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput
from booking.recognitions import queries, service
from booking.recognitions.forms import EndRecognitionForm, RecognitionForm
from booking.recognitions.queries import Wanted
from booking.recognitions.service import AlreadyOver
from models.accounts import AuditEntry
from models.directory import Organisation
from models.recognitions import Recognition, RecognitionEnding
from models.vocabulary.programmes import ServiceType
from tests.counting import counting
from tests.factories.instruments import make_organisation
from tests.factories.programmes import CHONGQING, make_authority, make_officer

TODAY = date(2026, 11, 23)
NEW_YEAR = date(2026, 1, 1)
SICHUAN_PROVINCE, CHONGQING_PROVINCE = "510000", "500000"


@pytest.fixture
def authority(session: Session) -> Organisation:
    return make_authority(session, CHONGQING)


@pytest.fixture
def officer(session: Session, authority: Organisation, now: datetime) -> Actor:
    return make_officer(session, authority, "officer", now=now)


@pytest.fixture
def provider(session: Session) -> Organisation:
    return make_organisation(session, name_zh="绵阳检测院", name_en="Mianyang Lab", adcode="510704")


def entry(authority: Organisation, **changes: Any) -> RecognitionForm:
    first = {"organisation_id": authority.id, "starts_on": NEW_YEAR, "notice": "互认通知"}
    return RecognitionForm(**{**first, **changes})


def of_provider(authority: Organisation, provider: Organisation, **changes: Any) -> RecognitionForm:
    return entry(authority, kind="provider", provider_id=provider.id, **changes)


def of_service(authority: Organisation, **changes: Any) -> RecognitionForm:
    return entry(
        authority, **{"kind": "service_type", "province": SICHUAN_PROVINCE, "service_type": "testing", **changes}
    )


def problems_in(refused: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [problem.field for problem in refused.value.problems]


def stored(session: Session) -> int | None:
    return session.scalar(select(func.count()).select_from(Recognition))


def test_a_provider_across_the_border_needs_its_entry_and_that_of_the_service(
    session: Session, authority: Organisation, provider: Organisation, officer: Actor, now: datetime
) -> None:
    def recognised(service_type: ServiceType = ServiceType.TESTING) -> bool:
        return queries.recognised(session, authority, provider, service_type, TODAY)

    before = recognised()
    service.recognise(session, of_provider(authority, provider), actor=officer, now=now)
    listed = recognised()
    service.recognise(session, of_service(authority), actor=officer, now=now)

    assert (before, listed, recognised(), recognised(ServiceType.COMPUTING)) == (False, False, True, False)


def test_a_provider_at_home_needs_its_own_entry_alone(
    session: Session, authority: Organisation, officer: Actor, now: datetime
) -> None:
    home = make_organisation(session, adcode="500109")
    asked = (session, authority, home, ServiceType.TESTING, TODAY)

    before = queries.recognised(*asked)
    service.recognise(session, of_provider(authority, home), actor=officer, now=now)

    assert (before, queries.recognised(*asked)) == (False, True)


def test_an_entry_for_one_type_of_service_says_nothing_of_others(
    session: Session, authority: Organisation, officer: Actor, now: datetime
) -> None:
    home = make_organisation(session, adcode="500109")
    form = of_provider(authority, home, service_type="testing")

    service.recognise(session, form, actor=officer, now=now)

    found = [queries.recognised(session, authority, home, one, TODAY) for one in ServiceType]
    assert [one for one, accepted in zip(ServiceType, found, strict=True) if accepted] == [ServiceType.TESTING]


def test_what_one_authority_accepts_the_other_need_not(
    session: Session, authority: Organisation, officer: Actor, now: datetime
) -> None:
    other, home = make_authority(session), make_organisation(session, adcode="510704")
    theirs = make_officer(session, other, "theirs", now=now)
    service.recognise(session, of_provider(other, home), actor=theirs, now=now)

    assert queries.recognised(session, other, home, ServiceType.TESTING, TODAY)
    assert not queries.recognised(session, authority, home, ServiceType.TESTING, TODAY)


def test_an_entry_that_is_ended_holds_to_its_last_day_and_stays(
    session: Session, authority: Organisation, officer: Actor, now: datetime
) -> None:
    home = make_organisation(session, adcode="500109")
    made = service.recognise(session, of_provider(authority, home), actor=officer, now=now)
    last = date(2026, 11, 30)

    service.end_recognition(
        session, made.id, EndRecognitionForm(ends_on=last, reason="名单调整"), actor=officer, now=now
    )

    session.commit()
    on = [
        queries.recognised(session, authority, home, ServiceType.TESTING, day)
        for day in (date(2025, 12, 31), NEW_YEAR, last, date(2026, 12, 1))
    ]
    assert on == [False, True, True, False]
    assert stored(session) == 1
    assert queries.days(queries.recognition(session, made.id)).last == last


def test_what_has_ended_is_not_ended_again(
    session: Session, authority: Organisation, provider: Organisation, officer: Actor, now: datetime
) -> None:
    made = service.recognise(session, of_provider(authority, provider), actor=officer, now=now)
    over_form = of_provider(authority, make_organisation(session), ends_on=date(2026, 6, 30))
    over = service.recognise(session, over_form, actor=officer, now=now)
    form = EndRecognitionForm(ends_on=date(2026, 12, 1), reason="名单调整")
    service.end_recognition(session, made.id, form, actor=officer, now=now)

    for one in (made, over):
        with pytest.raises(AlreadyOver):
            service.end_recognition(session, one.id, form, actor=officer, now=now)

    assert session.scalars(select(RecognitionEnding.recognition_id)).all() == [made.id]


@pytest.mark.parametrize(
    ("ends_on", "was_to_end_on"),
    [
        pytest.param(date(2026, 11, 22), None, id="reaches back"),
        pytest.param(date(2026, 12, 31), date(2026, 12, 31), id="ends then anyway"),
        pytest.param(date(2027, 1, 1), date(2026, 12, 31), id="would last longer"),
    ],
)
def test_an_end_lies_ahead_and_shortens(
    session: Session,
    authority: Organisation,
    provider: Organisation,
    officer: Actor,
    now: datetime,
    *,
    ends_on: date,
    was_to_end_on: date | None,
) -> None:
    made = service.recognise(session, of_provider(authority, provider, ends_on=was_to_end_on), actor=officer, now=now)
    session.commit()

    with pytest.raises(InvalidInput) as refused:
        service.end_recognition(
            session, made.id, EndRecognitionForm(ends_on=ends_on, reason="调整"), actor=officer, now=now
        )

    session.rollback()
    assert problems_in(refused) == ["ends_on"]
    assert session.scalars(select(RecognitionEnding)).all() == []


def test_the_same_is_not_entered_twice_for_a_day_but_again_afterwards(
    session: Session, authority: Organisation, provider: Organisation, officer: Actor, now: datetime
) -> None:
    def enter(**changes: Any) -> None:
        service.recognise(session, of_provider(authority, provider, **changes), actor=officer, now=now)

    enter(ends_on=date(2026, 6, 30))
    session.commit()

    with pytest.raises(InvalidInput) as refused:
        enter(starts_on=date(2026, 6, 30))
    enter(starts_on=date(2026, 7, 1))
    enter(service_type="testing")

    assert problems_in(refused) == ["starts_on"]
    assert stored(session) == 3


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        pytest.param({"kind": "provider"}, ["provider_id"], id="no provider"),
        pytest.param({"kind": "provider", "provider_id": 999_999}, ["provider_id"], id="an unknown provider"),
        pytest.param({"kind": "document"}, ["province", "document"], id="no papers"),
        pytest.param(
            {"kind": "service_type", "service_type": "testing", "province": "500109"}, ["province"], id="a district"
        ),
        pytest.param(
            {"kind": "service_type", "service_type": "testing", "province": CHONGQING_PROVINCE},
            ["province"],
            id="one's own province",
        ),
        pytest.param(
            {"kind": "document", "document": "invoice", "province": SICHUAN_PROVINCE, "service_type": "testing"},
            ["service_type"],
            id="papers for a type of service",
        ),
        pytest.param(
            {
                "kind": "service_type",
                "service_type": "testing",
                "province": SICHUAN_PROVINCE,
                "ends_on": date(2025, 12, 31),
            },
            ["ends_on"],
            id="ends before it begins",
        ),
    ],
)
def test_what_is_missing_or_does_not_belong_is_refused(
    session: Session,
    authority: Organisation,
    officer: Actor,
    now: datetime,
    *,
    changes: dict[str, Any],
    fields: list[str],
) -> None:
    with pytest.raises(InvalidInput) as refused:
        service.recognise(session, entry(authority, **changes), actor=officer, now=now)

    session.rollback()
    assert problems_in(refused) == fields
    assert stored(session) == 0


def test_officers_of_the_other_province_enter_and_end_nothing(
    session: Session, authority: Organisation, provider: Organisation, officer: Actor, now: datetime
) -> None:
    other = make_officer(session, make_authority(session), "other", now=now)
    made = service.recognise(session, of_provider(authority, provider), actor=officer, now=now)
    session.commit()

    with pytest.raises(Forbidden):
        service.recognise(session, of_service(authority), actor=other, now=now)
    form = EndRecognitionForm(ends_on=TODAY, reason="越权")
    with pytest.raises(Forbidden):
        service.end_recognition(session, made.id, form, actor=other, now=now)

    session.rollback()
    assert (stored(session), session.scalars(select(RecognitionEnding)).all()) == (1, [])


def test_a_register_belongs_to_an_authority(session: Session, provider: Organisation, now: datetime) -> None:
    school = make_organisation(session)
    misplaced = make_officer(session, school, "misplaced", now=now)

    with pytest.raises(InvalidInput) as refused:
        service.recognise(session, of_provider(school, provider), actor=misplaced, now=now)

    assert problems_in(refused) == ["organisation_id"]


def test_entries_and_their_ends_are_in_the_log(
    session: Session, authority: Organisation, provider: Organisation, officer: Actor, now: datetime
) -> None:
    made = service.recognise(session, of_provider(authority, provider), actor=officer, now=now)
    form = EndRecognitionForm(ends_on=TODAY, reason="名单调整")
    service.end_recognition(session, made.id, form, actor=officer, now=now)

    about = select(AuditEntry).where(AuditEntry.subject_kind == "recognition").order_by(AuditEntry.id)
    assert [(one.action, one.subject_id, one.actor_id, one.reason) for one in session.scalars(about)] == [
        ("recognitions.entered", made.id, officer.id, ""),
        ("recognitions.ended", made.id, officer.id, "名单调整"),
    ]


@pytest.mark.parametrize("count", [2, 5])
def test_the_register_takes_one_statement_however_long_it_is(
    session: Session, authority: Organisation, officer: Actor, now: datetime, count: int
) -> None:
    for _ in range(count):
        service.recognise(session, of_provider(authority, make_organisation(session)), actor=officer, now=now)
    session.commit()
    session.expire_all()

    with counting() as statements:
        found = queries.recognitions(session, Wanted(on=TODAY), limit=10).items
        names = {one.organisation.name_zh for one in found if one.provider and not one.ending and not one.place}

    assert (len(found), names) == (count, {authority.name_zh})
    assert len(statements) == 1
