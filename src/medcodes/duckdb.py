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

Needs ``pip install 'medcodes[duckdb]'``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

try:
    import duckdb
    import pyarrow as pa

    from medcodes import columns
except ImportError as error:
    raise ImportError("medcodes.duckdb needs DuckDB: pip install 'medcodes[duckdb]'") from error

__all__ = ["register"]

_TYPES = {
    "system": "VARCHAR",
    "code": "VARCHAR",
    "status": "VARCHAR",
    "category": "VARCHAR",
    "range": "VARCHAR",
    "ambiguous": "BOOLEAN",
    "can_be_principal": "BOOLEAN",
    "valid_from": "DATE",
    "valid_to": "DATE",
}
# Columns at a time instead of values, and NULLs too: they are answered, not skipped.
_OPTIONS: dict[str, Any] = {"type": "arrow", "null_handling": "special"}
_SINGLE = ("system", "code", "status", "category")


def register(con: duckdb.DuckDBPyConnection) -> None:
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

    Registering again changes nothing.

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
    for name, (function, type_) in _FUNCTIONS.items():
        # It may have been created on this connection, or on another one to the same database.
        with suppress(duckdb.NotImplementedException, duckdb.CatalogException):
            # Without declared parameters DuckDB passes any number of columns of any type: so the
            # day can be left out, and a number is seen as one instead of being cast to text.
            con.create_function(name, function, None, type_, **_OPTIONS)


def _single(field: str) -> Callable[..., pa.Array]:
    def answer(*arguments: pa.ChunkedArray) -> pa.Array:
        return _plain(_ask(arguments, (field,)).field(field))

    return answer


def _identify(*arguments: pa.ChunkedArray) -> pa.StructArray:
    answer = _ask(arguments, columns.FIELDS)
    fields = [_plain(answer.field(name)) for name in columns.FIELDS]
    # Only a NULL has no status.
    missing = answer.field("status").is_null()
    return pa.StructArray.from_arrays(fields, list(columns.FIELDS), mask=missing)


def _ask(arguments: tuple[pa.ChunkedArray, ...], fields: tuple[str, ...]) -> pa.StructArray:
    if len(arguments) > 2:
        raise TypeError(f"a code and at most a day are expected, not {len(arguments)} arguments")
    code, on = arguments if len(arguments) == 2 else (*arguments, None)
    return columns.identify(code, on=on, fields=fields).combine_chunks()


def _plain(column: pa.Array) -> pa.Array:
    """DuckDB asks for few rows at a time; a dictionary would be larger than they are."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


_STRUCT = ", ".join(f'"{name}" {_TYPES[name]}' for name in columns.FIELDS)
_FUNCTIONS = {
    **{f"medcodes_{name}": (_single(name), _TYPES[name]) for name in _SINGLE},
    "medcodes_identify": (_identify, f"STRUCT({_STRUCT})"),
}
