"""promote.yaml's `registries` become settings of clients; a secret is had there and goes nowhere else (10.3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.config.load import load
from promote.errors import ConfigError, RegistryDenied
from promote.hosts import host_settings
from promote.registry.settings import Credentials, HostSettings, Mirror

ROOT = Path("/repo")


def settings(text: str, environ: dict[str, str]) -> dict[str, HostSettings]:
    config = load("ours.yaml", f"version: 1\nregistries:\n{text}".encode(), environ=environ)
    return host_settings(config, environ, ROOT)


def had(host: HostSettings) -> Credentials | None:
    return host.credentials() if callable(host.credentials) else host.credentials


def test_what_is_said_of_a_host() -> None:
    found = settings(
        "  a.example.com: {ca: ca.pem}\n  'localhost:5000': {plain_http: true}\n  off.example.com: {layout: images}\n",
        {},
    )
    assert found["a.example.com"] == HostSettings(ca=ROOT / "ca.pem")
    assert found["localhost:5000"] == HostSettings(plain_http=True)
    assert found["off.example.com"] == HostSettings(layout=ROOT / "images")


@pytest.mark.parametrize(
    ("written", "mirror"),
    [
        ("mirror.example.com", Mirror("mirror.example.com")),
        ("Mirror.Example.com:5000", Mirror("mirror.example.com:5000")),
        ("harbor.example.com/dockerhub", Mirror("harbor.example.com", "dockerhub")),
        ("harbor.example.com/a/b-c_d", Mirror("harbor.example.com", "a/b-c_d")),
        ("'[::1]:5000/hub'", Mirror("[::1]:5000", "hub")),
        ("registry-1.docker.io/acme", Mirror("docker.io", "acme")),
    ],
)
def test_a_mirror_is_a_host_and_a_path(written: str, mirror: Mirror) -> None:
    found = settings(f"  origin.example.com: {{mirror: {written}}}\n", {})
    assert found == {"origin.example.com": HostSettings(mirror=mirror)}


def test_certificates_start_at_the_root() -> None:
    found = settings("  a.example.com: {client_cert: pki/ci.pem, client_key: /etc/ci.key}\n", {})
    expected = HostSettings(client_cert=ROOT / "pki/ci.pem", client_key=Path("/etc/ci.key"))
    assert found["a.example.com"] == expected


def test_10_3_a_secret_goes_only_to_its_own_host() -> None:
    text = "  a.example.com: {username: ci, password: {env: PROMOTE_A}}\n  b.example.com: {ca: ca.pem}\n"
    found = settings(text, {"PROMOTE_A": "s3cret"})
    named = had(found["a.example.com"])
    assert named == Credentials("ci", "s3cret")
    assert named is not None
    assert (named.source, named.cure) == (
        "ours.yaml",
        "correct them under `registries: a.example.com:` in ours.yaml",
    )
    assert found["b.example.com"].credentials is None
    assert "s3cret" not in repr(found)


def test_10_3_a_variable_that_is_not_listed_may_not_be_named() -> None:
    text = "  a.example.com: {username: ci, password: {env: HOME}}\n"
    with pytest.raises(ConfigError) as caught:
        settings(text, {"HOME": "/home/ci"})
    assert "may not be named" in str(caught.value)
    found = settings(text, {"HOME": "/home/ci", "PROMOTE_ALLOW_SECRETS": "HOME"})
    assert had(found["a.example.com"]) == Credentials("ci", "/home/ci")


def test_10_3_a_secret_that_is_not_set_is_told_with_its_place() -> None:
    found = settings("  a.example.com: {username: ci, password: {env: PROMOTE_A}}\n", {})  # nobody has asked yet
    with pytest.raises(RegistryDenied) as caught:
        had(found["a.example.com"])
    assert str(caught.value).startswith("registries: a.example.com: password: the secret PROMOTE_A is not set")
