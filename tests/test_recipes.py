"""The recipes of the docs do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "data-checks.md").read_text(encoding="utf-8")
FILES: dict[str, str] = dict(re.findall(r"<!-- file: (\S+) -->\n```\S+\n(.*?)```", PAGE, re.DOTALL))
BAD = [("E11", "header"), ("U071", "future")]


def test_the_sql_of_dbt_as_it_is() -> None:
    # What dbt makes of the test: its body, filled in. dbt itself runs it below.
    duckdb, jinja2 = pytest.importorskip("duckdb"), pytest.importorskip("jinja2")
    import medcodes.duckdb

    body = re.sub("{% (test .*?|endtest) %}", "", FILES["tests/generic/medical_code.sql"])
    template = jinja2.Template(body)
    with duckdb.connect() as con:
        medcodes.duckdb.register(con)
        rows = [line.split(",") for line in FILES["seeds/claims.csv"].splitlines()[1:]]
        con.execute("CREATE TABLE claims (claim VARCHAR, dx VARCHAR, service_date DATE)")
        con.executemany("INSERT INTO claims VALUES (?, ?, ?)", [*rows, ("E", None, None)])
        asked = {"model": "claims", "column_name": "dx", "system": "icd10cm"}
        dated = template.render(**asked, day="service_date")
        assert sorted(con.execute(dated).fetchall()) == BAD
        con.execute("INSERT INTO claims VALUES ('F', 'I10', NULL)")
        assert ("I10", "no day") in con.execute(dated).fetchall()
        of_today = template.render(**asked, day=None)
        assert [code for code, _ in con.execute(of_today).fetchall()] == ["E11"]


@pytest.mark.recipes
def test_dbt(tmp_path: Path) -> None:
    import duckdb

    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (tmp_path / "dbt_project.yml").write_text("name: claims\nprofile: claims\n", encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).parent / "dbt", "build", "--profiles-dir", "."],
        cwd=tmp_path,
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Got 2 results" in done.stdout
    with duckdb.connect(str(tmp_path / "claims.duckdb")) as con:
        (kept,) = con.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema LIKE '%audit'"
        ).fetchone() or ("",)
        rows = con.execute(f"SELECT code, status FROM main_dbt_test__audit.{kept}").fetchall()
    assert sorted(rows) == BAD


@pytest.mark.recipes
@pytest.mark.filterwarnings("ignore")
def test_great_expectations(capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(
        r"<!-- example: expectations -->\n```python\n(.*?)```.*?"
        r"<!-- output: expectations -->\n```text\n(.*?)```",
        PAGE,
        re.DOTALL,
    )
    assert found is not None
    exec(compile(found[1], "data-checks.md", "exec"), {})
    assert capsys.readouterr().out == found[2]
