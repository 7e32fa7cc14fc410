"""Official releases that were added to the bundled tables by ``python -m tools.add_release``.

The pinned packages come first; each added file then does to their tables what `with_release` would.
The files are kept beside this module, so that a rebuild gives the same bytes without a network.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import attrs

from medcodes.reference import BUNDLED, Reference, TableFile
from medcodes.reference.file import TableText, pack
from medcodes.reference.writing import History, Span, code_blocks, title_blocks
from medcodes.releases.loading import Request, load
from tools.official import OfficialFile

FOLDER = Path(__file__).resolve().parent / "added"
_COLUMNS = ("system", "file", "sha256", "valid_from", "edition")


@attrs.frozen
class Added:
    """One added release."""

    system: str
    file: str
    sha256: str
    valid_from: str
    edition: str

    def content(self) -> bytes:
        path = FOLDER / f"{self.file}.gz"
        content = gzip.decompress(path.read_bytes())
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise SystemExit(f"{path} is not the file that was added: its SHA-256 is another")
        return content

    @property
    def request(self) -> Request:
        # That it is complete was decided when it was added.
        day = date.fromisoformat(self.valid_from)
        return Request(self.system, day, complete=True, edition=self.edition)


def releases() -> list[Added]:
    """Every added release, in the order in which they were added."""
    path = FOLDER / "releases.tsv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Added(**{name: row[name] for name in _COLUMNS}) for row in rows]


def keep(release: Added, content: bytes) -> None:
    """Keep a release for all later builds."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{release.file}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
    rows = [attrs.astuple(row) for row in (*releases(), release)]
    lines = ["\t".join(row) for row in (_COLUMNS, *rows)]
    (FOLDER / "releases.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def official_files() -> list[OfficialFile]:
    """The added files, for the manifest."""
    return [
        OfficialFile(row.file, row.edition, f"added from {row.valid_from} on", row.sha256, "tables")
        for row in releases()
    ]


def raised(version: str) -> str:
    """A version of the data, raised by what was added.

    >>> raised("2026.10.1")
    '2026.10.1'
    """
    year, month, number = map(int, version.split("."))
    for release in releases():
        day = date.fromisoformat(release.valid_from)
        is_newer = (day.year, day.month) > (year, month)
        number = 1 if is_newer else number + 1
        year, month = max((year, month), (day.year, day.month))
    return f"{year}.{month}.{number}"


def applied(
    system: str,
    header: Mapping[str, Any],
    codes: Mapping[str, History],
    titles: Mapping[str, str],
) -> tuple[dict[str, Any], dict[str, History], dict[str, str]]:
    """Header, codes and titles of a system, with all that was added to it."""
    wanted = "hcpcs" if system == "modifiers" else system
    mine = [release for release in releases() if release.system == wanted]
    if not mine:
        return dict(header), dict(codes), dict(titles)
    reference = _reference(system, header, codes, titles)
    for release in mine:
        reference = load(reference, release.content(), release.request)
    table, its_titles = reference.codes(system), reference.titles(system)
    spans = [tuple(map(Span.parse, line.split(","))) for line in table.history_lines]
    new_codes = {code: spans[number] for code, number in table}
    new_header = {
        **header,
        "edition": table.edition,
        "sources": [*header["sources"], *(release.file for release in mine)],
        "last_day": table.last_day.isoformat(),
        "billable": table.billable_count,
        "flags": table.flag_letters,
    }
    named = {code: title for code in new_codes if (title := its_titles.get(code)) is not None}
    return new_header, new_codes, named


def _reference(
    system: str,
    header: Mapping[str, Any],
    codes: Mapping[str, History],
    titles: Mapping[str, str],
) -> Reference:
    """The tables of a system alone, before anything was added."""
    # As they will be read from their files, where what is a tuple here is a list.
    packed = pack({**header, "what": "codes"}, code_blocks(codes))
    starts, blocks = title_blocks(codes, titles)
    return Reference(
        BUNDLED,
        {
            (system, "codes"): TableFile(f"{system}.codes", packed),
            (system, "titles"): TableText(f"{system}.titles", {"starts": starts}, blocks),
        },
    )


def billable(codes: Mapping[str, Iterable[Span]]) -> set[str]:
    """The codes that are not only headings."""
    return {code for code, history in codes.items() if not all(span.heading for span in history)}
