"""Amazon ECR: passwords from AWS's API (moto's, on loopback), renewed before they end."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from moto.server import ThreadedMotoServer

from promote.errors import RegistryDenied, RegistryUnreachable
from promote.image import Repository
from promote.registry.credentials import ecr
from promote.registry.credentials.ecr import Ecr
from promote.registry.settings import Credentials
from tests.clock import NOON, FakeClock
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy, faulty_proxy
from tests.servers.registry import docker_registry, free_port
from tests.servers.seed import write_storage

ACCOUNT = "123456789012"
HOST = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"
PASSWORD = f"{ACCOUNT}-auth-token"  # as moto makes them


@pytest.fixture(scope="module")
def _moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(_moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", _moto)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "s3cret-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret-key")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    return _moto


@pytest.fixture
def sold(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The regions that were asked; what is sold ends twelve hours after noon, where moto says 2015."""
    asked: list[str] = []
    real = ecr._asked

    def ask(host: str, region: str, *, fips: bool) -> tuple[str, datetime]:
        asked.append(region)
        token, _ = real(host, region, fips=fips)
        return token, NOON + timedelta(hours=12 * len(asked))

    monkeypatch.setattr(ecr, "_asked", ask)
    return asked


@pytest.mark.parametrize(
    "host",
    [
        "docker.io",
        "public.ecr.aws",
        "ecr.eu-west-1.amazonaws.com",
        "12345.dkr.ecr.eu-west-1.amazonaws.com",
        f"{HOST}.example.com",
        f"{HOST}:8443",
        f"{ACCOUNT}.dkr.ecr.eu-west-1.example.com",
        f"{ACCOUNT}.dkr.ecr.evil.example.com/.amazonaws.com",
        f"{ACCOUNT}.dkr.ecr.eu.west.1.amazonaws.com",
    ],
)
def test_10_3_other_hosts_get_nothing_from_aws(host: str) -> None:
    assert Ecr(FakeClock()).find(host) is None


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (HOST, "eu-west-1"),
        (f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        (f"{ACCOUNT}.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        (f"{ACCOUNT}.dkr-ecr.us-east-1.on.aws", "us-east-1"),
    ],
)
def test_a_password_is_sold_by_the_region_of_the_host(aws: str, sold: list[str], host: str, region: str) -> None:
    assert Ecr(FakeClock()).find(host) == Credentials("AWS", PASSWORD)
    assert sold == [region]


def test_fips_hosts_are_asked_for_at_a_fips_endpoint(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert ecr._client("us-east-1", fips=True).meta.endpoint_url == "https://ecr-fips.us-east-1.amazonaws.com"
    assert ecr._client("us-east-1", fips=False).meta.endpoint_url == "https://api.ecr.us-east-1.amazonaws.com"


def test_a_password_is_had_again_before_it_ends(aws: str, sold: list[str]) -> None:
    clock = FakeClock()
    source = Ecr(clock)
    for advance, times in ((0, 1), (12 * 3600 - 301, 1), (2, 2), (3600, 2)):
        clock.advance(advance)
        assert source.find(HOST) is not None
        assert len(sold) == times


def test_a_password_that_has_ended_by_our_clock_is_kept_for_a_minute(aws: str) -> None:
    found = Ecr(FakeClock()).find(HOST)  # moto says 2015
    assert found is not None
    assert found.until == 60.0


@pytest.mark.parametrize(
    ("name", "value", "error", "said"),
    [
        ("AWS_ACCESS_KEY_ID", None, RegistryDenied, "NoCredentialsError|PartialCredentialsError"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:{port}", RegistryUnreachable, "did not answer"),
        ("AWS_ENDPOINT_URL", "no url", RegistryDenied, "gets no token"),
        ("AWS_PROFILE", "not-there", RegistryDenied, "ProfileNotFound"),
    ],
)
def test_why_there_is_no_password(
    aws: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str | None,
    error: type[RegistryDenied | RegistryUnreachable],
    said: str,
) -> None:
    if value is None:
        monkeypatch.delenv(name)
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    else:
        monkeypatch.setenv(name, value.format(port=free_port()))
    with pytest.raises(error, match=said) as caught:
        Ecr(FakeClock()).find(HOST)
    assert HOST in str(caught.value)
    assert "s3cret" not in f"{caught.value!r} {caught.value}"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (b"{}", RegistryUnreachable, "no usable token"),
        (b'{"authorizationData": []}', RegistryUnreachable, "no usable token"),
        (b'{"authorizationData": [{"authorizationToken": "s3cret!"}]}', RegistryUnreachable, "no usable token"),
        (
            b'{"authorizationData": [{"authorizationToken": "s3cret!", "expiresAt": 1}]}',
            RegistryUnreachable,
            "no usable token",
        ),
        (
            b'{"authorizationData": [{"authorizationToken": "QVdT", "expiresAt": 1}]}',
            RegistryUnreachable,
            "no usable token",
        ),
        (b"<html>s3cret", RegistryUnreachable, "no usable token"),
    ],
)
def test_rubbish_is_no_password(
    aws: str,
    proxy: FaultyProxy,
    monkeypatch: pytest.MonkeyPatch,
    body: bytes,
    error: type[RegistryDenied | RegistryUnreachable],
    said: str,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{proxy.host}")
    proxy.fail("/", faults.says(body))
    with pytest.raises(error, match=said) as caught:
        Ecr(FakeClock()).find(HOST)
    assert "s3cret" not in str(caught.value)


def test_without_boto3_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(RegistryDenied, match=r"pip install 'gitops-promote\[aws\]'.*docker-credential-ecr-login"):
        Ecr(FakeClock()).find(HOST)


def test_nobody_pays_for_boto3_who_asks_for_no_ecr() -> None:
    code = (
        "import sys, promote.cli.main, promote.registry.registries, promote.registry.credentials.keyring\n"
        "print([name for name in ('boto3', 'botocore') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_a_registry_of_ecr_is_asked_with_it_and_after_its_end_with_the_next(
    aws: str, sold: list[str], ask: Ask, clock: FakeClock, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with docker_registry(htpasswd={"AWS": PASSWORD}) as running, faulty_proxy(running.host) as near:
        write_storage(running.storage, PATH, TAGS)
        monkeypatch.setattr(ecr, "_HOST", re.compile(r"(?P<fips>x)?(?P<region>localhost):[0-9]+"))
        registries = ask()
        for _ in range(3):
            assert registries.tags(Repository(near.elsewhere, PATH)) == tuple(sorted(TAGS))
        assert sold == ["localhost"]
        clock.advance(12 * 3600)
        assert registries.tags(Repository(near.elsewhere, PATH)) == tuple(sorted(TAGS))
        assert sold == ["localhost"] * 2
    assert PASSWORD not in "".join(lines)
