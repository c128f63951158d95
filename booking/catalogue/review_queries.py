"""Reading rounds of review: what waits for whom, how it differs, who may still decide."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from booking.accounts.permissions import NEEDED_ROLES, Permission, may, reach
from booking.attachments.queries import attachments_of_many
from booking.catalogue.queries import target_of, test_items_of, within
from booking.catalogue.review_rules import REVIEWED, REVIEWERS_NEEDED, Difference, differences
from booking.catalogue.rules import is_let_through
from booking.catalogue.waiting_items import lines_of, public_values, values_of
from booking.core.actors import Actor
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.accounts import Grant, User
from models.attachments import Attachment
from models.catalogue import Instrument, TestItem
from models.publishing import RecordEditor, Review, ReviewRound
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.publishing import ReviewDecision, RoundState

IN_FULL = (
    joinedload(ReviewRound.instrument).options(joinedload(Instrument.organisation), joinedload(Instrument.unit)),
    joinedload(ReviewRound.opened_by),
    selectinload(ReviewRound.reviews),
)


REACHING_OTHERS = frozenset(Visibility) - {Visibility.STAFF}


@dataclass(frozen=True, slots=True)
class Standing:
    """A round with what its reader may do about it."""

    round: ReviewRound
    changes: list[Difference]
    is_editor: bool
    has_approved: bool
    may_decide: bool


def approvals_of(waiting: ReviewRound) -> list[Review]:
    """The approvals that count: those of the version as it is; its reviews must be loaded."""
    return [
        review
        for review in waiting.reviews
        if review.round_version == waiting.version and review.decision == ReviewDecision.APPROVED
    ]


def approvers_of(session: Session, waiting: ReviewRound) -> Sequence[int]:
    """Who approved the version as it is."""
    counted = select(Review.reviewer_id).where(
        Review.round_id == waiting.id,
        Review.round_version == waiting.version,
        Review.decision == ReviewDecision.APPROVED,
    )
    return session.scalars(counted.distinct()).all()


def waiting_rounds(session: Session, actor: Actor | None, *, limit: int, cursor: str = "") -> Page[ReviewRound]:
    """The open rounds of records that the actor may review, the oldest first; those they have decided among them."""
    return _rounds(session, _waiting(actor), limit, cursor)


def rounds_to_decide(session: Session, actor: Actor, *, limit: int) -> Page[ReviewRound]:
    """The open rounds that wait for this actor: no hand in the record, no approval of the version; the oldest first."""
    had_a_hand = exists().where(
        RecordEditor.instrument_id == ReviewRound.instrument_id, RecordEditor.user_id == actor.id
    )
    has_approved = exists().where(
        Review.round_id == ReviewRound.id,
        Review.round_version == ReviewRound.version,
        Review.reviewer_id == actor.id,
        Review.decision == ReviewDecision.APPROVED,
    )
    return _rounds(session, _waiting(actor).where(~had_a_hand, ~has_approved), limit)


def _waiting(actor: Actor | None) -> Select[ReviewRound]:
    """Open rounds of records that the actor may review."""
    return (
        select(ReviewRound)
        .join(Instrument, Instrument.id == ReviewRound.instrument_id)
        .where(ReviewRound.state == RoundState.OPEN, within(reach(actor, Permission.REVIEW_RECORD)))
        .options(*IN_FULL)
        .order_by(ReviewRound.id)
    )


def _rounds(session: Session, statement: Select[ReviewRound], limit: int, cursor: str = "") -> Page[ReviewRound]:
    """A part of the rounds; the cursor is the last one of the part before."""
    if cursor:
        statement = statement.where(ReviewRound.id > decode_cursor(cursor, row_id)[0])
    rows = session.scalars(statement.limit(limit + 1)).unique().all()
    return page_of(rows, limit, lambda row: (row.id,))


def rounds_of(session: Session, instrument_id: int) -> Sequence[ReviewRound]:
    """Every round of a record, the last first."""
    statement = select(ReviewRound).where(ReviewRound.instrument_id == instrument_id).options(*IN_FULL)
    return session.scalars(statement.order_by(ReviewRound.id.desc())).unique().all()


def round_for(session: Session, round_id: int, actor: Actor | None) -> Standing:
    """A round for who may see the record; raises NotFound for others."""
    found = session.scalar(select(ReviewRound).where(ReviewRound.id == round_id).options(*IN_FULL))
    if found is None or not may(actor, Permission.SEE_RECORD, target_of(found.instrument)):
        raise NotFound
    return standing_of(session, found, actor)


def standing_of(session: Session, found: ReviewRound, actor: Actor | None) -> Standing:
    """The round as its reader stands to it; the changes are against what was last reviewed."""
    return standings_of(session, [found], actor)[0]


def standings_of(session: Session, rounds: Sequence[ReviewRound], actor: Actor | None) -> list[Standing]:
    """The same of many rounds, in three statements for all of them."""
    own, sources = actor.id if actor else 0, _sources(session, rounds)
    edited = select(RecordEditor.instrument_id).where(
        RecordEditor.user_id == own, RecordEditor.instrument_id.in_([one.instrument_id for one in rounds])
    )
    as_editor = set(session.scalars(edited))
    standings = []
    for found in rounds:
        is_editor = found.instrument_id in as_editor
        is_reviewer = may(actor, Permission.REVIEW_RECORD, target_of(found.instrument))
        standings.append(
            Standing(
                found,
                _changes(found, sources),
                is_editor=is_editor,
                has_approved=any(review.reviewer_id == own for review in approvals_of(found)),
                may_decide=is_reviewer and found.state == RoundState.OPEN and not is_editor,
            )
        )
    return standings


def files_waiting(session: Session, rounds: Sequence[ReviewRound]) -> dict[int, list[Attachment]]:
    """By round, the files that it would show to others than the staff; one statement."""
    instruments = {one.instrument_id: one.instrument for one in rounds if one.state == RoundState.OPEN}
    kept = attachments_of_many(session, OwnerKind.INSTRUMENT, instruments, REACHING_OTHERS)
    waiting = {
        owner_id: [one for one in files if waits(instruments[owner_id], one)] for owner_id, files in kept.items()
    }
    return {one.id: waiting.get(one.instrument_id, []) for one in rounds if one.state == RoundState.OPEN}


def waits(instrument: Instrument, file: Attachment) -> bool:
    """Whether a file is for more people than the staff and not let through to them yet."""
    is_through = is_let_through(instrument.publishing_state, instrument.cleared_at, file.changed_at)
    return file.visibility in REACHING_OTHERS and not is_through


def changes_of(session: Session, found: ReviewRound) -> list[Difference]:
    """What the round would make public that was not reviewed before."""
    return _changes(found, _sources(session, [found]))


@dataclass(frozen=True, slots=True)
class _Sources:
    """What differences are made of: test items by record, and by round what was approved last before it."""

    items: Mapping[int, Sequence[TestItem]]
    before: Mapping[int, Mapping[str, str] | None]


def _sources(session: Session, rounds: Sequence[ReviewRound]) -> _Sources:
    """Everything that the differences of these rounds are made of, in two statements."""
    items: dict[int, list[TestItem]] = {}
    for item in session.scalars(_items_of([one.instrument_id for one in rounds])):
        items.setdefault(item.instrument_id, []).append(item)
    earlier, last, asked = aliased(ReviewRound), aliased(ReviewRound), ReviewRound
    approved = (earlier.instrument_id == asked.instrument_id, earlier.state == RoundState.APPROVED)
    newest = select(func.max(earlier.id)).where(*approved, earlier.id < asked.id).correlate(asked).scalar_subquery()
    reviewed = select(asked.id, last.content).join(last, last.id == newest)
    rows = session.execute(reviewed.where(asked.id.in_([one.id for one in rounds])))
    return _Sources(items, dict(rows.all()))


def _items_of(instrument_ids: Sequence[int]) -> Select[TestItem]:
    """Test items in the owner's order, those included that wait for reviewers."""
    return select(TestItem).where(TestItem.instrument_id.in_(instrument_ids)).order_by(TestItem.position)


