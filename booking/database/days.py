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
