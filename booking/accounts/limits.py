"""Counting attempts before anything is verified, so that parallel guesses cannot slip under the limit."""

from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from booking.accounts import rules
from booking.accounts.audit import Origin
from booking.core.errors import TooMany
from models.accounts import AskedMail, FailedSignIn

Counted: TypeAlias = type[FailedSignIn] | type[AskedMail]

KEPT_FOR = timedelta(days=1)


def count_sign_in(session: Session, email: str, *, origin: Origin, now: datetime) -> None:
    """Count an attempt as failed until it succeeds; raises TooMany, and then counts nothing."""
    _count(session, FailedSignIn, email, rules.SIGN_INS, origin=origin, now=now)


def count_mail(session: Session, email: str, *, origin: Origin, now: datetime) -> None:
    """Count a mail that somebody asks to be sent to `email`; raises TooMany, and then counts nothing."""
    _count(session, AskedMail, email, rules.MAILS, origin=origin, now=now)


def forget_failures(session: Session, email: str) -> None:
    """Start the account's count again, after a success."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.account_key == rules.account_key(email)))


def forget_old_failures(session: Session, now: datetime) -> int:
    """Delete counted attempts older than a day; how many."""
    return sum(_forget(session, table, now - KEPT_FOR) for table in (FailedSignIn, AskedMail))


def _forget(session: Session, table: Counted, before: datetime) -> int:
    """Delete the rows of one table that are older than a moment; how many."""
    return len(session.scalars(delete(table).where(table.occurred_at < before).returning(table.id)).all())


def _count(session: Session, table: Counted, email: str, limit: rules.Limit, *, origin: Origin, now: datetime) -> None:
    """Refuse when either count is full, else add one; the two keys are locked until the transaction ends."""
    account, address = rules.account_key(email), rules.address_key(origin.address)
    _lock(session, f"{table.__tablename__}.account.{account}")
    _lock(session, f"{table.__tablename__}.address.{address}")
    full = (
        _decisive(session, table, table.account_key == account, limit.per_account, after=now - limit.window),
        _decisive(session, table, table.address == address, limit.per_address, after=now - limit.window),
    )
    if wait := max(rules.wait_seconds(moment, limit.window, now=now) for moment in full):
        raise TooMany(wait)
    session.add(table(account_key=account, address=address, occurred_at=now))


def _decisive(
    session: Session, table: Counted, same: ColumnElement[bool], most: int, *, after: datetime
) -> datetime | None:
    """The attempt that must leave the window before another is allowed; None when one is allowed now."""
    recent = select(table.occurred_at).where(same, table.occurred_at > after)
    return session.scalar(recent.order_by(table.occurred_at.desc()).offset(most - 1).limit(1))


def _lock(session: Session, key: str) -> None:
    """Let one transaction at a time count under this key; on SQLite there is only one writer anyway.

    Account keys are always locked before address keys, so that two transactions cannot wait for each other.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
