"""Reading the audit log: what is found, by whom, and as a table."""

import csv
import io
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit, audit_log
from booking.accounts.audit_log import Wanted
from booking.accounts.sights import Sight
from booking.core.actors import Reach
from models.accounts import AuditEntry, User
from models.catalogue import Instrument
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_instrument
from tests.factories.people import actor_for, give, make_user, sign_in

EVERYWHERE = Reach(everywhere=True)


@pytest.fixture
def steward(session: Session) -> User:
    return make_user(session, "steward")


@pytest.fixture
def instruments(session: Session, steward: User, now: datetime) -> list[Instrument]:
    made = [make_instrument(session), make_instrument(session)]
    for number, instrument in enumerate(made):
        audit.note(
            session,
            "catalogue.instrument_edited",
            ("instrument", instrument.id),
            actor=actor_for(session, steward, now=now),
            now=now + timedelta(days=number),
            before={"model": "=A"},
            after={"model": "B", "phone": None, "site": f"缙云楼{number}"},
            reason=f"因为{number}",
        )
    audit.note(session, "accounts.signed_in", ("user", steward.id), actor=None, now=now + timedelta(days=2))
    session.commit()
    return made


def found(session: Session, wanted: Wanted, reach: Reach = EVERYWHERE) -> list[tuple[str, int | None]]:
    return [(e.subject_kind, e.subject_id) for e in audit_log.page(session, wanted, reach, limit=50).items]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(Wanted(), ["user", "second", "first"], id="everything, the newest first"),
        pytest.param(Wanted(action="catalogue."), ["second", "first"], id="the beginning of an action"),
        pytest.param(Wanted(action="%"), [], id="wildcards are letters"),
        pytest.param(Wanted(person="Steward@example.org"), ["second", "first"], id="a person by address"),
        pytest.param(Wanted(subject_kind="user"), ["user"], id="a kind of subject"),
        pytest.param(Wanted(text="因为1"), ["second"], id="words of the reason"),
        pytest.param(Wanted(text="=a"), ["second", "first"], id="a value before, letter case aside"),
        pytest.param(Wanted(text="缙云楼1"), ["second"], id="a value after"),
        pytest.param(Wanted(text="7f19"), [], id="not the code of a letter"),
        pytest.param(Wanted(text="phone"), [], id="not the name of a field"),
        pytest.param(Wanted(text="缙云楼", subject_kind="user"), [], id="all that is asked for at once"),
        pytest.param(Wanted(since=date(2026, 11, 24)), ["user", "second"], id="from a day on, included"),
        pytest.param(Wanted(until=date(2026, 11, 23)), ["first"], id="until a day, included"),
    ],
)
def test_entries_are_found_by(
    session: Session, instruments: list[Instrument], steward: User, wanted: Wanted, expected: list[str]
) -> None:
    first, second = (("instrument", instrument.id) for instrument in instruments)
    named = {"first": first, "second": second, "user": ("user", steward.id)}

    assert found(session, wanted) == [named[name] for name in expected]


def test_an_institution_reads_what_is_about_its_own_and_no_sign_ins(
    session: Session, instruments: list[Instrument]
) -> None:
    ours = Reach(organisation_ids=frozenset({instruments[0].organisation_id}))

    assert found(session, Wanted(), ours) == [("instrument", instruments[0].id)]
    assert found(session, Wanted(subject_id=instruments[1].id), ours) == []


def test_a_number_given_again_does_not_pass_on_what_was_noted_of_the_deleted_record(
    session: Session, instruments: list[Instrument], now: datetime
) -> None:
    first, second = instruments
    first.created_at = second.created_at = now + timedelta(hours=1)
    session.commit()
    reaches = [Reach(organisation_ids=frozenset({one.organisation_id})) for one in (first, second)]

    assert [found(session, Wanted(), reach) for reach in reaches] == [[], [("instrument", second.id)]]


