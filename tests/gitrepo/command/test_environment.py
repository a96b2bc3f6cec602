from __future__ import annotations

import pytest

from promote.gitrepo.command.environment import KEPT, KEPT_PREFIXES, OVERRIDES, for_git, unasking


@pytest.mark.parametrize(
    "name",
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_CONFIG_KEY_99",
        "GIT_TEMPLATE_DIR",
        "GIT_TRACE_CURL",
        "GIT_EXTERNAL_DIFF",
        "GIT_PROXY_COMMAND",
        "GIT_SHALLOW_FILE",
        "LANGUAGE",
        "LD_PRELOAD",
        "BASH_ENV",
        "PYTHONPATH",
        "PROMOTE_REGISTRY_PASSWORD",
    ],
)
def test_not_passed_on(name: str) -> None:
    assert for_git({name: "x"}).get(name, "") == ""


@pytest.mark.parametrize("name", ["PATH", "HOME", "SSH_AUTH_SOCK", "GIT_ASKPASS", "GIT_SSH_COMMAND", "https_proxy"])
def test_passed_on(name: str) -> None:
    assert for_git({name: "x"})[name] == "x"


def test_another_host_is_not_answered_by_askpass() -> None:
    assert unasking({"GIT_ASKPASS": "x", "SSH_ASKPASS": "x", "SSH_ASKPASS_REQUIRE": "force", "HOME": "h"}) == {
        "HOME": "h"
    }


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "CI_JOB_TOKEN", "GH_TOKEN", "AWS_SESSION_TOKEN", "GIT_ASKPASS"])
def test_a_git_that_talks_to_nobody_gets_nothing_of_what_helpers_need(name: str) -> None:
    assert name in for_git({name: "x"})
    assert name not in for_git({name: "x"}, asks=False)


def test_everything_kept_has_its_reason() -> None:
    assert all(reason.strip() for reason in (*KEPT.values(), *KEPT_PREFIXES.values()))


def test_what_is_fixed_outranks_what_is_inherited() -> None:
    env = for_git({"GIT_TERMINAL_PROMPT": "1", "LC_ALL": "de_DE", "GIT_ALLOW_PROTOCOL": "ext"})
    assert (env["GIT_TERMINAL_PROMPT"], env["LC_ALL"]) == ("0", "C.UTF-8")
    assert "ext" not in env["GIT_ALLOW_PROTOCOL"].split(":")


def test_our_overrides_come_last_and_so_win() -> None:
    env = for_git({"GIT_CONFIG_COUNT": "9"}, [("core.hooksPath", "/evil")])
    count = int(env["GIT_CONFIG_COUNT"])
    settings = [(env[f"GIT_CONFIG_KEY_{n}"], env[f"GIT_CONFIG_VALUE_{n}"]) for n in range(count)]
    assert settings == [("core.hooksPath", "/evil"), *OVERRIDES]
