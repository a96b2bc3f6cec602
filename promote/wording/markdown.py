"""Text of other people's on its way into Markdown: it shows as it is, and does nothing.

What could be markup, HTML, a mention or a reference is written as a character reference (CommonMark, "Entity and
numeric character references"), which every forge renders as the character and gives no meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promote.wording.links import Link

# Letters, digits, space and what never begins anything; all else is written by its number.
_PLAIN = re.compile(r"[^\w .,;:/()'=+%-]|_", re.ASCII)
_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Characters that turn text around or hide in it (Unicode TR 36, "bidirectional text spoofing").
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")
# Forges make links of bare addresses, also where nothing marks them.
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])")
_CODE = re.compile(r"[A-Za-z0-9._:@/+-]{1,300}\Z")


def visible(text: str) -> str:
    """One line of `text`, without what turns it around or hides in it."""
    return _HIDDEN.sub("", _LINE.sub(" ", text)).strip()


def plain(text: str) -> str:
    """One line of `text` that a Markdown renderer shows as it is, in a cell of a table too."""
    broken = _PLAIN.sub(lambda found: f"&#{ord(found[0])};" if ord(found[0]) < 128 else found[0], visible(text))
    return _ADDRESS.sub(lambda found: f"{found[1][0]}&#{ord(found[1][1])};{found[1][2:]}", broken)


def code(text: str) -> str:
    """`text` in a code span where it is a name, a tag or a digest; as plain text where it is anything else."""
    return f"`{text}`" if _CODE.match(text) else plain(text)


def link(words: str, url: str) -> str:
    """A link to `url`, which is one that we made ourselves."""
    return f"[{plain(words)}](<{url}>)"


def pages(links: Iterable[Link]) -> str:
    """A link a page, one beside the other, by what each shows."""
    return ", ".join(link(each.shows, each.url) for each in links)
