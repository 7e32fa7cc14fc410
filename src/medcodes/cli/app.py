"""The commands, their options and their help."""

from __future__ import annotations

import sys
from typing import Annotated, Optional

import typer

import medcodes
from medcodes.cli import options
from medcodes.cli.options import columns_asked, day, systems_asked
from medcodes.cli.running import running

__all__ = ["app", "main"]

app = typer.Typer(
    name="medcodes",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What is this code? CPT, HCPCS, ICD-10-CM, ICD-10-PCS and ICD-9-CM, exactly and to the "
    "day, without a network.",
)

File = Annotated[
    str, typer.Argument(metavar="FILE", help="CSV, TSV, JSON lines or Parquet; - for stdin")
]
On = Annotated[
    Optional[str], typer.Option("--on", metavar="DAY", help="Day of service, YYYY-MM-DD.")
]
OnColumn = Annotated[
    Optional[str],
    typer.Option(
        "--on", metavar="DAY|COLUMN", help="Day of service: a day, or the column with it."
    ),
]
DateFormat = Annotated[
    Optional[str],
    typer.Option(metavar="FORMAT", help="How that column writes days, as in %m/%d/%Y."),
]
Systems = Annotated[
    Optional[list[str]],
    typer.Option("--system", metavar="SYSTEM", help="Only these systems: icd10cm, cpt,hcpcs ..."),
]
Kind = Annotated[
    Optional[str], typer.Option(metavar="KIND", help="Only a diagnosis, or only a procedure.")
]
Columns = Annotated[
    Optional[list[str]],
    typer.Option(
        "--column", metavar="NAME[=SYSTEM]", help="A column, and what it holds: dx=icd10cm."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Format = Annotated[
    Optional[str],
    typer.Option(
        metavar="FORMAT", help="csv, tsv, jsonl or parquet, where the name does not tell."
    ),
]
Delimiter = Annotated[
    Optional[str], typer.Option(metavar="CHARACTER", help="What separates values: ';' or '|'.")
]
NoHeader = Annotated[
    bool, typer.Option("--no-header", help="The first line is data; columns are called 1, 2, 3 ...")
]


def main() -> None:
    """Run the command line."""
    app(prog_name="medcodes" if sys.argv[0].endswith("medcodes") else "python -m medcodes")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"medcodes {medcodes.__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What all commands share: nothing but the version."""


def _examples(*lines: str) -> str:
    return "\n\n".join(["**Examples**", *(f"`{line}`" for line in lines)])


@app.command(
    epilog=_examples(
        "medcodes identify 90837 E11.65 J0120 --on 2026-06-01",
        "medcodes identify --file codes.txt --json",
        "cut -d, -f3 claims.csv | medcodes identify --file - --kind diagnosis",
    )
)
def identify(
    codes: Annotated[Optional[list[str]], typer.Argument(metavar="CODE...", help="Codes.")] = None,
    file: Annotated[
        Optional[str], typer.Option(metavar="FILE", help="A file of one code a line; - for stdin.")
    ] = None,
    on: On = None,
    system: Systems = None,
    kind: Kind = None,
    json: Json = False,
) -> None:
    """Say what codes are: their system, how they stand on a day, and what they mean."""
    from medcodes.cli import identify as command

    if bool(codes) == bool(file):
        raise typer.BadParameter("give codes, or --file with one code a line")
    systems = systems_asked(system, kind)
    with running():
        texts = codes or command.codes_of(file or "")
        command.identify(texts, on=day(on), systems=systems, as_json=json)


@app.command(
    epilog=_examples(
        "medcodes find note.txt --on 2026-06-01", "cat notes/*.txt | medcodes find - --json"
    )
)
def find(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Free text; - for stdin.")],
    on: On = None,
    system: Systems = None,
    kind: Kind = None,
    strictness: Annotated[
        str, typer.Option(metavar="HOW", help="cued, valid or plausible: each finds more.")
    ] = "cued",
    json: Json = False,
) -> None:
    """Find the codes in free text."""
    asked, when = systems_asked(system, kind), day(on)
    options.one_of(strictness, ("cued", "valid", "plausible"), "--strictness")
    with running():
        from medcodes.cli import find as command

        command.find(file, on=when, systems=asked, strictness=strictness, as_json=json)


@app.command(
    epilog=_examples(
        "medcodes suggest 9O837 --on 2026-06-01", "medcodes suggest S72.001 --system icd10cm"
    )
)
def suggest(
    code: Annotated[str, typer.Argument(metavar="CODE", help="What is no valid code.")],
    on: On = None,
    system: Systems = None,
    limit: Annotated[int, typer.Option(min=1, help="The greatest number of suggestions.")] = 5,
    json: Json = False,
) -> None:
    """Say which codes may be meant by what is none."""
    asked, when = systems_asked(system), day(on)
    with running():
        from medcodes.cli import find as command

        command.suggest(code, on=when, systems=asked, most=limit, as_json=json)


@app.command(
    epilog=_examples(
        "medcodes profile claims.csv --on 2026-06-01",
        "medcodes profile claims.parquet --column dx --column px --html report.html",
    )
)
def profile(
    file: File,
    column: Columns = None,
    on: On = None,
    html: Annotated[
        Optional[str], typer.Option(metavar="OUT", help="Write a page that stands by itself.")
    ] = None,
    json: Json = False,
    format: Format = None,  # noqa: A002 - the name of the option
    delimiter: Delimiter = None,
    no_header: NoHeader = False,
) -> None:
    """Say what the columns of a file are, and what is wrong with them."""
    asked = columns_asked(column or [])
    when = day(on)
    layout = options.layout(format, delimiter, no_header)
    with running():
        from medcodes.cli import profile as command

        command.profile(file, asked, on=when, html=html, as_json=json, layout=layout)


@app.command(
    epilog=_examples(
        "medcodes check claims.csv --column dx=icd10cm --on service_date",
        "medcodes check claims.csv --column px=cpt,hcpcs --on service_date --output bad.csv",
    )
)
def check(
    file: File,
    column: Annotated[
        list[str],
        typer.Option("--column", metavar="NAME=SYSTEM", help="A column and what it must hold."),
    ],
    on: OnColumn = None,
    date_format: DateFormat = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Accept only what is listed: no plausible CPT codes.")
    ] = False,
    headers: Annotated[bool, typer.Option("--headers", help="Accept headings too.")] = False,
    required: Annotated[
        Optional[list[str]], typer.Option(metavar="NAME", help="A column that may not be empty.")
    ] = None,
    output: Annotated[
        Optional[str], typer.Option(metavar="OUT", help="Write all bad values: csv, tsv or jsonl.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Bad values in the printed table.")] = 50,
    json: Annotated[
        bool, typer.Option("--json", help="Print each bad value as a line of JSON.")
    ] = False,
    format: Format = None,  # noqa: A002 - the name of the option
    delimiter: Delimiter = None,
    no_header: NoHeader = False,
) -> None:
    """Find the rows whose codes are not valid on their day.

    The exit status is 0 when there is none, 1 when there is one, and 2 when the file or the options
    are wrong. Rows are counted as a spreadsheet counts them: the header of CSV and TSV is row 1.
    """
    asked = columns_asked(column, system_needed=True)
    pattern = options.date_format(date_format)
    layout = options.layout(format, delimiter, no_header)
    with running():
        from medcodes.cli import check as command

        found = command.check(
            file,
            asked,
            on=on,
            date_format=pattern,
            strict=strict,
            headers=headers,
            required=required or [],
            output=output,
            as_json=json,
            most=limit,
            layout=layout,
        )
        if found.bad_values:
            raise typer.Exit(1)


@app.command(
    epilog=_examples(
        "medcodes annotate claims.csv annotated.csv --column dx --on service_date",
        "medcodes annotate claims.parquet out.parquet --column dx=icd10cm --field status,category",
    )
)
def annotate(
    source: Annotated[str, typer.Argument(metavar="IN", help="The file; - for stdin.")],
    target: Annotated[
        str, typer.Argument(metavar="OUT", help="Where to write; - for stdout. It may be IN.")
    ],
    column: Annotated[
        list[str],
        typer.Option("--column", metavar="NAME[=SYSTEM]", help="A column, and what it holds."),
    ],
    on: OnColumn = None,
    date_format: DateFormat = None,
    field: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="FIELD,...", help="What to add; by default system,code,status,category."
        ),
    ] = None,
    prefix: Annotated[str, typer.Option(help="Put in front of the names of new columns.")] = "",
    format: Format = None,  # noqa: A002 - the name of the option
    delimiter: Delimiter = None,
    no_header: NoHeader = False,
) -> None:
    """Write a file again, with columns that say what its codes are.

    What was there stays as it is, byte for byte. OUT is replaced at the end, in one step: work that
    is interrupted changes nothing.
    """
    asked = columns_asked(column)
    pattern = options.date_format(date_format)
    layout = options.layout(format, delimiter, no_header)
    with running():
        from medcodes.cli import annotate as command

        fields = options.fields(field) or command.DEFAULT
        command.annotate(
            source,
            target,
            asked,
            on=on,
            date_format=pattern,
            fields=fields,
            prefix=prefix,
            layout=layout,
        )


@app.command(epilog=_examples("medcodes changes icd10cm 2025-10-01 2026-10-01"))
def changes(
    system: Annotated[str, typer.Argument(help="The code system: icd10cm, hcpcs ...")],
    since: Annotated[str, typer.Argument(metavar="SINCE", help="A day, YYYY-MM-DD.")],
    until: Annotated[str, typer.Argument(metavar="UNTIL", help="A later day.")],
    json: Json = False,
) -> None:
    """List the codes that were added and deleted between two days."""
    asked = options.one_system(system)
    first, last = options.required_day(since, "SINCE"), options.required_day(until, "UNTIL")
    with running():
        from medcodes.cli.systems import print_changes

        print_changes(asked, first, last, as_json=json)


@app.command(epilog=_examples("medcodes systems", "medcodes systems --json"))
def systems(json: Json = False) -> None:
    """List the code systems, and the days that the reference covers."""
    with running():
        from medcodes.cli.systems import print_systems

        print_systems(as_json=json)