def test_a_role_that_never_began_is_read_where_it_was_to_be_and_not_by_who_has_its_number_now(
    session: Session, instruments: list[Instrument], steward: User, now: datetime
) -> None:
    first, second = instruments
    told = {"scope_kind": "instrument", "scope_id": first.id}
    now_there = give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, second.id)
    subject = ("grant", now_there.id)
    audit.note(session, "accounts.grant_ended", subject, actor=None, now=now, before=told, after={"ends_on": None})
    session.commit()
    reaches = [Reach(organisation_ids=frozenset({one.organisation_id})) for one in (first, second)]

    assert [found(session, Wanted(subject_kind="grant"), reach) for reach in reaches] == [[subject], []]


def test_pages_of_the_log_follow_each_other_without_gaps(session: Session, instruments: list[Instrument]) -> None:
    first = audit_log.page(session, Wanted(), EVERYWHERE, limit=2)
    rest = audit_log.page(session, Wanted(), EVERYWHERE, limit=2, cursor=first.next_cursor or "")

    assert [len(first.items), len(rest.items), rest.next_cursor] == [2, 1, None]
    assert len({entry.id for entry in (*first.items, *rest.items)}) == 3


def test_what_changed_is_told_field_by_field(session: Session, instruments: list[Instrument]) -> None:
    entry = audit_log.page(session, Wanted(text="因为0"), EVERYWHERE, limit=1).items[0]

    changes = [(change.name, change.before, change.after) for change in audit_log.differences(entry)]

    assert changes == [("model", "=A", "B"), ("phone", "", ""), ("site", "", "缙云楼0")]


def test_the_table_has_every_entry_that_was_asked_for(
    client: FlaskClient, session: Session, instruments: list[Instrument], steward: User
) -> None:
    auditor = make_user(session, "auditor")
    give(session, auditor, Role.AUDITOR, ScopeKind.PLATFORM)
    sign_in(client, auditor)

    looks = []
    for text in ("7f19", "缙云楼"):
        client.get("/audit.csv", query_string={"text": text})
        session.rollback()
        noted = select(AuditEntry.subject_id).where(AuditEntry.action == Sight.LOG)
        looks.append(list(session.scalars(noted)))
    answer = client.get("/audit.csv?action=catalogue.")
    seen = [
        f"<code>{Sight.LOG.value}</code>" in client.get(f"/audit{asked}").get_data(as_text=True)
        for asked in ("", "?looks=with", "?looks=only", f"?action={Sight.LOG.value}")
    ]
    api = client.get("/api/v1/audit-entries?looks=without").get_json()["items"]

    assert seen == [False, True, True, True]
    assert [entry["action"] for entry in api if entry["action"] in {*Sight}] == []
    assert len(api) > len(instruments)
    assert looks == [[], [steward.id]]
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row[rows[0].index("subject_id")] for row in rows[1:]] == [str(i.id) for i in reversed(instruments)]
    assert rows[1][rows[0].index("occurred_at")] == "2026-11-24T09:30:00+08:00"


def test_who_reads_for_an_institution_is_told_what_is_not_found_here(
    client: FlaskClient, session: Session, instruments: list[Instrument]
) -> None:
    told = []
    for name, kind, place in (
        ("theirs", ScopeKind.ORGANISATION, instruments[0].organisation_id),
        ("all", ScopeKind.PLATFORM, None),
    ):
        auditor = make_user(session, name)
        give(session, auditor, Role.AUDITOR, kind, place)
        sign_in(client, auditor)
        told.append("登录、账户、访问令牌" in client.get("/audit?text=缙云楼0").get_data(as_text=True))

    assert told == [True, False]


def test_a_filter_that_cannot_be_read_is_named_at_its_field(client: FlaskClient, session: Session) -> None:
    auditor = make_user(session, "auditor")
    give(session, auditor, Role.AUDITOR, ScopeKind.PLATFORM)
    sign_in(client, auditor)

    answer = client.get("/audit?since=gestern")

    page = answer.get_data(as_text=True)
    assert (answer.status_code, "日期格式应为 年-月-日" in page, "没有符合条件" in page) == (422, True, False)
