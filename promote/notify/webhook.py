"""A webhook for programs: the events as JSON (docs/json.md), signed where there is a secret for it."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Annotated, TypedDict

from promote.image import TagAndDigest, tag_and_digest
from promote.moment import show_moment
from promote.notify.event import Event
from promote.notify.kind import Kind
from promote.notify.message import Message

LIMIT = 16 << 20
SIGNATURE = "Promote-Signature"


# `from` is a word of Python's own.
_Source = TypedDict("_Source", {"from": Annotated[str | None, "the environment that it came from"]})


class Told(_Source):
    """One event; what its kind does not know is null."""

    kind: Annotated[Kind, "what happened"]
    environment: Annotated[str, "its environment"]
    app: Annotated[str, "the app"]
    old: Annotated[TagAndDigest | None, "what ran"]
    new: Annotated[TagAndDigest | None, "what was brought in"]
    code: Annotated[str | None, "why not, stable"]
    gate: Annotated[str | None, "the gate that keeps it waiting"]
    until: Annotated[str | None, "when the gate may pass"]
    reason: Annotated[str | None, "why not, as a sentence"]
    repo: Annotated[str | None, "the repository of the commit"]
    branch: Annotated[str | None, "its branch"]
    commit: Annotated[str | None, "its name"]
    url: Annotated[str | None, "its page, where the forge is known"]
    proposed: Annotated[bool, "whether it is on a promotion branch"]
    pull_request: Annotated[str | None, "the address of the pull request"]


class Notification(TypedDict):
    """What a webhook is told."""

    schema: Annotated[int, "1; within one number keys are only ever added"]
    sent: Annotated[str, "the time, in UTC"]
    repo: Annotated[str, "the repository that promote.yaml is read from"]
    events: Annotated[list[Told], "what is new"]


def _event(event: Event) -> Told:
    return {
        "kind": event.kind,
        "environment": event.environment,
        "app": event.app,
        "old": tag_and_digest(event.old),
        "new": tag_and_digest(event.new),
        "from": event.source,
        "code": event.code,
        "gate": event.gate,
        "until": event.until,
        "reason": event.reason,
        "repo": event.repo,
        "branch": event.branch,
        "commit": event.commit,
        "url": event.page,
        "proposed": event.is_proposed,
        "pull_request": event.pull_request,
    }


def body(message: Message) -> bytes:
    """The JSON to post."""
    whole: Notification = {
        "schema": 1,
        "sent": show_moment(message.sent),
        "repo": message.repo,
        "events": [_event(event) for event in message.events],
    }
    return json.dumps(whole).encode()


def signature(secret: str, data: bytes) -> str:
    """What the header SIGNATURE says of these bytes: `sha256=`, and their HMAC by `secret` (RFC 2104) in hex."""
    return f"sha256={hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()}"
