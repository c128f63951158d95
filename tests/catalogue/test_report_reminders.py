"""Reminders of the report date: one letter to each person of an institution, each instrument once before and after."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.catalogue import report_queries, reporting
from booking.core.actors import Actor
from booking.directory.days import seed_public_days
from booking.notifications.letters import Letter
from booking.notifications.rendering import compose
from booking.notifications.service import announce
from models.arrivals import ReportNotice
from models.catalogue import Instrument
from models.custody import Stewardship
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.arrivals import ExemptionState
from models.vocabulary.custody import StewardRank
from tests.catalogue.report_dates import TERMS, accepted, at
from tests.counting import counting
from tests.factories.instruments import make_organisation
from tests.factories.letters import mailed
from tests.factories.people import give, make_user


@pytest.fixture(autouse=True)
def public_days(session: Session) -> None:
    seed_public_days(session, [2026])


def remind(session: Session, day: date) -> list[Letter]:
    for number in report_queries.notices_due(session, TERMS, now=at(day)):
        assert reporting.remind_of_reports(session, number, TERMS, now=at(day))
    return mailed(session, now=at(day))


def test_reminders_are_sent_once_before_and_once_after_the_day(
    session: Session, organisation: Organisation, admin: Actor
) -> None:
    accepted(session, organisation, date(2026, 3, 2))
    sent = []

    for day in (date(2026, 4, 3), date(2026, 4, 7), date(2026, 4, 8), date(2026, 4, 15), date(2026, 4, 20)):
        sent += [(day.day, letter.recipient, letter.values["is_overdue"]) for letter in remind(session, day)]
        assert not reporting.remind_of_reports(session, organisation.id, TERMS, now=at(day))

    assert sent == [(7, admin.email, False), (15, admin.email, True)]
    assert session.scalar(select(func.count()).select_from(ReportNotice)) == 2


def steward_of(session: Session, name: str, instrument: Instrument, rank: StewardRank | None = None) -> str:
    user = make_user(session, name)
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    if rank is not None:
        session.add(Stewardship(instrument_id=instrument.id, rank=rank, user_id=user.id))
        session.commit()
    return user.email


def test_forty_records_of_a_centre_are_one_letter_to_each_person(
    session: Session, organisation: Organisation, admin: Actor, platform: Actor
) -> None:
    made = [accepted(session, organisation, date(2020, 5, day % 20 + 1)) for day in range(40)]
    accepted(session, organisation, date(2026, 3, 2))
    primary = steward_of(session, "primary", made[0], StewardRank.PRIMARY)
    steward_of(session, "third", made[0])
    everywhere = make_user(session, "everywhere")
    give(session, everywhere, Role.STEWARD, ScopeKind.ORGANISATION, organisation.id)
    other = accepted(session, make_organisation(session), date(2020, 5, 1))
    elsewhere = steward_of(session, "elsewhere", other)
    spared = reporting.ask_exemption(session, made[1].id, "军工配套", actor=admin, now=at(date(2026, 4, 1)))
    reporting.decide_exemption(session, spared.id, ExemptionState.APPROVED, actor=platform, now=at(date(2026, 4, 1)))
    mailed(session, now=at(date(2026, 4, 1)))
    made[2].first_published_at = at(date(2026, 4, 1))
    session.commit()

    letters = {letter.recipient: letter for letter in remind(session, date(2026, 4, 8))}

    told = {address: (one.values["count"], one.values["overdue"]) for address, one in letters.items()}
    assert told == {admin.email: (39, 38), everywhere.email: (38, 37), primary: (1, 1), elsewhere: (1, 1)}
    links = {
        address: one.values["link"].removeprefix("https://instruments.example.cn/") for address, one in letters.items()
    }
    assert (links[admin.email], links[everywhere.email]) == ("report-dates", "catalogue")
    assert links[primary] == f"catalogue/{made[0].id}/publishing"
    assert remind(session, date(2026, 4, 9)) == []


def test_the_letter_of_many_names_twenty_and_how_many_more(
    app: Flask, session: Session, organisation: Organisation, admin: Actor
) -> None:
    for number in range(22):
        made = accepted(session, organisation, date(2020, 5, 6))
        made.name_zh = f"显微镜{number}"
    session.commit()

    letter = remind(session, date(2026, 4, 8))[0]
    with app.app_context():
        composed = compose(letter, "https://instruments.example.cn")
    text = composed.text

    assert composed.subject == "报送期限：22 台仪器须公开"
    assert [number for number in range(22) if f"- 显微镜{number}：应在" in text] == list(range(20))
    assert "其中 22 台已逾期" in text
    assert "还有 2 台。\n\nhttps://instruments.example.cn/report-dates" in text


def test_an_event_of_one_instrument_from_before_is_still_told(
    session: Session, organisation: Organisation, admin: Actor
) -> None:
    made, now = accepted(session, organisation, date(2026, 3, 2)), at(date(2026, 4, 15))
    for number in (made.id, made.id + 1):
        payload = {"instrument_id": number, "kind": "overdue", "due_on": "2026-04-14"}
        announce(session, "catalogue.report_due", payload, now=now)
    session.commit()

    letters = mailed(session, now=now)

    assert [(one.recipient, one.values["count"], one.values["due_on"]) for one in letters] == [
        (admin.email, 1, date(2026, 4, 14))
    ]


def test_a_letter_about_more_instruments_takes_no_more_statements(
    session: Session, organisation: Organisation, admin: Actor
) -> None:
    def asked(count: int, day: date) -> int:
        for _ in range(count):
            steward_of(session, f"s{day.day}-{_}", accepted(session, organisation, date(2026, 3, 2)))
        with counting() as statements:
            remind(session, day)
        return len(statements)

    assert asked(2, date(2026, 4, 8)) == asked(5, date(2026, 4, 9))
