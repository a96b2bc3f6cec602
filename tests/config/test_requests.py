"""What promote.yaml says of pull requests and forges."""

from __future__ import annotations

import pytest

from promote.config.request_settings import ForgeSettings, PullRequestSettings
from promote.errors import ConfigError
from tests.config.loading import loaded

HEAD = "version: 1\n"
PROD = "environments:\n  prod: {path: prod, deliver: pull-request%s}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PROD % ", pull_request: {group: commit}", "expected"),
        (PROD % ", pull_request: {label: [a]}", "did you mean"),
        (PROD % ", pull_request: {branch: 'x y'}", "is no branch name"),
        (PROD % ", pull_request: {branch: 'x-{environment'}", "stray brace"),
        (PROD % ", pull_request: {branch: promote}", "needs {environment}"),
        (PROD % ", pull_request: {branch: 'p/{environment}', group: app}", "needs {app}"),
        (PROD % ", pull_request: {branch: 'p/{environment}/{app}'}", "says nothing with `group: environment`"),
        (PROD % ", pull_request: {branch: 'p/{environment}', group: run}", "says nothing with `group: run`"),
        (PROD % ", pull_request: {labels: ['']}", "is no name that a forge knows"),
        (PROD % ", pull_request: {reviewers: ['a,b']}", "is no name that a forge knows"),
        (PROD % ", pull_request: {reviewers: ['@ann']}", "is no name that a forge knows"),
        (PROD % ", pull_request: {assignees: ['team:sre']}", "is no name that a forge knows"),
        (PROD % ", pull_request: {title: ' '}", "nothing but space"),
        (PROD % ", pull_request: {auto_merge: true}", "expected"),
        (PROD % ", forge: {kind: svn}", "expected"),
        (PROD % ", forge: {url: github.example.com}", "is no address"),
        (PROD % ", forge: {url: 'https://user@github.example.com'}", "is no address"),
        ("forge: {project: acme}\n", "is no project"),
        ("forge: {token: {env: HOME}}\n", "may not be named"),
        ("forge: {token: ghp_secret}\n", "a secret is named here, never written"),
        (
            "environments:\n  a: {path: a, deliver: pull-request, pull_request: {branch: 'p/{environment}'}}\n"
            "  b: {path: b, deliver: pull-request, pull_request: {branch: 'p/a/{environment}'}}\n",
            "collide",
        ),
        (
            "environments:\n  a: {path: a, deliver: pull-request, pull_request: {branch: promote/env, group: run}}\n"
            "  b: {path: b, deliver: pull-request}\n",
            "collide",
        ),
        (
            "environments:\n  a: {path: a, deliver: pull-request, pull_request: {branch: promote/env/b, group: run}}\n"
            "  b: {path: b, deliver: pull-request}\n",
            "collide",
        ),
        (PROD % ", branch: live, pull_request: {branch: live, group: run}", "go into"),
    ],
)
def test_7_1_what_cannot_be_said(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(HEAD + text)
    assert says in str(caught.value)
    assert "ghp_secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (PROD % ", pull_request: {branch: 'promote/hold/{environment}'}", (3, 68)),
        (PROD % ", pull_request: {branch: 'promote/rollback/{environment}/{app}', group: app}", (3, 68)),
        (PROD % ", pull_request: {branch: promote/hold, group: run}", (3, 68)),
        (PROD % ", pull_request: {branch: promote, group: run}", (3, 68)),
        (PROD % ", pull_request: {branch: promote/rollback/a/b/c, group: run}", (3, 68)),
        (
            "apps: {hold: {image: x/hold}}\n"
            + PROD % ", pull_request: {group: app, branch: 'promote/{app}/{environment}'}",
            (4, 80),
        ),
        (
            "defaults: {deliver: pull-request, pull_request: {branch: 'promote/{environment}'}}\n"
            "environments:\n  prod: {path: prod}\n  rollback: {path: rollback}\n",
            (2, 58),
        ),
    ],
)
def test_8_2_branches_of_holds_and_rollbacks_are_kept(text: str, at: tuple[int, int]) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(HEAD + text)
    (mistake,) = caught.value.mistakes
    assert "is kept for holds and rollbacks" in mistake.what
    assert (mistake.line, mistake.column) == at


@pytest.mark.parametrize(
    ("said", "branch"),
    [
        ("", "promote/env/prod"),
        (", pull_request: {group: app}", "promote/app/prod/web"),
        (", pull_request: {group: run}", "promote/run"),
        (", pull_request: {branch: 'gitops-{environment}'}", "gitops-prod"),
        (", pull_request: {branch: 'p/{app}-{environment}', group: app}", "p/web-prod"),
    ],
)
def test_7_1_branches(said: str, branch: str) -> None:
    config = loaded(HEAD + PROD % said)
    environment = config.environment("prod")
    assert (environment.deliver, environment.request_branch("web")) == ("pull-request", branch)


def test_an_environments_own_words_stand_above_defaults_as_a_whole() -> None:
    config = loaded(
        HEAD
        + "forge: {kind: gitea, url: https://git.example.com/x, project: acme/gitops}\n"
        + "defaults: {deliver: pull-request, pull_request: {labels: [a], draft: true}}\n"
        + "environments:\n  a: {path: a}\n  b: {path: b, deliver: commit, pull_request: {labels: [b]}}\n"
    )
    a, b = config.environment("a"), config.environment("b")
    assert (a.deliver, a.pull_request) == ("pull-request", PullRequestSettings(labels=["a"], draft=True))
    assert (b.deliver, b.pull_request) == ("commit", PullRequestSettings(labels=["b"]))
    assert (a.forge, config.forge) == (
        None,
        ForgeSettings(kind="gitea", url="https://git.example.com/x", project="acme/gitops"),
    )
