"""Boards, a difference and a history by hand, in every form in which they are shown.

test_matrix.py compares them with fixtures/board; `python -m tests.report.boards` writes these, to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from promote.board import Behind, Board, Cell, Pull, Stop
from promote.estate.holds import Hold
from promote.history.chronicle import Chronicle
from promote.image import Version
from promote.outcome import Change, Failure, Plan, Refusal
from promote.place import Place
from promote.question import Brought
from promote.report import markdown, matrix, text
from promote.text.edit import Span
from promote.text.part import Part
from promote.wording.links import Link
from tests.clock import NOON
from tests.plan.pasts import past, ran
from tests.report.test_exit import SITE
from tests.shared import ROOT

FOLDER = ROOT / "fixtures" / "board"
URL = "https://git.example.com/acme/gitops/pulls/12"
COMPARE = "https://github.com/acme/web/compare/abc...def"
NOTES = "https://github.com/acme/web/releases/tag/v1.5.0"
HOSTILE = "\x1b[31m<img src=x onerror=alert(1)> | [x](javascript:alert(1)) `b` @ann #1 https://evil.example \u202e"


def full_cell() -> Cell:
    """One of which everything is known."""
    one, two = Version("1.4.0"), Version("1.5.0")
    return Cell(
        "dev",
        "web",
        "runs",
        one,
        two,
        "registry",
        Stop("waiting", "1.6.0 stays out: soak: 3h of 1d", "soak", "2026-01-06T09:00:00+00:00", Version("1.6.0")),
        ("run",),
        Pull(12, URL, two),
        Behind(2, 3),
        (Hold("web", Version("1.3.0"), "Ann", NOON, "it leaks", NOON, ".promote/holds/dev.yaml:3:3"),),
        ((one, "envs/dev/a.yaml:8:3"),),
        "latest is a tag that may move",
        replace(brought(2), skipped_gates=(("soak", "hotfix"),), undone=one),
        ("latest is a tag that may move",),
    )


def brought(days: float, author: str = "Ann <ann@example.com>") -> Brought:
    return Brought("1" * 40, NOON - timedelta(days=days), author, "a change", by_hand=True)


def board(evil: str = "") -> Board:
    """All that a cell can tell; with `evil` in whatever is other people's text."""
    one, two, main = Version("1.4.0"), Version("1.5.0"), Version("main-7-0c1d2e3")
    held = Hold("web", two, "Ann", NOON, f"it leaks{evil}", None, ".promote/holds/prod.yaml:3:3")
    why = f"1.5.0 stays out: soak: live in test for 3h of 1d{evil}"
    sentence = f"1.5.0 of web is held back: {held.sentence}; `promote release prod web` lets it in"
    cells = (
        Cell("dev", "api", "runs", main, Version("main-101-4a5b6c7"), "registry", behind=Behind(registry=3)),
        Cell("test", "api", "absent"),
        Cell("prod", "api", "mixed", places=((one, "a.yaml:8:3"),), notes=(f"its sites differ: 1.4.0, 1.5.0{evil}",)),
        Cell("dev", "web", "runs", two, brought=brought(2), behind=Behind(registry=0)),
        Cell(
            "test", "web", "runs", one, two, "dev", unasked=("run",), pull=Pull(12, f"{URL}{evil}", two),
            behind=Behind(1, 1), brought=brought(40), notes=("1.5.0: the gate run is not asked by who only looks",),
        ),
        Cell(
            "prod", "web", "runs", one, stop=Stop("waiting", why, "soak", "2026-01-06T09:00:00+00:00", two),
            behind=Behind(20, 21, is_least=True), brought=brought(40.5), holds=(held,), notes=(sentence, why),
        ),
        Cell("dev", f"odd{evil}", "refused", notes=(f"x.yaml:1:1: it holds a template{evil} (template)",)),
        Cell("test", f"odd{evil}", "runs", Version("latest"), mutable=f"latest may move{evil}", notes=("it may move",)),
        Cell("prod", f"odd{evil}", "runs", Version("latest"), stop=Stop("failed", "x", "argocd", version=two)),
    )  # fmt: skip
    return Board(("dev", "test", "prod"), ("api", "web", f"odd{evil}"), cells, NOON)


def chronicle(evil: str = "") -> Chronicle:
    """A version with a link, one without, and one that nobody knows since when."""
    new, old = ran("1.5.0"), replace(ran("1.4.0"), brought=None)
    made = brought(2, f"Ann{evil} <ann@example.com>")
    made = replace(made, pull_request="#12", skipped_gates=(("soak", f"x{evil}"),))
    place = Place("https://git.example.com/gitops.git", "main")
    links = {("web", 0): (Link("prod", "web", COMPARE), Link("prod", "web", NOTES, "release notes"))}
    found = past(replace(new, brought=made), "1.4.9", "absent", old, ends=f"it is cut off{evil}")
    return Chronicle("prod", place, "0" * 40, NOON, {"web": found}, links)


def difference(evil: str = "") -> tuple[Plan, tuple[Link, ...]]:
    """A plan with a change that has a link, one that waits, and one that failed."""
    tag = Part(f"envs/prod{evil}/web.yaml".encode(), Span(4, 5, 7, 3), ("tag",), "0", "plain", 0, (b"", b""))
    change = Change("prod", "web", replace(SITE, tag=tag), Version("1.4.0"), Version("1.5.0"), "runs in test")
    waits = Refusal("prod", "api", "waiting", f"2.0.0 stays out: soak: 3h of 1d{evil}", "soak")
    failed = Failure("prod", "shop", "registry", 4, f"ghcr.io does not answer{evil}")
    return Plan((change,), refusals=(waits,), failures=(failed,)), (
        Link("prod", "web", COMPARE),
        Link("prod", "web", NOTES, "release notes"),
    )


def forms() -> Iterator[tuple[str, str]]:
    """`(file, text)` of every form."""
    for name, evil in (("plain", ""), ("hostile", f" {HOSTILE}")):
        drawn = board(evil)
        for width in (None, 100, 80, 60, 40):
            yield f"status-{name}-{width or 'wide'}.txt", f"{matrix.board(drawn, width)}\n"
        yield f"status-{name}.md", f"{markdown.board(drawn)}\n"
        plan, links = difference(evil)
        yield f"diff-{name}.md", f"{markdown.difference('test', 'prod', plan, links)}\n"
        yield f"history-{name}.md", f"{markdown.history(chronicle(evil))}\n"
        yield f"history-{name}.txt", f"{text.history(chronicle(evil), None)}\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, said in forms():
        (FOLDER / file).write_text(said, encoding="utf-8")
