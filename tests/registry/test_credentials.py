from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from promote.errors import RegistryDenied
from promote.registry.credentials import credentials_for
from promote.registry.settings import Credentials, HostSettings

HOST = "registry.example.com:5000"


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def found(tmp_path: Path, config: object, host: str = HOST) -> Credentials | None:
    (tmp_path / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    return credentials_for(host, None, environ={"DOCKER_CONFIG": str(tmp_path)}, home=tmp_path / "nobody")


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"auths": None, "credHelpers": None},
        {"auths": {"other.example.com": {"auth": basic("a:b")}}},
        # a namespace's credentials, as podman has them, are not the host's
        {"auths": {f"{HOST}/acme": {"auth": basic("a:b")}}},
        {"credHelpers": {"other.example.com": "ecr-login"}},
    ],
)
def test_a_host_that_no_file_names_has_no_credentials(tmp_path: Path, config: object) -> None:
    assert found(tmp_path, config) is None


def test_without_a_file_there_are_no_credentials(tmp_path: Path) -> None:
    assert credentials_for(HOST, None, environ={}, home=tmp_path) is None


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"auth": basic("ci:pa:ss")}, Credentials("ci", "pa:ss")),
        # docker pads
        ({"auth": basic("ci:pass\0\0")}, Credentials("ci", "pass")),
        ({"username": "ci", "password": "pass"}, Credentials("ci", "pass")),
        ({"auth": basic("00000:"), "identitytoken": "long"}, Credentials("00000", "", "long")),
        ({"auth": basic("ci:pass"), "email": "a@example.com"}, Credentials("ci", "pass")),
    ],
)
@pytest.mark.parametrize("key", [HOST, f"https://{HOST}", f"https://{HOST}/v2/", f"{HOST}/v1/"])
def test_an_entry_is_found_however_its_host_is_written(
    tmp_path: Path, key: str, entry: object, expected: Credentials
) -> None:
    assert found(tmp_path, {"auths": {key: entry}}) == expected


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "registry-1.docker.io"])
def test_docker_hub_is_found_by_its_old_key(tmp_path: Path, key: str) -> None:
    assert found(tmp_path, {"auths": {key: {"auth": basic("me:word")}}}, "docker.io") == Credentials("me", "word")


def test_the_exact_key_counts_first(tmp_path: Path) -> None:
    auths = {f"https://{HOST}/v1/": {"auth": basic("a:old")}, HOST: {"auth": basic("a:new")}}
    assert found(tmp_path, {"auths": auths}) == Credentials("a", "new")


def test_the_configuration_counts_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("broken")
    explicit = Credentials("ci", "word")
    assert credentials_for(HOST, explicit, environ={"DOCKER_CONFIG": str(tmp_path)}, home=tmp_path) == explicit


def test_the_file_is_in_the_home_by_default(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(json.dumps({"auths": {HOST: {"auth": basic("a:b")}}}))
    assert credentials_for(HOST, None, environ={}, home=tmp_path) == Credentials("a", "b")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{", "not a docker configuration"),
        ("[" * 100_000, "not a docker configuration"),
        ("{" + " " * (1 << 20) + "}", "larger than 1 MiB"),
        ({"auths": {HOST: {"auth": 5}}}, "not a docker configuration"),
        ({"auths": {HOST: {"auth": "&&&"}}}, "base64"),
        ({"auths": {HOST: {"auth": basic("s3cret-without-colon")}}}, "base64"),
        ({"auths": {HOST: {}}}, "holds no credentials"),
        ({"credHelpers": {HOST: "ecr-login"}}, "docker-credential-ecr-login"),
        ({"auths": {HOST: {}}, "credsStore": "desktop"}, "docker-credential-desktop"),
        ({"credsStore": "pass"}, "docker-credential-pass"),
    ],
)
def test_a_broken_file_or_a_helper_is_never_silently_anonymous(tmp_path: Path, config: object, said: str) -> None:
    with pytest.raises(RegistryDenied) as caught:
        found(tmp_path, config)
    assert said in str(caught.value)
    assert str(tmp_path / "config.json") in str(caught.value)
    assert "; " in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(RegistryDenied, match="cannot be read"):
        credentials_for(HOST, None, environ={"DOCKER_CONFIG": str(tmp_path)}, home=tmp_path)


def test_secrets_are_not_in_repr() -> None:
    shown = repr(HostSettings(credentials=Credentials("ci", "s3cret", "s3cret-too")))
    assert "ci" in shown
    assert "s3cret" not in shown
