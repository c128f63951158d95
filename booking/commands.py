"""`flask …`: thin commands over the same services."""

import secrets
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import BinaryIO, ParamSpec

import click
from flask import Flask
from flask_babel import gettext

from booking.accounts import console, passwords
from booking.accounts.console import NewAccount
from booking.accounts.forms import LONGEST_TOKEN_DAYS, NewAccountForm
from booking.accounts.tokens import NewToken
from booking.catalogue import importing, importing_report
from booking.charges import verifying as charges_verifying
from booking.clearing import verifying as clearing_verifying
from booking.core import forms
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, Refused
from booking.invoices import verifying as invoices_verifying
from booking.jobs import TIMETABLE
from booking.ledger import verifying as ledger_verifying
from booking.operations import backups
from booking.operations.forms import RunDueForm
from booking.operations.labels import OUTCOMES
from booking.operations.running import run_due
from booking.payers import verifying as payers_verifying
from booking.reservations import verifying
from booking.statements import verifying as statements_verifying
from booking.vouchers import verifying as vouchers_verifying
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from models.vocabulary.accounts import Role
from models.vocabulary.jobs import RunOutcome

P = ParamSpec("P")


def init_commands(app: Flask) -> None:
    """Register every command."""
    app.cli.help = "川渝仪器共享"
    app.cli.add_command(create_user)
    app.cli.add_command(token)
    app.cli.add_command(import_tables)
    app.cli.add_command(claims)
    app.cli.add_command(ledger)
    app.cli.add_command(jobs)
    app.cli.add_command(back_up)
    app.cli.add_command(restore)


def says_why(command: Callable[P, None]) -> Callable[P, None]:
    """A command that ends with 1 and says on stderr why, when something is refused."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except InvalidInput as invalid:
            lines = [f"{field}: {line}" for field, found in problems_of(invalid).items() for line in found]
            raise click.ClickException("\n".join(lines)) from invalid
        except Refused as refused:
            raise click.ClickException(sentence_of(refused)) from refused

    return run


@click.command("create-user")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="A role to give at once.")
@click.option("--scope", default="", help="platform, organisation:ID or name, unit:ID, instrument:ID.")
@click.option("--password", default="", help="Asked for at a terminal, else made up and printed.")
@says_why
def create_user(email: str, name: str, role: str | None, scope: str, password: str) -> None:
    """Make a confirmed account, with a role if wanted."""
    if scope and not role:
        raise click.UsageError("--scope needs --role")
    chosen = password or _asked_password()
    form = forms.read(NewAccountForm, {"email": email, "name": name, "password": chosen or secrets.token_urlsafe(15)})
    wanted = NewAccount(
        form.email, form.name, passwords.hashed(form.password), role=Role(role) if role else None, scope=scope
    )
    transaction(console.create_user, wanted, now=utcnow())
    click.echo(gettext("已创建账户 %(email)s。", email=form.email))
    if not chosen:
        click.echo(gettext("密码：%(password)s", password=form.password))


def _asked_password() -> str:
    """The password typed at a terminal, twice; empty without one."""
    if not sys.stdin.isatty():
        return ""
    return str(click.prompt(gettext("密码"), hide_input=True, confirmation_prompt=True))


@click.command("token")
@click.argument("email")
@click.option("--write", is_flag=True, help="May also change things.")
@click.option("--days", default=90, type=click.IntRange(1, LONGEST_TOKEN_DAYS), help="How long it is good for.")
@click.option("--name", default="command line", help="What the account page calls it.")
@says_why
def token(email: str, write: bool, days: int, name: str) -> None:
    """Make a personal access token and print it, this one time."""
    click.echo(transaction(console.make_token, email, NewToken(name[:80], write, days), now=utcnow()))


@click.group("import")
def import_tables() -> None:
    """Bring tables into the catalogue."""


@import_tables.command("instruments")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--publish", is_flag=True, help="Publish the complete records without their review; needs --reason.")
@click.option("--reason", default="", help="Why they need no review here; kept in the audit log.")
@click.option("--create-owners", is_flag=True, help="Make an organisation for every unknown owner.")
@says_why
def import_instruments(file: BinaryIO, dry_run: bool, publish: bool, reason: str, create_owners: bool) -> None:
    """Import instruments from a CSV or XLSX file; ends with 1 when a row was refused."""
    if publish and not reason.strip():
        raise click.UsageError("--publish needs --reason")
    report = transaction(
        importing.import_instruments,
        importing.read_table(file.read()),
        actor=None,
        now=utcnow(),
        published_because=reason.strip() if publish else "",
        creates_owners=create_owners,
        dry_run=dry_run,
    )
    for line in importing_report.problem_lines(report, gettext):
        click.echo(line, err=True)
    for line in importing_report.summary_lines(report, gettext, is_dry=dry_run):
        click.echo(line)
    if report.count(importing.Fate.REFUSED):
        sys.exit(1)


@click.group("claims")
def claims() -> None:
    """The claims that occupy time."""


@claims.command("verify")
def verify_claims() -> None:
    """Check that no two claims overlap and that each reservation has exactly its own; ends with 1 if not."""
    found = list(verifying.faults(reading()))
    for line in found:
        click.echo(line, err=True)
    if found:
        sys.exit(1)
    click.echo(gettext("占用记录全部一致。"))


@click.group("ledger")
def ledger() -> None:
    """The ledger of money."""


@ledger.command("verify")
def verify_ledger() -> None:
    """Add every account up again from transfers, holds, charges, statements and vouchers; end with 1 if one is off."""
    session = reading()
    of_money = (
        ledger_verifying,
        payers_verifying,
        charges_verifying,
        statements_verifying,
        invoices_verifying,
        vouchers_verifying,
        clearing_verifying,
    )
    found = [line for one in of_money for line in one.faults(session)]
    for line in found:
        click.echo(line, err=True)
    if found:
        sys.exit(1)
    click.echo(gettext("账目全部一致。"))


@click.group("jobs")
def jobs() -> None:
    """The timetable."""


@jobs.command("run-due")
@click.option("--now", "moment", default="", help="The moment to take for now, RFC 3339; default: the present.")
@says_why
def run_due_jobs(moment: str) -> None:
    """Run every job that is due and has not been run, once; for tests and for cron."""
    now = forms.read(RunDueForm, {"now": moment}).now if moment else utcnow()
    outcomes = run_due(TIMETABLE, now=now)
    for name, outcome in outcomes.items():
        click.echo(f"{name}: {gettext(OUTCOMES[outcome])}")
    if RunOutcome.FAILED in outcomes.values():
        raise click.ClickException(gettext("有任务运行失败，原因见日志和任务页。"))


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@says_why
def back_up(file: Path) -> None:
    """Copy the whole database into a new file, while the service runs; for either engine."""
    try:
        found = backups.keep_backup(file, now=utcnow())
    except OSError as failed:
        raise click.ClickException(str(failed)) from failed
    click.echo(gettext("已备份 %(count)s 行到 %(file)s。", count=sum(found.rows.values()), file=file))


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@says_why
def restore(file: Path) -> None:
    """Put a backup back into an empty database, and prove its claims and ledger; ends with 1 when something is off."""
    found = backups.restore(file)
    click.echo(gettext("已恢复 %(count)s 行。", count=sum(found.contents.rows.values())))
    for line in found.faults:
        click.echo(line, err=True)
    if found.faults:
        sys.exit(1)
    click.echo(gettext("占用记录全部一致。"))
    click.echo(gettext("账目全部一致。"))
