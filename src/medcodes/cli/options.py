"""What options mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import attrs
import typer

from medcodes import systems
from medcodes.dates import to_day
from medcodes.systems import CodeSystem

if TYPE_CHECKING:
    from medcodes.cli.opening import Layout

__all__ = [
    "Asked",
    "columns_asked",
    "date_format",
    "day",
    "fields",
    "layout",
    "one_of",
    "one_system",
    "required_day",
    "systems_asked",
]

KINDS = ("diagnosis", "procedure")


@attrs.frozen
class Asked:
    """A column that was asked for, and the systems that its values may be of."""

    name: str
    systems: tuple[CodeSystem, ...] | None = None


def day(text: str | None) -> date | None:
    """The day that ``--on`` names."""
    return None if text is None else required_day(text, "--on")


def required_day(text: str, option: str) -> date:
    """The day that an option names."""
    try:
        return to_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error).removeprefix("on="), param_hint=option) from None


def systems_asked(
    names: Sequence[str] | None, kind: str | None = None, option: str = "--system"
) -> tuple[CodeSystem, ...] | None:
    """The systems that names mean: ids, names of standards, ``diagnosis`` or ``procedure``."""
    found: dict[CodeSystem, None] = {}
    for name in (one.strip() for several in names or () for one in several.split(",")):
        meant = (
            tuple(one for one in systems.ALL if one.kind == name)
            if name in KINDS
            else _systems_called(name, option)
        )
        found |= dict.fromkeys(meant)
    if kind is None:
        return tuple(found) or None
    one_of(kind, KINDS, "--kind")
    of_kind = tuple(one for one in found or systems.ALL if one.kind == kind)
    if not of_kind:
        raise typer.BadParameter(f"none of these systems holds a {kind}", param_hint="--kind")
    return of_kind


def _systems_called(name: str, option: str) -> tuple[CodeSystem, ...]:
    try:
        return systems.code_systems(name) or (systems.code_system(name),)
    except LookupError as error:
        known = ", ".join(one.id for one in systems.ALL)
        raise typer.BadParameter(f"{error.args[0]}; there are {known}", param_hint=option) from None


def columns_asked(texts: Sequence[str], *, system_needed: bool = False) -> list[Asked]:
    """Columns as ``dx``, ``dx=icd10cm`` or ``px=cpt,hcpcs``."""
    asked = []
    for text in texts:
        name, equals, names = text.rpartition("=")
        if not equals and system_needed:
            raise typer.BadParameter(
                f"{text!r} does not say which codes it must hold; write {text}=icd10cm, or "
                f"{text}=diagnosis",
                param_hint="--column",
            )
        asked.append(
            Asked(name, systems_asked([names], option="--column")) if equals else Asked(text)
        )
    several = [one.name for one in asked]
    if len(set(several)) < len(several):
        raise typer.BadParameter("a column is named twice", param_hint="--column")
    return asked


def one_system(name: str) -> CodeSystem:
    """The one system that a name means."""
    found = systems_asked([name], option="SYSTEM") or ()
    if len(found) > 1:
        several = " and ".join(one.id for one in found)
        raise typer.BadParameter(f"{name!r} means {several}; name one", param_hint="SYSTEM")
    return found[0]


def fields(texts: Sequence[str] | None) -> tuple[str, ...]:
    """The fields of answers that were asked for."""
    from medcodes.columns import FIELDS

    names = [name.strip() for text in texts or () for name in text.split(",")]
    for name in names:
        one_of(name, FIELDS, "--field")
    return tuple(dict.fromkeys(names))


def one_of(text: str, known: Sequence[str], option: str) -> None:
    """Refuse what is not one of the words that an option knows."""
    if text not in known:
        message = f"{text!r} is not among {', '.join(known)}"
        raise typer.BadParameter(message, param_hint=option)


def layout(format_: str | None, delimiter: str | None, no_header: bool) -> Layout:
    """How the file is written."""
    from medcodes.cli.files import FORMATS
    from medcodes.cli.opening import Layout

    known = sorted(set(FORMATS.values()))
    if format_ is not None:
        one_of(format_, known, "--format")
    if delimiter is not None:
        delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
        if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
            raise typer.BadParameter(
                "must be one ASCII character, and no quote or end of line",
                param_hint="--delimiter",
            )
    return Layout(format_, delimiter, not no_header)


def date_format(pattern: str | None) -> str | None:
    """How days are written, as for `strptime`."""
    if pattern is not None:
        try:
            datetime.strptime(datetime(2026, 10, 31).strftime(pattern), pattern)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--date-format") from None
    return pattern
