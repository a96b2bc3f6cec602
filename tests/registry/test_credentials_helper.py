"""Credential helpers: real programs on PATH, as docker's config.json names them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from promote.errors import RegistryDenied
from promote.registry.credentials.authfiles import AuthFiles
from promote.registry.credentials.program import Helpers
from promote.registry.settings import Credentials
from tests.registry.test_credentials import HOST, basic

HUB = "https://index.docker.io/v1/"
HAS_NONE = "echo 'credentials not found in native keychain'; exit 1"
ACR = "00000000-0000-0000-0000-000000000000"

Find = Callable[..., Credentials | None]


def says(username: str, secret: str) -> str:
    answer = json.dumps({"ServerURL": HOST, "Username": username, "Secret": secret})
    return f"cat <<'END'\n{answer}\nEND"


@pytest.fixture
def install(tmp_path: Path) -> Callable[[str, str], None]:
    """Puts docker-credential-NAME on PATH: it notes what it is asked in the file `asked`, then runs `script`."""
    (tmp_path / "bin").mkdir()

    def make(name: str, script: str) -> None:
        program = tmp_path / "bin" / f"docker-credential-{name}"
        program.write_text(f'#!/bin/sh\necho "$1 $(cat)" >>"{tmp_path}/asked"\n{script}\n')
        program.chmod(0o755)

    return make


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., AuthFiles]:
    def make(config: object, *, seconds: float = 30.0) -> AuthFiles:
        (tmp_path / "config.json").write_text(json.dumps(config))
        environ = {
            "DOCKER_CONFIG": str(tmp_path),
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "OWN": "s3cret-env",
        }
        return AuthFiles(Helpers(environ, seconds=seconds), environ=environ, home=tmp_path / "nobody")

    return make


BROKEN = (
    ("fails", "echo s3cret-out; echo s3cret-err >&2; exit 3", "failed with exit code 3"),
    ("fails-with-words", "echo credentials not found s3cret; exit 1", "failed with exit code 1"),
    ("crashes", "kill -SEGV $$", "failed with exit code -11"),
    ("says-nothing", "exit 0", "answered what is no credentials"),
    ("is-no-json", "echo s3cret", "answered what is no credentials"),
    ("is-other-json", 'echo \'{"Username": ["s3cret"], "Secret": "s3cret"}\'', "answered what is no credentials"),
    ("is-no-text", "printf '\\377\\376'", "answered what is no credentials"),
    ("is-endless", "yes s3cret", "answered without end"),
    ("is-slow", "sleep 60", "did not answer within 0.5 seconds"),
    ("has-none", HAS_NONE, "has no credentials for"),
    ("is-empty", says("", ""), "has no credentials for"),
)


@pytest.mark.parametrize(("name", "script", "said"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_helper_of_the_host_that_gives_nothing_is_an_error(
    name: str,
    script: str,
    said: str,
    install: Callable[[str, str], None],
    files: Callable[..., AuthFiles],
    tmp_path: Path,
) -> None:
    install(name, script)
    made = files({"credHelpers": {HOST: name}}, seconds=0.5 if "slow" in name else 30.0)
    started = time.monotonic()
    for _ in range(2):
        with pytest.raises(RegistryDenied) as caught:
            made.docker(HOST)
        assert said in str(caught.value)
        assert f"docker-credential-{name}" in str(caught.value)
        assert str(tmp_path / "config.json") in str(caught.value)
        assert caught.value.cure
        assert "s3cret" not in f"{caught.value!r} {caught.value} {caught.value.__cause__} {caught.value.__context__}"
    assert time.monotonic() - started < 20
    # and it is asked once a run
    assert (tmp_path / "asked").read_text() == f"get {HOST}\n"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"credHelpers": {HOST: "not-there"}}, "there is no program 'docker-credential-not-there'; install it"),
        ({"credsStore": "not-there"}, "there is no program 'docker-credential-not-there'; install it"),
        ({"auths": {HOST: {}}, "credsStore": "none"}, "docker-credential-none has no credentials"),
        ({"credHelpers": {HOST: "../bin/x"}}, "is not a helper's name"),
        ({"credHelpers": {HOST: "a b"}}, "is not a helper's name"),
        ({"credsStore": "-x"}, "is not a helper's name"),
    ],
)
def test_what_no_helper_answers_is_never_silently_anonymous(
    config: object, said: str, install: Callable[[str, str], None], files: Callable[..., AuthFiles], tmp_path: Path
) -> None:
    install("none", HAS_NONE)
    with pytest.raises(RegistryDenied) as caught:
        files(config).docker(HOST)
    assert said in str(caught.value)
    assert str(tmp_path / "config.json") in str(caught.value)


def test_a_store_that_has_none_is_no_error(
    install: Callable[[str, str], None], files: Callable[..., AuthFiles], tmp_path: Path
) -> None:
    install("store", HAS_NONE)
    made = files({"credsStore": "store"})
    assert made.docker(HOST) is None
    assert made.docker(HOST) is None
    assert (tmp_path / "asked").read_text() == f"get {HOST}\n"


@pytest.mark.parametrize(
    ("username", "secret", "expected"),
    [
        ("ci", "wörd:x", Credentials("ci", "wörd:x")),
        ("<token>", "long", Credentials("", "", "long")),
        # as docker-credential-gcloud and -gcr answer, and -ecr-login, and -acr-env
        ("_dcgcr_0_0_0_token", "ya29.x", Credentials("_dcgcr_0_0_0_token", "ya29.x")),
        ("AWS", "x" * 4000, Credentials("AWS", "x" * 4000)),
        (ACR, "eyJ.refresh", Credentials(ACR, "eyJ.refresh")),
    ],
)
@pytest.mark.parametrize(
    "config", [{"credHelpers": {HOST: "x"}}, {"credsStore": "x"}, {"credHelpers": {f"https://{HOST}": "x"}}]
)
def test_what_a_helper_answers(
    username: str,
    secret: str,
    expected: Credentials,
    config: object,
    install: Callable[[str, str], None],
    files: Callable[..., AuthFiles],
) -> None:
    install("x", says(username, secret))
    assert files(config).docker(HOST) == expected


@pytest.mark.parametrize(
    ("config", "host", "server"),
    [
        ({"credsStore": "x"}, "docker.io", HUB),
        ({"credHelpers": {"docker.io": "x"}}, "docker.io", HUB),
        ({"credHelpers": {HUB: "x"}}, "docker.io", HUB),
        ({"credsStore": "x"}, "gcr.io", "gcr.io"),
        # the spelling with which the user signed in
        ({"auths": {f"https://{HOST}": {}}, "credsStore": "x"}, HOST, f"https://{HOST}"),
    ],
)
def test_what_a_helper_is_asked(
    config: object,
    host: str,
    server: str,
    install: Callable[[str, str], None],
    files: Callable[..., AuthFiles],
    tmp_path: Path,
) -> None:
    install("x", says("a", "b"))
    assert files(config).docker(host) == Credentials("a", "b")
    assert (tmp_path / "asked").read_text() == f"get {server}\n"


def test_what_the_file_holds_counts_before_the_helper(
    install: Callable[[str, str], None], files: Callable[..., AuthFiles], tmp_path: Path
) -> None:
    install("x", "exit 1")
    assert files({"auths": {HOST: {"auth": basic("a:b")}}, "credsStore": "x"}).docker(HOST) == Credentials("a", "b")
    assert not (tmp_path / "asked").exists()


def test_the_host_s_own_helper_counts_before_the_store(
    install: Callable[[str, str], None], files: Callable[..., AuthFiles]
) -> None:
    install("own", says("own", "1"))
    install("store", says("store", "2"))
    made = files({"credHelpers": {HOST: "own"}, "credsStore": "store"})
    assert made.docker(HOST) == Credentials("own", "1")
    assert made.docker("other.example.com") == Credentials("store", "2")


def test_a_helper_sees_the_user_s_environment(
    install: Callable[[str, str], None], files: Callable[..., AuthFiles]
) -> None:
    install("x", 'printf \'{"Username": "a", "Secret": "%s"}\' "$OWN"')
    assert files({"credsStore": "x"}).docker(HOST) == Credentials("a", "s3cret-env")


def test_podman_s_file_may_name_helpers(
    install: Callable[[str, str], None], files: Callable[..., AuthFiles], tmp_path: Path
) -> None:
    install("x", says("a", "b"))
    made = files({})
    folder = tmp_path / "nobody/.config/containers"
    folder.mkdir(parents=True)
    (folder / "auth.json").write_text(json.dumps({"credHelpers": {HOST: "x"}}))
    assert made.docker(HOST) is None
    assert made.podman(HOST, "acme/web") == Credentials("a", "b")
