"""`http`: what an address answers against what it should."""

from __future__ import annotations

import json
from typing import Any

from promote.gates.http import HttpCheck
from promote.probe import strict_json
from promote.probe.web import Web, leads_to
from promote.question import Probed
from promote.text.yamlpath import Step
from promote.transport import Response, redact

_SHOWN = 60


def _spelled(path: tuple[Step, ...]) -> str:
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else str(step)
    return out


def _text(value: Any) -> str:
    """A value as JSON writes it; of a string its characters, of a number those that stood there."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return json.dumps(value)


def _at(value: Any, path: tuple[Step, ...]) -> tuple[bool, Any]:
    """Whether there is something at `path`, and what."""
    for step in path:
        if isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        elif isinstance(value, dict) and str(step) in value:
            value = value[str(step)]
        else:
            return False, None
    return True, value


def _judged(check: HttpCheck, response: Response, where: str) -> Probed:
    field = _spelled(check.path)
    try:
        whole = strict_json.read(response.body)
    except ValueError as exc:
        packed = response.headers.get("content-encoding", "identity")
        told = str(exc) if packed == "identity" else f"it is packed ({packed[:_SHOWN]}), though that was not asked for"
        what = f"{where}: answered {response.status} with what is no JSON of RFC 8259: {told}"
        return Probed("failed", f"{what}; correct `url`, or mend what answers there")
    found, value = _at(whole, check.path)
    if not found:
        return Probed("failed", f"{where}: its answer has no {field}; correct `json`")
    text = _text(value)
    # A list that happens to be called so must not pass.
    if text != check.equals or isinstance(value, dict | list):
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        return Probed("failed", f"{where}: {field} is {shown}, and should be {check.equals}")
    return Probed("passed", f"{where} answered {response.status}, and {field} is {text}")


def probed(check: HttpCheck, web: Web) -> Probed:
    """Passed where the status is one of those wanted and the field reads what it should; else failed, never waiting."""
    response = web.get(check.url, token=check.token, headers=check.headers, ca=check.ca)
    where = redact(check.url)
    if response.status not in check.statuses:
        wanted = " or ".join(map(str, check.statuses))
        return Probed("failed", f"{where}: answered {response.status}{leads_to(response)}, and should answer {wanted}")
    if check.equals is None:
        return Probed("passed", f"{where} answered {response.status}")
    return _judged(check, response, where)
