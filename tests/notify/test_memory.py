"""What was told before is not told again, and a memory that is gone or broken costs no more than that."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.notify.event import Event
from promote.notify.kind import Kind
from promote.notify.memory import Memory, Pair, recall
from promote.place import Place
from tests.notify.deliveries import MAIN, REPO

WEB = Event("refused", "prod", "web", code="downgrade", reason="1.4.0 is older")
API = Event("failed", "prod", "api", code="registry", reason="down")
JOB = Event("waiting-changed", "prod", "job", code="waiting", gate="soak", until="noon", reason="soak: 2h5m of 24h")
PROMOTED = Event("promoted", "prod", "cron")
ALL = (WEB, API, JOB, PROMOTED)
NAME = "notify[0].slack"
SILENT = logging.getLogger("tests").debug


def pairs(*events: Event) -> frozenset[Pair]:
    return frozenset(event.pair for event in events)


def told(*events: Event) -> Memory:
    return Memory(Path("x")).after(NAME, events, pairs(*events), was_sent=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "promote"


def test_what_was_told_is_no_news_but_for_what_was_promoted() -> None:
    assert told(*ALL).news(NAME, ALL) == (PROMOTED,)


def test_everything_is_news_to_a_target_that_was_told_nothing() -> None:
    assert told(*ALL).news("notify[1].teams", ALL) == ALL


@pytest.mark.parametrize(
    ("again", "is_news"),
    [
        (replace(JOB, reason="soak: 2h10m of 24h"), False),
        (replace(JOB, reason="soak: 3 minutes of 24h"), False),
        (replace(JOB, until="one"), True),
        (replace(JOB, gate="window"), True),
        (replace(JOB, reason="window: closed"), True),
        (replace(JOB, kind="refused"), True),
        (replace(JOB, code="held"), True),
        (replace(JOB, app="web"), True),
        (replace(JOB, environment="test"), True),
        (replace(JOB, reason="soak: 1.4.2 for 2h of 24h"), True),
    ],
)
def test_what_differs_is_news_but_not_how_long_it_has_lasted(again: Event, is_news: bool) -> None:
    assert told(JOB).news(NAME, (again,)) == ((again,) if is_news else ())


def test_what_has_ended_is_news_when_it_begins_again() -> None:
    memory = told(WEB).after(NAME, (), pairs(WEB), was_sent=True)
    assert memory.news(NAME, (WEB,)) == (WEB,)


def test_what_a_run_did_not_look_at_stays() -> None:
    memory = told(WEB, API).after(NAME, (), pairs(API), was_sent=True)
    assert memory.news(NAME, (WEB, API)) == (API,)


def test_what_could_not_be_told_is_told_the_next_time() -> None:
    memory = told(WEB).after(NAME, (WEB, API), pairs(WEB, API), was_sent=False)
    assert memory.news(NAME, (WEB, API)) == (API,)


def test_without_a_memory_what_waits_is_never_told_and_the_rest_always() -> None:
    assert Memory(None).after(NAME, ALL, pairs(*ALL), was_sent=True).news(NAME, ALL) == (WEB, API, PROMOTED)


def test_it_is_kept_by_repository_and_branch(folder: Path) -> None:
    log: list[str] = []
    recall(MAIN, log.append).after(NAME, (WEB,), pairs(WEB), was_sent=True).keep([NAME], log.append)
    assert recall(MAIN, log.append).news(NAME, (WEB,)) == ()
    assert recall(Place(REPO, "next"), log.append).news(NAME, (WEB,)) == (WEB,)
    assert recall(Place("https://x.example/a.git", "main"), log.append).news(NAME, (WEB,)) == (WEB,)
    (file,) = folder.iterdir()
    assert (file.stat().st_mode & 0o777, log) == (0o600, [])


def test_a_target_that_is_gone_is_forgotten(folder: Path) -> None:
    memory = recall(MAIN, SILENT).after(NAME, (WEB,), pairs(WEB), was_sent=True)
    memory.after("notify[1].teams", (API,), pairs(API), was_sent=True).keep([NAME], SILENT)
    assert set(recall(MAIN, SILENT).told) == {NAME}
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b'{"schema": 2, "told": {}}',
        b'{"schema": 1}',
        b'{"schema": 1, "told": []}',
        b'{"schema": 1, "told": {"notify[0].slack": 7}}',
        b'{"schema": 1, "told": {"notify[0].slack": [["prod"]]}}',
        b'{"schema": 1, "told": {"notify[0].slack": [["prod", "we',
        b"[" * 100_000,
    ],
)
def test_a_broken_one_counts_as_none_and_is_replaced(folder: Path, data: bytes) -> None:
    told_memory = recall(MAIN, SILENT).after(NAME, (WEB,), pairs(WEB), was_sent=True)
    told_memory.keep([NAME], SILENT)
    (file,) = folder.iterdir()
    file.write_bytes(data)
    log: list[str] = []
    memory = recall(MAIN, log.append)
    assert memory.news(NAME, (WEB, JOB)) == (WEB, JOB)
    assert log == [f"what was told is not remembered: {file} is no memory of ours"]
    told_memory.keep([NAME], log.append)
    assert recall(MAIN, log.append).news(NAME, (WEB,)) == ()


def test_one_that_cannot_be_read_or_written_is_said(folder: Path) -> None:
    recall(MAIN, SILENT).keep([], SILENT)
    (file,) = folder.iterdir()
    file.unlink()
    file.mkdir()
    log: list[str] = []
    recall(MAIN, log.append).keep([], log.append)
    assert [line.rpartition(": ")[2] for line in log] == ["Is a directory", "Is a directory"]
    assert [path.name for path in folder.iterdir()] == [file.name]


def test_its_size_is_bounded(folder: Path) -> None:
    events = tuple(Event("failed", "prod", f"app-{number}", code="registry") for number in range(12_000))
    recall(MAIN, SILENT).after(NAME, events, pairs(*events), was_sent=True).keep([NAME], SILENT)
    (file,) = folder.iterdir()
    assert len(json.loads(file.read_bytes())["told"][NAME]) == 10_000
    assert len(recall(MAIN, SILENT).news(NAME, events)) == 2_000


_KINDS: tuple[Kind, ...] = ("waiting-changed", "refused", "failed")
_EVENTS = st.lists(
    st.builds(
        Event,
        kind=st.sampled_from(_KINDS),
        environment=st.sampled_from(["a", "b"]),
        app=st.sampled_from(["a", "b"]),
        reason=st.text(max_size=5),
    ),
    max_size=6,
).map(tuple)


@given(st.lists(_EVENTS, max_size=4), _EVENTS)
def test_whatever_was_told_last_is_not_told_again(before: list[tuple[Event, ...]], last: tuple[Event, ...]) -> None:
    memory = Memory(Path("x"))
    for events in [*before, last]:
        memory = memory.after(NAME, events, pairs(*events), was_sent=True)
    assert memory.news(NAME, last) == ()
