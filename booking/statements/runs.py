"""Issuing all drafts of an institution in one go: some in each transaction, with what has come of it so far.

A process that dies leaves the lease to run out, and the next one goes on from what was committed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts import audit
from booking.accounts.permissions import Permission, may, require
from booking.accounts.queries import actor_of
from booking.core.actors import Actor, Target
from booking.core.errors import Conflict, NotFound
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.statements import billable
from booking.statements.issuing import TOGETHER, issue_together
from booking.statements.kicks import kick_after_commit
from models.accounts import User
from models.directory import Organisation
from models.statements import StatementRun
from models.vocabulary.statements import RunState

LEASE = timedelta(minutes=2)


class NothingDrafted(Conflict):
    """There are no drafts to issue."""

    code = "nothing_drafted"
    sentence = N_("没有可以出具的草稿。")


def start_run(session: Session, organisation_id: int, *, actor: Actor, now: datetime) -> StatementRun:
    """Have all drafts of an institution issued; asking again while that goes on answers the one that goes on.

    Raises NotFound, Forbidden and NothingDrafted.
    """
    place = organisation(session, organisation_id)
    require(actor, Permission.MANAGE_STATEMENTS, Target(place.id))
    session.execute(select(Organisation.id).where(Organisation.id == place.id).with_for_update(key_share=True))
    if going := going_on(session, place.id):
        return going
    ids = [one.id for one in billable.drafts_at(session, place.id)]
    if not ids:
        raise NothingDrafted
    run = StatementRun(
        organisation_id=place.id,
        draft_ids=ids,
        total_count=len(ids),
        asked_by_id=actor.id,
        address=actor.address,
        request_id=actor.request_id,
        created_at=now,
    )
    session.add(run)
    session.flush()
    after = {"run": run.id, "drafts": len(ids)}
    audit.note(session, "statements.run_started", ("organisation", place.id), actor=actor, now=now, after=after)
    kick_after_commit(session)
    return run


def going_on(session: Session, organisation_id: int) -> StatementRun | None:
    """The run of an institution that is not over."""
    its = StatementRun.organisation_id == organisation_id, StatementRun.state == RunState.RUNNING
    return session.scalar(select(StatementRun).where(*its))


def runs_at(session: Session, organisation_id: int, *, limit: int) -> Sequence[StatementRun]:
    """The runs of an institution, the newest first."""
    rows = select(StatementRun).where(StatementRun.organisation_id == organisation_id)
    return session.scalars(rows.order_by(StatementRun.id.desc()).limit(limit)).all()


def run_for(session: Session, run_id: int, actor: Actor) -> StatementRun:
    """One run with its institution, for who reads the statements of that; raises NotFound."""
    run = session.get(StatementRun, run_id, options=[joinedload(StatementRun.organisation)])
    if run is None or not may(actor, Permission.SEE_STATEMENTS, Target(run.organisation_id)):
        raise NotFound
    return run


def due(session: Session, *, now: datetime) -> Sequence[int]:
    """The runs that nobody works on, the oldest first."""
    free = or_(StatementRun.leased_until.is_(None), StatementRun.leased_until < now)
    rows = select(StatementRun.id).where(StatementRun.state == RunState.RUNNING, free)
    return session.scalars(rows.order_by(StatementRun.id)).all()


def lease(session: Session, run_id: int, *, now: datetime) -> datetime | None:
    """Take a run to work on it: until when it is ours; None when somebody else has it or it is over."""
    run = session.scalar(select(StatementRun).where(StatementRun.id == run_id).with_for_update(skip_locked=True))
    if run is None or run.state != RunState.RUNNING or (run.leased_until and run.leased_until >= now):
        return None
    run.leased_until = now + LEASE
    return run.leased_until


def issue_some(session: Session, run_id: int, until: datetime, *, now: datetime) -> datetime | None:
    """Issue the next drafts of a run that is ours until then: until when it is afterwards, None when it is over.

    It is over, too, when whoever asked for it may not issue any more, or has left.
    """
    run = _held(session, run_id, until)
    if run is None:
        return None
    asker = _asker(session, run, now=now)
    if asker is None or not may(asker, Permission.MANAGE_STATEMENTS, Target(run.organisation_id)):
        _end(run, RunState.REFUSED, now)
        return None
    some = run.draft_ids[run.done_count : run.done_count + TOGETHER]
    done = issue_together(session, some, actor=asker, now=now)
    run.done_count += len(some)
    run.issued_count += len(done.statement_ids)
    run.changed_draft_ids = [*run.changed_draft_ids, *done.changed_draft_ids]
    run.unclear_draft_ids = [*run.unclear_draft_ids, *done.unclear_draft_ids]
    run.own_draft_ids = [*run.own_draft_ids, *done.own_draft_ids]
    if run.done_count >= run.total_count:
        _end(run, RunState.DONE, now)
        return None
    run.leased_until = now + LEASE
    return run.leased_until


def fail(session: Session, run_id: int, until: datetime, *, now: datetime) -> None:
    """Say that a run broke off, unless somebody else has it now; what was issued stays."""
    run = _held(session, run_id, until)
    if run is not None:
        _end(run, RunState.FAILED, now)


def _held(session: Session, run_id: int, until: datetime) -> StatementRun | None:
    """The run under lock; None when it is not ours any more."""
    wanted = select(StatementRun).where(StatementRun.id == run_id).with_for_update()
    run = session.scalar(wanted.execution_options(populate_existing=True))
    return run if run and run.state == RunState.RUNNING and run.leased_until == until else None


def _end(run: StatementRun, state: RunState, now: datetime) -> None:
    """The run is over."""
    run.state, run.leased_until, run.finished_at = state, None, now


def _asker(session: Session, run: StatementRun, *, now: datetime) -> Actor | None:
    """Whoever asked, with the grants in force now; None for an account that is closed."""
    found = actor_of(session, session.get_one(User, run.asked_by_id).email, now=now)
    if found is None:
        return None
    return replace(found, address=run.address, request_id=run.request_id)
