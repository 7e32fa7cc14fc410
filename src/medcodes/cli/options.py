"""The options that commands share, and what is made of their texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Optional

import attrs
import typer

from medcodes import Classifier, systems
from medcodes.dates import to_day
from medcodes.systems import CodeSystem

_KINDS = ("diagnosis", "procedure")
_FORMATS = ("csv", "tsv", "json", "jsonl", "parquet", "xlsx")


@attrs.frozen
class Asked:
    """A column that was asked for, and the systems that its values may be of."""

    name: str
    systems: tuple[CodeSystem, ...] | None = None


# -- what is made of texts -----------------------------------------------------------------------


def day(text: str) -> date:
    """The day that a text names."""
    try:
        return to_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error).removeprefix("on=")) from None


def one_of(*known: str) -> Callable[[str], str]:
    """What refuses a text that is not one of some words."""

    def choice(text: str) -> str:
        if text not in known:
            raise typer.BadParameter(f"{text!r} is not among {', '.join(known)}")
        return text

    return choice


def _systems_in(text: str) -> tuple[CodeSystem, ...]:
    """The systems that names mean: ids, names of standards, ``diagnosis`` or ``procedure``."""
    found: dict[CodeSystem, None] = {}
    for name in map(str.strip, text.split(",")):
        of_kind = [system for system in systems.ALL if system.kind == name]
        try:
            found |= dict.fromkeys(
                of_kind or systems.code_systems(name) or [systems.code_system(name)]
            )
        except LookupError as error:
            known = ", ".join(system.id for system in systems.ALL)
            raise typer.BadParameter(f"{error.args[0]}; there are {known}") from None
    return tuple(found)


def one_system(name: str) -> CodeSystem:
    """The one system that a name means."""
    found = _systems_in(name)
    if len(found) > 1:
        several = " and ".join(system.id for system in found)
        raise typer.BadParameter(f"{name!r} means {several}; name one")
    return found[0]


def _column(text: str) -> Asked:
    """A column as ``dx``, ``dx=icd10cm`` or ``px=cpt,hcpcs``."""
    name, equals, names = text.rpartition("=")
    return Asked(name, _systems_in(names)) if equals else Asked(text)


def _column_with_system(text: str) -> Asked:
    if "=" not in text:
        ways = f"{text}=icd10cm, or {text}=diagnosis"
        raise typer.BadParameter(f"{text!r} does not say which codes it must hold; write {ways}")
    return _column(text)


def _date_format(pattern: str) -> str:
    """How days are written, as for `strptime`."""
    try:
        datetime.strptime(datetime(2026, 10, 31).strftime(pattern), pattern)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return pattern


def _fields(text: str) -> tuple[str, ...]:
    # And with it Arrow, which few commands need.
    from medcodes.columns import FIELDS, ON_REQUEST

    return tuple(map(one_of(*FIELDS, *ON_REQUEST), map(str.strip, text.split(","))))


def _delimiter(text: str) -> str:
    character = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(character) != 1 or not character.isascii() or character in '"\r\n':
        raise typer.BadParameter("must be one ASCII character, and no quote or end of line")
    return character


# -- options -------------------------------------------------------------------------------------

_Option: Any = typer.Option
_FILE = typer.Argument(metavar="FILE", help="A table in any format; - for standard input.")
_ON = _Option("--on", metavar="DAY", parser=day, help="Day of service, YYYY-MM-DD.")
_ON_COLUMN = _Option("--on", metavar="DAY|COLUMN", help="Day of service, or the column with it.")
_DATES = _Option(metavar="FORMAT", parser=_date_format, help="How its days are written: %m/%d/%Y.")
_ONLY = "Only these systems: icd10cm, or cpt,hcpcs."
_SYSTEM = _Option("--system", metavar="SYSTEM", parser=_systems_in, help=_ONLY)
_KIND = _Option(metavar="KIND", parser=one_of(*_KINDS), help="Only diagnosis, or procedure.")
_COLUMN = _Option("--column", metavar="NAME[=SYSTEM]", parser=_column, help="A column of codes.")
_MUST = "A column, and what it must hold: dx=icd10cm."
_HOLDS = _Option("--column", metavar="NAME=SYSTEM", parser=_column_with_system, help=_MUST)
_ADDED = "What to add; by default system,code,status,category."
_FIELD = _Option("--field", metavar="FIELD,...", parser=_fields, help=_ADDED)
_REFERENCE = _Option(metavar="FILE", help="Your own lists too, in a file of Classifier.save.")
_READ = f"How to read FILE, if not by what is in it: {', '.join(_FORMATS)}."
_FORMAT = _Option(metavar="FORMAT", parser=one_of(*_FORMATS), help=_READ)
_DELIMITER = _Option(metavar="CHARACTER", parser=_delimiter, help="Between values: ';' or tab.")

File = Annotated[str, _FILE]
On = Annotated[Optional[date], _ON]
OnColumn = Annotated[Optional[str], _ON_COLUMN]
DateFormat = Annotated[Optional[str], _DATES]
Systems = Annotated[Optional[list[Any]], _SYSTEM]
Kind = Annotated[Optional[str], _KIND]
Columns = Annotated[list[Asked], _COLUMN]
SomeColumns = Annotated[Optional[list[Asked]], _COLUMN]
ColumnsWithSystem = Annotated[list[Asked], _HOLDS]
Fields = Annotated[Optional[list[Any]], _FIELD]
Reference = Annotated[Optional[str], _REFERENCE]
Json = Annotated[bool, _Option("--json", help="Print JSON instead of a table.")]
Format = Annotated[Optional[str], _FORMAT]
Delimiter = Annotated[Optional[str], _DELIMITER]
NoHeader = Annotated[bool, _Option("--no-header", help="The first row is data, not names.")]


# -- what several options mean together ----------------------------------------------------------


def systems_asked(
    several: Sequence[tuple[CodeSystem, ...]] | None, kind: str | None = None
) -> tuple[CodeSystem, ...] | None:
    """The systems of all ``--system`` that are of a kind; None for no choice."""
    found = tuple(dict.fromkeys(system for some in several or () for system in some))
    if kind is None:
        return found or None
    of_kind = tuple(system for system in found or systems.ALL if system.kind == kind)
    if not of_kind:
        raise typer.BadParameter(f"none of these systems holds a {kind}", param_hint="--kind")
    return of_kind


def refuse_twice(columns: Sequence[Asked]) -> None:
    """Refuse columns of which two have the same name."""
    if len({asked.name for asked in columns}) < len(columns):
        raise typer.BadParameter("a column is named twice", param_hint="--column")


def classifier_of(path: str | None) -> Classifier:
    """The classifier that answers: with the bundled lists, or with those of a file too.

    Raises:
        DamagedReference: the file was not written by `Classifier.save`.
        OSError: it cannot be opened.
    """
    return Classifier() if path is None else Classifier.open(path)