def _changes(found: ReviewRound, sources: _Sources) -> list[Difference]:
    """What the round would make public that was not reviewed before."""
    items = sources.items.get(found.instrument_id, ())
    if found.content is not None:
        after: Mapping[str, str] = found.content
    else:
        after = _content(found.instrument, items, found.proposed, with_waiting=found.state == RoundState.OPEN)
    before = sources.before.get(found.id)
    if before is None and found.is_update and found.content is None:
        before = _content(found.instrument, items)
    return differences(before, after)


def content_of(session: Session, instrument: Instrument) -> dict[str, str]:
    """The texts that reviewers read, as they are."""
    return _content(instrument, test_items_of(session, instrument.id))


def _content(
    instrument: Instrument,
    items: Sequence[TestItem],
    proposed: Mapping[str, str] | None = None,
    *,
    with_waiting: bool = False,
) -> dict[str, str]:
    """The texts that reviewers read, with those that wait aside in their places."""
    texts = proposed or {}
    found = {name: str(texts.get(name, getattr(instrument, name))) for name in REVIEWED}
    return found | {"test_items": texts.get("test_items") or _lines(items, with_waiting)}


def _lines(items: Sequence[TestItem], with_waiting: bool) -> str:
    """The test items in words, as they are or as they would be."""
    if with_waiting:
        return lines_of([values_of(item) for item in items])
    return lines_of([public_values(item) for item in items if not item.is_held])


