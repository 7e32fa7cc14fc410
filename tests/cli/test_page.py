"""The page of ``medcodes profile --html``: what is in it, and what it looks like."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest

from medcodes import columns
from medcodes.cli import page as pages
from tests.browser import SCHEMES, WIDTHS, chromium, complaints, is_wider_than_the_window, look
from tests.cli.conftest import Run
from tests.conftest import DAY, ROOT

CLAIMS = ROOT / "examples" / "claims.csv"
VOID = {"meta", "link", "rect", "br"}


class Checker(HTMLParser):
    """Every element is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def checked(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    ids = [given["id"] for _, given in checker.seen if "id" in given]
    assert len(set(ids)) == len(ids)
    for tag, given in checker.seen:
        if tag == "a":
            assert str(given["href"]).removeprefix("#") in ids
        assert "src" not in given
        assert tag != "script"
    return checker


def written(run: Run, tmp_path: Path, data: str, *options: str) -> str:
    (tmp_path / "in.csv").write_text(data)
    target = tmp_path / "out.html"
    result = run("profile", tmp_path / "in.csv", "--on", DAY, "--html", target, *options)
    assert (result.exit_code, result.stdout if "--json" not in options else "") == (0, "")
    page = target.read_text(encoding="utf-8")
    checked(page)
    return page


def test_the_sample_file(run: Run, tmp_path: Path) -> None:
    page = written(run, tmp_path, CLAIMS.read_text())
    assert "<strong>3 columns</strong> of medical codes" in page
    assert page.count("<section") == 4
    assert "CPT and HCPCS Level II" in page
    assert "CPT © Copyright 2026 American Medical Association" in html.unescape(page)
    assert "no medical codes: ZIP code" in page
    row = re.search(r"<code>9O837</code></th>.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert "must be a digit" in row[0]
    assert "<code>90837</code>" in row[0]
    assert not re.search(r"(https?:)?//|@import|url\(", page)


def test_clean_columns(run: Run, tmp_path: Path) -> None:
    page = written(run, tmp_path, "dx\n" + "E11.65\nI10\nF41.1\n" * 9)
    assert "every value in them is valid or plausible" in page
    assert "Values to look at" not in page
    assert "Other columns" not in page


def test_no_medical_column(run: Run, tmp_path: Path) -> None:
    page = written(run, tmp_path, "zip,,nothing\n02134,a word,\n90210,or two,\n60611,or more,\n")
    assert '<p class="lede"><strong>3 rows</strong>, <strong>0 columns</strong> of medical' in page
    assert "nothing to tell" in page
    assert "column 2" in page
    assert "What the words mean" not in page


def test_one_bad_value_among_thousands(run: Run, tmp_path: Path) -> None:
    page = written(run, tmp_path, "dx\n" + "E11.65\n" * 9_999 + "E11.6S\n", "--json")
    assert "<strong>1 value</strong> in them is not valid" in page
    assert "over 99.9%" in page
    assert "under 0.1%" in page
    assert "All of them, in 1 row" in page


def test_a_column_without_categories() -> None:
    made = attrs.evolve(columns.profile(["I10"], on=DAY), categories=())
    page = pages.page(pages.Report("made-up", 1, [pages.Column(made, {})], "2026.10.1"))
    checked(page)
    assert "What they are filed under" not in page


def test_values_are_text_and_no_html(run: Run, tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    data = f'"<b>dx</b>"\n{bad}\n"a & ""b"" <i>"\n' + "E11.65\nI10\nF41.1\nJ45.909\n" * 20
    page = written(run, tmp_path, data)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<b>dx" not in page


# -- in a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as driver:
        yield driver


CONTRAST = """
const luminance = (colour) => {
  const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map((one) => {
    const part = one / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent') return colour;
  }
  return 'rgb(255, 255, 255)';
};
let least = [99, ''];
for (const element of document.querySelectorAll('body *')) {
  const text = [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  if (!text || element.closest('svg') || element.closest('style')) continue;
  const pair = [luminance(getComputedStyle(element).color), luminance(behind(element))];
  const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  if (ratio < least[0]) least = [ratio, element.tagName + ' ' + element.textContent];
}
return least;
"""


WIDER = """[...document.querySelectorAll('body *')].filter((one) => !one.closest('thead, .skip')
  && one.getBoundingClientRect().right > innerWidth + 1).length"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_in_a_browser(
    browser: Any, run: Run, tmp_path: Path, scheme: str, width: int
) -> None:
    from selenium.webdriver import ActionChains, Keys

    page = tmp_path / "report.html"
    assert run("profile", CLAIMS, "--on", DAY, "--html", page).exit_code == 0
    look(browser, width, scheme)
    complaints(browser)
    browser.get_log("performance")
    browser.get(page.as_uri())
    assert complaints(browser) == []
    assert not is_wider_than_the_window(browser)
    asked = [one["message"] for one in browser.get_log("performance")]
    urls = re.findall(r'"method":"Network.requestWillBeSent".*?"url":"([^"]+)"', "\n".join(asked))
    assert {url for url in urls if not url.startswith("data:")} == {page.as_uri()}

    def measure(script: str) -> Any:
        return browser.execute_script(f"return {script}")

    assert measure(WIDER) == 0
    paper = measure("getComputedStyle(document.body).backgroundColor")
    assert (int(re.findall("[0-9]+", paper)[0]) > 200) is (scheme == "light")
    ratio, where = browser.execute_script(CONTRAST)
    assert ratio >= 4.5, where

    # From link to link, in the order in which they stand; the focus can be seen.
    links = measure("[...document.querySelectorAll('a')].map((one) => one.getAttribute('href'))")
    for place, href in enumerate(links):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        assert measure("document.activeElement.getAttribute('href')") == href
        assert measure("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if place == 0:
            assert measure("document.activeElement.getBoundingClientRect().top") >= 0
            ActionChains(browser).send_keys(Keys.ENTER).perform()
            assert measure("location.hash") == "#columns"
            browser.execute_script("document.querySelector('.skip').focus()")
    headings = "[...document.querySelectorAll('h1, h2, h3')].map((one) => Number(one.tagName[1]))"
    levels = measure(headings)
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert measure("[...document.querySelectorAll('table')].every((one) => one.caption)")
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {})["data"]
    assert base64.b64decode(shot).startswith(b"\x89PNG")
