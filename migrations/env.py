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

with migrate.db.engine.execution_options(writes=True).connect() as connection:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
    _migrate(connection)
    connection.commit()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.exec_driver_sql("BEGIN")
