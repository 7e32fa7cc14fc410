"""The documentation site as readers see it, and the playground in a real browser."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import medcodes
from tests.browser import (
    SCHEMES,
    WIDTHS,
    chromium,
    complaints,
    is_wider_than_the_window,
    look,
    served,
)
from tests.conftest import DAY, ROOT
from tools import site

pytestmark = pytest.mark.browser

SAMPLE = ROOT / "examples" / "codes.txt"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site") / "site"
    site.main([str(folder)])
    with served(folder) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as driver:
        yield driver


def wait(driver: Any, what: str) -> Any:
    """Wait until a script of the page gives something."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 120).until(lambda one: one.execute_script(f"return {what}"))


@pytest.fixture
def playground(address: str, browser: Any) -> Any:
    """The playground, ready."""
    look(browser, 1280, "light")
    browser.get(f"{address}/playground/index.html")
    wait(browser, "!document.getElementById('go').disabled")
    return browser


def ask(driver: Any, on: str = DAY) -> list[list[str]]:
    """Press the button, and read the table of answers."""
    driver.execute_script("document.getElementById('on').value = arguments[0]", on)
    driver.execute_script("document.getElementById('answers').hidden = true")
    driver.find_element("id", "go").click()
    wait(driver, "!document.getElementById('answers').hidden")
    rows: list[list[str]] = driver.execute_script(
        "return [...document.querySelectorAll('#rows tr')]"
        ".map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return rows


def expected(text: str) -> list[str]:
    """System, code and status, as Python says here."""
    one = medcodes.identify(text, on=DAY)
    name = one.system.name if one.system else ""
    return [text, name, "-".join((one.code or "", *one.modifiers)), one.status.value]


def test_the_playground_answers_as_python_does(playground: Any) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    texts = [line for line in lines if line.strip() and not line.startswith("#")]
    area = playground.find_element("id", "codes")
    playground.execute_script("arguments[0].value = arguments[1]", area, "\n".join(lines))
    rows = ask(playground)
    assert [row[:4] for row in rows] == [expected(text) for text in texts]
    assert all(row[4] for row in rows)
    titles = [medcodes.identify(text, on=DAY).title for text in texts]
    assert all(row[4].startswith(title) for row, title in zip(rows, titles, strict=True) if title)
    assert complaints(playground) == []


def test_a_dropped_file_shows_its_column_of_codes(playground: Any, tmp_path: Path) -> None:
    claims = tmp_path / "claims.csv"
    codes = ["E11.65", "I10", "J45.909", "R05", "nothing"]
    with claims.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["claim", "dx", "note"])
        writer.writerows([number, code, "a, b"] for number, code in enumerate(codes))
    playground.find_element("id", "file").send_keys(str(claims))
    wait(playground, "!document.getElementById('column-field').hidden")
    chosen = playground.execute_script(
        "const one = document.getElementById('column'); return one.options[one.value].text"
    )
    assert chosen == "dx"
    assert [row[:4] for row in ask(playground)] == [expected(code) for code in codes]
    assert complaints(playground) == []


@pytest.mark.parametrize("content", ["", "dx\n"])
def test_a_file_without_rows_is_explained(playground: Any, tmp_path: Path, content: str) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text(content, encoding="utf-8")
    playground.find_element("id", "file").send_keys(str(empty))
    wait(playground, "document.getElementById('state').classList.contains('wrong')")
    state = playground.find_element("id", "state").text
    assert state == "there is a heading at most in the file, and no row below it"


def test_the_playground_asks_no_other_server(playground: Any, address: str) -> None:
    playground.get_log("performance")
    ask(playground)
    asked = [
        message["params"]["request"]["url"]
        for entry in playground.get_log("performance")
        if (message := json.loads(entry["message"])["message"])["method"]
        == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    # And the page's policy forbids it.
    refused = playground.execute_async_script(
        "const done = arguments[0];"
        "fetch('http://127.0.0.2:9/').then(() => done(false), () => done(true))"
    )
    assert refused
    assert any("Content Security Policy" in one for one in complaints(playground))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_playground_fits_any_window(playground: Any, width: int, scheme: str) -> None:
    look(playground, width, scheme)
    assert len(ask(playground)) == 6
    assert not is_wider_than_the_window(playground)
    # Dark ink on light paper, or light ink on dark paper.
    paper, ink = playground.execute_script(
        "const style = getComputedStyle(document.body);"
        "return [style.backgroundColor, style.color]"
        ".map(one => one.match(/[0-9]+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0))"
    )
    assert (paper > ink) == (scheme == "light")


def test_the_playground_works_from_the_keyboard(playground: Any) -> None:
    from selenium.webdriver import ActionChains, Keys

    playground.execute_script("document.getElementById('codes').focus()")
    seen = []
    for _ in range(8):
        ActionChains(playground).send_keys(Keys.TAB).perform()
        seen.append(playground.switch_to.active_element.get_attribute("id"))
    assert [one for one in dict.fromkeys(seen) if one in ("file", "on", "kind", "go")] == [
        "file",
        "on",
        "kind",
        "go",
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_have_no_errors(address: str, browser: Any, width: int) -> None:
    look(browser, width, "light")
    complaints(browser)
    for page in ("index", "guide", "api", "playground"):
        browser.get(f"{address}/{page}.html")
        assert not is_wider_than_the_window(browser), page
        assert complaints(browser) == [], page


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a id="here" href="b.html"></a><a href="#there"></a>', "utf-8"
    )
    (tmp_path / "c.html").write_text(
        '<a href="a.html#here"></a><a href="https://a.b/"></a>', "utf-8"
    )
    assert list(site.broken_links(tmp_path)) == [
        "a.html: b.html leads nowhere",
        "a.html: #there has no such place",
    ]
