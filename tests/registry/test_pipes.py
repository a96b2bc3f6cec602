"""A pipe in the place of a file that the user's settings name: told as that, and never waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from promote.errors import RegistryDenied, RegistryError
from promote.image import Repository
from promote.registry.layout import Layout
from promote.registry.settings import HostSettings
from tests.fifo import fifo, promptly
from tests.registry.conftest import PATH, TAGS, Ask
from tests.registry.test_credentials import HOST, keyring
from tests.servers.secure import secure_server, write_pair
from tests.servers.seed import write_layout

SAID = "it is a pipe, and no ordinary file"


@pytest.mark.parametrize(
    ("file", "environ"),
    [
        (".docker/config.json", {}),
        ("elsewhere/config.json", {"DOCKER_CONFIG": "{home}/elsewhere"}),
        (".config/containers/auth.json", {"XDG_RUNTIME_DIR": "{home}/run"}),
        ("auth.json", {"REGISTRY_AUTH_FILE": "{home}/auth.json"}),
    ],
)
def test_a_file_of_credentials(tmp_path: Path, file: str, environ: dict[str, str]) -> None:
    path = fifo(tmp_path / file)
    ring = keyring(tmp_path, {name: value.format(home=tmp_path) for name, value in environ.items()})
    for _ in range(2):
        with pytest.raises(RegistryDenied) as caught:
            promptly(lambda: ring.find(HOST, PATH))
        assert str(caught.value).startswith(f"{path}: cannot be read ({SAID}); ")


FILES: dict[str, Callable[[HostSettings, Path], HostSettings]] = {
    "ca": lambda settings, path: replace(settings, ca=path),
    "client_cert": lambda settings, path: replace(settings, client_cert=path),
    "client_key": lambda settings, path: replace(settings, client_key=path),
}


@pytest.mark.parametrize("key", FILES)
def test_a_certificate(ask: Ask, tmp_path: Path, key: str) -> None:
    authority = trustme.CA()
    certificate, own = write_pair(tmp_path / "pki", authority.issue_cert("ci.example.com"))
    path = fifo(tmp_path / "pipe")
    with secure_server(tmp_path, authority.issue_cert("127.0.0.1"), authority) as server:
        settings = HostSettings(ca=server.ca, client_cert=certificate, client_key=own)
        registries = ask({server.host: FILES[key](settings, path)})
        with pytest.raises(RegistryError) as caught:
            promptly(lambda: registries.tags(Repository(server.host, PATH)))
        assert server.seen == []
    assert f": the file {path} cannot be read ({SAID}); correct `{key}`" in str(caught.value)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_authorities_that_a_variable_names(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    path = fifo(tmp_path / "pipe")
    monkeypatch.setenv(variable, str(path))
    registries = ask()
    # Port 443 of loopback is TLS; nobody need listen there, for the file is looked at first.
    with pytest.raises(RegistryError) as caught:
        promptly(lambda: registries.tags(Repository("127.0.0.1:443", PATH)))
    assert f": the file {path} cannot be read ({SAID}); correct ${variable}" in str(caught.value)


@pytest.mark.parametrize("file", ["oci-layout", "index.json", "blobs"])
def test_a_file_of_a_layout(tmp_path: Path, file: str) -> None:
    digests = write_layout(tmp_path, {"1.0.0": TAGS["1.0.0"]})
    path = fifo(tmp_path / (f"blobs/{digests['1.0.0'].replace(':', '/')}" if file == "blobs" else file))
    with pytest.raises(RegistryError) as caught:
        promptly(lambda: Layout(tmp_path).facts("1.0.0", frozenset({"digest"})))
    assert str(caught.value).startswith(f"{path}: cannot be read ({SAID}); ")
