"""The publishing gate: two named people, what waits aside, and that nothing of it leaks."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.catalogue import gate, queries, review_queries, reviewing, service
from booking.catalogue.forms import InstrumentChanges
from booking.catalogue.holding import NotReadyToPublish
from booking.catalogue.rounds import note_editor
from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from booking.core.pages import encode_cursor
from models.accounts import AuditEntry, User
from models.catalogue import Instrument
from models.directory import Organisation
from models.listings import InstrumentListing
from models.publishing import Review, ReviewRound
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.publishing import ReviewDecision, RoundState
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.people import actor_for, give, make_user, sign_in

AT_ONCE = ("test_items", "record_editors")
"""Tables that a page of many rounds reads once."""
COMPLETE: dict[str, Any] = {
    "functions_zh": "形貌观察",
    "user_rules_zh": "须预约",
    "fees_zh": "按机时收费",
    "contact_name": "陈老师",
    "phone": "023-00000000",
}


def person(session: Session, name: str, role: Role, organisation: Organisation, now: datetime) -> Actor:
    user = make_user(session, name)
    give(session, user, role, ScopeKind.ORGANISATION, organisation.id)
    return actor_for(session, user, now=now)


@pytest.fixture
def steward(session: Session, organisation: Organisation, now: datetime) -> Actor:
    return person(session, "steward", Role.STEWARD, organisation, now)


@pytest.fixture
def admin(session: Session, organisation: Organisation, now: datetime) -> Actor:
    return person(session, "admin", Role.INSTITUTION_ADMIN, organisation, now)


@pytest.fixture
def reviewer(session: Session, organisation: Organisation, now: datetime) -> Actor:
    return person(session, "reviewer", Role.REVIEWER, organisation, now)


class House(NamedTuple):
    organisation: Organisation
    steward: Actor
    admin: Actor
    reviewer: Actor


@pytest.fixture
def house(organisation: Organisation, steward: Actor, admin: Actor, reviewer: Actor) -> House:
    return House(organisation, steward, admin, reviewer)


def draft_of(session: Session, organisation: Organisation) -> Instrument:
    return make_instrument(session, organisation, publishing_state=PublishingState.DRAFT, **COMPLETE)


def published_of(session: Session, organisation: Organisation, now: datetime) -> Instrument:
    return make_instrument(session, organisation, cleared_at=now, first_published_at=now, **COMPLETE)


def waiting_of(session: Session, instrument: Instrument) -> ReviewRound:
    rounds = select(ReviewRound).where(ReviewRound.instrument_id == instrument.id)
    return session.scalars(rounds.order_by(ReviewRound.id.desc()).execution_options(populate_existing=True)).first()  # type: ignore[return-value]


def is_listed(session: Session, instrument: Instrument) -> bool:
    listed = select(InstrumentListing.instrument_id).where(InstrumentListing.instrument_id == instrument.id)
    return session.scalar(listed) is not None


def test_a_record_is_public_once_two_people_approved_and_not_before(
    session: Session, house: House, now: datetime
) -> None:
    organisation, steward, admin, reviewer = house
    instrument = draft_of(session, organisation)

    gate.submit_record(session, instrument.id, "新购设备", actor=steward, now=now)
    waiting = waiting_of(session, instrument)
    reviewing.approve_round(session, waiting.id, "不涉密", actor=admin, now=now)

    with pytest.raises(reviewing.AlreadyReviewed):
        reviewing.approve_round(session, waiting.id, actor=admin, now=now)
    with pytest.raises(NotFound):
        queries.record_for(session, instrument.id, None)
    assert not is_listed(session, instrument)
    reviewing.approve_round(session, waiting.id, actor=reviewer, now=now + timedelta(hours=1))

    assert queries.record_for(session, instrument.id, None).instrument.first_published_at == now + timedelta(hours=1)
    assert is_listed(session, instrument)
    rows = select(Review.reviewer_name, Review.decision, Review.note, Review.decided_at).order_by(Review.id)
    assert [tuple(row) for row in session.execute(rows)] == [
        ("Admin", ReviewDecision.APPROVED, "不涉密", now),
        ("Reviewer", ReviewDecision.APPROVED, "", now + timedelta(hours=1)),
    ]
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["catalogue.review_asked", "catalogue.review_approved", "catalogue.published"]


def test_an_incomplete_record_is_not_submitted_and_every_gap_is_named(
    session: Session, organisation: Organisation, steward: Actor, now: datetime
) -> None:
    instrument = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)

    with pytest.raises(NotReadyToPublish) as refused:
        gate.submit_record(session, instrument.id, actor=steward, now=now)

    assert [problem.field for problem in refused.value.problems] == [
        "functions_zh",
        "user_rules_zh",
        "fees_zh",
        "contact_name",
        "phone",
    ]
    assert session.scalar(select(func.count()).select_from(ReviewRound)) == 0


def test_who_edited_since_the_last_publication_may_not_review_and_may_again_afterwards(
    session: Session, house: House, now: datetime
) -> None:
    organisation, steward, admin, reviewer = house
    instrument = draft_of(session, organisation)
    third = person(session, "third", Role.REVIEWER, organisation, now)
    service.patch_instrument(session, instrument.id, InstrumentChanges(fees_zh="面议"), actor=admin, now=now)
    gate.submit_record(session, instrument.id, actor=steward, now=now)
    waiting = waiting_of(session, instrument)

    with pytest.raises(reviewing.EditorMayNotReview):
        reviewing.approve_round(session, waiting.id, actor=admin, now=now)
    with pytest.raises(Forbidden):
        reviewing.approve_round(session, waiting.id, actor=steward, now=now)
    for one in (reviewer, third):
        reviewing.approve_round(session, waiting.id, actor=one, now=now)
    change = InstrumentChanges(functions_zh="形貌与成分")
    service.patch_instrument(session, instrument.id, change, actor=steward, now=now)
    reviewing.approve_round(session, waiting_of(session, instrument).id, actor=admin, now=now)

    assert session.scalar(select(func.count()).select_from(Review)) == 3


def test_a_change_during_review_starts_it_over(session: Session, house: House, now: datetime) -> None:
    organisation, steward, admin, reviewer = house
    instrument = draft_of(session, organisation)
    gate.submit_record(session, instrument.id, actor=steward, now=now)
    waiting = waiting_of(session, instrument)
    reviewing.approve_round(session, waiting.id, actor=admin, now=now, seen=1)

    service.patch_instrument(session, instrument.id, InstrumentChanges(model="X-9"), actor=steward, now=now)

    with pytest.raises(StaleVersion):
        reviewing.approve_round(session, waiting.id, actor=reviewer, now=now, seen=1)
    reviewing.approve_round(session, waiting.id, actor=reviewer, now=now, seen=2)
    assert session.get_one(Instrument, instrument.id).publishing_state == PublishingState.IN_REVIEW
    reviewing.approve_round(session, waiting.id, actor=admin, now=now, seen=2)
    assert session.get_one(Instrument, instrument.id).publishing_state == PublishingState.PUBLISHED


def test_a_change_of_a_published_text_waits_aside_and_the_public_reads_the_old_one(
    session: Session, house: House, now: datetime
) -> None:
    organisation, steward, admin, reviewer = house
    instrument = published_of(session, organisation, now)
    aside = {"functions_zh": "形貌与成分", "fees_zh": "面议", "user_rules_en": "Book first"}
    change = InstrumentChanges(model="M-2", **aside)

    service.patch_instrument(session, instrument.id, change, actor=steward, now=now)
    service.patch_instrument(session, instrument.id, change, actor=steward, now=now)

    public = queries.record_for(session, instrument.id, None).instrument
    read = (public.functions_zh, public.fees_zh, public.user_rules_en, public.model)
    assert read == ("形貌观察", "按机时收费", "", "M-2")
    waiting = waiting_of(session, instrument)
    assert (waiting.version, waiting.proposed) == (1, aside)
    standing = review_queries.round_for(session, waiting.id, reviewer)
    assert [(c.field, c.before, c.after) for c in standing.changes if c.field in aside] == [
        ("functions_zh", "形貌观察", "形貌与成分"),
        ("user_rules_en", "", "Book first"),
        ("fees_zh", "按机时收费", "面议"),
    ]
    for one in (admin, reviewer):
        reviewing.approve_round(session, waiting.id, actor=one, now=now)
    public = queries.record_for(session, instrument.id, None).instrument
    assert {name: getattr(public, name) for name in aside} == aside


def test_typing_the_published_text_again_takes_the_waiting_one_back(
    session: Session, organisation: Organisation, steward: Actor, now: datetime
) -> None:
    instrument = published_of(session, organisation, now)

    for text in ("形貌与成分", "形貌观察"):
        change = InstrumentChanges(functions_zh=text)
        service.patch_instrument(session, instrument.id, change, actor=steward, now=now)
    with pytest.raises(NotReadyToPublish):
        service.patch_instrument(session, instrument.id, InstrumentChanges(functions_zh=""), actor=steward, now=now)

    assert waiting_of(session, instrument).state == RoundState.WITHDRAWN


def test_sending_back_keeps_what_is_public_and_needs_a_reason(
    session: Session, organisation: Organisation, steward: Actor, reviewer: Actor, now: datetime
) -> None:
    instrument, new = published_of(session, organisation, now), draft_of(session, organisation)
    change = InstrumentChanges(indicators_zh="0.4 nm")
    service.patch_instrument(session, instrument.id, change, actor=steward, now=now)
    gate.submit_record(session, new.id, actor=steward, now=now)

    with pytest.raises(InvalidInput):
        reviewing.send_back_round(session, waiting_of(session, new).id, "", actor=reviewer, now=now)
    for one in (instrument, new):
        reviewing.send_back_round(session, waiting_of(session, one).id, "请删去型号", actor=reviewer, now=now)

    assert queries.record_for(session, instrument.id, None).instrument.indicators_zh == ""
    assert session.get_one(Instrument, new.id).publishing_state == PublishingState.DRAFT
    assert [r.state for r in review_queries.rounds_of(session, new.id)] == [RoundState.SENT_BACK]


def test_a_reviewer_withholds_the_whole_record_and_it_can_be_submitted_again(
    session: Session, organisation: Organisation, steward: Actor, reviewer: Actor, now: datetime
) -> None:
    instrument = published_of(session, organisation, now)
    change = InstrumentChanges(indicators_zh="0.4 nm")
    service.patch_instrument(session, instrument.id, change, actor=steward, now=now)

    reviewing.withhold_round(session, waiting_of(session, instrument).id, "涉及未公开项目", actor=reviewer, now=now)

    with pytest.raises(NotFound):
        queries.record_for(session, instrument.id, None)
    assert not is_listed(session, instrument)
    assert session.get_one(Instrument, instrument.id).withheld_reason == "涉及未公开项目"
    gate.submit_record(session, instrument.id, actor=steward, now=now)
    assert session.get_one(Instrument, instrument.id).publishing_state == PublishingState.IN_REVIEW


def test_what_waits_can_be_withdrawn(
    session: Session, organisation: Organisation, steward: Actor, reviewer: Actor, now: datetime
) -> None:
    instrument = draft_of(session, organisation)
    gate.submit_record(session, instrument.id, actor=steward, now=now)
    waiting = waiting_of(session, instrument)

    gate.withdraw_submission(session, instrument.id, actor=steward, now=now)

    with pytest.raises(reviewing.RoundClosed):
        reviewing.approve_round(session, waiting.id, actor=reviewer, now=now)
    with pytest.raises(gate.StateHasNoWay):
        gate.withdraw_submission(session, instrument.id, actor=steward, now=now)
    assert session.get_one(Instrument, instrument.id).publishing_state == PublishingState.DRAFT


def test_taking_a_record_off_is_the_admins_and_needs_a_reason(
    session: Session, organisation: Organisation, steward: Actor, admin: Actor, now: datetime
) -> None:
    instrument = published_of(session, organisation, now)

    with pytest.raises(Forbidden):
        gate.withhold_record(session, instrument.id, "涉密", actor=steward, now=now)
    with pytest.raises(InvalidInput):
        gate.withhold_record(session, instrument.id, "", actor=admin, now=now)
    gate.withhold_record(session, instrument.id, "涉密", actor=admin, now=now)

    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.reason) == ("catalogue.withheld", "涉密")
    assert entry.after == {"publishing_state": "withheld", "withheld_reason": "涉密"}


def test_a_new_document_waits_until_the_reviewers_let_it_through(session: Session, house: House, now: datetime) -> None:
    organisation, steward, admin, reviewer = house
    instrument = published_of(session, organisation, now - timedelta(days=1))

    gate.content_changed(session, instrument.id, "操作手册.pdf", actor=steward, now=now)

    waiting = waiting_of(session, instrument)
    assert (waiting.notes, gate.is_cleared(instrument, now)) == (["操作手册.pdf"], False)
    with pytest.raises(Forbidden):
        reviewing.approve_round(session, waiting.id, actor=steward, now=now)
    for one in (admin, reviewer):
        reviewing.approve_round(session, waiting.id, actor=one, now=now + timedelta(hours=1))
    assert gate.is_cleared(session.get_one(Instrument, instrument.id), now)


def test_those_who_may_review_are_told_and_who_asked_learns_the_answer(
    session: Session, house: House, now: datetime
) -> None:
    organisation, steward, _, reviewer = house
    instrument = draft_of(session, organisation)
    person(session, "elsewhere", Role.REVIEWER, make_organisation(session), now)

    gate.submit_record(session, instrument.id, actor=steward, now=now)
    asked = mailed(session, now=now)
    reviewing.send_back_round(session, waiting_of(session, instrument).id, "请补充", actor=reviewer, now=now)
    answered = mailed(session, now=now)

    assert [(letter.recipient, letter.template) for letter in asked] == [
        ("admin@example.org", "catalogue/review_asked"),
        ("reviewer@example.org", "catalogue/review_asked"),
    ]
    assert [(letter.recipient, letter.values["reason"]) for letter in answered] == [("steward@example.org", "请补充")]


def test_reviewers_see_only_what_waits_at_their_institution(
    session: Session, organisation: Organisation, steward: Actor, reviewer: Actor, now: datetime
) -> None:
    instrument = draft_of(session, organisation)
    stranger = person(session, "elsewhere", Role.REVIEWER, make_organisation(session), now)
    gate.submit_record(session, instrument.id, actor=steward, now=now)
    waiting = waiting_of(session, instrument)

    own = review_queries.waiting_rounds(session, reviewer, limit=10)
    theirs = review_queries.waiting_rounds(session, stranger, limit=10)

    assert ([one.id for one in own.items], theirs.items) == ([waiting.id], [])
    with pytest.raises(NotFound):
        review_queries.round_for(session, waiting.id, stranger)
    with pytest.raises(NotFound):
        reviewing.approve_round(session, waiting.id, actor=stranger, now=now)


def test_several_are_approved_at_once_each_by_its_own_decision_and_four_eyes(
    client: FlaskClient, session: Session, house: House, now: datetime
) -> None:
    organisation, steward, admin, reviewer = house
    records = [draft_of(session, organisation) for _number in range(4)]
    hidden = draft_of(session, make_organisation(session))
    owner = person(session, "owner", Role.INSTITUTION_ADMIN, session.get_one(Organisation, hidden.organisation_id), now)
    for record in records[:3]:
        gate.submit_record(session, record.id, actor=steward, now=now)
    gate.submit_record(session, records[3].id, actor=steward, now=now)
    gate.submit_record(session, hidden.id, actor=owner, now=now)
    rounds = {record.id: waiting_of(session, record).id for record in (*records, hidden)}
    note_editor(session, records[2].id, admin, now=now)
    seen = [{"id": round_id, "version": 1} for round_id in rounds.values()]
    waiting_of(session, records[3]).version = 2
    session.commit()
    sign_in(client, session.get_one(User, admin.id))
    with counting() as statements:
        page = client.get("/reviews/several").get_data(as_text=True)

    first = client.post("/api/v1/review-approvals", json={"rounds": seen, "note": "不涉密"}).get_json()
    sign_in(client, session.get_one(User, reviewer.id))
    ticked = [f"{rounds[records[0].id]}:1", f"{rounds[records[1].id]}:7"]
    report = client.post("/reviews/several", data={"chosen": ticked}).get_data(as_text=True)
    cursor = encode_cursor(rounds[records[0].id])
    rest = client.get(f"/reviews/several?cursor={cursor}").get_data(as_text=True)
    empty = client.post("/reviews/several", data={"note": "看过", "cursor": cursor})
    done = client.post("/reviews/several", data={"chosen": f"{rounds[records[3].id]}:2", "cursor": cursor})

    offered = [record.id for record in (*records, hidden) if f'value="{rounds[record.id]}:' in page]
    assert offered == [record.id for record in (records[0], records[1], records[3])]
    read = [sum(f"FROM {name} " in f"{one} ".replace("\n", " ") for one in statements.texts) for name in AT_ONCE]
    assert read == [1, 1]
    assert (first["approved"], first["refused"]) == (2, 3)
    refused = {row["round_id"]: (row["instrument_id"], bool(row["refused"])) for row in first["rows"]}
    assert refused == {
        rounds[records[0].id]: (records[0].id, False),
        rounds[records[1].id]: (records[1].id, False),
        rounds[records[2].id]: (records[2].id, True),
        rounds[records[3].id]: (records[3].id, True),
        rounds[hidden.id]: (None, True),
    }
    assert "已同意 1 条，其中 1 条已发布" in report
    assert "没有记录意见的 1 条" in report
    again = empty.get_data(as_text=True)
    assert (empty.status_code, "请先勾选" in again, f'value="{cursor}"' in again) == (422, True, True)
    assert ("不涉密" in rest, done.status_code, done.location) == (True, 303, f"/reviews/several?cursor={cursor}")
    session.rollback()
    states = [session.get_one(Instrument, record.id, populate_existing=True).publishing_state for record in records]
    assert states == [PublishingState.PUBLISHED, *[PublishingState.IN_REVIEW] * 3]
    rows = session.execute(select(Review.round_id, Review.reviewer_name, Review.note).order_by(Review.id)).all()
    assert [tuple(row) for row in rows] == [
        (rounds[records[0].id], "Admin", "不涉密"),
        (rounds[records[1].id], "Admin", "不涉密"),
        (rounds[records[0].id], "Reviewer", ""),
        (rounds[records[3].id], "Reviewer", ""),
    ]
    assert is_listed(session, records[0])
