"""`uv run app.py`: sets everything up, says what it does, and serves."""

import argparse
import sys
from collections.abc import Callable, Sequence

from flask import Flask
from sqlalchemy.exc import DBAPIError

from booking.demo import loading
from booking.jobs import TIMETABLE
from booking.operations import server, starting
from booking.operations.leading import Leading
from booking.operations.loopback import may_hold_demo
from booking.operations.mailbox import HOLDS_DEMO
from booking.operations.waking import importer, issuer, poster
from booking.settings import ROOT, BadSettings, Settings, described, read_settings
from booking.web import assets

CreateApp = Callable[[Settings], Flask]


def main(create_app: CreateApp, argv: Sequence[str] | None = None) -> int:
    """Serve until stopped; 2 for bad settings, 1 when something else stands in the way."""
    arguments = _parser().parse_args(argv)
    try:
        return _start(create_app, read_settings(), wants_demo=not arguments.empty)
    except BadSettings as wrong:
        return _stop(f"These settings cannot be used:\n{wrong}\nAll settings: uv run app.py --help", 2)
    except (server.CannotListen, assets.AssetsFailed) as failed:
        return _stop(str(failed), 1)
    except DBAPIError as failed:
        return _stop(f"The database cannot be used: {str(failed.orig).strip()}\nCheck BOOKING_DATABASE_URL.", 1)


def _start(create_app: CreateApp, settings: Settings, *, wants_demo: bool) -> int:
    """Every step before serving, then serving."""
    bound = server.bound_socket(settings)
    say(f"川渝仪器共享 · Chuanyu Instruments — data in {settings.data_dir}")
    assets.build(ROOT, report=say)
    starting.compile_translations(say)
    with server.shared_metrics():
        app = create_app(settings)
        starting.prepare_database(app, say)
        if wants_demo and may_hold_demo(settings):
            starting.load_demo(app, loading.load, say)
        starting.keep_compiled(say)
        accounts = loading.accounts(app) if may_hold_demo(settings) else []
        app.config[HOLDS_DEMO] = bool(accounts)
        companions = _companions(app, settings)
        server.serve(app, settings, bound, companions=companions, ready=lambda: _announce(settings, accounts))
    return 0


def _companions(app: Flask, settings: Settings) -> list[server.Companion]:
    """What runs beside the requests: posting, and the timetable where this process leads."""
    if not settings.runs_jobs:
        return [poster(app), importer(app), issuer(app)]
    return [poster(app), importer(app), issuer(app), Leading(app, TIMETABLE)]


def _announce(settings: Settings, accounts: Sequence[tuple[str, str, str]]) -> None:
    """The last lines: how to sign in to the demo, and the address."""
    if accounts:
        say("\nDemo accounts, for this machine only:")
        width = max(len(email) for email, _password, _role in accounts)
        for email, password, role in accounts:
            say(f"  {email:<{width}}  {password}  {role}")
    say(f"\nReady: {settings.address}   (stop with Ctrl-C)")


def say(line: str) -> None:
    """One line of progress, seen at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _stop(message: str, code: int) -> int:
    """Say on stderr why not."""
    sys.stderr.write(f"{message}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    """The two options, and every setting in the help."""
    parser = argparse.ArgumentParser(
        prog="uv run app.py",
        description="Sets everything up and serves 川渝仪器共享 · Chuanyu Instruments.",
        epilog="Settings, by environment:\n" + "\n".join(f"  {line}" for line in described()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--empty", action="store_true", help="do not load the demo into an empty database")
    return parser
