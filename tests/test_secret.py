from __future__ import annotations

import os
from pathlib import Path

import pytest

from promote.errors import UsageError
from promote.secret import SecretSettings, resolve_secret
from tests.config.loading import loaded, mistakes

ONLY = "may not be named: only variables that begin with PROMOTE_, or are listed in PROMOTE_ALLOW_SECRETS"
ONLY_FILES = "may not be named: only files that are listed in PROMOTE_ALLOW_SECRETS"


def registry(password: str) -> str:
    return f"registries: {{a.io: {{username: u, password: {password}}}}}"


@pytest.mark.parametrize(
    ("password", "told"),
    [
        (
            "hunter2",
            "1:44: expected {env: NAME} or {file: PATH} (a secret is named here, never written), found a string",
        ),
        ("{}", "1:44: one of `env`, `file` is missing"),
        ("{env: A, file: /b}", "1:44: only one of `env`, `file` may be given"),
        ("{env: HOME}", f"1:50: `HOME` {ONLY}"),
        ("{env: AWS_SECRET_ACCESS_KEY}", f"1:50: `AWS_SECRET_ACCESS_KEY` {ONLY}"),
        ("{env: PROMOTE}", f"1:50: `PROMOTE` {ONLY}"),
        ("{env: 'PROMOTE_A B'}", "1:50: `PROMOTE_A B` is no name of an environment variable"),
        ("{env: ''}", "1:50: `` is no name of an environment variable"),
        ("{file: secret}", "1:51: `secret` must be an absolute path"),
        ("{file: /etc/shadow}", f"1:51: `/etc/shadow` {ONLY_FILES}"),
    ],
)
def test_10_3_only_some_secrets_may_be_named(password: str, told: str) -> None:
    found = mistakes(registry(password))
    assert found[:1] == [told]
    assert "hunter2" not in str(found)


def test_10_3_listed_secrets_may_be_named() -> None:
    allow = {"PROMOTE_ALLOW_SECRETS": "CI_TOKEN, /run/secrets/registry"}
    assert mistakes(registry("{env: CI_TOKEN}"), allow) == []
    assert mistakes(registry("{file: /run/secrets/registry}"), allow) == []
    assert mistakes(registry("{env: CI_TOKE}"), allow) != []


def test_10_3_a_secret_is_had_only_when_asked_for() -> None:
    environ = {"PROMOTE_X": "hunter2"}
    config = loaded(registry("{env: PROMOTE_X}"), environ)
    assert "hunter2" not in repr(config)
    password = config.registries["a.io"].password
    assert isinstance(password, SecretSettings)
    assert resolve_secret(password, environ) == "hunter2"


@pytest.mark.parametrize(
    ("secret", "environ", "told"),
    [
        (SecretSettings(env="PROMOTE_X"), {}, "the secret PROMOTE_X is not set"),
        (SecretSettings(env="PROMOTE_X"), {"PROMOTE_X": ""}, "the secret PROMOTE_X is not set"),
        (SecretSettings(env="HOME"), {"HOME": "/"}, "the secret HOME may not be named"),
        (SecretSettings(file="/etc/shadow"), {}, "the secret /etc/shadow may not be named"),
        (SecretSettings(file="/no/file"), {"PROMOTE_ALLOW_SECRETS": "/no/file"}, "No such file or directory"),
    ],
)
def test_10_3_a_secret_that_is_not_to_be_had_is_refused(
    secret: SecretSettings, environ: dict[str, str], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        resolve_secret(secret, environ)


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"", "is empty"), (b"\n", "is empty"), (b"hunter2\xff", "is not text"), (b"hunter2" * 10_000, "is too large")],
)
def test_10_3_a_file_that_holds_no_secret_is_refused_without_its_content(
    tmp_path: Path, data: bytes, told: str
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=told) as caught:
        resolve_secret(SecretSettings(file=os.fspath(file)), {"PROMOTE_ALLOW_SECRETS": os.fspath(file)})
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__!r}"


def test_10_3_a_file_s_last_line_break_is_no_part_of_the_secret(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"hunter2\n")
    allow = {"PROMOTE_ALLOW_SECRETS": os.fspath(file)}
    assert resolve_secret(SecretSettings(file=os.fspath(file)), allow) == "hunter2"
