"""A reference that knows one more system, of the user's own: its codes, saved and opened again."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import attrs
import pytest

from medcodes import Classifier, ReleaseError
from medcodes.dates import Cadence
from medcodes.formats import Format, Variant
from medcodes.reference import BUNDLED, Reference
from medcodes.reference.writing import CodeRow
from medcodes.systems import CodeSystem, Traits

DIGITS = "0123456789"
ACME = CodeSystem(
    id="acme",
    name="Acme procedures",
    kind="procedure",
    steward="Acme Health Plan",
    licence="Internal",
    also=("ACME", "acme_code_#"),
    shape=Format(
        "acme",
        "Acme procedures",
        (Variant("Acme", ("XY", *[DIGITS] * 4), 3, 3, (("group", 3), ("detail", 2)), "Acme"),),
    ),
    traits=Traits(
        example="X10.1",
        cadence=Cadence((1, 7), ends=date(2030, 6, 30)),
        heading_lengths=(3,),
        category_length=3,
    ),
)
ROWS: list[CodeRow] = [
    ("X10.1", "Home visit, short"),
    ("X102", "Home  visit, long"),
    ("Y20", "Transport", "2024-01-01", date(2025, 12, 31)),
    ("Y20", "Transport", "2026-07-01", None),
]


def acme(rows: object = ROWS, **more: object) -> Reference:
    return BUNDLED.with_system(ACME, rows, **more)  # type: ignore[arg-type]


def listing(reference: Reference) -> dict[str, tuple[str | None, tuple[object, ...]]]:
    table, titles = reference.codes("acme"), reference.titles("acme")
    return {code: (titles.get(code), table.intervals(code)) for code, _ in table}


def test_its_codes_are_listed_with_titles_days_and_headings() -> None:
    reference = acme(edition="Acme 2026", valid_to="2027-06-30")
    assert reference.lists("acme")
    assert not BUNDLED.lists("acme")
    table, titles = reference.codes("acme"), reference.titles("acme")
    assert [code for code, _ in table] == ["X10", "X101", "X102", "Y20"]
    assert titles.get("X102") == "Home visit, long"
    assert titles.get("X10") is None
    assert [interval.heading for interval in table.intervals("X10")] == [True]
    assert [(span.first, span.last) for span in table.intervals("Y20")] == [
        (date(2024, 1, 1), date(2025, 12, 31)),
        (date(2026, 7, 1), None),
    ]
    assert list(table.billable(date(2026, 3, 1))) == ["X101", "X102"]
    assert (table.edition, table.billable_count) == ("Acme 2026", 3)
    assert (table.first_day, table.last_day) == (date(1900, 1, 1), date(2027, 6, 30))
    # The package holds nothing of it.
    assert reference.ranges("acme").rows == ()
    assert reference.ranges("acme").find("X101") == ()
    assert not reference.ranges("acme").holds("X101")
    assert reference.meanings("acme").names("X") == ()
    assert list(reference.revisions("acme")) == []
    assert reference.successors("acme").after("X101") == ()
    # All others are as they were.
    assert reference.codes("icd10cm") is BUNDLED.codes("icd10cm")


def test_a_list_may_be_empty_or_missing() -> None:
    empty = acme([])
    assert (list(empty.codes("acme")), empty.lists("acme")) == ([], True)
    assert empty.codes("acme").intervals("X101") == ()
    assert list(empty.titles("acme")) == []
    missing = BUNDLED.with_system(ACME)
    assert not missing.lists("acme")
    assert missing.systems.one_named("acme_code_3") is ACME
    assert "acme" not in BUNDLED.systems.by_id


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("Z10", "Of no shape"), "'Z10' is no Acme procedures code: .*position 1"),
        (("X101", "Twice", "2020-01-01", None), "two rows of X10.1: .* overlap"),
        (("X20", "When?", "May", None), "'May' is not a date"),
    ],
)
def test_rows_that_cannot_be(row: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        acme([*ROWS, row])


def test_it_is_saved_and_opened_again(tmp_path: Path) -> None:
    mine = acme(valid_to="2027-06-30")
    mine.save(tmp_path / "acme")
    again = BUNDLED.opened(tmp_path / "acme")
    assert listing(again) == listing(mine)
    (system,) = set(again.systems.all) - set(BUNDLED.systems.all)
    assert again.systems.all[-1] is system
    assert (system.name, system.also, system.shape) == (ACME.name, ACME.also, ACME.shape)
    assert system.traits == ACME.traits
    again.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "acme").read_bytes()
    assert listing(pickle.loads(pickle.dumps(mine))) == listing(mine)
    # Without codes there is still the system.
    BUNDLED.with_system(ACME).save(tmp_path / "system")
    assert "acme" in BUNDLED.opened(tmp_path / "system").systems.by_id


def test_its_list_is_loaded_from_a_file(tmp_path: Path) -> None:
    old = Classifier(reference=acme())
    assert old.identify("X10.1").title == "Home visit, short"
    content = b"code,title\nX10.1,Home visit\nX10.3,Video visit\n"
    mine = old.with_release(content, "acme", valid_from="2026-07-01", complete=True)
    answers = [
        mine.identify(code, on="2026-08-01", systems="acme")
        for code in ("X101", "X10.3", "X10.2", "X10")
    ]
    assert [str(answer.status) for answer in answers] == ["valid", "valid", "expired", "header"]
    assert [answer.title for answer in answers[:2]] == ["Home visit", "Video visit"]
    (release,) = mine.releases
    assert (release.system, release.layout, release.valid_to) == (ACME, "csv", date(2030, 6, 30))
    mine.save(tmp_path / "mine")
    again = Classifier.open(tmp_path / "mine")
    opened = again.identify("X10.3", on="2026-08-01", systems="acme")
    assert opened.to_dict() == answers[1].to_dict()
    assert [str(release.system) for release in again.releases] == ["acme"]
    # A file may name it beside others.
    both = b"code,title,system\nX10.4,By its name,ACME\nI10,Another,ICD-10-CM\n"
    more = old.with_release(both, valid_from="2026-08-01", complete=False)
    assert [release.system.id for release in more.releases] == ["acme", "icd10cm"]
    # It need not have been listed before, and others do not know it.
    new = Classifier(reference=BUNDLED.with_system(ACME))
    assert new.with_release(content, "acme", valid_from="2026-07-01").is_valid(
        "X10.3", "acme", on="2026-08-01"
    )
    with pytest.raises(ReleaseError, match="'ACME' means none of the code systems"):
        Classifier().with_release(both, valid_from="2026-08-01")


def test_a_system_without_a_rule_is_released_for_good() -> None:
    assert Cadence(()).last_day(date(2026, 1, 1)) == date.max
    assert Cadence((), ends=date(2026, 6, 30)).last_day(date(2026, 1, 1)) == date(2026, 6, 30)


# -- looking around in it -------------------------------------------------------------------------

LEVELLED = attrs.evolve(ACME, traits=ACME.traits._replace(prefix_headings=True))


@pytest.fixture
def mine() -> Classifier:
    reference = BUNDLED.with_system(LEVELLED, ROWS, valid_to="2027-06-30")
    return Classifier(reference=reference, on="2026-08-01")


def test_its_codes_are_suggested(mine: Classifier) -> None:
    found = mine.suggest("X1O.1")[0]
    assert (found.code, found.system) == ("X10.1", LEVELLED)
    assert [found.code for found in mine.suggest("X10", "acme")] == ["X10.1", "X10.2"]
    assert LEVELLED not in [
        found.system for found in Classifier().suggest("X1O.1", on="2026-08-01")
    ]


def test_its_patterns_are_expanded(mine: Classifier) -> None:
    for pattern, codes in {
        "X10.*": ["X10.1", "X10.2"],
        "X10.x": ["X10.1", "X10.2"],
        "X10-Y20": ["X10.1", "X10.2", "Y20"],
        "X10.1/2": ["X10.1", "X10.2"],
        "Acme:Y2*": ["Y20"],
    }.items():
        assert [answer.code for answer in mine.expand(pattern, "acme")] == codes
    assert "a wildcard" in mine.identify("X10.*").reason


def test_it_is_walked_completed_and_searched(mine: Classifier) -> None:
    assert [entry.code for entry in mine.roots("acme")] == ["X10", "Y20"]
    heading = mine.get("X10", "acme")
    assert heading is not None
    assert heading.level == "category"
    assert [entry.code for entry in heading.children] == ["X10.1", "X10.2"]
    assert {entry.parent for entry in heading.children} == {heading}
    assert [entry.code for entry in heading.siblings] == ["Y20"]
    assert (heading.axes, heading.next(), heading.seventh_characters) == ((), (), ())
    assert [entry.code for entry in mine.complete("x10.", systems="acme")] == [
        "X10",
        "X10.1",
        "X10.2",
    ]
    assert [entry.code for entry in mine.search("home vis", systems="acme")] == ["X10.1", "X10.2"]


def test_its_codes_are_found_in_a_text(mine: Classifier) -> None:
    text = "Charges: X10.2, Y20, and X10.3 (not listed)."
    assert [found.text for found in mine.find(text, systems="acme")] == ["X10.2", "Y20"]
    assert [found.text for found in mine.find(text)] == ["X10.2", "Y20"]
