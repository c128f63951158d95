"""Reckoning with days in SQL, which each engine writes in its own way."""

from datetime import date
from typing import Any

from sqlalchemy import Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class day_after(FunctionElement[date]):  # noqa: N801 - written like the functions of `func`
    """The day after one in a column."""

    type = Date()
    inherit_cache = True


@compiles(day_after, "sqlite")
def _on_sqlite(element: day_after, compiler: SQLCompiler, **more: Any) -> str:
    """Days are texts there."""
    return f"date({compiler.process(element.clauses, **more)}, '+1 day')"


@compiles(day_after)
def _elsewhere(element: day_after, compiler: SQLCompiler, **more: Any) -> str:
    """A date and a number of days are a date."""
    return f"({compiler.process(element.clauses, **more)} + 1)"


class local_day(FunctionElement[date]):  # noqa: N801 - written like the functions of `func`
    """The local day of a moment in a column: Shanghai is eight hours ahead of UTC all year."""

    type = Date()
    inherit_cache = True


@compiles(local_day, "sqlite")
def _local_on_sqlite(element: local_day, compiler: SQLCompiler, **more: Any) -> str:
    """Moments are texts in UTC there."""
    return f"date({compiler.process(element.clauses, **more)}, '+8 hours')"


@compiles(local_day)
def _local_elsewhere(element: local_day, compiler: SQLCompiler, **more: Any) -> str:
    """A moment at a zone is a local time, of which the day is taken."""
    return f"CAST({compiler.process(element.clauses, **more)} AT TIME ZONE 'Asia/Shanghai' AS DATE)"
