"""The timetable and the outbox in the HTTP API: what runs, what failed, what was set aside, and doing it again."""

from datetime import datetime

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.core.clock import utcnow
from booking.core.errors import NotFound
from booking.core.pages import decode_cursor, page_of, row_id
from booking.jobs import TIMETABLE, job_named
from booking.notifications import queries
from booking.operations import mailbox, runs
from booking.operations.forms import EventList, MailList
from booking.operations.running import Job, run_by_hand
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_query
from booking.web.signed_in import require_actor
from models.jobs import JobRun
from models.vocabulary.jobs import RunOutcome
from models.vocabulary.notifications import MailState

bp = Blueprint("work_api", __name__, url_prefix="/api/v1")

TAG = "operations"
MOST_FAILURES = 20


class Answer(BaseModel):
    """An answer made of the attributes of what it speaks of."""

    model_config = ConfigDict(from_attributes=True)


class RunAnswer(Answer):
    """One run of a job; `fire_at` is the moment of the timetable it was for, `done_count` what it did."""

    job: str
    fire_at: datetime
    started_at: datetime
    finished_at: datetime | None
    outcome: RunOutcome
    done_count: int
    last_error: str


class JobAnswer(Answer):
    """A row of the timetable, in the caller's words, with its last run."""

    name: str
    meaning: str
    next_run_at: datetime
    last_run: RunAnswer | None


class OutboxAnswer(Answer):
    """How much waits in the outbox, and how much was set aside."""

    waiting_events: int
    set_aside_events: int
    queued_mails: int
    set_aside_mails: int


class JobsAnswer(Answer):
    """The whole timetable, the last runs that failed (the newest first), and the outbox."""

    items: list[JobAnswer]
    next_cursor: None = None
    failures: list[RunAnswer]
    outbox: OutboxAnswer


class OutboxEventAnswer(Answer):
    """Something that happened and whose consequences failed, without what it says."""

    id: int
    name: str
    occurred_at: datetime
    attempts: int
    last_error: str
    set_aside_at: datetime | None


class OutboxEventsAnswer(Answer):
    """Events set aside, the newest first."""

    items: list[OutboxEventAnswer]
    next_cursor: str | None


class MailAnswer(Answer):
    """A mail without what it says."""

    id: int
    recipient: str
    subject: str
    state: MailState
    attempts: int
    next_attempt_at: datetime
    last_error: str
    created_at: datetime
    sent_at: datetime | None


class WholeMailAnswer(MailAnswer):
    """A mail; `text` is null where mails leave by SMTP, because links in it open accounts."""

    text: str | None


class MailsAnswer(Answer):
    """Mails, the newest first."""

    items: list[MailAnswer]
    next_cursor: str | None


@bp.get("/jobs")
@documented(tag=TAG, answers={200: JobsAnswer}, refusals=(401, 403))
def jobs() -> ResponseReturnValue:
    """The timetable with each job's last and next run, the last failures, and what waits in the outbox."""
    require(require_actor(), Permission.SEE_JOBS)
    session, now = reading(), utcnow()
    latest = runs.latest(session)
    return _json(
        JobsAnswer(
            items=[_job(job, latest.get(job.name), now) for job in TIMETABLE],
            failures=[RunAnswer.model_validate(run) for run in runs.failures(session, MOST_FAILURES)],
            outbox=OutboxAnswer.model_validate(queries.depth(session, now=now)),
        )
    )


@bp.post("/jobs/<name>/run")
@documented(tag=TAG, answers={200: JobAnswer}, refusals=(401, 403, 404))
def run_job(name: str) -> ResponseReturnValue:
    """Run one job now, whether it is due or not; `last_run` says how that ended."""
    asking, now = require(require_actor(), Permission.RUN_JOBS), utcnow()
    job = job_named(name)
    if job is None:
        raise NotFound
    run_by_hand(job, actor=asking, now=now)
    return _json(_job(job, runs.latest(reading()).get(name), now))


@bp.get("/outbox-events")
@documented(tag=TAG, query=EventList, answers={200: OutboxEventsAnswer}, refusals=(400, 401, 403, 422))
def outbox_events() -> ResponseReturnValue:
    """Events that failed every time and were set aside."""
    require(require_actor(), Permission.SEE_JOBS)
    wanted = read_query(EventList)
    found = queries.events_set_aside(reading(), wanted.limit + 1, _before(wanted.cursor))
    page = page_of(found, wanted.limit, lambda event: (event.id,))
    items = [OutboxEventAnswer.model_validate(event) for event in page.items]
    return _json(OutboxEventsAnswer(items=items, next_cursor=page.next_cursor))


@bp.post("/outbox-events/<int:event_id>/retry")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def retry_event(event_id: int) -> ResponseReturnValue:
    """Take up an event that was set aside, with all its tries."""
    asking = require(require_actor(), Permission.RUN_JOBS)
    transaction(mailbox.retry_event, event_id, actor=asking, now=utcnow())
    return "", 204


@bp.get("/mails")
@documented(tag=TAG, query=MailList, answers={200: MailsAnswer}, refusals=(400, 401, 403, 422))
def mails() -> ResponseReturnValue:
    """Mails in and out of the outbox; `state=set_aside` finds what could not be delivered. A look that is logged."""
    asking = require(require_actor(), Permission.SEE_MAILBOX)
    wanted = read_query(MailList)
    found = queries.mails_before(reading(), _before(wanted.cursor), wanted.limit + 1, wanted.state)
    page = page_of(found, wanted.limit, lambda mail: (mail.id,))
    transaction(mailbox.note_listing, page.items, actor=asking, now=utcnow())
    items = [MailAnswer.model_validate(mail) for mail in page.items]
    return _json(MailsAnswer(items=items, next_cursor=page.next_cursor))


@bp.get("/mails/<int:mail_id>")
@documented(tag=TAG, answers={200: WholeMailAnswer}, refusals=(401, 403, 404))
def mail(mail_id: int) -> ResponseReturnValue:
    """One mail; whoever it went to can see that somebody looked."""
    asking = require(require_actor(), Permission.SEE_MAILBOX)
    answer = _whole(reading(), mail_id)
    transaction(mailbox.note_looking, mail_id, actor=asking, now=utcnow())
    return _json(answer)


@bp.post("/mails/<int:mail_id>/retry")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def retry_mail(mail_id: int) -> ResponseReturnValue:
    """Queue a mail that was set aside once more, with all its tries."""
    asking = require(require_actor(), Permission.RUN_JOBS)
    transaction(mailbox.retry_mail, mail_id, actor=asking, now=utcnow())
    return "", 204


def _whole(session: Session, mail_id: int) -> WholeMailAnswer:
    """The mail as it may be read; raises NotFound."""
    found = queries.mail(session, mail_id)
    if found is None:
        raise NotFound
    known = MailAnswer.model_validate(found).model_dump()
    return WholeMailAnswer(**known, text=None if mailbox.has_server() else found.text)


def _job(job: Job, last: JobRun | None, now: datetime) -> JobAnswer:
    """A row of the timetable."""
    return JobAnswer(
        name=job.name,
        meaning=gettext(job.meaning),
        next_run_at=job.when.next_due(now),
        last_run=RunAnswer.model_validate(last) if last else None,
    )


def _before(cursor: str) -> int | None:
    """The row that the last page ended with."""
    return decode_cursor(cursor, row_id)[0] if cursor else None


def _json(answer: Answer) -> ResponseReturnValue:
    """The answer as JSON."""
    return jsonify(answer.model_dump(mode="json"))
