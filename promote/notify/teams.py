"""Microsoft Teams' workflow webhooks: an Adaptive Card of RichTextBlocks, in which nothing is markup.

Adaptive Cards, "Text features": a TextBlock is Markdown, the TextRuns of a RichTextBlock are not. That `{{DATE(…)}}`
and `{{TIME(…)}}` are filled in is said of text as such, so no run holds two braces in a row. Teams, "Format cards": a
mention is an entity of the card, and this one has none.
"""

from __future__ import annotations

import json
import re

from promote.notify.message import Line, Message, Run

# Teams takes cards of at most 28 KB.
LIMIT = 24_000

_BRACES = re.compile(r"(?<=\{)(?=\{)")


def _runs(run: Run) -> list[dict[str, object]]:
    more: dict[str, object] = {"weight": "Bolder"} if run.is_strong else {}
    if run.url is not None:
        more |= {"underline": True, "selectAction": {"type": "Action.OpenUrl", "url": run.url}}
    return [{"type": "TextRun", "text": part, **more} for part in _BRACES.split(run.text) if part]


def _block(line: Line) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [part for run in line for part in _runs(run)], "spacing": "Small"}


def body(message: Message) -> bytes:
    """The JSON to post."""
    lines = ((Run(message.headline, is_strong=True),), *message.shown)
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [_block(line) for line in lines],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return json.dumps({"type": "message", "attachments": [attachment]}, ensure_ascii=False).encode()
