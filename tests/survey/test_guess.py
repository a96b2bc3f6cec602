"""Which policies are guessed from the tags in use, and where none is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.config.load import load
from promote.survey.guess import guessed, guesses, policy_for, without_guesses
from promote.survey.proposal import App, Environment, Keys, Proposal
from promote.survey.watched import said
from promote.survey.writer import text_of

NOTHING_PLAIN = [
    [],
    ["latest"],
    ["16"],  # of databases
    ["7.2"],
    ["4a5b6c7"],
    ["main-4a5b6c7"],
    ["main-1234567"],  # may be a commit that happens to have no letter
    ["1.4.0", "latest"],
    ["1.4.0-rc.1"],
    ["1.25.0-alpine"],
    ["2026.03.9"],
    ["main-7-0c1d2e3", "dev-8-0c1d2e3"],
    ["main-7-0c1d2e3", "main-8"],
    ["main-7-0c1d2e3", "main-8-g0c1d2e3"],
    ["ma/in-7"],
]
PLAIN = [
    (["1.4.0"], {"semver": "*"}),
    (["v1.4.0", "1.10.2"], {"semver": "*"}),
    (["main-7-0c1d2e3", "main-101-4a5b6c7"], "^main-(?P<n>[0-9]+)-[0-9a-f]+$"),
    (["release-1.main-7-g0c1d2e3"], None),
    (["main.7-g0c1d2e3"], "^main[.](?P<n>[0-9]+)-g[0-9a-f]+$"),
    (["7-0c1d2e3"], "^(?P<n>[0-9]+)-[0-9a-f]+$"),
    (["build-17", "build-9"], "^build-(?P<n>[0-9]+)$"),
    (["main-20260312101500-0c1d2e3"], "^main-(?P<n>[0-9]+)-[0-9a-f]+$"),
]


@pytest.mark.parametrize("tags", NOTHING_PLAIN)
def test_5_1_tags_that_tell_nothing_make_no_policy(tags: list[str]) -> None:
    assert policy_for(tags) is None


@pytest.mark.parametrize(("tags", "wanted"), PLAIN)
def test_tags_that_tell_it(tags: list[str], wanted: dict[str, str] | str | None) -> None:
    found = policy_for(tags)
    if wanted is None or isinstance(wanted, dict):
        assert (None if found is None else said(found)) == wanted
    else:
        assert found is not None
        assert said(found) == {"order": "numeric", "filter": {"match": wanted, "extract": "{n}"}}
        assert all(re.search(wanted, tag) for tag in tags)


def _proposal(*apps: App, overrides: dict[str, Keys] | None = None) -> Proposal:
    return Proposal((Environment("dev", None, "", ("dev",), overrides=overrides or {}),), apps)


WEB = App("web", "ghcr.io/acme/web")


@given(st.lists(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True), min_size=1, max_size=3))
def test_what_is_guessed_can_be_read_and_takes_what_is_in_use(tags: list[str]) -> None:
    proposal = guessed(_proposal(WEB), {"web": tags})
    read = load("promote.yaml", text_of(proposal).encode(), environ={}).apps["web"].policy
    assert read == policy_for(tags)
    if read is not None:
        assert f"# a guess, from {sorted(tags)[0]}" in text_of(proposal)


@pytest.mark.parametrize(
    "keys", [Keys(imagepolicy="flux-system:web"), Keys(told="Flux ImagePolicy a:b", lost=("its policy",))]
)
def test_nothing_is_guessed_where_another_tool_has_said_something(keys: Keys) -> None:
    tags = {"web": ["1.4.0"]}
    told = App("web", "ghcr.io/acme/web", keys)
    assert guessed(_proposal(told), tags) == _proposal(told)
    beside = _proposal(WEB, overrides={"web": keys})
    assert guessed(beside, tags) == beside


def test_who_wants_no_guess_gets_what_is_known() -> None:
    known = App("api", "ghcr.io/acme/api", Keys(policy=policy_for(["1.0.0"]), told="Flux ImagePolicy a:b"))
    proposal = guessed(_proposal(WEB, known), {"web": ["1.4.0"], "api": ["1.0.0"]})
    assert list(guesses(proposal)) == ["web"]
    assert without_guesses(proposal) == _proposal(WEB, known)
