"""Slack's incoming webhooks: a block of rich text, in which nothing is markup.

Slack, "Block Kit": of a `rich_text` block each element says what it is, so a text can be no mention, no link and no
emoji. The `text` beside it is what a notification shows, and is read as mrkdwn ("Formatting message text").
"""

from __future__ import annotations

import json

from promote.notify.message import Message, Run

# Slack turns away blocks of more than some 13,000 characters in all, which is written nowhere.
LIMIT = 12_000


def _escaped(text: str) -> str:
    """Text that begins no mention and no link in mrkdwn; `*`, `_`, `~` and backticks have no escape, and only style."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _element(run: Run) -> dict[str, object]:
    style: dict[str, object] = {"style": {"bold": True}} if run.is_strong else {}
    if run.url is not None:
        return {"type": "link", "url": run.url, "text": run.text, **style}
    return {"type": "text", "text": run.text, **style}


def body(message: Message) -> bytes:
    """The JSON to post."""
    elements: list[dict[str, object]] = [_element(Run(message.headline, is_strong=True))]
    for line in message.shown:
        elements.append({"type": "text", "text": "\n"})
        elements += [_element(run) for run in line if run.text]
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}
    whole = {
        "text": _escaped(message.headline),
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [block],
    }
    return json.dumps(whole, ensure_ascii=False).encode()
