"""A mirror is asked in the place of a host: by its own settings, and nobody else beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from promote.config.load import load
from promote.errors import RegistryError, RegistryUnreachable
from promote.hosts import host_settings
from promote.image import Repository, parse_repository
from promote.question import Absent, Known, What
from promote.registry.registries import Registries
from promote.registry.settings import Credentials, HostSettings, Mirror
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy, faulty_proxy
from tests.servers.registry import RunningRegistry, docker_registry
from tests.servers.seed import build, write_layout, write_storage

ALL: frozenset[What] = frozenset({"digest", "created", "platforms", "labels"})
SORTED = tuple(sorted(TAGS))
PASSWORD = "s3cret-mirror"


@pytest.fixture
def origin(registry: RunningRegistry) -> Iterator[FaultyProxy]:
    """The host that has a mirror: whatever reaches it is too much."""
    with faulty_proxy(registry.host) as running:
        yield running
        assert running.log == []


@pytest.fixture(scope="module")
def locked() -> Iterator[RunningRegistry]:
    with docker_registry(htpasswd={"ci": PASSWORD}, tls=True) as running:
        write_storage(running.storage, f"hub/{PATH}", TAGS)
        yield running


def configured(ask: Ask, text: str, environ: Mapping[str, str], root: Path) -> Registries:
    config = load("promote.yaml", f"version: 1\nregistries:\n{text}".encode(), environ=environ)
    return ask(host_settings(config, environ, root), environ=environ)


@pytest.mark.parametrize("tag", sorted(TAGS))
def test_a_mirror_answers_for_its_host(ask: Ask, proxy: FaultyProxy, origin: FaultyProxy, tag: str) -> None:
    registries = ask({origin.host: HostSettings(mirror=Mirror(proxy.host))})
    assert registries.tags(Repository(origin.host, PATH)) == SORTED
    assert registries.facts(Repository(origin.host, PATH), tag, ALL) == ask().facts(
        Repository(proxy.host, PATH), tag, ALL
    )


@pytest.mark.parametrize("prefix", ["acme", "acme/deep/er"])
def test_a_prefix_stands_before_every_path(
    ask: Ask, proxy: FaultyProxy, origin: FaultyProxy, registry: RunningRegistry, prefix: str
) -> None:
    write_storage(registry.storage, f"{prefix}/some/app", {"1.0": TAGS["1.0.0"]})
    registries = ask({origin.host: HostSettings(mirror=Mirror(proxy.host, prefix))})
    assert registries.tags(Repository(origin.host, "some/app")) == ("1.0",)
    known = registries.facts(Repository(origin.host, "some/app"), "1.0", ALL)
    assert isinstance(known, Known)
    assert known.digest == build(TAGS["1.0.0"]).root
    assert {asked.path.partition("/some/app/")[0] for asked in proxy.log} == {f"/v2/{prefix}"}


def test_short_names_of_docker_hub_go_to_its_mirror(ask: Ask, proxy: FaultyProxy, registry: RunningRegistry) -> None:
    write_storage(registry.storage, "dockerhub/library/nginx", {"1.27": TAGS["1.0.0"]})
    registries = configured(ask, f"  index.docker.io: {{mirror: '{proxy.host}/dockerhub'}}\n", {}, Path("/"))
    nginx = parse_repository("nginx")
    assert nginx is not None
    assert registries.tags(nginx) == ("1.27",)
    assert isinstance(registries.facts(nginx, "1.27", ALL), Known)


def test_a_mirror_is_asked_by_its_own_settings_and_credentials(
    ask: Ask, locked: RunningRegistry, origin: FaultyProxy, lines: list[str]
) -> None:
    assert locked.ca is not None
    text = (
        f"  '{origin.host}': {{mirror: '{locked.host}/hub'}}\n"
        f"  '{locked.host}': {{username: ci, password: {{env: PROMOTE_MIRROR}}, ca: {locked.ca.name}}}\n"
    )
    registries = configured(ask, text, {"PROMOTE_MIRROR": PASSWORD}, locked.ca.parent)
    assert registries.tags(Repository(origin.host, PATH)) == SORTED
    assert PASSWORD not in "".join(lines)


def test_credentials_of_the_mirrored_host_do_not_go_to_its_mirror(
    ask: Ask, locked: RunningRegistry, origin: FaultyProxy, tmp_path: Path
) -> None:
    settings = {
        origin.host: HostSettings(credentials=Credentials("ci", PASSWORD), mirror=Mirror(locked.host, "hub")),
        locked.host: HostSettings(ca=locked.ca),
    }
    with pytest.raises(RegistryError, match="asks for credentials") as caught:
        ask(settings).tags(Repository(origin.host, PATH))
    assert locked.host in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (faults.status(500), "answered 500"),
        (faults.html, "a web page"),
        (faults.status(403), "denied"),
        (faults.hang_up, "cut before"),
        (faults.says(b'{"errors":[{"code":"NAME_UNKNOWN"}]}', code=404), "is not there"),
    ],
)
def test_a_mirror_that_fails_is_named_and_its_host_is_not_asked_instead(
    ask: Ask, proxy: FaultyProxy, origin: FaultyProxy, fault: faults.Fault, said: str
) -> None:
    proxy.fail("/v2/", fault)
    registries = ask({origin.host: HostSettings(mirror=Mirror(proxy.host))})
    with pytest.raises(RegistryError, match=said) as caught:
        registries.tags(Repository(origin.host, PATH))
    assert f"http://{proxy.host}/v2/{PATH}" in str(caught.value)
    assert origin.host not in str(caught.value)


def test_a_mirror_that_has_no_such_tag_says_so(ask: Ask, proxy: FaultyProxy, origin: FaultyProxy) -> None:
    answer = ask({origin.host: HostSettings(mirror=Mirror(proxy.host))}).facts(
        Repository(origin.host, PATH), "9.9", frozenset({"digest"})
    )
    assert isinstance(answer, Absent)
    assert proxy.host in answer.why


def test_a_mirror_may_be_a_folder_of_layouts(ask: Ask, tmp_path: Path, origin: FaultyProxy) -> None:
    write_layout(tmp_path / "hub" / PATH, {"1.0": TAGS["1.0.0"]})
    text = f"  '{origin.host}': {{mirror: off.example.com/hub}}\n  off.example.com: {{layout: '.'}}\n"
    assert configured(ask, text, {}, tmp_path).tags(Repository(origin.host, PATH)) == ("1.0",)


@pytest.mark.parametrize("path", ["../../etc", "acme//web", "", "acme/web?x=1"])
def test_a_path_that_is_none_reaches_no_mirror(ask: Ask, proxy: FaultyProxy, origin: FaultyProxy, path: str) -> None:
    registries = ask({origin.host: HostSettings(mirror=Mirror(proxy.host, "hub"))})
    with pytest.raises(RegistryUnreachable, match="not a repository's name"):
        registries.tags(Repository(origin.host, path))
    assert proxy.log == []
