"""Signing in from several threads at once."""

from __future__ import annotations

import json
import threading

import pytest

from promote.image import Repository
from tests.registry.conftest import Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy, ProxyHandler


@pytest.mark.parametrize("code", [401, 403])
def test_a_token_for_all_that_is_refused_gives_way_in_every_thread(ask: Ask, proxy: FaultyProxy, code: int) -> None:
    """The second thread took the first one's discovery for its own refused token, and was denied."""
    both, learned = threading.Barrier(2, timeout=20), threading.Event()
    challenge = f'Bearer realm="http://{proxy.host}/token",service="tests"'

    def sell(handler: ProxyHandler) -> None:
        token = "scoped" if "scope=" in handler.path else "bare"
        faults.says(json.dumps({"token": token, "expires_in": 300}).encode())(handler)

    def guard(handler: ProxyHandler) -> None:
        sent = handler.headers.get("Authorization", "")
        late = "/second/" in handler.path
        if not sent:
            both.wait()
            faults.status(401, WWW_Authenticate=challenge)(handler)
        elif sent == "Bearer bare":
            if late:
                learned.wait(20)  # until the first thread has had its own token
            faults.status(code, WWW_Authenticate=challenge)(handler)
        else:
            learned.set()
            faults.says(b'{"tags": ["1.0.0"]}')(handler)

    proxy.fail("/token", sell)
    proxy.fail("/tags/list", guard)
    registries, found = ask(), dict[str, tuple[str, ...]]()

    def list_tags(name: str) -> None:
        found[name] = registries.tags(Repository(proxy.host, f"acme/{name}/web"))

    threads = [threading.Thread(target=list_tags, args=(name,)) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == {"first": ("1.0.0",), "second": ("1.0.0",)}
