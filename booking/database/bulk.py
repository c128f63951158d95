"""Many rows of one table: made ready for the driver while nothing is locked, then written by one statement.

What SQLAlchemy does for each value of each row (defaults, types, names of parameters) is most of the time that a large
insert takes. Done here beforehand, only the database's own work is left for the transaction.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Connection, Dialect, String, Table, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Row = tuple[Any, ...]
Ready = Callable[[Mapping[str, Any]], Row]


def columns_of(table: Table, *, without: Sequence[str]) -> list[str]:
    """The columns of a table but some."""
    return [name for name in table.columns.keys() if name not in without]  # noqa: SIM118 - no dict


def readier(table: Table, names: Sequence[str], dialect: Dialect, to_json: Callable[[Any], str] = json.dumps) -> Ready:
    """What turns values by name into a row as the driver takes it; the model's constant defaults fill the gaps."""
    columns = [table.columns[name] for name in names]
    parts = [(column.name, _default(column), _converter(column, dialect, to_json)) for column in columns]

    def ready(values: Mapping[str, Any]) -> Row:
        return tuple(
            convert(value) if convert and value is not None else value
            for name, default, convert in parts
            for value in (values.get(name, default),)
        )

    return ready


def short_json(value: Any) -> str:
    """JSON in half the bytes where it holds Chinese; for columns whose text is never searched as it is stored."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def new_ids(session: Session, table: Table, count: int) -> Sequence[int]:
    """So many ids for rows that the caller inserts in this transaction, which must hold the write lock on SQLite."""
    if session.get_bind().dialect.name == "sqlite":
        first = (session.scalar(select(func.max(table.c.id))) or 0) + 1
        return range(first, first + count)
    sequence = func.pg_get_serial_sequence(table.name, "id")
    return session.scalars(select(func.nextval(sequence)).select_from(func.generate_series(1, count))).all()


def among(session: Session, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column is one of many values, given as one parameter, because naming thousands takes long."""
    if session.get_bind().dialect.name == "sqlite":
        given = func.json_each(json.dumps(list(values))).table_valued("value")
        return column.in_(select(given.c.value))
    return column == any_(literal(list(values), ARRAY(column.type)))


def insert_rows(session: Session, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows that are ready, their values in the order of `names`; PostgreSQL takes them by COPY."""
    if not rows:
        return
    connection = session.connection()
    quoted = _quoted(session, table, names)
    into = f"{quoted[0]} ({', '.join(quoted[1:])})"
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {into} FROM STDIN", rows)
    else:
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", list(rows))  # noqa: S608 - our own names


def _copy(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """Send rows through psycopg's own COPY; what goes wrong is raised as by any other statement."""
    errors: Any = connection.dialect.loaded_dbapi
    driver: Any = connection.connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except errors.Error as failed:
        raise DBAPIError.instance(statement, None, failed, errors.Error, dialect=connection.dialect) from failed


def update_rows(session: Session, table: Table, names: Sequence[str], rows: Sequence[Row], *, key: str = "id") -> None:
    """Set columns of rows that are ready: their values in the order of `names`, then the key."""
    if not rows:
        return
    connection = session.connection()
    of_table, *columns, of_key = _quoted(session, table, (*names, key))
    if connection.dialect.name == "sqlite":
        new = ", ".join(f"{name} = ?" for name in columns)
        statement = f"UPDATE {of_table} SET {new} WHERE {of_key} = ?"  # noqa: S608 - our own names
        connection.exec_driver_sql(statement, list(rows))
        return
    new = ", ".join(f"{name} = new.{name}" for name in columns)
    types = [_array_of(table.columns[name], connection.dialect) for name in (*names, key)]
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    given = f"unnest({arrays}) AS new ({', '.join((*columns, of_key))})"
    statement = f"UPDATE {of_table} SET {new} FROM {given} WHERE {of_table}.{of_key} = new.{of_key}"  # noqa: S608 - our own names
    connection.exec_driver_sql(statement, tuple(list(values) for values in zip(*rows, strict=True)))


def _array_of(column: Column[Any], dialect: Dialect) -> str:
    """The type of which an array is given; texts of any length, so that the column refuses one that is too long."""
    return "TEXT" if isinstance(column.type, String) else column.type.compile(dialect)


def _quoted(session: Session, table: Table, names: Sequence[str]) -> list[str]:
    """The name of the table, then of the columns, as the engine wants them."""
    quote = session.get_bind().dialect.identifier_preparer.quote
    return [quote(name) for name in (table.name, *names)]


def _default(column: Column[Any]) -> Any:
    """What a column holds that nobody names."""
    return column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None


def _converter(column: Column[Any], dialect: Dialect, to_json: Callable[[Any], str]) -> Callable[[Any], Any] | None:
    """How a value of the column is handed to the driver; JSON as the text that both engines store."""
    if isinstance(column.type, JSON):
        return to_json
    return column.type.dialect_impl(dialect).bind_processor(dialect)
