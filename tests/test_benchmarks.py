"""What the documentation says was measured is what was measured."""

from __future__ import annotations

from pathlib import Path

from benchmarks import page
from benchmarks.measure import Report, load


def test_the_page_is_made_from_the_figures() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.text(load(page.FIGURES))


def test_a_script_that_ran_replaces_its_own_figures_alone(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    for name, value in (("one", 1.5), ("two", 2.5), ("one", 0.5)):
        report = Report()
        report.script(name, "How much?")
        report.part("In all")
        report.figure("weight", value, "kg", at_most=2)
        report.table(("a", "b"), [(1000, "x")])
        report.note("weighed twice")
        report.save(figures)
    assert load(figures)["two"]["parts"][0]["lines"][0]["figure"]["value"] == 2.5
    shown = page.text(load(figures))
    assert "| weight | 0.50 | kg | at most 2: kept |" in shown
    assert "| weight | 2.50 | kg | at most 2: **not kept** |" in shown
    assert "| 1,000 | x |" in shown
    assert "- weighed twice" in shown
    assert "1.50" not in shown
