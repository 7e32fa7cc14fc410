"""The options that commands share, and what is made of their texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Optional

import attrs
import typer

from medcodes import Classifier, UnknownCodeSystem
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
_SYSTEM = _Option("--system", metavar="SYSTEM", help=_ONLY)
_KIND = _Option(metavar="KIND", parser=one_of(*_KINDS), help="Only diagnosis, or procedure.")
_COLUMN = _Option("--column", metavar="NAME[=SYSTEM]", help="A column of codes.")
_MUST = "A column, and what it must hold: dx=icd10cm."
_HOLDS = _Option("--column", metavar="NAME=SYSTEM", help=_MUST)
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
Systems = Annotated[Optional[list[str]], _SYSTEM]
Kind = Annotated[Optional[str], _KIND]
Columns = Annotated[list[str], _COLUMN]
SomeColumns = Annotated[Optional[list[str]], _COLUMN]
ColumnsWithSystem = Annotated[list[str], _HOLDS]
Fields = Annotated[Optional[list[Any]], _FIELD]
Reference = Annotated[Optional[str], _REFERENCE]
Json = Annotated[bool, _Option("--json", help="Print JSON instead of a table.")]
Format = Annotated[Optional[str], _FORMAT]
Delimiter = Annotated[Optional[str], _DELIMITER]
NoHeader = Annotated[bool, _Option("--no-header", help="The first row is data, not names.")]


# -- what options mean to a classifier, which may know a system of the user's own ------------------


def classifier_of(path: str | None) -> Classifier:
    """The classifier that answers: with the bundled lists, or with those of a file too.

    Raises:
        DamagedReference: the file was not written by `Classifier.save`.
        OSError: it cannot be opened.
    """
    return Classifier() if path is None else Classifier.open(path)


def one_system(classifier: Classifier, name: str) -> CodeSystem:
    """The one system that a name means."""
    found = _systems_in(classifier, name, "system")
    if len(found) > 1:
        several = " and ".join(system.id for system in found)
        raise typer.BadParameter(f"{name!r} means {several}; name one", param_hint="'system'")
    return found[0]


def systems_asked(
    classifier: Classifier, several: Sequence[str] | None, kind: str | None = None
) -> tuple[CodeSystem, ...] | None:
    """The systems of all ``--system`` that are of a kind; None for no choice."""
    found = _systems_in(classifier, ",".join(several), "--system") if several else ()
    if kind is None:
        return found or None
    known = found or classifier.reference.systems.all
    of_kind = tuple(system for system in known if system.kind == kind)
    if not of_kind:
        raise typer.BadParameter(f"none of these systems holds a {kind}", param_hint="--kind")
    return of_kind


def columns_asked(
    classifier: Classifier, texts: Sequence[str], *, with_system: bool = False
) -> list[Asked]:
    """Columns as ``dx``, ``dx=icd10cm`` or ``px=cpt,hcpcs``, none of them twice.

    Args:
        classifier: what knows the systems.
        texts: the columns.
        with_system: whether each has to name a system.
    """
    asked = []
    for text in texts:
        name, equals, names = text.rpartition("=")
        if with_system and not equals:
            raise typer.BadParameter(
                f"{text!r} does not say which codes it must hold; write {text}=icd10cm, or "
                f"{text}=diagnosis",
                param_hint="'--column'",
            )
        systems = _systems_in(classifier, names, "--column") if equals else None
        asked.append(Asked(name, systems) if equals else Asked(text))
    if len({column.name for column in asked}) < len(asked):
        raise typer.BadParameter("a column is named twice", param_hint="--column")
    return asked


def _systems_in(classifier: Classifier, text: str, option: str) -> tuple[CodeSystem, ...]:
    """The systems that names mean: ids, names of standards, ``diagnosis`` or ``procedure``."""
    known = classifier.reference.systems
    found: dict[CodeSystem, None] = {}
    for name in map(str.strip, text.split(",")):
        of_kind = [system for system in known.all if system.kind == name]
        try:
            found |= dict.fromkeys(of_kind or known.named(name) or [known.one_named(name)])
        except UnknownCodeSystem as error:
            raise typer.BadParameter(str(error), param_hint=f"{option!r}") from None
    return tuple(found)
