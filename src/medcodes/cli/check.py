"""``medcodes check``: which rows of a file hold something that is not a valid code?"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Optional

import attrs
import typer

from medcodes.cli import options
from medcodes.cli.files.stream import STDIO
from medcodes.cli.output import counted, note, print_json, print_table, printable, short, write
from medcodes.lookup.acceptance import Acceptance

if TYPE_CHECKING:
    from medcodes.cli.findings import Finding

_STRICT = typer.Option("--strict", help="Accept only what is listed: no plausible CPT codes.")
_HEADERS = typer.Option("--headers", help="Accept headings too.")
_REQUIRED = typer.Option(metavar="NAME", help="A column that may not be empty.")
_OUTPUT = typer.Option(metavar="OUT", help="Write all bad values: .csv, .tsv, .jsonl, .parquet.")
_LIMIT = typer.Option(min=0, help="Bad values in the printed table.")
_JSON = typer.Option("--json", help="Print each bad value as a line of JSON.")
_HEADINGS = ("ROW", "COLUMN", "VALUE", "STATUS", "WHY", "PERHAPS")


def check(
    file: options.File,
    column: options.ColumnsWithSystem,
    on: options.OnColumn = None,
    date_format: options.DateFormat = None,
    strict: Annotated[bool, _STRICT] = False,
    headers: Annotated[bool, _HEADERS] = False,
    required: Annotated[Optional[list[str]], _REQUIRED] = None,
    output: Annotated[Optional[str], _OUTPUT] = None,
    limit: Annotated[int, _LIMIT] = 50,
    reference: options.Reference = None,
    json: Annotated[bool, _JSON] = False,
    format: options.Format = None,  # noqa: A002 - the name of the option
    delimiter: options.Delimiter = None,
    no_header: options.NoHeader = False,
) -> None:
    """Find the rows whose codes are not valid on their day.

    The exit status is 0 when there is none, 1 when there is one, and 2 when the file or the options
    are wrong. Rows are counted as a spreadsheet counts them: the header of CSV and TSV is row 1.

    **Examples**

    `medcodes check claims.csv --column dx=icd10cm --on service_date`

    `medcodes check claims.csv --column px=cpt,hcpcs --on service_date --output bad.csv`
    """
    from medcodes.cli.answering import Question, read
    from medcodes.cli.files.opening import open_table
    from medcodes.cli.files.target import keep_apart
    from medcodes.cli.findings import Checker, kept

    classifier = options.classifier_of(reference)
    columns = options.columns_asked(classifier, column, with_system=True)
    for name in required or ():
        if name not in [asked.name for asked in columns]:
            raise typer.BadParameter(f"name {name!r} with --column too", param_hint="--required")
    if json and output == STDIO:
        raise typer.BadParameter("- and --json both print the values", param_hint="--output")
    keep_apart(file, output, "--output")
    rows = bad_rows = bad_values = 0
    shown: list[Finding] = []
    with ExitStack() as stack:
        keep = stack.enter_context(kept(output)) if output else None
        table = stack.enter_context(open_table(file, format, delimiter, header=not no_header))
        question = Question(table, columns, on, date_format, classifier)
        checker = Checker(question, Acceptance.of(strict=strict, headers=headers), required or ())
        for batch in read(table, question.columns):
            bad, findings = checker.check(batch, None if json or keep else limit - len(shown))
            rows += len(batch)
            bad_values += int(bad.sum())
            bad_rows += int(bad.any(axis=1).sum())
            shown += findings[: limit - len(shown)]
            if keep is not None:
                keep(findings)
            for finding in findings if json else ():
                print_json(attrs.asdict(finding))
    found = (
        f"{counted(bad_values, 'bad value')} in {counted(bad_rows, 'row')}"
        if bad_values
        else "no bad value"
    )
    summary = f"{table.name}: {counted(rows, 'row')}, {found}"
    if json or output == STDIO:
        note(summary)
    else:
        _print(shown, bad_values - len(shown))
        write(f"{summary}\n")
    if bad_values:
        raise typer.Exit(1)


def _print(findings: list[Finding], more: int) -> None:
    if findings:
        print_table(_HEADINGS, map(_row, findings))
    if more:
        write(f"... and {more:,} more; --output FILE writes them all\n")


def _row(finding: Finding) -> tuple[str, ...]:
    value = short(finding.value or "")
    why, perhaps = printable(finding.reason), ", ".join(finding.suggestions)
    return (f"{finding.row}", printable(finding.column), value, finding.status, why, perhaps)
