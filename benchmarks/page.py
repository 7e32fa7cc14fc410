"""The page of the documentation that shows what was measured: ``docs/accuracy-and-speed.md``.

Made from ``figures.json`` alone, which ``python -m benchmarks --keep`` writes; so no figure in it
was typed by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Content, load, markdown_table, shown

FIGURES = Path(__file__).with_name("figures.json")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "accuracy-and-speed.md"

_HEAD = """\
# Accuracy and speed

What the scripts in `benchmarks/` measured, beside what one would use instead, in the same run.
`python -m benchmarks --keep` writes this page; `benchmarks/README.md` says how it is measured. Read
the ratios: the machine was shared, and single times on it mean little. A promise that is not kept
is shown as such.
"""


def write() -> None:
    """Write the page anew."""
    PAGE.write_text(text(load(FIGURES)), encoding="utf-8")


def text(scripts: dict[str, Content]) -> str:
    """The page of what scripts measured."""
    return "\n".join(
        [_HEAD, *(line for name in sorted(scripts) for line in _script(scripts[name]))]
    )


def _script(script: Content) -> Iterator[str]:
    yield f"## {script['question'].rstrip('.')}"
    yield f"\n{script['machine']}, {script['day']}.\n"
    for part in script["parts"]:
        if part["title"]:
            yield f"### {part['title']}\n"
        figures = [line["figure"] for line in part["lines"] if "figure" in line]
        if figures:
            head = ("", "measured", "", "promised")
            yield from markdown_table(head, map(_row, figures))
            yield ""
        for line in part["lines"]:
            if "head" in line:
                yield from markdown_table(line["head"], line["rows"])
                yield ""
            elif "note" in line:
                yield f"- {line['note']}"
        yield ""


def _row(figure: Content) -> tuple[str, str, str, str]:
    promised = ""
    if figure["bound"] is not None:
        word = "least" if figure["at_least"] else "most"
        kept = "kept" if figure["kept"] else "**not kept**"
        promised = f"at {word} {figure['bound']:g}: {kept}"
    return figure["name"], shown(figure["value"]), figure["unit"], promised


if __name__ == "__main__":
    write()
