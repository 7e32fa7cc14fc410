"""From a code to what it is filed under, broad to narrow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from medcodes import formats
from medcodes.entries import Category
from medcodes.reference import BUNDLED, Range, Reference
from medcodes.systems import CodeSystem


def categories(
    system: str, compact: str, reference: Reference = BUNDLED, on: date = date.max
) -> tuple[Category, ...]:
    """What a code is filed under, broad to narrow; empty for a code in no range.

    The code itself is never among them, even where it is a heading.

    Args:
        system: the id of a code system.
        compact: a code without its dot.
        reference: the tables that say so.
        on: the day as of which ranges and headings have their names.

    >>> for category in categories("icd10cm", "E1165"):
    ...     print(category.level, "|", category)
    chapter | Endocrine, nutritional and metabolic diseases E00-E89
    block | Diabetes mellitus E08-E13
    category | Type 2 diabetes mellitus E11
    subcategory | Type 2 diabetes mellitus with other specified complications E11.6
    """
    rows = reference.ranges(system).on(on).find(compact)
    traits = reference.systems.traits(system)
    if traits.axes and rows and rows[-1].first == compact:
        rows = rows[:-1]  # a table of ICD-10-PCS is both a heading and a range
    found = of_ranges(rows)
    if traits.prefix_headings:
        parent = found[-1] if found else None
        for length in range(traits.length_of_category(compact), len(compact)):
            above = heading(system, compact[:length], parent, reference, on)
            if above is not None:
                parent = above
                found.append(above)
    return tuple(found)


def of_ranges(rows: Iterable[Range]) -> list[Category]:
    """Ranges, broad to narrow, as categories."""
    parent: Category | None = None
    return [parent := _of_range(row, parent) for row in rows]


@cache
def _of_range(row: Range, parent: Category | None) -> Category:
    return Category(row.label, row.first, row.last, row.level, parent)


def heading(
    system: str,
    prefix: str,
    parent: Category | None = None,
    reference: Reference = BUNDLED,
    on: date = date.max,
) -> Category | None:
    """The heading that a prefix is, under the title that it had on a day.

    A category without a title in any source goes by its code; a longer prefix without one is a
    placeholder's (``W2189X``) and no heading that the tabular list prints.
    """
    if reference.codes(system).history_number(prefix) is None:
        return None
    title = reference.title(system, prefix, on)
    return titled(reference.systems.by_id[system], prefix, title, parent)


def titled(
    system: CodeSystem, prefix: str, title: str | None, parent: Category | None = None
) -> Category | None:
    """The heading that a listed prefix is, whose title is known."""
    is_category = len(prefix) == system.traits.length_of_category(prefix)
    if title is None and not is_category:
        return None
    code = formats.dotted(prefix, system.shape.dot_after(prefix))
    level = "category" if is_category else "subcategory"
    return Category(title or code, code, code, level, parent)
