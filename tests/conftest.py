"""What holds for every test: nothing of the user's environment is seen, and nothing but loopback is reached."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.memory import in_memory
from tests.shared import shared_data

__all__ = ["shared_data"]

# The same examples in each run: a red run is red for everybody. `--hypothesis-profile=fuzz` looks further.
settings.register_profile(
    "promote",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("fuzz", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("promote")

# A shell starts what it puts in the background with ^C ignored, and children inherit that: tests that send ^C would
# wait for ever. A handler is not inherited.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Beginnings of variable names, and why each must not be seen.
STRIPPED = {
    "GIT_": "repository, identity, configuration and helpers of whoever started the tests",
    "DOCKER_": "credentials",
    "REGISTRY_": "docker-registry takes its configuration from these, skopeo its credentials",
    "OTEL_": "docker-registry would send traces",
    "PROMOTE_": "promote's own settings",
    "XDG_": "caches and configuration",
    "CI": "CI, CI_*: tools print and ask differently there",
    "GITHUB_": "promote writes a summary where these say",
    "GITLAB_": "the same, and tokens",
    "AWS_": "credentials",
    "KUBE": "a cluster",
    "SSH_": "an agent, and programs that ask for passwords",
    "GNUPGHOME": "keys",
    "GPG_": "an agent",
    "NETRC": "credentials",
    "SSL_CERT_": "TLS tests have a certificate authority of their own",
    "REQUESTS_CA_BUNDLE": "the same",
    "CURL_CA_BUNDLE": "the same",
    "EMAIL": "git takes an identity from it",
    "MAKE": "the tests may run below make: its flags and job server are not for others",
    "MFLAGS": "the same",
    "PYTEST_ADDOPTS": "for the run that this is, not for those that tests start",
    "PYTEST_PLUGINS": "the same",
    "NO_COLOR": "colour is decided by options in tests",
    "FORCE_COLOR": "the same",
    "CLICOLOR": "the same",
    "COLUMNS": "the width of a table",
    "LINES": "the same",
}

SET = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}


def pytest_configure(config: pytest.Config) -> None:
    memory = in_memory()
    if memory is not None:
        # Below this pytest makes its temporary folders. Whoever has chosen another place gets it.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


class Outside(AssertionError):
    """A test tried to reach beyond this machine. No OSError: the code under test must not take it for an outage."""


def _is_stripped(name: str) -> bool:
    return name.lower().endswith("_proxy") or name.startswith(tuple(STRIPPED))


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if _is_stripped(name)]:
            patch.delenv(name)
        for name, value in SET.items():
            patch.setenv(name, value)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        time.tzset()
        yield
    time.tzset()


def _is_loopback(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else str(host)
    if text == "localhost":
        return True
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _refuse_outside(sock: socket.socket, address: Any) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
        raise Outside(f"a test tried to connect to {address[0]}:{address[1]}; only loopback is for tests")


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None and str(host).endswith(".invalid"):  # reserved: no resolver knows such a name
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        # None, "" and the unspecified addresses are what servers bind to.
        if host not in (None, "", b"", "0.0.0.0", "::") and not _is_loopback(host):
            raise Outside(f"a test tried to look up {host}; only loopback is for tests, or a name in .invalid")
        return getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


@pytest.fixture
def shared() -> Path:
    """The folder of shared data beside the checkout; the test is skipped where there is none."""
    return shared_data("")
