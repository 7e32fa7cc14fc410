"""Which data answer: the tables of this package, or those of medcodes-data where they are newer.

Tables become old between two releases of the code, so a second distribution may bring newer ones:
a package ``medcodes_data`` with the tables and their manifest. Which of the two answers is decided
once a process, when the first table is needed.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from functools import cache
from importlib.machinery import PathFinder
from typing import Any

import attrs

from medcodes.errors import DamagedReference, StaleReferenceWarning

FORMAT = 1
"""Of the tables that this code reads, as their manifest names it."""


@attrs.frozen(eq=False)
class Data:
    """The files of a distribution.

    Attributes:
        distribution: its name.
        folder: where they are.
        package: the name of the package that holds that folder.
        within: the folder's name in the package; empty for the package itself.
        loader: what loads the package.
    """

    distribution: str
    folder: str
    package: str
    within: str
    loader: Any

    def read(self, name: str) -> bytes:
        """The bytes of a file, from a folder, a zip or whatever else holds the package."""
        path = self.path(name)
        # Importing a resource reader costs more than reading a table; nearly every loader,
        # zipimport included, hands out data by itself.
        get_data = getattr(self.loader, "get_data", None)
        try:
            if get_data is not None:
                content: bytes = get_data(path)
                return content
            import importlib_resources

            files = importlib_resources.files(self.package)
            return files.joinpath(self.within, name).read_bytes()
        except OSError as error:
            raise DamagedReference(
                f"the reference table {path} cannot be read ({error}). "
                f"Reinstalling {self.distribution} restores it."
            ) from error

    def path(self, name: str) -> str:
        """Where a file is."""
        return os.path.join(self.folder, name)

    def manifest(self) -> dict[str, Any]:
        """Where each table comes from: source, edition, SHA-256, counts."""
        try:
            answer: dict[str, Any] = json.loads(self.read("manifest.json"))
        except ValueError as error:
            raise DamagedReference(
                f"the reference's {self.path('manifest.json')} cannot be read: {error}"
            ) from error
        return answer


OWN = Data(
    "medcodes",
    os.path.join(os.path.dirname(__file__), "data"),
    __spec__.parent or "",
    "data",
    __spec__.loader,
)
"""The tables of this package."""


@cache
def data() -> Data:
    """The data that answer.

    Those of medcodes-data where it is installed, newer than this package's own and readable by this
    code; where it is older or cannot be read, a warning says why it is not used.
    """
    spec = PathFinder.find_spec("medcodes_data")
    if spec is None or spec.origin is None:
        return OWN
    theirs = Data("medcodes-data", os.path.dirname(spec.origin), spec.name, "", spec.loader)
    try:
        is_newer = _is_newer(theirs.manifest())
    except (DamagedReference, _NotUsed) as error:
        message = f"medcodes-data is installed, but not used: {error}"
        warnings.warn(message, StaleReferenceWarning, stacklevel=2)
        return OWN
    return theirs if is_newer else OWN


class _NotUsed(Exception):
    """Why data are not used."""


def _is_newer(theirs: dict[str, Any]) -> bool:
    """Whether data are newer than this package's own; not where they are of the same version."""
    ours = OWN.manifest()
    version, own_version = (str(manifest.get("version", "")) for manifest in (theirs, ours))
    if not re.fullmatch(r"\d{4}\.\d{1,2}\.\d+", version) or "tables" not in theirs:
        raise _NotUsed("its manifest names no version or no tables; reinstall it")
    if version == own_version:
        return False
    if _number(version) < _number(own_version):
        raise _NotUsed(
            f"its data are of {version}, and those of this medcodes of {own_version}; "
            "upgrade it, or uninstall it"
        )
    if theirs.get("format") != FORMAT:
        raise _NotUsed(
            f"its data of {version} are in format {theirs.get('format')}, and this medcodes reads "
            f"format {FORMAT}; upgrade medcodes"
        )
    lacking = ", ".join(sorted(ours["tables"].keys() - theirs["tables"].keys()))
    if lacking:
        raise _NotUsed(f"its data of {version} lack {lacking}, which this medcodes needs")
    return True


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
