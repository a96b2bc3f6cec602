"""What a terminal is shown while it waits, and in which colours."""

from __future__ import annotations

import io
import re
import sys
import threading
from collections.abc import Mapping

import pytest

from promote.cli.progress import Line, is_wanted, progress_line
from tests.e2e.gitops import Gitops
from tests.e2e.program import Inside, Program
from tests.servers.githttp import Fault


class Screen(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.is_written = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        count = super().write(text)
        self.is_written.set()
        return count


def _drawing() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "promote-progress"]


def test_a_line_says_what_is_under_way_and_gives_way() -> None:
    screen = Screen()
    line = Line(screen, patience=0.01, pace=0.01)
    line.tell("reading 240 files\x1b[2J")
    assert screen.is_written.wait(5)
    assert re.match(r"\r\x1b\[K\S reading 240 files\?\[2J", screen.getvalue())
    line.clear()
    assert screen.getvalue().endswith("\r\x1b[K")
    drawing = _drawing()
    line.end()
    line.tell("no more")
    for each in drawing:
        each.join(5)
    assert _drawing() == []
    assert "no more" not in screen.getvalue()


def test_what_is_soon_done_is_not_told() -> None:
    screen = Screen()
    line = Line(screen, patience=30)
    line.tell("quick")
    line.end()
    assert screen.getvalue() == ""


@pytest.mark.parametrize(
    ("stream", "environ", "wanted"),
    [
        (None, {"TERM": "xterm"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
        (Screen(), {}, False),
        (Screen(), {"TERM": "dumb"}, False),
        (Screen(), {"TERM": "xterm", "CI": "true"}, False),
        (Screen(), {"TERM": "xterm", "CI": "false"}, True),
        (Screen(), {"TERM": "xterm"}, True),
    ],
)
def test_a_line_is_drawn_only_where_somebody_watches(
    stream: io.StringIO | None, environ: Mapping[str, str], wanted: bool
) -> None:
    assert is_wanted(stream, environ) is wanted


def test_who_waits_at_a_terminal_sees_for_what(repository: Gitops, promote: Program) -> None:
    repository.server.fail(Fault("/git-upload-pack", stall=1.5))
    done = promote.on_a_terminal("find", "--repo", repository.url)
    assert "reading the repository" in done.stderr
    assert done.stderr.endswith("\r\x1b[K")
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("quiet", "verbose", "drawn"), [(False, False, True), (True, False, False), (False, True, False)]
)
def test_who_wants_no_words_or_all_of_them_sees_no_line(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, verbose: bool, drawn: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", Screen())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    assert progress_line(quiet=quiet, verbose=verbose).is_on is drawn


def test_verbose_shows_each_request_and_each_git_command_with_its_time(repository: Gitops, promote: Program) -> None:
    done = promote.ok("update", "dev", "--dry-run", "--no-cache", "-v", "--repo", repository.url)
    assert re.search(r"^promote: git .*: 0 in [0-9.]+ s$", done.stderr, re.MULTILINE)
    assert re.search(r"^promote: GET http://\S+ 200 .*[0-9.]+ m?s", done.stderr, re.MULTILINE)


@pytest.mark.parametrize(
    ("env", "words", "coloured"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1"}, ("--color", "never"), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
    ],
)
def test_colours_are_as_the_environment_and_the_option_say(
    repository: Gitops, inside: Inside, env: Mapping[str, str], words: tuple[str, ...], coloured: bool
) -> None:
    done = inside("set", "dev", "web=1.5.0", "--dry-run", "--repo", repository.url, *words, env=env)
    assert done.code == 0, done.output
    assert ("\x1b[32m" in done.stdout) is coloured
