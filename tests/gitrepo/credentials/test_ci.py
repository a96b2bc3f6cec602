from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from promote.gitrepo.credentials.ci import ci_login
from promote.gitrepo.url import parse


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("https://github.com/a/b", {}, None),
        ("https://github.com/a/b", {"GITHUB_TOKEN": ""}, None),
        ("https://github.example.com/a/b", {"GITHUB_TOKEN": "t"}, None),
        ("https://github.com/a/b", {"GITHUB_TOKEN": "t", "GITHUB_SERVER_URL": "https://github.example.com"}, None),
        ("https://github.com:8443/a/b", {"GITHUB_TOKEN": "t"}, None),
        ("http://github.com/a/b", {"GITHUB_TOKEN": "t", "GITHUB_SERVER_URL": "http://github.com"}, None),
        ("git@github.com:a/b", {"GITHUB_TOKEN": "t"}, None),
        ("https://gitlab.com/a/b", {"CI_JOB_TOKEN": "t"}, None),
        ("https://gitlab.com/a/b", {"CI_JOB_TOKEN": "t", "CI_SERVER_HOST": "gitlab.example.com"}, None),
        ("https://gitlab.com/a/b", {"CI_JOB_TOKEN": "t", "CI_SERVER_URL": "::"}, None),
        ("https://dev.azure.com/a/b", {"SYSTEM_ACCESSTOKEN": "t"}, None),
        ("https://github.com/a/b", {"GITHUB_TOKEN": "t"}, ("x-access-token", "GITHUB_TOKEN")),
        (
            "https://github.example.com/a/b",
            {"GITHUB_TOKEN": "t", "GITHUB_SERVER_URL": "https://GitHub.example.com/"},
            ("x-access-token", "GITHUB_TOKEN"),
        ),
        (
            "https://gitlab.com/a/b",
            {"GITHUB_TOKEN": "x", "CI_JOB_TOKEN": "t", "CI_SERVER_HOST": "gitlab.com"},
            ("gitlab-ci-token", "CI_JOB_TOKEN"),
        ),
        (
            "https://gitlab.example.com:8443/a/b",
            {"CI_JOB_TOKEN": "t", "CI_SERVER_HOST": "no", "CI_SERVER_URL": "https://gitlab.example.com:8443/gitlab"},
            ("gitlab-ci-token", "CI_JOB_TOKEN"),
        ),
        (
            "https://dev.azure.com/acme/x/_git/y",
            {"SYSTEM_ACCESSTOKEN": "t", "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/"},
            ("build", "SYSTEM_ACCESSTOKEN"),
        ),
    ],
)
def test_10_3_a_job_s_token_is_for_the_forge_that_the_job_runs_on(
    url: str, environ: Mapping[str, str], expected: tuple[str, str] | None
) -> None:
    login = ci_login(parse(url, base=Path("/")), environ)
    assert (None if login is None else (login.username, login.source)) == expected
    assert login is None or login.password == "t"
