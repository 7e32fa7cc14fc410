"""``medcodes profile``: what are the columns of this file?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from medcodes.cli import options
from medcodes.cli.files.stream import STDIO
from medcodes.cli.output import print_json, write

if TYPE_CHECKING:
    from medcodes.cli.page import Column

_HTML = typer.Option(metavar="OUT", help="Write a page that needs no other file.")


def profile(
    file: options.File,
    column: options.SomeColumns = None,
    on: options.OnColumn = None,
    date_format: options.DateFormat = None,
    html: Annotated[Optional[str], _HTML] = None,
    reference: options.Reference = None,
    json: options.Json = False,
    format: options.Format = None,  # noqa: A002 - the name of the option
    delimiter: options.Delimiter = None,
    no_header: options.NoHeader = False,
) -> None:
    """Say what the columns of a file are, and what is wrong with them.

    **Examples**

    `medcodes profile claims.csv --on service_date`

    `medcodes profile claims.parquet --column dx --column px --html report.html`
    """
    if json and html == STDIO:
        raise typer.BadParameter("- and --json both write to standard output", param_hint="--html")
    from medcodes.cli.files.opening import open_table
    from medcodes.cli.files.target import keep_apart, written
    from medcodes.cli.page import page
    from medcodes.cli.profiling import report_of

    classifier = options.classifier_of(reference)
    asked = options.columns_asked(classifier, column or [])
    keep_apart(file, html, "--html")
    with open_table(file, format, delimiter, header=not no_header) as table:
        report = report_of(table, asked, on, date_format, classifier)
    if html is not None:
        with written(html) as out:
            out.write(page(report).encode())
    if json:
        columns = [_plain(column) for column in report.columns]
        head = {"file": report.name, "rows": report.rows}
        days = {"days": report.days} if report.days else {}
        print_json({**head, **days, "columns": columns}, indent=2)
    elif html is None:
        said = [f"days: {report.days}"] if report.days else []
        write("\n\n".join([*said, *map(_shown, report.columns)]) + "\n")


def _plain(column: Column) -> dict[str, Any]:
    plain = column.profile.to_dict()
    for bad in plain["invalid"]:
        bad["suggestions"] = list(column.meant.get(bad["value"], ()))
    return plain


def _shown(column: Column) -> str:
    perhaps = [
        f"{value} may be meant to be {' or '.join(codes)}."
        for value, codes in column.meant.items()
        if codes
    ]
    return "\n".join([str(column.profile), *perhaps])
