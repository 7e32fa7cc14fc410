"""The official files that no package holds, in a folder that the build is given.

``facts/official.tsv`` names each: the agency's own file that it was made from, where that was read,
and its SHA-256. A file of another checksum is refused.
"""

from __future__ import annotations

import csv
import hashlib
import io
import lzma
from pathlib import Path

import attrs

FOLDER = Path(__file__).resolve().parent.parent / ".cache" / "official"
"""Where the files are looked for unless another folder is named."""

_FACTS = Path(__file__).resolve().parent / "facts"


@attrs.frozen
class OfficialFile:
    """One file of the folder.

    Attributes:
        file: its name.
        origin: the agency's own file that its content was taken from.
        read_from: where that was read.
        sha256: its checksum.
        use: ``"tables"`` where tables are built from it, ``"witness"`` where it bears them out.
    """

    file: str
    origin: str
    read_from: str
    sha256: str
    use: str


def facts(name: str) -> list[dict[str, str]]:
    """The rows of a table of ``tools/facts``."""
    return _rows((_FACTS / name).read_text(encoding="utf-8"))


def _rows(text: str) -> list[dict[str, str]]:
    lines = io.StringIO(text, newline="")
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


FILES = {row["file"]: OfficialFile(**row) for row in facts("official.tsv")}


@attrs.frozen
class Official:
    """The folder."""

    folder: Path = FOLDER

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a file, by the names of its columns.

        Raises:
            SystemExit: it is missing, or is not the one whose checksum is written down.
        """
        content = self.content(name)
        return _rows((lzma.decompress(content) if name.endswith(".xz") else content).decode())

    def content(self, name: str) -> bytes:
        """The bytes of a file, its checksum verified."""
        wanted = FILES[name]
        path = self.folder / name
        if not path.exists():
            raise SystemExit(f"{self.folder} has no {name}. {self.wanted()}")
        content = path.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != wanted.sha256:
            raise SystemExit(
                f"{path} is not the file that the tables are built from: its SHA-256 is {found}, "
                f"where {wanted.sha256} was expected"
            )
        return content

    def wanted(self) -> str:
        """Which files the build needs, and what each was made from."""
        files = "\n".join(f"  {row.file}: {row.origin} ({row.read_from})" for row in FILES.values())
        return f"Name a folder with these files by --official:\n{files}"
