"""Issuing all drafts in one go: in the background, some in each transaction, once each, and looked at meanwhile."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.errors import Forbidden, NotFound
from booking.statements import runs
from booking.statements.issuing import issue_together
from booking.statements.jobs import work_due
from booking.web.extensions import transaction
from models.accounts import Grant
from models.statements import Debtor, Statement, StatementDraft, StatementRun
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.statements import RunState
from tests.factories.looking import look_again
from tests.factories.people import give, make_user, sign_in
from tests.statements.office import Office


@pytest.fixture
def office(session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Three drafts, one in each transaction."""
    monkeypatch.setattr(runs, "TOGETHER", 1)
    made = Office(session, now)
    made.used(9)
    for hour, person in ((11, made.other), (14, made.stranger)):
        made.used(hour, by=person)
    made.drafts()
    return made


def started(office: Office) -> StatementRun:
    run: StatementRun = office.do(runs.start_run, office.place.id, by=office.finance, at_=office.later)
    return run


def far(office: Office, run: StatementRun) -> tuple[str, int, int, list[int]]:
    """How far it has come, and the numbers that were given."""
    look_again(office.session)
    found = office.session.get_one(StatementRun, run.id)
    numbers = office.session.scalars(sa.select(Statement.number).order_by(Statement.id)).all()
    return str(found.state), found.done_count, found.issued_count, list(numbers)


def test_all_are_issued_once_and_asking_again_meanwhile_answers_the_run_that_goes_on(office: Office) -> None:
    run = started(office)
    until = transaction(runs.lease, run.id, now=office.later)
    assert until is not None
    until = transaction(runs.issue_some, run.id, until, now=office.later)
    first = far(office, run)
    again = started(office)
    assert until is not None
    while until is not None:
        until = transaction(runs.issue_some, run.id, until, now=office.later)

    assert (first, again.id) == (("running", 1, 1, [1]), run.id)
    assert far(office, run) == ("done", 3, 3, [1, 2, 3])
    assert office.faults() == []
    with pytest.raises(runs.NothingDrafted):
        started(office)


def test_what_a_killed_process_left_is_gone_on_with_and_nothing_is_issued_twice(office: Office) -> None:
    run = started(office)
    until = transaction(runs.lease, run.id, now=office.later)
    assert until is not None
    transaction(runs.issue_some, run.id, until, now=office.later)

    meanwhile = work_due(lambda: office.later)
    after = office.later + runs.LEASE + timedelta(seconds=1)
    later = work_due(lambda: after)
    stale = transaction(runs.issue_some, run.id, until, now=after)

    assert (meanwhile, later, stale) == (0, 1, None)
    assert far(office, run) == ("done", 3, 3, [1, 2, 3])


def test_drafts_that_need_eyes_are_told_and_the_others_go_on(office: Office) -> None:
    office.used(16, by=office.other)
    debtor = sa.select(Debtor.id).where(Debtor.user_id == office.other.id).scalar_subquery()
    changed = office.session.scalar(sa.select(StatementDraft.id).where(StatementDraft.debtor_id == debtor))
    run = started(office)

    work_due(lambda: office.later)

    assert far(office, run)[:3] == ("done", 3, 2)
    assert office.session.get_one(StatementRun, run.id).changed_draft_ids == [changed]


def test_it_stops_when_who_asked_may_not_issue_any_more(office: Office) -> None:
    run = started(office)
    office.session.execute(sa.delete(Grant).where(Grant.user_id == office.finance.id))
    office.session.commit()

    work_due(lambda: office.later)

    assert far(office, run) == ("refused", 0, 0, [])


def test_a_run_that_breaks_says_so_and_another_one_issues_the_rest(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def breaks(*given: object, **named: object) -> object:
        seen.append(given)
        if len(seen) == 2:
            raise RuntimeError("broken")
        return issue_together(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "issue_together", breaks)
    run = started(office)

    work_due(lambda: office.later)
    broken = far(office, run)
    anew = started(office)
    work_due(lambda: office.later)

    assert broken == ("failed", 1, 1, [1])
    assert far(office, anew) == ("done", 2, 2, [1, 2, 3])


def test_only_who_issues_asks_for_it_and_who_reads_statements_sees_it(office: Office) -> None:
    auditor = make_user(office.session, "auditor")
    give(office.session, auditor, Role.AUDITOR, ScopeKind.ORGANISATION, office.place.id)
    for person, wrong in ((office.stranger, Forbidden), (auditor, Forbidden)):
        with pytest.raises(wrong):
            office.do(runs.start_run, office.place.id, by=person)
        office.session.rollback()
    run = started(office)

    assert runs.run_for(office.session, run.id, office.actor(auditor)).id == run.id
    with pytest.raises(NotFound):
        runs.run_for(office.session, run.id, office.actor(office.stranger))


def test_the_api_asks_for_a_run_and_looks_at_it(client: FlaskClient, office: Office) -> None:
    sign_in(client, office.finance)
    asked = client.post("/api/v1/statement-runs", json={"organisation_id": office.place.id})
    progress = client.get(f"/statement-runs/{asked.get_json()['id']}/progress")
    going = client.get(f"/organisations/{office.place.id}/statements/drafts").get_data(as_text=True)
    work_due()

    done = client.get(asked.location).get_json()

    assert (asked.status_code, asked.get_json()["state"], progress.headers.get("HX-Refresh")) == (201, "running", None)
    assert ("<progress" in going, "全部出具" in going.partition("<main")[2].partition("</main")[0]) == (True, False)
    assert (done["state"], done["issued_count"], done["finished_at"] is not None) == (RunState.DONE, 3, True)
    listed = client.get(f"/api/v1/statement-runs?organisation={office.place.id}").get_json()["items"]
    assert [one["id"] for one in listed] == [done["id"]]
    assert client.get(f"/statement-runs/{done['id']}/progress").headers["HX-Refresh"] == "true"
