"""The board as a page, as a browser shows it; and what of it holds without one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promote.api.where import titled
from promote.board import Behind, Board, Cell, Pull, Stop
from promote.image import Version
from promote.report.html import page, view
from promote.report.html.chart import frequency, lead_times, together
from promote.wording.links import Link
from tests.report.big_board import big
from tests.report.boards import COMPARE, HOSTILE, URL, board
from tests.servers.chromium import Chromium

LINKS = (
    Link("prod", "web", COMPARE),
    Link("prod", "web", "https://git.example.com/acme/gitops/commit/1", "commit"),
    Link("test", "web", "javascript:alert(1)"),
)
SHOWN = "[...document.querySelectorAll('tbody tr')].filter(each => !each.hidden).map(each => each.cells[0].innerText)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The addresses of pages, by their names."""
    folder, found = tmp_path_factory.mktemp("pages"), {}
    drawn, links = big(500)
    said = {
        "plain": page.board(board(), title="acme/gitops", links=LINKS),
        "hostile": page.board(board(f" {HOSTILE}"), title=f"acme {HOSTILE}", links=LINKS),
        "big": page.board(drawn, title="acme/gitops", links=links),
        "empty": page.board(Board(("dev",), (), ()), title="nothing"),
    }
    for name, text in said.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
        found[name] = (folder / f"{name}.html").as_uri()
    return found


def _quiet(browser: Chromium) -> None:
    """Nothing was fetched but the page, nothing was refused by its policy, nothing failed."""
    asked = [each["request"]["url"] for each in browser.events("Network.requestWillBeSent")]
    assert [url for url in asked if not url.startswith("file:")] == []
    assert len(asked) == 1
    assert browser.events("Log.entryAdded") == []
    assert browser.events("Runtime.exceptionThrown") == []


def test_a_page_without_script_says_it_all(browser: Chromium, pages: dict[str, str]) -> None:
    browser.open(pages["plain"], script=False)
    said = browser.run("document.body.textContent")
    for cell in board().cells:
        for note in cell.notes:
            assert note in said
    for words in ("soak waits until 2026-01-06 09:00Z", "20+ behind its source", "places differ", "40d", "as of 2026"):
        assert words in said
    assert browser.run("document.getElementById('bar').hidden") is True
    _quiet(browser)


def test_links_are_addresses_only(browser: Chromium, pages: dict[str, str]) -> None:
    browser.open(pages["plain"])
    told = browser.run("[...document.querySelectorAll('main a')].map(each => [each.textContent, each.href])")
    assert told == [
        ["proposed in #12", URL],
        ["a change (Ann <ann@example.com>)", "https://git.example.com/acme/gitops/commit/1"],
        ["compare", COMPARE],
    ]


def test_hostile_text_is_inert(browser: Chromium, pages: dict[str, str]) -> None:
    browser.open(pages["hostile"])
    assert browser.run("document.querySelectorAll('img, iframe, object, base, [onerror]').length") == 0
    assert browser.run("document.scripts.length") == 1
    links = browser.run("[...document.links].map(each => each.protocol)")
    assert set(links) <= {"file:", "https:"}
    said = browser.run("document.body.textContent")
    assert "<img src=x onerror=alert(1)>" in said
    assert re.search("[\x1b\u202e]", said) is None
    browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    browser.run("document.getElementById('q').value = '<img src=x>'; document.getElementById('bar').requestSubmit()")
    assert browser.events("Page.javascriptDialogOpening") == []
    _quiet(browser)


def test_nothing_may_be_loaded_even_if_it_were_there(browser: Chromium, pages: dict[str, str]) -> None:
    browser.open(pages["plain"])
    told = browser.run(
        "new Promise(done => { const image = new Image(); image.onerror = () => done('refused');"
        " image.onload = () => done('loaded'); image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw=' })"
    )
    assert told == "refused"
    told = browser.run("fetch('http://127.0.0.1:9/').then(() => 'came', (each) => each.message)")
    assert told == "Failed to fetch"
    assert any("Content Security Policy" in each["entry"]["text"] for each in browser.events("Log.entryAdded"))


def test_filtering(browser: Chromium, pages: dict[str, str]) -> None:
    browser.open(pages["plain"])
    assert browser.run(SHOWN) == ["api", "web", "odd"]
    browser.press("/", "/")
    browser.type("leaks PROD")
    assert browser.run(SHOWN) == ["web"]
    assert browser.run("document.getElementById('said').textContent") == "1 of 3 apps"
    browser.press("Escape")
    assert browser.run(SHOWN) == ["api", "web", "odd"]
    browser.run("document.querySelector('[data-f=failed]').click()")
    assert browser.run(SHOWN) == ["odd"]
    browser.run("document.querySelector('[data-f=mixed]').click()")
    assert browser.run(SHOWN) == ["api", "odd"]
    # The address keeps it: a screen on a wall is loaded again.
    address = browser.run("location.href")
    browser.open(address)
    assert browser.run(SHOWN) == ["api", "odd"]
    browser.run("const q = document.getElementById('q'); q.value = 'zzz'; q.dispatchEvent(new Event('input'))")
    assert browser.run("document.getElementById('none').innerText").startswith("No app is like that.")
    browser.run("document.getElementById('clear').click()")
    assert browser.run(SHOWN) == ["api", "web", "odd"]


