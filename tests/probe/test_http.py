"""`http` against a real server: what passes, what fails, and where secrets go."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from promote.gates.http import HttpCheck, HttpSettings
from promote.secret import SecretSettings
from tests.probe.conftest import Prober
from tests.servers.proxy import FaultyProxy, ProxyHandler, cut, endless, hang_up, html, redirect, says, stall, status

PACKED = gzip.compress(b'{"a": 1}')
NO_JSON = ": answered 200 with what is no JSON of RFC 8259: "
TOKEN = SecretSettings(env="PROMOTE_T")
BUILD = b'{"build": {"version": 1.10, "ok": true, "none": null, "all": ["a", {"b": "c d"}], "1": "x"}}'


def field(path: str, equals: str) -> Callable[[str], HttpCheck]:
    return lambda url: HttpSettings(url=url, json=path, equals=equals).check()


@pytest.mark.parametrize(
    ("fault", "check", "state", "why"),
    [
        (status(404), HttpCheck, "failed", ": answered 404, and should answer 200"),
        (status(503), HttpCheck, "failed", ": answered 503, and should answer 200"),
        (status(204), lambda url: HttpCheck(url, (200, 201)), "failed", ": answered 204, and should answer 200 or 201"),
        (
            redirect("https://u:p@sso.example.com/?token=x"),
            HttpCheck,
            "failed",
            ": answered 307, and leads to sso.example.com, and should answer 200",
        ),
        (html, field("build", "x"), "failed", ": answered 200 with what is no JSON"),
        (says(b"[" * 100_000), field("build", "x"), "failed", f"{NO_JSON}it is nested too deeply; "),
        (says(b"\xff\xfe"), field("build", "x"), "failed", f"{NO_JSON}byte 1 is not UTF-8; correct `url`, or mend"),
        (says('{"a": 1}'.encode("utf-16")), field("a", "1"), "failed", f"{NO_JSON}byte 1 is not UTF-8; "),
        (says(PACKED, Content_Encoding="gzip"), field("a", "1"), "failed", f"{NO_JSON}it is packed (gzip), "),
        (redirect(f"http://{'a' * 999}/"), HttpCheck, "failed", f": answered 307, and leads to {'a' * 100}…, and"),
        (says(b""), field("a", "1"), "failed", f"{NO_JSON}line 1, column 1: expecting value; "),
        (says(b'{"a": 1}\n}'), field("a", "1"), "failed", f"{NO_JSON}line 2, column 1: extra data; "),
        # NaN passed for the text NaN, and of two keys the last one counted.
        (says(b'{"a": NaN}'), field("a", "NaN"), "failed", f"{NO_JSON}NaN is no value of JSON; "),
        (says(b'{"b": -Infinity, "a": 1}'), field("a", "1"), "failed", f"{NO_JSON}-Infinity is no value of JSON; "),
        (says(b'{"a": 2, "a": 1}'), field("a", "1"), "failed", f"{NO_JSON}the key 'a' stands twice in one object, "),
        (says(b'{"c": [{"b": 1, "b": 1}], "a": 1}'), field("a", "1"), "failed", f"{NO_JSON}the key 'b' stands twice"),
        (says(b'{"a": "\\ud800"}'), field("a", "1"), "failed", ": a is ?, and should be 1"),
        (says(b'\xef\xbb\xbf{"a": 1}'), field("a", "1"), "passed", " answered 200, and a is 1"),
        (says(b'{"a": 1e400}'), field("a", "1e400"), "passed", " answered 200, and a is 1e400"),
        (says(BUILD), field("build.tag", "x"), "failed", ": its answer has no build.tag; correct `json`"),
        (says(BUILD), field("build.all[2]", "x"), "failed", ": its answer has no build.all[2]"),
        (says(BUILD), field("build.all.b", "x"), "failed", ": its answer has no build.all.b"),
        (says(BUILD), field("build.version", "1.1"), "failed", ": build.version is 1.10, and should be 1.1"),
        (says(BUILD), field("build", "a mapping"), "failed", ": build is a mapping, and should be a mapping"),
        (says(b'{"a": "%s"}' % (b"x" * 999)), field("a", "x"), "failed", f": a is {'x' * 60}…, and should be x"),
        (says(BUILD), field("build.version", "1.10"), "passed", " answered 200, and build.version is 1.10"),
        (says(BUILD), field("build.ok", "true"), "passed", " answered 200, and build.ok is true"),
        (says(BUILD), field("build.none", "null"), "passed", " answered 200, and build.none is null"),
        (says(BUILD), field("build.all[1].b", "c d"), "passed", " answered 200, and build.all[1].b is c d"),
        (says(BUILD), field("build.1", "x"), "passed", " answered 200, and build.1 is x"),
        (status(204), lambda url: HttpCheck(url, (200, 204)), "passed", " answered 204"),
        (redirect("/login", 302), lambda url: HttpCheck(url, (302,)), "passed", " answered 302"),
        (says(b"ok"), HttpCheck, "passed", " answered 200"),
    ],
)
def test_what_passes(
    fault: Any,
    check: Callable[[str], HttpCheck],
    state: str,
    why: str,
    server: FaultyProxy,
    prober: Prober,
) -> None:
    server.fail("/healthz", fault)
    url = f"http://{server.host}/healthz"
    probed = prober(check(url))
    assert (probed.state, probed.why[: len(url + why)]) == (state, url + why)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (cut, "the connection was cut"),
        (hang_up, "the connection was cut"),
        (stall, "no complete answer in time"),
        (endless, "the answer is too long"),
    ],
)
def test_9_1_no_answer_has_failed(fault: Any, why: str, server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", fault)
    probed = prober(HttpCheck(f"http://{server.host}/?token=abc"), timeout=0.5 if fault is stall else 10)
    assert (probed.state, why in probed.why, "abc" in probed.why) == ("failed", True, False)


def test_9_1_a_refused_connection_has_failed(prober: Prober) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    probed = prober(HttpCheck(f"http://127.0.0.1:{port}/"))
    assert (probed.state, "the connection was refused" in probed.why) == ("failed", True)


def test_what_is_sent(server: FaultyProxy, prober: Prober) -> None:
    heard: dict[str, str] = {}

    def fault(handler: ProxyHandler) -> None:
        heard.update(handler.headers.items())
        handler.answer(200)

    server.fail("/", fault)
    prober(HttpCheck(f"http://{server.host}/", token=TOKEN, headers=(("X-Key", TOKEN), ("X-Team", "web"))))
    assert heard["Authorization"] == "Bearer s3cret-of-the-server"
    assert (heard["X-Key"], heard["X-Team"]) == ("s3cret-of-the-server", "web")


def test_a_secret_that_is_said_back_is_hidden(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", says(b'{"token": "s3cret-of-the-server"}'))
    check = HttpCheck(f"http://{server.host}/", path=("token",), equals="x", token=TOKEN)
    probed = prober(check)
    assert probed.why.endswith(": token is ***, and should be x")


def test_what_a_server_says_stays_on_one_line(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", says(b'{"a": "\\u001b[31mred\\n::error::x\\u2028y"}'))
    probed = prober(HttpCheck(f"http://{server.host}/", path=("a",), equals="x"))
    assert probed.why.endswith(": a is red ::error::x y, and should be x")


def test_10_3_a_redirect_does_not_take_secrets_along(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", redirect(f"http://{server.elsewhere}/"))
    assert prober(HttpCheck(f"http://{server.host}/", token=TOKEN)).state == "failed"
    assert [asked.host for asked in server.log] == [server.host]


@pytest.mark.parametrize("sent", [{"token": TOKEN}, {"headers": (("X-Key", TOKEN),)}])
def test_10_3_a_secret_is_never_shown_to_the_network(sent: dict[str, Any], prober: Prober) -> None:
    probed = prober(HttpCheck("http://test.example.com/?a=b", **sent))
    assert probed.why == (
        "http://test.example.com/?a=…: the secret of this check would be shown to the network; use https"
    )


def test_relative_files_of_certificates_start_at_the_repository(prober: Prober) -> None:
    probed = prober(HttpCheck("https://127.0.0.1:1/", ca="certs/ca.pem"))
    assert f"{prober.folder / Path('certs/ca.pem')}" in probed.why
