from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from promote.clock import SystemClock
from promote.image import Repository
from promote.registry.cache import Cache
from promote.registry.registries import Registries
from promote.registry.settings import HostSettings
from promote.transport import Transport
from promote.transport.retry import Patience
from tests.clock import FakeClock
from tests.servers.proxy import FaultyProxy, faulty_proxy
from tests.servers.registry import RunningRegistry, docker_registry
from tests.servers.seed import ImageSpec, write_storage

PATH = "acme/web"
TAGS = {
    "1.0.0": ImageSpec(created="2024-01-01T00:00:00Z", labels={"team": "web"}),
    "1.1.0": ImageSpec(created="2024-02-01T12:00:00.123456789+02:00", platforms=("linux/amd64", "linux/arm64/v8")),
    "1.2.0": ImageSpec(
        docker=True, platforms=("linux/arm/v7", "linux/amd64"), dates={"linux/arm/v7": "2020-01-01T00:00:00Z"}
    ),
    "2.0.0": ImageSpec(platforms=("linux/s390x",), nested=True, attested=True),
    "undated": ImageSpec(created=None),
    "wrong-date": ImageSpec(created="yesterday"),
}

Ask = Callable[..., Registries]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def lines() -> list[str]:
    """What was logged."""
    return []


@pytest.fixture
def transport(lines: list[str]) -> Iterator[Transport]:
    """A transport by itself, in real time."""
    with Transport(SystemClock(), jobs=4, timeout=5.0, log=lines.append) as made:
        yield made


@pytest.fixture
def ask(tmp_path: Path, clock: FakeClock, lines: list[str]) -> Iterator[Ask]:
    """Makes Registries that see an empty home; everything is closed at the end."""
    transports: list[Transport] = []
    home = tmp_path / "home"
    home.mkdir()

    def make(
        settings: Mapping[str, HostSettings] | None = None,
        *,
        timeout: float = 5.0,
        environ: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        cache: Cache | None = None,
    ) -> Registries:
        transport = Transport(clock, timeout=timeout, log=lines.append)
        transports.append(transport)
        return Registries(
            settings or {},
            transport=transport,
            clock=clock,
            environ=environ or {},
            home=home,
            patience=patience,
            cache=cache,
        )

    yield make
    for transport in transports:
        transport.close()


@pytest.fixture(scope="session")
def registry() -> Iterator[RunningRegistry]:
    with docker_registry() as running:
        write_storage(running.storage, PATH, TAGS)
        yield running


@pytest.fixture(scope="session")
def tls_registry() -> Iterator[RunningRegistry]:
    with docker_registry(tls=True) as running:
        yield running


@pytest.fixture
def proxy(registry: RunningRegistry) -> Iterator[FaultyProxy]:
    with faulty_proxy(registry.host) as running:
        yield running


@pytest.fixture
def web(proxy: FaultyProxy) -> Repository:
    """The seeded repository, seen through the proxy."""
    return Repository(proxy.host, PATH)