def test_sorting_is_told_too(browser: Chromium, pages: dict[str, str]) -> None:
    sorts = "[...document.querySelectorAll('thead th')].map(each => each.getAttribute('aria-sort'))"
    browser.open(pages["plain"])
    assert browser.run(sorts) == ["ascending", None, None, None]
    browser.run("document.querySelectorAll('thead button')[3].click()")
    assert browser.run(sorts) == [None, None, None, "descending"]
    assert browser.run(SHOWN) == ["odd", "api", "web"]
    browser.run("document.querySelectorAll('thead button')[3].click()")
    assert browser.run(sorts) == [None, None, None, "ascending"]
    assert browser.run(SHOWN) == ["web", "api", "odd"]
    browser.run("const by = document.getElementById('by'); by.value = 'b'; by.dispatchEvent(new Event('change'))")
    browser.run("document.querySelectorAll('thead button')[3].click()")
    assert browser.run(SHOWN)[0] == "web"
    assert "sort=3+down&by=b" in browser.run("location.hash")


def test_both_themes_and_the_button_between(browser: Chromium, pages: dict[str, str]) -> None:
    """Text stands out from what it stands on (WCAG 2.2, 1.4.3), in each theme, for every colour that is used."""
    contrast = """(() => {
      const part = (each) => each <= .04045 ? each / 12.92 : ((each + .055) / 1.055) ** 2.4;
      const light = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map((each) => part(each / 255));
        return .2126 * r + .7152 * g + .0722 * b + .05;
      };
      const card = light(getComputedStyle(document.querySelector('table')).backgroundColor);
      const told = [...document.querySelectorAll('main *')].filter((each) => each.textContent.trim());
      return Math.min(...told.map((each) => {
        const ink = light(getComputedStyle(each).color);
        return Math.max(ink, card) / Math.min(ink, card);
      }));
    })()"""
    grounds = []
    for dark in (False, True):
        browser.open(pages["plain"], dark=dark)
        grounds.append(browser.run("getComputedStyle(document.documentElement).backgroundColor"))
        assert browser.run("document.getElementById('theme').ariaPressed") == json.dumps(dark)
        assert browser.run(contrast) >= 4.5
        browser.run("document.getElementById('theme').click()")
        assert browser.run("document.getElementById('theme').ariaPressed") == json.dumps(not dark)
        grounds.append(browser.run("getComputedStyle(document.documentElement).backgroundColor"))
    assert grounds[0] == grounds[3] != grounds[1] == grounds[2]


def test_a_phone_scrolls_one_way_only(browser: Chromium, pages: dict[str, str]) -> None:
    for name in ("plain", "hostile"):
        browser.open(pages[name], width=360, height=740)
        browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert browser.run("document.documentElement.scrollWidth") == 360
        assert browser.run("document.querySelector('tbody .e').innerText") == "dev"


def test_a_keyboard_reaches_everything(browser: Chromium, pages: dict[str, str]) -> None:
    browser.open(pages["plain"])
    browser.press("Tab")
    assert browser.run("document.activeElement.className") == "skip"
    assert browser.run("document.activeElement.getBoundingClientRect().left") >= 0
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press("Enter", "\r")
    assert browser.run("document.activeElement.id") == "board"
    browser.press("Tab")
    browser.press("Enter", "\r")
    assert browser.run("document.querySelector('thead th').getAttribute('aria-sort')") == "descending"
    for _ in range(10):
        browser.press("Tab")
        if browser.run("document.activeElement.tagName") == "SUMMARY":
            break
    browser.press("Enter", "\r")
    assert browser.run("document.activeElement.parentElement.open") is True


def test_a_screen_reader_is_told_of_a_table(browser: Chromium, pages: dict[str, str]) -> None:
    for width in (1280, 360):  # as a list of cards too
        browser.open(pages["plain"], width=width)
        browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
        named = [(each["role"]["value"], each.get("name", {}).get("value", "")) for each in nodes if "role" in each]
        roles = [role for role, _ in named]
        assert (roles.count("columnheader"), roles.count("rowheader"), roles.count("cell")) == (4, 3, 9)
        assert ("table", "What runs where, what is waiting to come, and what keeps it") in named
        assert ("status", "") in named
        assert ("searchbox", "Filter") in named
        waits = next(name for role, name in named if role == "DisclosureTriangle" and "soak" in name)
        assert re.sub(r"\s+", " ", waits).startswith("1.4.0 , not yet 1.5.0 , for 40d 20+ behind its source")


