"""Every guard at head is there and refuses each forbidden write."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.database import guards
from booking.web.extensions import db
from models.accounts import AuditEntry
from models.publishing import Review, ReviewRound
from models.reservations import Block, Claim
from models.vocabulary.publishing import ReviewDecision
from models.vocabulary.reservations import BlockKind, ClaimKind
from tests.factories.instruments import add_lane_group, make_instrument
from tests.factories.people import make_user

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.fixture
def claim(session: Session) -> Claim:
    instrument = make_instrument(session)
    group = add_lane_group(session, instrument, shared=True)
    lane_id = session.scalar(sa.text(f"SELECT id FROM lanes WHERE lane_group_id = {group.id}"))
    block = Block(
        instrument_id=instrument.id,
        lane_group_id=group.id,
        starts_at=NOON,
        ends_at=NOON + hours(1),
        kind=BlockKind.CLOSURE,
        created_at=NOON,
    )
    session.add(block)
    session.flush()
    made = Claim(lane_id=lane_id, starts_at=NOON, ends_at=NOON + hours(1), kind=ClaimKind.BLOCK, block_id=block.id)
    session.add(made)
    session.commit()
    return made


def another(claim: Claim, start: datetime, end: datetime) -> Claim:
    return Claim(lane_id=claim.lane_id, starts_at=start, ends_at=end, kind=ClaimKind.BLOCK, block_id=claim.block_id)


def test_every_guard_is_there(app: Flask) -> None:
    with db.engine.connect() as connection:
        found = guards.present(connection)

    assert guards.expected(db.engine.dialect.name) <= found


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(0, 1, id="the same"),
        pytest.param(-1, 2, id="around it"),
        pytest.param(0.25, 0.5, id="inside it"),
        pytest.param(-1, 0.01, id="into its start"),
        pytest.param(0.99, 2, id="over its end"),
    ],
)
def test_an_overlapping_claim_is_refused(session: Session, claim: Claim, start: float, end: float) -> None:
    session.add(another(claim, NOON + hours(start), NOON + hours(end)))

    with pytest.raises(DBAPIError, match="claims_no_overlap"):
        session.flush()

    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Claim)) == 1


def test_claims_that_touch_are_accepted(session: Session, claim: Claim) -> None:
    session.add(another(claim, NOON - hours(1), NOON))
    session.add(another(claim, NOON + hours(1), NOON + hours(2)))

    session.commit()

    assert session.scalar(sa.select(sa.func.count()).select_from(Claim)) == 3


def test_a_claim_cannot_be_changed_into_an_overlap(session: Session, claim: Claim) -> None:
    later = another(claim, NOON + hours(2), NOON + hours(3))
    session.add(later)
    session.commit()

    with pytest.raises(DBAPIError, match="claims_no_overlap"):
        session.execute(sa.update(Claim).where(Claim.id == later.id).values(starts_at=NOON + hours(0.5)))


@pytest.mark.parametrize(
    "forbidden",
    ["UPDATE audit_entries SET reason = 'x'", "DELETE FROM audit_entries", "INSERT OR REPLACE"],
)
def test_the_audit_log_cannot_be_changed(session: Session, forbidden: str) -> None:
    entry = AuditEntry(occurred_at=NOON, action="test.done", subject_kind="test", subject_id=1)
    session.add(entry)
    session.commit()
    if forbidden == "INSERT OR REPLACE":
        if db.engine.dialect.name != "sqlite":
            forbidden = "TRUNCATE audit_entries"
        else:
            forbidden = (
                "INSERT OR REPLACE INTO audit_entries (id, occurred_at, address, request_id, action, subject_kind, "
                f"reason) VALUES ({entry.id}, '2026-01-01 00:00:00.000000', '', '', 'forged', 'test', '')"
            )

    with pytest.raises(DBAPIError, match="audit_entries_append_only"):
        session.execute(sa.text(forbidden))

    session.rollback()
    assert session.scalars(sa.select(AuditEntry.action)).all() == ["test.done"]


@pytest.mark.parametrize("forbidden", ["UPDATE reviews SET note = 'x'", "DELETE FROM reviews"])
def test_a_review_cannot_be_changed(session: Session, forbidden: str) -> None:
    reviewer = make_user(session, "reviewer")
    waiting = ReviewRound(instrument_id=make_instrument(session).id, is_update=False, opened_at=NOON, changed_at=NOON)
    session.add(waiting)
    session.flush()
    session.add(
        Review(
            round_id=waiting.id,
            round_version=1,
            reviewer_id=reviewer.id,
            reviewer_name=reviewer.name,
            decision=ReviewDecision.APPROVED,
            decided_at=NOON,
        )
    )
    session.commit()

    with pytest.raises(DBAPIError, match="reviews_append_only"):
        session.execute(sa.text(forbidden))

    session.rollback()
    assert session.scalars(sa.select(Review.note)).all() == [""]
