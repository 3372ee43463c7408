"""A list as one parameter. SQLAlchemy writes an IN out anew for each length of its list, which costs more than the statement takes to run, and
PostgreSQL has to learn each of them on each connection; so PostgreSQL is given an array, and SQLite a JSON text."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    String,
    TableValuedAlias,
    Text,
    TypeDecorator,
    bindparam,
    column,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _List(TypeDecorator[Sequence[Any]]):
    impl = Text
    cache_ok = True

    def __init__(self, *, numbers: bool) -> None:
        super().__init__()
        self.numbers = numbers

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(ARRAY(BigInteger() if self.numbers else String()))

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        return json.dumps(list(value or ())) if dialect.name == "sqlite" else list(value or ())


class _Among(FunctionElement[Any]):
    inherit_cache = True


def among(of: ColumnElement[Any], name: str, *, numbers: bool = False) -> ColumnElement[bool]:
    """Whether a column's value is in the list given as the parameter `name`."""
    return of.bool_op("")(_Among(bindparam(name, type_=_List(numbers=numbers))))


def within(of: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column's value is one of these strings."""
    return of.bool_op("")(_Among(bindparam(None, list(values), type_=_List(numbers=False), unique=True)))


def each(name: str, *, on_sqlite: bool) -> TableValuedAlias:
    """The strings of the list given as the parameter `name`: a table with the column `value`."""
    given = bindparam(name, type_=_List(numbers=False))
    if on_sqlite:
        return func.json_each(given).table_valued(column("value", String))
    return func.unnest(given).table_valued(column("value", String)).render_derived()


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **words: Any) -> str:
    return f"IN (SELECT value FROM json_each({compiler.process(element.clauses, **words)}))"  # noqa: S608  (a parameter)


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: SQLCompiler, **words: Any) -> str:
    return f"= ANY ({compiler.process(element.clauses, **words)})"
