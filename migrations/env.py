"""Runs the migrations on the application's own engine."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

migrate = current_app.extensions["migrate"]


def _migrate(connection: Connection) -> None:
    """Run what was asked for on one connection, in one transaction."""
    options: dict[str, Any] = dict(migrate.configure_args)
    context.configure(connection=connection, target_metadata=migrate.db.metadata, **options)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations need a database: their guards look at what the engine offers.")


def _set_foreign_keys(connection: Connection, state: str) -> None:
    """Outside any transaction, where alone SQLite heeds it; tables are made anew with their rows' children in place."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute(f"PRAGMA foreign_keys={state}")  # type: ignore[union-attr]


def _require_whole(connection: Connection) -> None:
    """Refuse to commit rows whose parents are gone."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise SystemExit("A migration left rows without their parents; nothing was changed.")


with migrate.db.engine.execution_options(writes=True).connect() as connection:
    _set_foreign_keys(connection, "OFF")
    try:
        _migrate(connection)
        _require_whole(connection)
        connection.commit()
    finally:
        connection.rollback()
        _set_foreign_keys(connection, "ON")