def test_500_apps_stay_smooth(browser: Chromium, pages: dict[str, str]) -> None:
    path = Path(pages["big"].removeprefix("file://"))
    assert path.stat().st_size < 2_000_000
    browser.open(pages["big"])
    # Other tests may run beside this one: of several tries the best counts.
    took = browser.run("""(() => {
      const q = document.getElementById('q'), best = {};
      for (let turn = 0; turn < 4; turn++) for (const word of ['b', 'bill', 'soak', 'zzz', '']) {
        const begin = performance.now();
        q.value = word; q.dispatchEvent(new Event('input')); document.body.offsetHeight;
        best[word] = Math.min(best[word] ?? Infinity, performance.now() - begin);
      }
      for (let turn = 0; turn < 4; turn++) {
        const begin = performance.now();
        document.querySelectorAll('thead button')[4].click(); document.body.offsetHeight;
        best.sort = Math.min(best.sort ?? Infinity, performance.now() - begin);
      }
      return best })()""")
    # To sort is to move 15,000 nodes, whatever is shown of them.
    assert took.pop("sort") < 500
    assert max(took.values()) < 100, took
    # The last of the rows come in later frames.
    last = "[...document.querySelectorAll('tbody tr')].every((each) => !each.hidden)"
    wait = f"const look = () => {last} ? done(true) : requestAnimationFrame(look)"
    assert browser.run(f"new Promise((done) => {{ {wait}; look() }})") is True
    _quiet(browser)


def test_a_board_of_nothing_says_so(browser: Chromium, pages: dict[str, str]) -> None:
    browser.open(pages["empty"])
    assert "There is no app in these environments." in browser.run("document.body.innerText")
    _quiet(browser)


def test_what_holds_without_a_note_is_told_by_the_cell() -> None:
    cell = replace(board().cell("web", "prod"), notes=(), stop=None)
    said = page.board(Board(("prod",), ("web",), (cell,)), title="x")
    assert "1.5.0 of web: it leaks (by Ann, since 2026-01-05 12:00Z, .promote/holds/prod.yaml:3:3)" in said
    whole = Cell("prod", "web", "runs", Version("1", f"sha256:{'a' * 64}"))
    assert f'title="1@sha256:{"a" * 64}"' in page.board(Board(("prod",), ("web",), (whole,)), title="x")


def test_what_is_on_its_way_is_not_counted_as_behind_besides() -> None:
    """Two badges, `comes` and `behind`, counted the same cells."""
    one, two = Version("1.4.0"), Version("1.5.0")
    lags = Behind(1, 1)
    cells = (
        Cell("dev", "a", "runs", one, two, "registry", behind=lags),
        Cell("dev", "b", "runs", one, two, "registry", pull=Pull(7, URL, two), behind=lags),
        Cell("dev", "c", "runs", one, stop=Stop("waiting", "x", "soak", version=two), behind=lags),
        Cell("dev", "d", "runs", one, stop=Stop("target-newer", "x"), behind=lags),
        Cell("dev", "e", "runs", one, behind=lags),
    )
    drawn = view.page(Board(("dev",), tuple(cell.app for cell in cells), cells), "x", ())
    assert [row.cells[0].states for row in drawn.rows] == [
        ("coming",), ("proposed",), ("waiting",), ("behind",), ("behind",)
    ]  # fmt: skip
    assert drawn.counts == (("waiting", "waits", 1), ("proposed", "proposed", 1), ("coming", "comes", 1),
                            ("behind", "behind", 2))  # fmt: skip


@pytest.mark.parametrize(
    ("repo", "said"),
    [
        ("", ""),
        ("http://127.0.0.1:44123/", ""),
        ("http://127.0.0.1:44123/kust.git", "kust"),
        ("ssh://git@git.example.com:2222/gitops.git/", "gitops"),
        ("git@git.example.com:gitops.git", "gitops"),
        ("git@git.example.com:acme/team/gitops.git", "team/gitops"),
        ("https://git.example.com/acme/gitops", "acme/gitops"),
        ("file:///srv/git/gitops.git", "git/gitops"),
    ],
)
def test_a_page_is_called_by_the_path_of_its_repository(repo: str, said: str) -> None:
    """The port of `http://127.0.0.1:44123/kust.git` was taken for the owner."""
    assert titled(repo) == said


def test_charts() -> None:
    assert frequency(()) is None
    assert lead_times(()) is None
    none = frequency((0,))
    assert none is not None
    assert (none.words, none.path) == ("0 in 1 week", "")
    some = frequency((0, 4, 1))
    assert some is not None
    assert (some.words, some.path) == ("5 in 3 weeks", "M42 14v-14M46 14v-4")
    assert together([(1, 2, 3), (10,)]) == (1, 2, 13)
    leads = lead_times([timedelta(hours=1), timedelta(days=3), timedelta(hours=5)])
    assert leads is not None
    assert leads.words == "5h (median of 3, 1h to 3d)"
    assert leads.path.count("M") == 3
