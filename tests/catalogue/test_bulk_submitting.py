"""Sending many drafts to review at once."""

from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue.bulk_submitting import submit_many
from booking.catalogue.holding import NotReadyToPublish
from booking.core.errors import Forbidden, NotFound, StaleVersion
from models.accounts import AuditEntry
from models.catalogue import Instrument
from models.publishing import RecordEditor, ReviewRound
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from tests.catalogue.test_gate import COMPLETE
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.reservations.acting import act

DRAFT, IN_REVIEW = PublishingState.DRAFT, PublishingState.IN_REVIEW


def test_complete_drafts_wait_for_review_and_the_others_say_why_not(session: Session, now: datetime) -> None:
    organisation = make_organisation(session)
    admin = make_user(session, "admin")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    reviewer = make_user(session, "reviewer")
    give(session, reviewer, Role.REVIEWER, ScopeKind.ORGANISATION, organisation.id)
    first, second, moved = (make_instrument(session, organisation, publishing_state=DRAFT, **COMPLETE) for _ in "abc")
    short = make_instrument(session, organisation, publishing_state=DRAFT)
    theirs = make_instrument(session, make_organisation(session), publishing_state=DRAFT, **COMPLETE)
    public = make_instrument(session, make_organisation(session), **COMPLETE)
    session.add(RecordEditor(instrument_id=second.id, user_id=reviewer.id, edited_at=now))
    session.commit()
    ids = [one.id for one in (first, short, theirs, second, moved, public)]

    actor = actor_for(session, admin, now=now)
    rows = act(session, submit_many, ids, "首批", versions={moved.id: 9}, actor=actor, now=now)

    refused = [type(row.refused) for row in rows]
    nothing = type(None)
    assert [row.is_short for row in rows] == [False, False, False, True, False, False]
    assert refused == [nothing, NotReadyToPublish, NotFound, nothing, StaleVersion, Forbidden]
    session.expire_all()
    states = [session.get_one(Instrument, number).publishing_state for number in ids]
    assert states == [IN_REVIEW, DRAFT, DRAFT, IN_REVIEW, DRAFT, PublishingState.PUBLISHED]
    assert set(session.scalars(select(ReviewRound.instrument_id))) == {first.id, second.id}
    asked = session.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == "catalogue.review_asked"))
    assert set(asked) == {first.id, second.id}
    letters = [one for one in mailed(session, now=now) if one.recipient == reviewer.email]
    assert [one.values["count"] for one in letters] == [2]


def test_the_page_sends_what_is_chosen_and_reports(client: FlaskClient, session: Session) -> None:
    organisation = make_organisation(session)
    admin = make_user(session, "admin")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    ready = make_instrument(session, organisation, publishing_state=DRAFT, **COMPLETE)
    short = make_instrument(session, organisation, publishing_state=DRAFT, name_zh="缺项仪器")
    sign_in(client, admin)

    offered = client.get(f"/catalogue/bulk?id={ready.id}&id={short.id}").text
    nothing = client.post("/catalogue/bulk/submit", data={"note": "x"})
    long = client.post("/catalogue/bulk/submit", data={"id": f"{ready.id}:1", "note": "很长" * 301})
    report = client.post("/catalogue/bulk/submit", data={"id": [f"{ready.id}:1", f"{short.id}:1"], "note": "首批"}).text

    few = "台能审查的人不足 2 位"
    assert [f"{count} {few}" in page for count, page in ((2, offered), (1, report))] == [True, True]
    assert 'action="/catalogue/bulk/submit"' in offered
    assert (nothing.status_code, long.status_code) == (422, 422)
    assert f'value="{"很长" * 301}"' in long.text
    assert "已送审 1 台，1 台没有送审。" in report
    assert "缺项仪器" in report
    assert session.scalars(select(ReviewRound.notes)).all() == [["首批"]]
