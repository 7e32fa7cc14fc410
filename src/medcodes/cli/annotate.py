"""``medcodes annotate``: a file again, with columns that say what its codes are."""

from __future__ import annotations

from typing import Annotated

import typer

from medcodes.cli import options
from medcodes.cli.errors import InputError

_DEFAULT = ("system", "code", "status", "category")
_IN = typer.Argument(metavar="IN", help="A table in any format; - for standard input.")
_OUT = typer.Argument(
    metavar="OUT",
    help="Where to write: .csv, .tsv, .jsonl or .parquet; - for standard output. It may be IN.",
)
_PREFIX = typer.Option(help="Put in front of the names of new columns.")


def annotate(
    source: Annotated[str, _IN],
    target: Annotated[str, _OUT],
    column: options.Columns,
    on: options.OnColumn = None,
    date_format: options.DateFormat = None,
    field: options.Fields = None,
    prefix: Annotated[str, _PREFIX] = "",
    reference: options.Reference = None,
    format: options.Format = None,  # noqa: A002 - the name of the option
    delimiter: options.Delimiter = None,
    no_header: options.NoHeader = False,
) -> None:
    """Write a file again, with columns that say what its codes are.

    Every value keeps its text. OUT is replaced at the end, in one step: work that is interrupted
    changes nothing.

    **Examples**

    `medcodes annotate claims.csv annotated.csv --column dx --on service_date`

    `medcodes annotate claims.xlsx out.parquet --column dx=icd10cm --field status,category`
    """
    from medcodes.cli.answering import Question, behind, read
    from medcodes.cli.files.opening import format_to_write, open_table, writer
    from medcodes.cli.files.target import written

    classifier = options.classifier_of(reference)
    columns = options.columns_asked(classifier, column)
    fields = tuple(dict.fromkeys(name for some in field or [_DEFAULT] for name in some))
    names = [f"{prefix}{asked.name}_{name}" for asked in columns for name in fields]
    format_ = format_to_write(target)
    # The target is opened first, so that it is replaced after the source was closed.
    with (
        written(target) as out,
        open_table(source, format, delimiter, header=not no_header) as table,
    ):
        question = Question(table, columns, on, date_format, classifier)
        for name in names:
            if name in table.columns:
                raise InputError(
                    f"{table.name}: has a column {name!r} already; pass --prefix to give the new "
                    "ones other names"
                )
        rows_out = writer(out, format_, [*table.columns, *names], table)
        extends = rows_out.extends
        batches = read(table, question.columns if extends else table.columns, written=extends)
        answered = (
            (batch, dict(zip(names, question.answers(batch, fields), strict=True)))
            for batch in batches
        )
        behind(lambda pair: rows_out.write(*pair), answered)
        rows_out.close()
