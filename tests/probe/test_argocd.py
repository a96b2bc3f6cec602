"""`argocd` against answers in the shape of Argo CD's API (GET /api/v1/applications/NAME)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promote.gates.argocd import ArgocdCheck
from promote.image import Repository, Version
from promote.secret import SecretSettings
from tests.probe.conftest import DIGEST, WEB, Prober
from tests.servers.proxy import FaultyProxy, cut, drip_body, html, redirect, says, status

TOKEN = SecretSettings(env="PROMOTE_T")
OTHER = "sha256:" + "b" * 64


def application(
    *,
    sync: str = "Synced",
    health: str = "Healthy",
    phase: str | None = "Succeeded",
    images: list[str] | None = None,
    message: str = "",
    **top: Any,
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "metadata": {"name": "web-test", "namespace": "argocd"},
        "spec": {"project": "default"},
        "status": {
            "sync": {"status": sync, "revision": "c0ffee"},
            "health": {"status": health, "message": message},
            "summary": {"images": [f"ghcr.io/acme/web:1.5.0@{DIGEST}"] if images is None else images},
            "resources": [],
        },
    }
    if phase is not None:
        said["status"]["operationState"] = {"phase": phase, "message": message, "operation": {}}
    return said | top


DELETED = {"metadata": {"name": "web-test", "deletionTimestamp": "2026-01-01T00:00:00Z"}}


@pytest.mark.parametrize(
    ("told", "state", "why"),
    [
        (application(phase="Failed", message="hook failed"), "failed", "the last sync of web-test failed: hook failed"),
        (application(phase="Error"), "failed", "the last sync of web-test failed"),
        (application(health="Degraded", message="1 of 3"), "failed", "web-test is Degraded: 1 of 3"),
        (application(health="Suspended"), "failed", "web-test is Suspended"),
        (application(health="Missing", sync="OutOfSync"), "failed", "web-test is Missing"),
        ({**application(), **DELETED}, "failed", "web-test is being deleted"),
        (application(operation={"sync": {}}), "waiting", "a sync of web-test is about to begin"),
        # While a sync runs, health says little.
        (application(phase="Running", health="Degraded"), "waiting", "a sync of web-test is under way"),
        (application(phase="Terminating"), "waiting", "a sync of web-test is under way"),
        (application(sync="OutOfSync"), "waiting", "web-test is OutOfSync"),
        (application(sync="Unknown"), "waiting", "web-test is Unknown"),
        (application(health="Progressing", message="x" * 500), "waiting", "web-test is Progressing: xxx"),
        (application(health="Unknown"), "waiting", "web-test is Unknown"),
        ({"metadata": {"name": "web-test"}}, "waiting", "web-test is not compared yet"),
        (application(images=[]), "waiting", "no pod of web-test runs ghcr.io/acme/web:1.5.0@aaaaaaaaaaaa yet"),
        (application(images=["ghcr.io/acme/web:1.4.0"]), "waiting", "no pod of web-test runs"),
        (application(images=[f"ghcr.io/acme/web:1.5.0@{OTHER}"]), "waiting", "no pod of web-test runs"),
        (application(images=[f"ghcr.io/acme/api:1.5.0@{DIGEST}", "!"]), "waiting", "no pod of web-test runs"),
        (application(), "passed", "web-test is synced and healthy on 1.5.0@aaaaaaaaaaaa"),
        (application(phase=None), "passed", "web-test is synced and healthy"),
        (application(images=["a:1", "ghcr.io/acme/web:1.5.0"]), "passed", "web-test is synced and healthy"),
        (application(images=[f"ghcr.io/acme/web@{DIGEST}"]), "passed", "web-test is synced and healthy"),
    ],
)
def test_what_the_application_says(
    told: dict[str, Any], state: str, why: str, server: FaultyProxy, prober: Prober
) -> None:
    server.fail("/api/v1/applications/web-test", says(json.dumps(told).encode()))
    probed = prober(ArgocdCheck(f"http://{server.host}", "web-test"))
    assert (probed.state, probed.why[: len(why)]) == (state, why)
    assert len(probed.why) < 300


def test_what_another_application_says_never_passes(server: FaultyProxy, prober: Prober) -> None:
    """A proxy that answers with what it has kept of another one passed the gate."""
    server.fail("/", says(json.dumps(application(metadata={"name": "api-test"})).encode()))
    probed = prober(ArgocdCheck(f"http://{server.host}", "web-test"))
    assert (probed.state, probed.why) == (
        "failed",
        f"http://{server.host}/api/v1/applications/web-test: answered with the application 'api-test', and web-test"
        " was asked for; check what stands before `server`",
    )


def test_every_image_of_the_version_must_run(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", says(json.dumps(application(images=["nginx:1.25", "ghcr.io/acme/web:2"])).encode()))
    images = ((Repository("docker.io", "library/nginx"), Version("1.25")), (WEB, Version("1.5.0")))
    probed = prober(ArgocdCheck(f"http://{server.host}", "web-test"), images=images)
    assert (probed.state, probed.why) == ("waiting", "no pod of web-test runs ghcr.io/acme/web:1.5.0 yet")


def test_an_app_of_which_no_image_is_known_never_passes(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", says(json.dumps(application()).encode()))
    assert prober(ArgocdCheck(f"http://{server.host}", "web-test"), images=()).state == "waiting"


def test_what_is_asked(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", says(json.dumps(application()).encode()))
    prober(ArgocdCheck(f"http://{server.host}/argo", "web-test", TOKEN, namespace="team a", project="shop"))
    prober(ArgocdCheck(f"http://{server.host}", "web-test"))
    assert [(asked.path, asked.authorization) for asked in server.log] == [
        (
            "/argo/api/v1/applications/web-test?appNamespace=team+a&project=shop",
            "Bearer s3cret-of-the-server",
        ),
        ("/api/v1/applications/web-test", ""),
    ]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (status(401), "denied (401); correct the token of this check"),
        (status(403), "denied (403), or there is no application web-test; correct the token of this check"),
        (status(404), "there is no application web-test; correct `app`, `project` or `server`"),
        (status(500), "answered 500 3 times; try again later"),
        (status(418), "answered 418; check `server`"),
        (redirect("https://sso.example.com/login?state=x"), "answered 307, and leads to sso.example.com; check"),
        (html, "answered with what is no application of Argo CD; check that `server` is Argo CD's own address"),
        (says(b"{}"), "answered with what is no application of Argo CD"),
        (says(b'{"metadata":{"name":"web-test"},"status":[]}'), "answered with what is no application"),
        (says(b"[" * 100_000), "answered with what is no application of Argo CD"),
        (says(b"\xff"), "answered with what is no application of Argo CD"),
        (cut, "the connection was cut before the answer was complete"),
    ],
)
def test_9_1_an_answer_that_does_not_tell_has_failed(fault: Any, why: str, server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", fault)
    probed = prober(ArgocdCheck(f"http://{server.host}", "web-test", TOKEN))
    assert probed.state == "failed"
    assert probed.why.startswith(f"http://{server.host}/api/v1/applications/web-test: {why}")
    assert "s3cret" not in probed.why + "".join(prober.lines)


def test_403_without_a_project_says_how_to_tell_more(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", status(403))
    assert "`project: NAME` tells" in prober(ArgocdCheck(f"http://{server.host}", "x")).why
    assert "`project: NAME`" not in prober(ArgocdCheck(f"http://{server.host}", "x", project="p")).why


def test_401_without_a_token_asks_for_one(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", status(401))
    assert prober(ArgocdCheck(f"http://{server.host}", "x")).why.endswith("denied (401); name a token under `token`")


def test_a_server_that_drips_has_a_deadline(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", drip_body)
    probed = prober(ArgocdCheck(f"http://{server.host}", "x"), timeout=0.3)
    assert (probed.state, "no complete answer in time" in probed.why) == ("failed", True)


def test_a_busy_server_is_asked_again(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", status(503, Retry_After="0"), 1)
    server.fail("/", says(json.dumps(application()).encode()))
    assert prober(ArgocdCheck(f"http://{server.host}", "web-test")).state == "passed"


@pytest.mark.parametrize("name", ["", "..", "a/b", "Web", "web ", "a" * 5 + "\n"])
def test_what_is_no_name_is_not_asked_for(name: str, server: FaultyProxy, prober: Prober) -> None:
    probed = prober(ArgocdCheck(f"http://{server.host}", name, TOKEN))
    assert (probed.state, "is no name of an application" in probed.why) == ("failed", True)
    assert server.log == []


def test_10_3_a_redirect_does_not_take_the_token_along(server: FaultyProxy, prober: Prober) -> None:
    server.fail("/", redirect(f"http://{server.elsewhere}/api/v1/applications/web-test"))
    assert prober(ArgocdCheck(f"http://{server.host}", "web-test", TOKEN)).state == "failed"
    assert [asked.host for asked in server.log] == [server.host]


def test_10_3_a_token_is_never_shown_to_the_network(prober: Prober) -> None:
    probed = prober(ArgocdCheck("http://argocd.example.com", "web-test", TOKEN))
    assert probed.why.endswith("the secret of this check would be shown to the network; use https")


@pytest.mark.parametrize("secret", [SecretSettings(env="HOME"), SecretSettings(env="PROMOTE_UNSET")])
def test_10_3_a_secret_that_is_not_to_be_had_fails_the_check(
    secret: SecretSettings, server: FaultyProxy, prober: Prober
) -> None:
    probed = prober(ArgocdCheck(f"http://{server.host}", "web-test", secret))
    assert (probed.state, probed.why.startswith("the secret ")) == ("failed", True)
    assert server.log == []
