"""`wait` and `--wait` keep to their time, whatever hangs, and a terminal sees what is waited for."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Create
from tests.e2e.gitops import Gitops
from tests.e2e.program import Inside, Program
from tests.estate.building import kustomization
from tests.servers.processes import is_alive, wait_until
from tests.servers.proxy import FaultyProxy, faulty_proxy, stall

WEB = "ghcr.io/acme/web"


@pytest.fixture
def cluster() -> Iterator[FaultyProxy]:
    with faulty_proxy("127.0.0.1:1") as made:
        yield made


def verified(create: Create, script: str, *checks: str) -> Gitops:
    """An environment `dev` with these checks, and the script that `run` starts."""
    config = (
        f"version: 1\napps: {{web: {{image: {WEB}}}}}\n"
        f"environments: {{dev: {{path: dev, verify: [{', '.join(checks)}]}}}}\n"
    )
    return create(
        {
            "promote.yaml": config.encode(),
            "smoke.sh": script.encode(),
            "dev/kustomization.yaml": kustomization(WEB, "1.4.0").encode(),
        }
    )


@pytest.mark.parametrize("words", [("wait", "dev"), ("set", "dev", "web=1.5.0", "--no-verify-tag", "--wait")])
def test_what_hangs_is_not_waited_for_when_the_time_is_over(
    create: Create,
    cluster: FaultyProxy,
    inside: Inside,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    """A `run` check held `wait --timeout 10s` up for as long as its own time-out let it: five minutes."""
    monkeypatch.setattr("promote.patience._SHORTEST_EXCHANGE", 0.5)
    cluster.fail("", stall)
    url = f"http://{cluster.host}"
    pid = tmp_path / "pid"
    repository = verified(
        create,
        f"echo $$ > {pid}; exec sleep 60\n",
        "{run: sh smoke.sh}",
        f'{{http: {{url: "{url}/healthz"}}}}',
        f"{{argocd: {{server: {url}, app: web}}}}",
    )
    began = time.monotonic()
    done = inside(*words, "--timeout", "1s", "--allow-run", "--repo", repository.url)
    assert time.monotonic() - began < 8
    version = "1.5.0" if "set" in words else "1.4.0"
    over = "it was still under way when the time was over; allow more by --timeout"
    assert (done.code, done.messages[-1]) == (
        3,
        f"promote: dev: web {version} is not verified: run: {over}; http: {over}; argocd: {over}",
    )
    wait_until(lambda: not is_alive(int(pid.read_text())), seconds=5)


@pytest.mark.parametrize("words", [("set", "dev", "web=1.5.0"), ("to", "dev")])
def test_a_time_for_a_wait_that_is_not_asked_for_is_refused(
    create: Create, inside: Inside, words: tuple[str, ...]
) -> None:
    """`--timeout` without `--wait` was ignored."""
    repository = verified(create, "", "{run: sh smoke.sh}")
    refs = repository.refs()
    done = inside(*words, "--timeout", "10m", "--repo", repository.url)
    assert (done.code, done.messages) == (
        2,
        ["promote: --timeout says for how long --wait waits, and that is not given; add --wait"],
    )
    assert repository.refs() == refs


def test_a_terminal_sees_what_is_waited_for(create: Create, promote: Program, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = f"test -e {mark} && exit 0; touch {mark}; echo warming up; exit 75\n"
    repository = verified(create, script, "{run: sh smoke.sh}")
    done = promote.on_a_terminal("wait", "dev", "--allow-run", "--timeout", "30s", "--repo", repository.url)
    assert (done.code, done.stdout) == (0, "dev: web 1.4.0 verified\n")
    said = "0 of 1 verified; web: run: sh waits: warming up"
    # Once as a line that stays, and meanwhile on the line that moves, which is gone in the end.
    assert [line.rpartition("\x1b[K")[2] for line in done.stderr.split("\r\n")[:-1]] == [said]
    assert re.search(rf"\r\x1b\[K\S waiting: {re.escape(said)}", done.stderr)
    assert done.stderr.endswith("\r\x1b[K")
