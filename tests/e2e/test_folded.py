"""Result lines, notes and errors on a terminal that is narrower than they are."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.cli.folded import folded
from tests.e2e.gitops import Gitops
from tests.e2e.program import Program

URL = "http://127.0.0.1:27960/v2/acme/web/manifests/1.5.1"
LINE = f"dev: web 1.4.0 → 1.5.0  apps/web/overlays/dev/kustomization.yaml:9:13  (set by hand) {URL}"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "columns"),
    [(io.StringIO(), "40"), (None, "40"), (Terminal(), ""), (Terminal(), "0"), (Terminal(), "999")],
)
def test_what_no_terminal_is_too_narrow_for_is_left_as_it_is(
    stream: io.StringIO | None, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert folded(LINE, stream) == LINE


@given(st.lists(st.text("ab-/:.", min_size=1, max_size=60), min_size=1, max_size=20), st.integers(1, 120))
def test_words_stay_whole_and_lines_within_the_width(words: list[str], columns: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        lines = folded(" ".join(words), Terminal()).split("\n")
    assert " ".join(lines).split() == words
    assert all(len(line) <= max(columns, 40) or len(line.split()) == 1 for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])


def test_several_lines_are_folded_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert folded(f"{LINE}\n\nshort", Terminal()).split("\n") == [
        "dev: web 1.4.0 → 1.5.0",
        "    apps/web/overlays/dev/kustomization.yaml:9:13  (set by",
        "    hand) http://127.0.0.1:27960/v2/acme/web/manifests/1.5.1",
        "",
        "short",
    ]


def test_faults_and_errors_are_folded_where_stderr_is_a_terminal(repository: Gitops, promote: Program) -> None:
    """They were broken in the middle of words, URLs and tags among them."""
    narrow = Program({**promote.environ, "COLUMNS": "60"}, promote.cwd)
    refused = narrow.on_a_terminal("set", "dev", "web=1.5.1", "-q", "--repo", repository.url)
    assert refused.code == 3
    assert "\n    " in refused.stderr
    assert max(map(len, refused.stderr.splitlines())) <= 60
    wrong = narrow.on_a_terminal("status", "-q", "nowhere-at-all", "--repo", repository.url)
    assert wrong.stderr.splitlines() == [
        "promote: there is no environment 'nowhere-at-all'; there",
        "    are: dev, prod, test",
    ]
