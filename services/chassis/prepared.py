"""Statements that run again and again: written once for a database, then handed to its driver with their values alone. SQLAlchemy looks every
statement up anew and wraps every answer, which takes many times as long as the driver takes (DECISIONS 53)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, ParamSpec

from sqlalchemy import Delete, Dialect, Insert, Select, Update
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
P = ParamSpec("P")


class Found(IteratorResult[Any]):
    """Rows, as SQLAlchemy gives them."""

    def __init__(self, columns: SimpleResultMetaData, rows: Iterable[Any], rowcount: int) -> None:
        super().__init__(columns, iter(rows))
        self.rowcount = rowcount
        """How many rows the statement found or changed; -1 if it ran for several sets of values."""


class Argument(NamedTuple):
    """One of the values that a statement is sent with: given by a name, or fixed."""

    name: str | None
    fixed: Any
    process: Callable[[Any], Any] | None


class Written(NamedTuple):
    """A statement in a database's own words."""

    sql: str
    takes: tuple[Argument, ...]
    columns: SimpleResultMetaData
    returns: tuple[Callable[[Any], Any] | None, ...]
    """For each column that it answers with, what makes a value of what the driver gives."""

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """What the driver is given. Raises KeyError for a value that is missing."""
        return [
            fixed if name is None else values[name] if process is None else process(values[name])
            for name, fixed, process in self.takes
        ]

    def found(self, rows: Sequence[Sequence[Any]], rowcount: int) -> Found:
        """The driver's rows as the statement's."""
        if any(self.returns):
            rows = [
                [value if process is None else process(value) for process, value in zip(self.returns, row, strict=True)]
                for row in rows
            ]
        return Found(self.columns, rows, rowcount)


class Prepared:
    """A statement that is built once: what differs from time to time are its parameters' values. An insert takes the columns whose values
    it is given, the others' defaults are fixed values."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._written: dict[tuple[str, tuple[str, ...]], Written] = {}

    def written(self, dialect: Dialect, values: Mapping[str, Any]) -> Written:
        """The statement for a database and for values of these names."""
        given = dialect.name, tuple(values)
        if given not in self._written:
            self._written[given] = _write(self.statement, dialect, values)
        return self._written[given]


def prepared(build: Callable[P, Statement]) -> Callable[P, Prepared]:
    """A function that builds a statement, as one that prepares it once for each of its arguments."""

    @cache
    def once(*given: P.args, **named: P.kwargs) -> Prepared:
        return Prepared(build(*given, **named))

    kept: Callable[P, Prepared] = once  # type: ignore[assignment]  # it takes the same, as long as that can be hashed
    return kept


def one_of_many(values: Values) -> Mapping[str, Any]:
    """The values that a statement runs with, or the first of several sets."""
    if values is None:
        return {}
    return values if isinstance(values, Mapping) else values[0]


def _write(statement: Statement, dialect: Dialect, values: Mapping[str, Any]) -> Written:
    fixed: dict[str, Any] = {}
    if isinstance(statement, Insert) and statement.select is None:
        for column in statement.table.columns:
            if column.name not in values and isinstance(column.default, ScalarElementColumnDefault):
                fixed[column.name] = column.default.arg
        statement = statement.inline()
    names = None if isinstance(statement, Select | Delete) else [*values, *fixed]
    compiled = statement.compile(dialect=dialect, column_keys=names)
    sql = str(compiled)
    if "POSTCOMPILE" in sql:
        raise TypeError(f"a list that is written out cannot be prepared; use lists.among: {sql}")
    if getattr(compiled, "insert_prefetch", ()) or getattr(compiled, "update_prefetch", ()):
        raise TypeError(f"a default that is made anew each time cannot be prepared; give its value: {sql}")
    takes = []
    for name in getattr(compiled, "positiontup") or ():  # noqa: B009  (SQLCompiler's, which Compiled does not declare)
        bind = getattr(compiled, "binds")[name]  # noqa: B009
        process = bind.type.dialect_impl(dialect).bind_processor(dialect)
        is_given = name in values or (bind.required and name not in fixed)
        value = fixed.get(name, bind.value)
        takes.append(
            Argument(name if is_given else None, value if process is None or is_given else process(value), process)
        )
    answers = statement.exported_columns
    types = [column.type.dialect_impl(dialect) for column in answers]
    return Written(
        sql,
        tuple(takes),
        SimpleResultMetaData([str(column.key) for column in answers]),
        tuple(each.result_processor(dialect, None) for each in types),
    )
