"""The pages of operations: the timetable and what failed, and the mails that went out."""

from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.accounts.permissions import Permission, may, require
from booking.core.clock import utcnow
from booking.core.errors import NotFound
from booking.jobs import TIMETABLE, job_named
from booking.notifications import queries
from booking.operations import labels, mailbox, runs
from booking.operations.backup_age import backup_age
from booking.operations.forms import MailboxPage
from booking.operations.proving import last_proof
from booking.operations.running import run_by_hand
from booking.operations.schedules import Every, Schedule
from booking.operations.settings_shown import settings_shown
from booking.operations.starting import is_at_head
from booking.operations.storage import storage
from booking.settings import Settings
from booking.web.extensions import db, reading, transaction
from booking.web.reading import read_query
from booking.web.signed_in import actor
from models.vocabulary.jobs import RunOutcome

bp = Blueprint("operations", __name__)

MOST_FAILURES = 20
MAILS_PER_PAGE = 50


@bp.get("/operations/jobs")
def jobs() -> ResponseReturnValue:
    """Each job with its last and next run, the last failures, and what was set aside."""
    asking, now, session = require(actor(), Permission.SEE_JOBS), utcnow(), reading()
    latest = runs.latest(session)
    return render_template(
        "operations/jobs.html",
        rows=[(job, words(job.when), latest.get(job.name), job.when.next_due(now)) for job in TIMETABLE],
        failures=runs.failures(session, MOST_FAILURES),
        depth=queries.depth(session, now=now),
        events=queries.events_set_aside(session, MOST_FAILURES),
        may_run=may(asking, Permission.RUN_JOBS),
        labels=labels,
        interrupted=runs.INTERRUPTED,
    )


@bp.post("/operations/jobs/<name>/run")
def run_job(name: str) -> ResponseReturnValue:
    """Run one job now, whether it is due or not."""
    asking, now = require(actor(), Permission.RUN_JOBS), utcnow()
    job = job_named(name)
    if job is None:
        raise NotFound
    if run_by_hand(job, actor=asking, now=now) == RunOutcome.DONE:
        flash(gettext("任务已运行。"), "right")
    else:
        flash(gettext("任务运行失败，原因见下方。"), "wrong")
    return redirect(url_for(".jobs"), code=303)


@bp.post("/operations/events/<int:event_id>/retry")
def retry_event(event_id: int) -> ResponseReturnValue:
    """Take up an event that was set aside."""
    asking = require(actor(), Permission.RUN_JOBS)
    transaction(mailbox.retry_event, event_id, actor=asking, now=utcnow())
    flash(gettext("已重新排队，几秒后处理。"), "right")
    return redirect(url_for(".jobs"), code=303)


@bp.get("/operations/system")
def system() -> ResponseReturnValue:
    """The settings without their secrets, what the data takes, and the last backup."""
    require(actor(), Permission.SEE_SYSTEM)
    settings: Settings = current_app.config["SETTINGS"]
    return render_template(
        "operations/system.html",
        settings=settings_shown(settings),
        proof=last_proof(reading()),
        backup=backup_age(reading(), settings.backup_warn_hours, now=utcnow()),
        storage=storage(reading(), settings.data_dir),
        is_at_head=is_at_head(db.engine),
    )


@bp.get("/operations/mailbox", endpoint="mailbox")
def mails() -> ResponseReturnValue:
    """The newest mails; in the demo everybody at this machine may read them."""
    asking = actor()
    mailbox.require_reader(asking)
    page = read_query(MailboxPage)
    found = queries.mails_before(reading(), page.before, MAILS_PER_PAGE + 1)
    if asking is not None:
        transaction(mailbox.note_listing, found[:MAILS_PER_PAGE], actor=asking, now=utcnow())
    return render_template(
        "operations/mailbox.html",
        mails=found[:MAILS_PER_PAGE],
        older=found[MAILS_PER_PAGE - 1].id if len(found) > MAILS_PER_PAGE else None,
        leaves_the_house=mailbox.has_server(),
        labels=labels,
    )


@bp.get("/operations/mailbox/<int:mail_id>")
def mail(mail_id: int) -> ResponseReturnValue:
    """One mail as text; what left by SMTP, or will, shows no body, because links in it open accounts."""
    asking = actor()
    mailbox.require_reader(asking)
    found = queries.mail(reading(), mail_id)
    if found is None:
        raise NotFound
    if asking is not None:
        transaction(mailbox.note_looking, mail_id, actor=asking, now=utcnow())
    return render_template(
        "operations/mail.html",
        mail=found,
        leaves_the_house=mailbox.has_server(),
        may_retry=may(asking, Permission.RUN_JOBS),
        labels=labels,
    )


@bp.post("/operations/mailbox/<int:mail_id>/retry")
def retry_mail(mail_id: int) -> ResponseReturnValue:
    """Queue a mail that was set aside once more."""
    asking = require(actor(), Permission.RUN_JOBS)
    transaction(mailbox.retry_mail, mail_id, actor=asking, now=utcnow())
    flash(gettext("已重新排队，几秒后寄出。"), "right")
    return redirect(url_for(".mail", mail_id=mail_id), code=303)


def words(when: Schedule) -> str:
    """A schedule in the reader's language."""
    if not isinstance(when, Every):
        return str(gettext("每天 %(clock)s", clock=when.at.strftime("%H:%M")))
    if when.length < timedelta(minutes=1):
        return str(gettext("每 %(seconds)s 秒", seconds=int(when.length.total_seconds())))
    return str(gettext("每 %(minutes)s 分钟", minutes=int(when.length.total_seconds()) // 60))
