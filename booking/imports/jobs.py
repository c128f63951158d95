"""Working on imports: each step from what is due in the tables, so that a killed process loses nothing."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.core.actors import Reach
from booking.core.clock import utcnow
from booking.core.errors import Problem, Refused
from booking.core.table_files import open_table
from booking.core.texts import N_
from booking.imports import applying, items, queries, staging
from booking.imports.kinds import names_known
from booking.imports.staging import Leased, LeaseLost
from booking.imports.uploads import limits
from booking.web.extensions import db, transaction
from models.imports import Import, ImportFile
from models.vocabulary.imports import ImportKind, ImportState

log = structlog.get_logger()

Clock = Callable[[], datetime]
BROKEN = Problem("", N_("服务在处理时出错，已记入日志；请再试一次，或联系平台管理员。"))


def work_due(clock: Clock = utcnow) -> int:
    """Go on with every import that is due; how many steps were finished."""
    done = 0
    while due := _due(clock):
        taken = [leased for import_id in due if (leased := transaction(staging.lease, import_id, now=clock()))]
        if not taken:
            return done
        for leased in taken:
            done += _step(leased, clock)
    return done


def _due(clock: Clock) -> Sequence[int]:
    """The imports that wait for somebody."""
    with Session(db.engine) as session:
        return queries.due(session, now=clock())


def _step(leased: Leased, clock: Clock) -> int:
    """One step of one import; what goes wrong is shown to people and holds up nobody else."""
    try:
        _STEPS[leased.state](leased, clock)
    except LeaseLost:
        return 0
    except Refused as refused:
        _fail(leased, Problem("", refused.sentence, refused.values))
    except DBAPIError:
        log.exception("import step failed, it will be tried again", import_id=leased.id)
        return 0
    except Exception:
        log.exception("import step failed", import_id=leased.id)
        _fail(leased, BROKEN)
    return 1


def _fail(leased: Leased, why: Problem) -> None:
    """Say why a step did not work, unless somebody else has the import now."""
    with Session(db.engine) as session:
        until = session.scalar(select(Import.leased_until).where(Import.id == leased.id))
    if until is not None:
        with suppress(LeaseLost):
            transaction(applying.fail, Leased(leased.id, leased.state, until, leased.kind), why)


def _read(leased: Leased, clock: Clock) -> None:
    """Stage the rows of the file."""
    with Session(db.engine) as session:
        content = session.get_one(ImportFile, leased.id).content
        done = session.get_one(Import, leased.id).rows_read
    table = open_table(content, frozenset(names_known(leased.kind)), limits())
    for chunk in staging.chunks_after(table.rows, done):
        rows = staging.ready_to_read(leased.id, chunk, db.engine.dialect)
        leased = transaction(staging.store_read, leased, rows, now=clock())
    transaction(staging.finish_reading, leased)


def _compare(leased: Leased, clock: Clock) -> None:
    """Give every row its fate."""
    while True:
        with Session(db.engine) as session:
            asker = applying.asker_of(session, leased.id, now=clock())
            compared = _WAYS[leased.kind].compare(session, leased.id, applying.reach_of(asker))
        if not compared.rows:
            transaction(staging.finish_comparing, leased)
            return
        leased = transaction(staging.store_compared, leased, compared, now=clock())


def _apply(leased: Leased, clock: Clock) -> None:
    """Write the rows of the dry run."""
    with Session(db.engine) as session:
        asker = applying.asker_of(session, leased.id, now=clock())
        work = _WAYS[leased.kind].apply(session, leased.id, actor=asker, now=clock())
    transaction(work, leased)


def _undo(leased: Leased, clock: Clock) -> None:
    """Take the rows back."""
    with Session(db.engine) as session:
        asker = applying.asker_of(session, leased.id, now=clock())
        work = _WAYS[leased.kind].undo(session, leased.id, actor=asker, now=clock())
    transaction(work, leased)


@dataclass(frozen=True, slots=True)
class _Way:
    """How rows of one kind are compared, and what makes ready to write them and to take them back."""

    compare: Callable[[Session, int, Reach], staging.Compared]
    apply: Callable[..., applying.Work]
    undo: Callable[..., applying.Work]


_WAYS = {
    ImportKind.INSTRUMENTS: _Way(staging.compare, applying.ready_to_apply, applying.ready_to_undo),
    ImportKind.TEST_ITEMS: _Way(items.compare, items.ready_to_apply, items.ready_to_undo),
}

_STEPS: dict[ImportState, Callable[[Leased, Clock], None]] = {
    ImportState.READING: _read,
    ImportState.COMPARING: _compare,
    ImportState.APPLYING: _apply,
    ImportState.UNDOING: _undo,
}


def forget_old(session: Session, now: datetime) -> int:
    """Empty imports of ninety days ago; how many."""
    return applying.forget_old(session, now=now)
