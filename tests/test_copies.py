"""Classifiers that are copied, pickled and sent to other processes; systems by their names."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

import medcodes
from medcodes import CPT, AmbiguousCodeSystem, Classifier
from medcodes.reference import BUNDLED
from tests.test_releases import licensed


def told(one: Classifier) -> list[object]:
    return [one.identify(text, on="2026-06-01").to_dict() for text in ("90837", "90716", "E11.9")]


def test_a_classifier_of_the_bundled_tables_is_pickled_by_their_name() -> None:
    one = Classifier(systems=("icd9cm", "cpt"), on="2012-06-01")
    one.identify("250.00")
    told_of = pickle.dumps(one)
    assert len(told_of) < 500
    again = pickle.loads(told_of)
    assert again.reference is BUNDLED
    assert again.identify("V70.0").to_dict() == one.identify("V70.0").to_dict()
    assert not again.is_valid("E11.9")


def test_a_classifier_with_releases_takes_them_along() -> None:
    mine = licensed()
    told(mine)
    for again in (copy.copy(mine), copy.deepcopy(mine), pickle.loads(pickle.dumps(mine))):
        assert again is not mine
        assert type(again) is Classifier
        assert again.releases == mine.releases
        assert told(again) == told(mine)
        assert list(again.codes(CPT, on="2026-06-01")) == list(mine.codes(CPT, on="2026-06-01"))
    assert copy.deepcopy(mine).reference is copy.copy(mine).reference is mine.reference


def test_a_reference_is_never_copied() -> None:
    for one in (BUNDLED, licensed().reference):
        assert copy.copy(one) is copy.deepcopy(one) is one


def test_another_process_answers_the_same() -> None:
    mine = licensed()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as others:
        assert others.submit(told, mine).result() == told(mine)


def test_systems_may_be_named() -> None:
    mine = licensed()
    on = "2026-06-01"
    assert mine.get("90837", "cpt", on=on) == mine.get("90837", CPT, on=on)
    assert list(mine.codes("cpt", on=on)) == list(mine.codes(CPT, on=on))
    assert list(mine.roots("ICD-10-CM", on=on)) == list(mine.roots(medcodes.ICD10CM, on=on))
    assert mine.changes("cpt", "2025-06-01", on) == mine.changes(CPT, "2025-06-01", on)
    assert mine.lists("90837", "cpt")
    with pytest.raises(AmbiguousCodeSystem):
        mine.get("90837", "HC")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_what_is_not_a_regular_file_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    for path in (pipe, tmp_path / "link"):
        with pytest.raises(OSError, match="not a regular file"):
            licensed().save(path)
    assert pipe.is_fifo()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "pipe"]
