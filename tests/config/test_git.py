"""What promote.yaml may say of hosts of Git, and what it may not."""

from __future__ import annotations

import pytest

from promote.config.check_git import canonical_address
from tests.config.loading import loaded, mistakes

S = "{env: PROMOTE_X}"


@pytest.mark.parametrize(
    ("host", "said", "told"),
    [
        ("https://a.io", "{}", "`https://a.io` is no host; expected one like github.com"),
        ("a.io/b", "{}", "`a.io/b` is no host"),
        ("'a.io:x'", "{}", "`a.io:x` is no host"),
        ("a.io", "{token: hunter2}", "expected {env: NAME} or {file: PATH}"),
        ("a.io", "{token: {env: HOME}}", "`HOME` may not be named"),
        ("a.io", "{password: {env: HOME}, username: u}", "`HOME` may not be named"),
        ("a.io", "{app: {id: 1, key: {env: HOME}}}", "`HOME` may not be named"),
        ("a.io", "{ssh: {key: {env: HOME}}}", "`HOME` may not be named"),
        ("a.io", "{ssh: {known_hosts: {file: /etc/shadow}}}", "`/etc/shadow` may not be named"),
        ("a.io", f"{{password: {S}}}", "`password` needs a `username` beside it"),
        ("a.io", "{username: u}", "`username` needs a `password` or a `token` beside it"),
        ("a.io", f"{{username: ' ', token: {S}}}", "expected a user's name"),
        ("a.io", f"{{username: u, password: {S}, token: {S}}}", "`token` and `password` are two ways to sign in"),
        ("a.io", f"{{token: {S}, app: {{id: 1, key: {S}}}}}", "`app` and `token` are two ways to sign in"),
        ("a.io", f"{{username: u, app: {{id: 1, key: {S}}}}}", "`username` says nothing beside `app`"),
        ("a.io", "{app: {id: 1}}", "`key` is missing"),
        ("a.io", f"{{app: {{key: {S}}}}}", "`id` is missing"),
        ("a.io", f"{{app: {{id: 'a/b', key: {S}}}}}", "`a/b` is no app's ID"),
        ("a.io", f"{{app: {{id: 1, key: {S}, installation: ../1}}}}", "expected a whole number, found"),
        ("a.io", f"{{app: {{id: 1, key: {S}, installation: 0}}}}", "expected the number of an installation"),
        ("a.io", "{ssh: {}}", "one of `key`, `known_hosts` is missing"),
        ("a.io", "{ca: ''}", "expected a file of PEM certificates"),
        ("a.io", "{tokn: x}", "did you mean `token`?"),
    ],
)
def test_what_is_refused(host: str, said: str, told: str) -> None:
    found = mistakes(f"git: {{{host}: {said}}}")
    assert len(found) == 1, found
    assert told in found[0]
    assert "hunter2" not in str(found)


def test_two_spellings_of_a_host_are_one() -> None:
    assert "`A.io` is the same host as `a.io`" in mistakes("git:\n  a.io: {ca: x}\n  A.io: {ca: x}\n")[0]


@pytest.mark.parametrize(
    "said",
    [
        f"{{token: {S}}}",
        f"{{username: u, token: {S}}}",
        f"{{username: u, password: {S}, ssh: {{key: {S}}}, ca: ca.pem}}",
        f"{{app: {{id: 1234, key: {S}, installation: 5678}}}}",
        f"{{app: {{id: Iv1.abc, key: {S}}}}}",
        f"{{ssh: {{key: {S}, known_hosts: {S}}}}}",
    ],
)
def test_what_may_be_said(said: str) -> None:
    assert mistakes(f"git: {{a.io: {said}}}") == []


@pytest.mark.parametrize(
    ("host", "canonical"),
    [
        ("", None),
        ("-a.io", None),
        ("a b", None),
        ("u@a.io", None),
        ("::1", None),
        ("Git.Example.com:8443", "git.example.com:8443"),
        ("[::1]:3000", "[::1]:3000"),
        ("localhost", "localhost"),
    ],
)
def test_hosts(host: str, canonical: str | None) -> None:
    assert canonical_address(host) == canonical


def test_hosts_are_kept_as_remotes_have_them() -> None:
    assert list(loaded("git: {Git.Example.com: {ca: x}}").git) == ["git.example.com"]