def proposed_of(session: Session, instrument_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The texts that wait aside, by record."""
    rows = session.execute(
        select(ReviewRound.instrument_id, ReviewRound.proposed).where(
            ReviewRound.instrument_id.in_(instrument_ids), ReviewRound.state == RoundState.OPEN
        )
    )
    return {instrument_id: proposed for instrument_id, proposed in rows if proposed}


def short_of_reviewers(session: Session, instrument_ids: Collection[int], *, today: date) -> set[int]:
    """The records that fewer people than it needs may review as they are; one statement for some hundred."""
    at_unit = and_(Grant.scope_kind == ScopeKind.UNIT, Grant.scope_id == Instrument.unit_id)
    at_house = and_(Grant.scope_kind == ScopeKind.ORGANISATION, Grant.scope_id == Instrument.organisation_id)
    edited = exists().where(RecordEditor.instrument_id == Instrument.id, RecordEditor.user_id == Grant.user_id)
    enough = (
        select(Instrument.id)
        .join(Grant, or_(at_unit, at_house))
        .join(User, User.id == Grant.user_id)
        .where(Instrument.id.in_(instrument_ids), *_may_review(today), User.deactivated_at.is_(None), ~edited)
        .group_by(Instrument.id)
        .having(func.count(Grant.user_id.distinct()) >= REVIEWERS_NEEDED)
    )
    return {*instrument_ids} - set(session.scalars(enough))


def reviewers_of(session: Session, instrument: Instrument, *, today: date) -> Sequence[User]:
    """Who may review the version as it is: those with the right who had no hand in it, by name."""
    scopes = [and_(Grant.scope_kind == ScopeKind.ORGANISATION, Grant.scope_id == instrument.organisation_id)]
    if instrument.unit_id is not None:
        scopes.append(and_(Grant.scope_kind == ScopeKind.UNIT, Grant.scope_id == instrument.unit_id))
    editors = select(RecordEditor.user_id).where(RecordEditor.instrument_id == instrument.id)
    able = select(Grant.user_id).where(or_(*scopes), *_may_review(today))
    named = User.id.in_(able), User.id.not_in(editors), User.deactivated_at.is_(None)
    return session.scalars(select(User).where(*named).order_by(User.name, User.id)).all()


def _may_review(today: date) -> tuple[ColumnElement[bool], ...]:
    """The conditions that a grant gives the right on the day."""
    holds = Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today)
    return Grant.role.in_(sorted(NEEDED_ROLES[Permission.REVIEW_RECORD])), *holds
