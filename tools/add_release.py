"""Add an official release to the bundled tables.

    python -m tools.add_release icd10cm-codes-2027.txt --system icd10cm --valid-from 2026-10-01

Says what it changes, keeps the file in ``tools/added``, rebuilds every table, and writes a draft
into the changelog. A release that would end more than one code in a hundred is refused as a part of
one, unless ``--deleted`` says how many codes the release deletes; one that would give more than one
code in ten another title is refused as damaged, unless ``--retitled`` says how many it does.
``--dry-run`` says what it would change, and stops.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import attrs

from medcodes import ReleaseError, formats, systems
from medcodes.lookup.categories import categories
from medcodes.reference import BUNDLED, Reference
from medcodes.releases.loading import Request, load
from tools import added, build
from tools.official import FOLDER
from tools.sources import Sources

CHANGELOG = build.ROOT / "CHANGELOG.md"
_MOST_ENDED = 0.01
_MOST_RETITLED = 0.1
_EXAMPLES = 12


@attrs.frozen
class Changes:
    """What a release changes, code by code (without dots)."""

    system: str
    added: tuple[str, ...]
    deleted: tuple[str, ...]
    revised: tuple[tuple[str, str, str], ...]
    valid: int
    chapters: tuple[tuple[str, int, int], ...]

    def lines(self) -> Iterator[str]:
        shape = formats.of(self.system)
        yield (
            f"{systems.by_id[self.system].name}: {len(self.added):,} codes added, "
            f"{len(self.deleted):,} deleted, {len(self.revised):,} titles revised, "
            f"of {self.valid:,} before"
        )
        for word, codes in (("added", self.added), ("deleted", self.deleted)):
            shown = [formats.dotted(code, shape.dot_after(code)) for code in codes[:_EXAMPLES]]
            more = " ..." if len(codes) > _EXAMPLES else ""
            if codes:
                yield f"  {word}: {' '.join(shown)}{more}"
        for code, old, new in self.revised[:_EXAMPLES]:
            yield f"  revised: {code}: {old!r} is now {new!r}"
        for label, began, ended in self.chapters:
            yield f"  {label}: {began:,} added, {ended:,} deleted"


def changes(old: Reference, new: Reference, system: str, first: date) -> Changes:
    """What differs between the day before a release and its first day."""
    before = list(old.codes(system).billable(first - timedelta(days=1)))
    after = list(new.codes(system).billable(first))
    began, ended = sorted({*after} - {*before}), sorted({*before} - {*after})
    titles = old.titles(system), new.titles(system)
    revised = tuple(
        (code, was, now)
        for code in after
        if (was := titles[0].get(code)) and (now := titles[1].get(code)) and was != now
    )
    counts = [Counter(_chapter(system, code, new) for code in codes) for codes in (began, ended)]
    chapters = tuple(
        (label, counts[0][label], counts[1][label]) for label in sorted(counts[0] | counts[1])
    )
    return Changes(system, tuple(began), tuple(ended), revised, len(before), chapters)


def _chapter(system: str, code: str, reference: Reference) -> str:
    found = categories(system, code, reference)
    return str(found[0]) if found else "filed nowhere"


def refusal(found: Changes, deleted: int | None, retitled: int | None = None) -> str | None:
    """Why a release is not added, or None."""
    ended, revised = len(found.deleted), len(found.revised)
    if deleted is not None and deleted != ended:
        return f"--deleted says {deleted:,} codes, and {ended:,} would end"
    if retitled is not None and retitled != revised:
        return f"--retitled says {retitled:,} codes, and {revised:,} would have another title"
    if deleted is None and ended > _MOST_ENDED * found.valid:
        return (
            f"{ended:,} of {found.valid:,} codes would end, so that this is taken for a part of "
            f"a release; if it deletes them, say --deleted {ended}"
        )
    if retitled is None and revised > _MOST_RETITLED * found.valid:
        return (
            f"{revised:,} of {found.valid:,} codes would have another title, so that this is taken "
            f"for a damaged file; if the release does revise them, say --retitled {revised}"
        )
    return None


def draft(found: Changes, edition: str) -> str:
    """The line for the changelog."""
    return (
        f"- {edition}: {len(found.added):,} codes added, {len(found.deleted):,} deleted, "
        f"{len(found.revised):,} titles revised"
    )


def with_draft(changelog: str, line: str) -> str:
    """The changelog with a line behind the data of what is not released yet."""
    lines = changelog.split("\n")
    place = lines.index("Data:") + 1
    while place < len(lines) and (not lines[place] or lines[place].startswith(("- ", "  "))):
        place += 1
    while not lines[place - 1]:
        place -= 1
    return "\n".join([*lines[:place], line, *lines[place:]])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="tools.add_release", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--system", required=True, choices=[recipe.id for recipe in build.RECIPES])
    parser.add_argument("--valid-from", required=True, type=date.fromisoformat)
    parser.add_argument("--edition", help="what to call it; else the system, its day and the file")
    parser.add_argument("--deleted", type=int, metavar="N", help="how many codes it deletes")
    parser.add_argument("--retitled", type=int, metavar="N", help="how many titles it revises")
    parser.add_argument("--dry-run", action="store_true", help="say what changes, and stop")
    parser.add_argument("--cache", type=Path, default=build.CACHE)
    parser.add_argument("--official", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    content = options.file.read_bytes()
    edition = options.edition or (
        f"{systems.by_id[options.system].name} of {options.valid_from} ({options.file.name})"
    )
    request = Request(options.system, options.valid_from, complete=True, edition=edition)
    try:
        new = load(BUNDLED, content, request)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    found = changes(BUNDLED, new, options.system, options.valid_from)
    print(*found.lines(), sep="\n")
    why = refusal(found, options.deleted, options.retitled)
    if why is not None:
        print(why, file=sys.stderr)
        return 1
    if options.dry_run:
        return 0
    digest = hashlib.sha256(content).hexdigest()
    release = added.Added(
        options.system, options.file.name, digest, options.valid_from.isoformat(), edition
    )
    if release in added.releases():
        print("the release is already added", file=sys.stderr)
        return 1
    added.keep(release, content)
    for name, built in build.build(Sources(options.cache, options.official)).items():
        (build.DATA / name).write_bytes(built)
    line = draft(found, edition)
    CHANGELOG.write_text(with_draft(CHANGELOG.read_text(encoding="utf-8"), line), encoding="utf-8")
    print(f"changelog: {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
