"""DuckDB: `register` gives a connection SQL functions.

>>> import duckdb
>>> import medcodes.duckdb
>>> con = duckdb.connect()
>>> medcodes.duckdb.register(con)
>>> con.sql("SELECT medcodes_code('E1165', DATE '2026-06-01')").fetchall()
[('E11.65',)]
>>> con.sql("SELECT medcodes_status('U07.1', DATE '2020-03-31')").fetchall()
[('future',)]
>>> con.close()

`identify` is for large tables: it answers many rows at once, where DuckDB gives a function 2,048.

Needs ``pip install 'medcodes[duckdb]'``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any

try:
    import duckdb
    import pyarrow as pa

    from medcodes import columns
except ImportError as error:
    raise ImportError("medcodes.duckdb needs DuckDB: pip install 'medcodes[duckdb]'") from error

from medcodes.classifier import Classifier, SystemNames, default

__all__ = ["identify", "register"]

_SINGLE = ("system", "code", "status", "category")
_NO_CODES = pa.array([], pa.string())
_SQL_TYPES = {pa.bool_(): "BOOLEAN", pa.date32(): "DATE"}
"""Of fields that are not text."""

# Columns at a time instead of values, and NULLs too: they are answered, not skipped.
_OPTIONS: dict[str, Any] = {"type": "arrow", "null_handling": "special"}


def register(con: duckdb.DuckDBPyConnection, classifier: Classifier = default) -> None:
    """Give a connection, and all connections to its database, the SQL functions.

    Each takes a code and, if wanted, the day of service (a DATE, a TIMESTAMP or ISO text, of
    every row its own); without it the day is today. A NULL code or day gives NULL. Codes must be
    text: numbers are refused, not cast.

    ==================================  =====================================================
    ``medcodes_system(code[, day])``    VARCHAR: ``icd10cm`` ...
    ``medcodes_code(code[, day])``      VARCHAR: the canonical code
    ``medcodes_status(code[, day])``    VARCHAR: ``valid`` ...
    ``medcodes_category(code[, day])``  VARCHAR: the label of the narrowest category
    ``medcodes_identify(code[, day])``  STRUCT of all of `medcodes.columns.FIELDS`
    ==================================  =====================================================

    Registering again changes nothing: the functions answer with the classifier of the first time.

    >>> import duckdb
    >>> import medcodes.duckdb
    >>> con = duckdb.connect()
    >>> medcodes.duckdb.register(con)
    >>> con.sql('''
    ...     SELECT answer.system, answer.range
    ...     FROM (SELECT medcodes_identify('90837', DATE '2026-06-01') AS answer)
    ... ''').fetchall()
    [('cpt', '90832-90838')]
    >>> con.close()
    """
    types = {
        field.name: _SQL_TYPES.get(field.type, "VARCHAR")
        for field in columns.identify(_NO_CODES, classifier=classifier).type
    }
    # Each function keeps what it asks: when it has seen many rows, tables are built for it.
    functions: dict[str, tuple[Callable[..., pa.Array], str]] = {
        f"medcodes_{name}": (
            partial(_field, columns.ask(fields=[name], classifier=classifier)),
            types[name],
        )
        for name in _SINGLE
    }
    struct = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
    functions["medcodes_identify"] = (
        partial(_struct, columns.ask(classifier=classifier)),
        f"STRUCT({struct})",
    )
    for name, (function, type_) in functions.items():
        # It may have been created on this connection, or on another one to the same database.
        with suppress(duckdb.NotImplementedException, duckdb.CatalogException):
            # Without declared parameters DuckDB passes any number of columns of any type: so the
            # day can be left out, and a number is seen as one instead of being cast to text.
            con.create_function(name, function, None, type_, **_OPTIONS)


def identify(
    con: duckdb.DuckDBPyConnection,
    query: str,
    column: str,
    on: Any = None,
    *,
    systems: SystemNames = None,
    kind: str | None = None,
    fields: Iterable[str] | None = None,
    prefix: str = "",
    classifier: Classifier = default,
) -> pa.RecordBatchReader:
    """The rows of a query with what the code in a column is, as `medcodes.columns.identify` says.

    The rows are read in batches while the answer is read, so that neither has to fit into memory.
    DuckDB reads the answer like a table, by the name of the variable, once.

    Args:
        con: the connection. The query runs on a cursor of it, which knows its tables, but not
            what was registered with it.
        query: SQL whose columns are kept, in front.
        column: the name of its column of codes, which must be text.
        on: the day of service: the name of a column of days (DATE, TIMESTAMP or ISO text), or one
            day. None is the day of the call.
        systems: the systems to consider; it restricts.
        kind: ``"diagnosis"`` or ``"procedure"``.
        fields: the columns wanted, as of `medcodes.columns.identify`.
        prefix: put before the names of the new columns.
        classifier: the classifier that answers: its tables, its systems, its day.

    Raises:
        ValueError: the query gives no rows, there is no such column, or already one of a new name.

    >>> import duckdb
    >>> import medcodes.duckdb
    >>> con = duckdb.connect()
    >>> _ = con.execute("CREATE TABLE claims AS SELECT 'E1165' AS dx, DATE '2026-06-01' AS day")
    >>> answers = medcodes.duckdb.identify(con, "FROM claims", "dx", on="day", fields=["code"])
    >>> con.sql("SELECT dx, code FROM answers").fetchall()
    [('E1165', 'E11.65')]
    >>> con.close()
    """
    cursor = con.cursor()
    selected: Any = cursor.sql(query)
    if selected is None:
        raise ValueError("the query gives no rows: a SELECT is expected")
    rows = (getattr(selected, "to_arrow_reader", None) or selected.fetch_arrow_reader)(_ROWS)
    names = rows.schema.names
    dated = isinstance(on, str) and on in names
    for name in (column, on) if dated else (column,):
        if names.count(name) != 1:
            raise ValueError(f"the query must have one column {name!r}; it has {', '.join(names)}")
    resolver = classifier.ask(None if dated else on, systems, kind)
    ask = partial(columns.identify, systems=resolver.allowed, classifier=classifier)
    wanted = [field.name for field in ask(_NO_CODES, fields=fields).type]
    new = [prefix + name for name in wanted]
    # Equal to DuckDB, whatever their case.
    taken = {name.lower() for name in names}
    if any(name.lower() in taken for name in new):
        raise ValueError(f"the query already has one of {', '.join(new)}; give them a prefix=")

    def answer(batch: pa.RecordBatch) -> pa.RecordBatch:
        days = batch.column(on) if dated else resolver.day
        found = ask(batch.column(column), on=days, fields=wanted)
        return pa.RecordBatch.from_arrays(
            [*batch.columns, *map(_with_entries, found.flatten())], [*names, *new]
        )

    nothing = pa.RecordBatch.from_pylist([], rows.schema)
    return pa.RecordBatchReader.from_batches(answer(nothing).schema, _answers(answer, rows, cursor))


def _answers(
    answer: Callable[[pa.RecordBatch], pa.RecordBatch],
    rows: pa.RecordBatchReader,
    cursor: duckdb.DuckDBPyConnection,
) -> Iterator[pa.RecordBatch]:
    """The answer to each batch. The cursor is held: before DuckDB 1.5 its rows end with it."""
    yield from map(answer, rows)


_ROWS = 1_000_000
"""Of a batch."""


def _field(asked: columns.ColumnResolver, *arguments: pa.ChunkedArray) -> pa.Array:
    """What the function for one field answers."""
    return _plain(_answer(asked, arguments).field(0))


def _struct(asked: columns.ColumnResolver, *arguments: pa.ChunkedArray) -> pa.StructArray:
    """What the function for all fields answers."""
    found = _answer(asked, arguments)
    # Only a NULL has no status.
    missing = found.field("status").is_null()
    names = [field.name for field in found.type]
    return pa.StructArray.from_arrays([*map(_with_entries, found.flatten())], names, mask=missing)


def _answer(
    asked: columns.ColumnResolver, arguments: tuple[pa.ChunkedArray, ...]
) -> pa.StructArray:
    if len(arguments) > 2:
        raise TypeError(f"a code and at most a day are expected, not {len(arguments)} arguments")
    code, on = arguments if len(arguments) == 2 else (*arguments, None)
    with _ASKING:
        answer = asked.identify(code, on)
    return answer.chunk(0) if answer.num_chunks == 1 else answer.combine_chunks()


_ASKING = Lock()
"""DuckDB asks from several threads for few rows each: they would wait for each other at every step,
so that each does all of its steps at once."""


def _plain(column: pa.Array) -> pa.Array:
    """DuckDB asks for few rows at a time; a dictionary of categories is larger than these."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _with_entries(column: pa.Array) -> pa.Array:
    """DuckDB 1.4.4 and 1.4.5 crash on a dictionary without entries."""
    if pa.types.is_dictionary(column.type) and not len(column.dictionary):
        return pa.DictionaryArray.from_arrays(column.indices, pa.array([""]))
    return column
