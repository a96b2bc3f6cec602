"""A webhook for programs: the events as JSON (docs/json.md), signed where there is a secret for it."""

from __future__ import annotations

import hashlib
import hmac
import json

from promote.image import tag_and_digest
from promote.moment import show_moment
from promote.notify.event import Event
from promote.notify.message import Message

LIMIT = 16 << 20
SIGNATURE = "Promote-Signature"


def _event(event: Event) -> dict[str, object]:
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
    whole = {
        "schema": 1,
        "sent": show_moment(message.sent),
        "repo": message.repo,
        "events": [_event(event) for event in message.events],
    }
    return json.dumps(whole).encode()


def signature(secret: str, data: bytes) -> str:
    """What the header SIGNATURE says of these bytes: `sha256=`, and their HMAC by `secret` (RFC 2104) in hex."""
    return f"sha256={hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()}"
