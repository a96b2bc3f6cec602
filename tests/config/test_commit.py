"""What promote.yaml says of commits that GitHub makes: `via: api`."""

from __future__ import annotations

import pytest

from tests.config.loading import loaded, mistakes

UNSAID = "says nothing beside `via: api`: GitHub makes the commit as whose token it is, and signs it; leave out one"
ONLY = "`commit: {via: api}` works at GitHub only; write `via: git`"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("author", '"Ann <ann@example.com>"'),
        ("committer", '"Ann <ann@example.com>"'),
        ("sign", "true"),
        ("sign", "false"),
    ],
)
def test_what_the_api_cannot_be_told_is_refused_where_it_stands(key: str, value: str) -> None:
    assert mistakes(f"commit:\n  via: api\n  {key}: {value}") == [f"3:3: `{key}` {UNSAID} of them"]
    assert mistakes(f"commit:\n  via: git\n  {key}: {value}") == []


def test_a_key_to_sign_with_is_refused_too() -> None:
    text = "commit: {via: api, sign: ssh, signing_key: {env: PROMOTE_KEY}}"
    told = mistakes(text, {"PROMOTE_KEY": "x"})
    assert told == [f"1:20: `sign` {UNSAID} of them", f"1:31: `signing_key` {UNSAID} of them"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("forge: {kind: gitlab, url: https://x.example.com, project: a/b}", "2:15"),
        ("defaults: {forge: {kind: gitea}}", "2:26"),
        ("environments:\n  dev: {path: dev, forge: {kind: azure}}", "3:34"),
        ("environments:\n  dev: {path: dev, repo: https://gitlab.com/a/b.git}", "3:26"),
        ("environments:\n  dev: {path: dev, repo: git@bitbucket.org:a/b.git}", "3:26"),
    ],
)
def test_a_forge_that_is_not_github_is_refused_where_it_is_named(text: str, at: str) -> None:
    assert mistakes(f"commit: {{via: api}}\n{text}") == [f"{at}: {ONLY}"]
    assert mistakes(f"commit: {{via: git}}\n{text}") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "forge: {kind: github, url: https://x.example.com}",
        "environments:\n  dev: {path: dev, repo: https://github.com/a/b.git}",
        # Which forge this is nobody has said yet.
        "environments:\n  dev: {path: dev, repo: https://git.example.com/a/b.git}",
        # The forge that is said stands above what the address tells.
        "environments:\n  dev: {path: dev, repo: https://gitlab.example.com/a/b.git, forge: {kind: github}}",
        "forge: {kind: github}\nenvironments:\n  dev: {path: dev, repo: https://gitlab.example.com/a/b.git}",
    ],
)
def test_github_or_what_is_not_known_yet_is_taken(text: str) -> None:
    assert loaded(f"commit: {{via: api}}\n{text}").commit.via == "api"


def test_git_makes_commits_by_default() -> None:
    assert loaded("").commit.via == "git"
    assert mistakes("commit: {via: hand}")[0].startswith("1:15: ")
