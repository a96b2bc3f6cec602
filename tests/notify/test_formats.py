"""What each format looks like, and that no text of other people's means anything in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from promote.image import Version
from promote.notify.event import Event, events_of
from promote.notify.send import Format, body_of
from promote.notify.webhook import signature
from promote.wording.notification import notification
from tests.clock import NOON
from tests.notify.deliveries import HOSTILE, OID, PULL, REPO, delivery, hostile, page, proposed

HEADLINE = "gitops: 1 promoted, 1 waiting, 1 refused, 1 failed"
COMMIT = f"https://git.example.com/acme/gitops/commit/{OID}"
LINES = [
    "prod",
    "web 1.4.0 → 1.5.0, from test, commit 4b825dc642cb",
    "api waiting until 2026-01-06T12:00:00+00:00: soak: 2h of 24h",
    "test",
    "shop refused, downgrade: test runs 1.5.0, and 1.4.0 is older",
    "cron failed, registry: ghcr.io does not answer",
]
# One line, and nothing that turns it around or hides.
SHOWN = HOSTILE.replace("\n", " ").replace("\u202e", "").replace("\x1b", " ")


def document(format: Format, events: tuple[Event, ...]) -> Any:  # noqa: A002 - that is what it is
    return json.loads(body_of(format, notification(REPO, events, NOON)))


def elements(events: tuple[Event, ...]) -> list[dict[str, Any]]:
    """The elements of Slack's one block."""
    (block,) = document("slack", events)["blocks"]
    (section,) = block["elements"]
    found: list[dict[str, Any]] = section["elements"]
    return found


def inlines(events: tuple[Event, ...]) -> list[list[dict[str, Any]]]:
    """The runs of each block of Teams' card."""
    (attachment,) = document("teams", events)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    return [block["inlines"] for block in attachment["content"]["body"]]


def test_slack() -> None:
    whole = document("slack", events_of(delivery(), page))
    assert (whole["text"], whole["unfurl_links"], whole["unfurl_media"]) == (HEADLINE, False, False)
    (block,) = whole["blocks"]
    assert (block["type"], block["elements"][0]["type"]) == ("rich_text", "rich_text_section")
    found = elements(events_of(delivery(), page))
    assert "".join(each["text"] for each in found) == "\n".join([HEADLINE, *LINES])
    assert [each for each in found if each["type"] == "link"] == [
        {"type": "link", "url": COMMIT, "text": "commit 4b825dc642cb"}
    ]
    assert [each["text"] for each in found if "style" in each] == [HEADLINE, "prod", "test"]


def test_teams() -> None:
    whole = document("teams", events_of(delivery(), page))
    assert whole["type"] == "message"
    card = whole["attachments"][0]["content"]
    assert (card["type"], card["version"], {block["type"] for block in card["body"]}) == (
        "AdaptiveCard",
        "1.4",
        {"RichTextBlock"},
    )
    found = inlines(events_of(delivery(), page))
    assert ["".join(run["text"] for run in line) for line in found] == [HEADLINE, *LINES]
    links = [run for line in found for run in line if "selectAction" in run]
    assert links == [
        {
            "type": "TextRun",
            "text": "commit 4b825dc642cb",
            "underline": True,
            "selectAction": {"type": "Action.OpenUrl", "url": COMMIT},
        }
    ]


def test_a_pull_request_is_linked() -> None:
    events = events_of(proposed(), page)
    links = {each["text"]: each["url"] for each in elements(events) if each["type"] == "link"}
    assert links == {"pull request": PULL, "commit 4b825dc642cb": COMMIT}


def test_webhook() -> None:
    whole = document("webhook", events_of(delivery(), page))
    assert {key: whole[key] for key in ("schema", "sent", "repo")} == {
        "schema": 1,
        "sent": "2026-01-05T12:00:00Z",
        "repo": REPO,
    }
    promoted, waits, refused, failed = whole["events"]
    assert promoted == {
        "kind": "promoted",
        "environment": "prod",
        "app": "web",
        "old": {"tag": "1.4.0", "digest": None},
        "new": {"tag": "1.5.0", "digest": None},
        "from": "test",
        "code": None,
        "gate": None,
        "until": None,
        "reason": None,
        "repo": REPO,
        "branch": "main",
        "commit": OID,
        "url": COMMIT,
        "proposed": False,
        "pull_request": None,
    }
    assert (waits["kind"], waits["gate"], waits["until"]) == ("waiting-changed", "soak", "2026-01-06T12:00:00+00:00")
    assert (refused["code"], failed["code"]) == ("downgrade", "registry")


def test_the_signature_is_the_hmac_of_the_body() -> None:
    # RFC 4231, section 4.3.
    expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signature("Jefe", b"what do ya want for nothing?") == expected


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def test_hostile_text_is_only_text_in_slack() -> None:
    found = elements(hostile())
    # Everything that means something in a rich_text block is an element of a type of its own.
    assert {each["type"] for each in found} == {"text"}
    assert SHOWN in "".join(each["text"] for each in found)
    assert "<" not in document("slack", (Event("failed", "<!here>", "web", code="x"),))["text"]


def test_a_repository_named_like_a_mention_is_none_in_slacks_summary() -> None:
    message = notification("https://git.example.com/acme/<!here>&.git", hostile(), NOON)
    assert json.loads(body_of("slack", message))["text"] == "&lt;!here&gt;&amp;: 1 promoted, 1 failed"


def test_hostile_text_is_only_text_in_teams() -> None:
    runs = [run for line in inlines(hostile()) for run in line]
    assert {key for run in runs for key in run} == {"type", "text", "weight"}
    assert [text for run in runs for text in _texts(run) if "{{" in text] == []
    assert SHOWN in "".join(run["text"] for run in runs)


def test_hostile_text_reaches_a_program_as_it_is() -> None:
    promoted, failed = document("webhook", hostile())["events"]
    assert (promoted["app"], failed["reason"]) == (HOSTILE, HOSTILE)


@pytest.mark.parametrize(("format", "limit"), [("slack", 12_000), ("teams", 24_000)])
@pytest.mark.parametrize("reason", ["x", "é" * 1000, "{" * 300])
def test_many_events_are_cut_to_what_is_taken(
    format: Format,  # noqa: A002 - that is what it is
    limit: int,
    reason: str,
) -> None:
    events = tuple(Event("failed", "prod", f"app-{number}", code="registry", reason=reason) for number in range(500))
    body = body_of(format, notification(REPO, events, NOON))
    assert len(body) <= limit
    assert "500 failed" in body.decode()
    assert "more lines" in body.decode()


def test_a_program_is_told_of_all() -> None:
    events = tuple(Event("promoted", "prod", f"app-{number}", new=Version("1")) for number in range(500))
    assert len(document("webhook", events)["events"]) == 500
