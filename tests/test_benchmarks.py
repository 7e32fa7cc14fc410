"""What the documentation says was measured is what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import TOPICS, main
from benchmarks.measure import FIGURES, PAGE, TIMES, Race, Table, fresh, load, page, save


def test_the_page_is_made_from_the_figures() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(load(FIGURES), TOPICS)


def test_a_part_that_ran_replaces_its_own_figures_alone(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    for part, value in (("old", 1.5), ("other", 2.5), ("old", 0.5)):
        table = Table(part)
        table.add("weight", value, "kg", "a stone 6 kg", most=2)
        table.add("in words", 1000, detail=True)
        save(table, figures)
    rows = load(figures)
    assert [row[:2] for row in rows] == [["other", "weight"], ["old", "weight"]]
    shown = page(rows, {"Scales": ("old", "other")})
    assert "| `old` | weight | 0.50 kg | a stone 6 kg | at most 2: kept |" in shown
    assert "| `other` | weight | 2.50 kg | a stone 6 kg | at most 2: **not kept** |" in shown
    assert "1.50" not in shown


def test_passes_are_compared_round_by_round(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("part", smoke=True)
    race = Race(table, {"sum": sum, "sorted": sorted}, list(range(1_000)))
    race.row("adding up", "sum", "sorted", TIMES, most=0)
    ((part, what, measured, beside, promised, _),) = table.rows
    assert (part, what, promised) == ("part", "adding up", "")
    assert measured.endswith("x the time")
    assert "; sorted " in beside
    assert "adding up" in capsys.readouterr().out


def test_a_fresh_process_gives_its_figures() -> None:
    few, many = fresh("figures['n'] = 2", "figures['n'] = len('four')", rounds=2, warm=False)
    assert (few("n"), many.ratio(few, "n")) == (2, 2)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        fresh("1 / 0")


def test_a_part_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["speed of light"])
    assert "no part is called 'speed of light'" in capsys.readouterr().err
