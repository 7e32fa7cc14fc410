"""Build medcodes-data: the tables and their manifest as a distribution of their own.

    python -m tools.data_wheel               into dist/
    python -m tools.data_wheel --out FOLDER

Its version is that of the data, ``2026.10.1``. Where it is installed and newer than the tables
inside medcodes, medcodes answers from it, so that data can be brought up to date without new code.
The same tables always give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.build import DATA, ROOT

_PROJECT = """\
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "medcodes-data"
version = "{version}"
description = "The tables of medcodes: CPT ranges, HCPCS, ICD-10-CM, ICD-10-PCS and ICD-9-CM by day"
license = "MIT"
license-files = ["LICENSE"]
requires-python = ">=3.10"

[tool.hatch.build.targets.wheel]
packages = ["medcodes_data"]
"""


def wheel(tables: Path, out: Path) -> Path:
    """Build the wheel of a folder of tables into another folder."""
    version = json.loads(tables.joinpath("manifest.json").read_bytes())["version"]
    with TemporaryDirectory() as folder:
        project = Path(folder)
        shutil.copytree(tables, project / "medcodes_data")
        (project / "medcodes_data" / "__init__.py").write_text('"""The tables of medcodes."""\n')
        shutil.copy(ROOT / "LICENSE", project)
        (project / "pyproject.toml").write_text(_PROJECT.format(version=version))
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d"]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
        subprocess.run(
            [*command, str(out.resolve())],
            cwd=project,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return out / f"medcodes_data-{version}-py3-none-any.whl"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="tools.data_wheel", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where the wheel goes")
    options = parser.parse_args(arguments)
    path = wheel(DATA, options.out)
    print(f"{path}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
