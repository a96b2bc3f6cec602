"""`argocd`: an application as Argo CD's API tells it (GET /api/v1/applications/NAME)."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

import msgspec

from promote.decoder import decoder
from promote.errors import Refused
from promote.gates.argocd import ArgocdCheck
from promote.image import Reference, alike, parse_reference
from promote.probe.web import Web, leads_to
from promote.question import Probe, Probed
from promote.transport import Response, redact

_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\Z")  # a name of Kubernetes: RFC 1123
_SHOWN = 160
_TOKEN = "correct the token of this check: it must be one of an account of Argo CD that may get the application"  # noqa: S105


class _Named(msgspec.Struct):
    status: str = ""
    message: str = ""


class _Operation(msgspec.Struct):
    phase: str = ""
    message: str = ""


class _Summary(msgspec.Struct):
    images: list[str] | None = None


class _Status(msgspec.Struct, rename="camel"):
    sync: _Named = msgspec.field(default_factory=_Named)
    health: _Named = msgspec.field(default_factory=_Named)
    operation_state: _Operation | None = None
    summary: _Summary = msgspec.field(default_factory=_Summary)


class _Metadata(msgspec.Struct, rename="camel"):
    name: str
    deletion_timestamp: str | None = None


class _Application(msgspec.Struct):
    metadata: _Metadata
    status: _Status = msgspec.field(default_factory=_Status)
    operation: msgspec.Raw = msgspec.Raw()


def _told(message: str) -> str:
    shown = message if len(message) <= _SHOWN else f"{message[:_SHOWN]}…"
    return f": {shown}" if shown else ""


def _fault(response: Response, check: ArgocdCheck) -> Refused:
    where, status = redact(response.url), response.status
    if status == 401:
        cure = _TOKEN if check.token is not None else "name a token under `token`"
        return Refused("denied (401)", where=where, cure=cure)
    if status == 403:
        # Without a project Argo CD says the same of an application that is not there.
        ask = "" if check.project else "; `project: NAME` tells one that is not there from one that is denied"
        what = f"denied (403), or there is no application {check.app}"
        return Refused(what, where=where, cure=f"{_TOKEN}, and `app` and `namespace` must be right{ask}")
    if status == 404:
        return Refused(f"there is no application {check.app}", where=where, cure="correct `app`, `project` or `server`")
    return Refused(f"answered {status}{leads_to(response)}", where=where, cure="check `server`, and that it is well")


def _read(response: Response) -> _Application:
    try:
        return decoder(_Application).decode(response.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise Refused(
            "answered with what is no application of Argo CD",
            where=redact(response.url),
            cure="check that `server` is Argo CD's own address, and what stands before it",
        ) from exc


def _runs(found: Reference, wanted: Reference) -> bool:
    return found.repository == wanted.repository and alike(found.version, wanted.version)


def _missing(images: list[str], question: Probe) -> list[Reference]:
    """What of the version runs nowhere."""
    found = [reference for image in images if (reference := parse_reference(image)) is not None]
    wanted = [Reference(repository, version) for repository, version in question.images]
    return [each for each in wanted if not any(_runs(one, each) for one in found)]


def _state(application: _Application, question: Probe) -> Probed:
    status, operation = application.status, application.status.operation_state
    name = application.metadata.name
    if application.metadata.deletion_timestamp is not None:
        return Probed("failed", f"{name} is being deleted")
    if bytes(application.operation) not in (b"", b"null"):
        return Probed("waiting", f"a sync of {name} is about to begin")
    if operation is not None and operation.phase in ("Running", "Terminating"):
        return Probed("waiting", f"a sync of {name} is under way{_told(operation.message)}")
    if operation is not None and operation.phase in ("Failed", "Error"):
        return Probed("failed", f"the last sync of {name} failed{_told(operation.message)}")
    if status.health.status in ("Degraded", "Suspended", "Missing"):
        return Probed("failed", f"{name} is {status.health.status}{_told(status.health.message)}")
    if status.sync.status != "Synced":
        return Probed("waiting", f"{name} is {status.sync.status or 'not compared yet'}")
    if status.health.status != "Healthy":
        return Probed(
            "waiting", f"{name} is {status.health.status or 'of unknown health'}{_told(status.health.message)}"
        )
    missing = _missing(status.summary.images or [], question)
    if missing or not question.images:
        names = ", ".join(f"{each.repository}:{each.version.short}" for each in missing) or "the version"
        return Probed("waiting", f"no pod of {name} runs {names} yet")
    return Probed("passed", f"{name} is synced and healthy on {question.version.short}")


def probed(check: ArgocdCheck, question: Probe, web: Web) -> Probed:
    """Passed where the application is synced and healthy and runs all images of the version.

    Waiting while it is on its way there. Refused where the API does not tell.
    """
    if _NAME.match(check.app) is None:
        raise Refused(f"{check.app[:100]!r} is no name of an application", cure="correct `app` of the argocd check")
    query = {"appNamespace": check.namespace, "project": check.project}
    asked = urlencode({name: value for name, value in query.items() if value})
    url = f"{check.server}/api/v1/applications/{quote(check.app, safe='')}" + (f"?{asked}" if asked else "")
    response = web.get(url, token=check.token, ca=check.ca, patient=True)
    if response.status != 200:
        raise _fault(response, check)
    application = _read(response)
    if application.metadata.name != check.app:
        what = f"answered with the application {application.metadata.name[:100]!r}, and {check.app} was asked for"
        raise Refused(what, where=redact(response.url), cure="check what stands before `server`")
    return _state(application, question)
