"""Titles and bodies of pull requests: a table of what moves, what is left out and why, and a footer for programs.

The footer is a copy: what counts stands in the trailers of the branch's commit (SEMANTICS 7.1).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from promote.image import Version, parse_version
from promote.outcome import Proposal
from promote.question import Carried, HoldChange
from promote.wording.links import Link, by_pair
from promote.wording.markdown import code, pages, plain
from promote.wording.message import rendered, subject

FooterState = Literal["open", "done"]
Hides = Literal["comment", "definition"]
# A comment of HTML, or where these are shown, a definition that no link refers to (CommonMark, "Link reference
# definitions").
_FOOTER = re.compile(r"<!-- promote (\{.*?\}) -->|^\[promote\]: # \(([A-Za-z0-9_=-]+)\)$", re.DOTALL | re.MULTILINE)
_MAX_TITLE = 200


@dataclass(frozen=True, slots=True)
class Note:
    """Something of an app that is not in the table: what was left out, which gate was passed; `why` is a sentence."""

    environment: str
    app: str
    why: str


@dataclass(frozen=True, slots=True)
class Footer:
    """What a body says for programs: whether promote closed it itself, and the versions that it carries."""

    state: FooterState
    versions: Mapping[tuple[str, str], Version]


def notes(proposal: Proposal) -> list[Note]:
    """What was left out of a pull request, and which gates each change in it has passed.

    As it was when its branch was pushed. What a gate says later, its status tells.
    """
    passed: dict[tuple[str, str], list[str]] = {}
    for environment, app, verdict in proposal.verdicts:
        if verdict.passes:
            passed.setdefault((environment, app), []).append(f"{verdict.gate} ({verdict.why})")
    return [
        *(Note(each.environment, each.app, f"left out ({each.code}): {each.reason}") for each in proposal.left),
        *(Note(*pair, f"gates passed: {', '.join(gates)}") for pair, gates in passed.items()),
    ]


def title(
    template: str | None,
    carried: Sequence[Carried],
    links: Sequence[Link] = (),
    holds: Sequence[HoldChange] = (),
    *,
    where: str = "",
) -> str:
    """One line: the template, else what the commit's subject would be; UsageError at `where` if it does not render."""
    text = subject(carried, holds) if template is None else rendered(template, carried, links, holds, where=where)
    line = " ".join(text.split())
    return line if len(line) <= _MAX_TITLE else f"{line[: _MAX_TITLE - 1]}…"


def _row(item: Carried, links: Sequence[Link]) -> str:
    was = code(item.old.short) if item.old is not None else "new"
    digest = f"<br>{code(item.new.digest)}" if item.new.digest is not None else ""
    version = code(item.new.tag) if item.new.tag is not None else ""
    cells = [code(item.environment), code(item.app), was, f"{version}{digest}".removeprefix("<br>"), pages(links)]
    return f"| {' | '.join(cells)} |"


def _table(carried: Sequence[Carried], links: Sequence[Link], room: int) -> str:
    head = "| environment | app | from | to | |\n|---|---|---|---|---|\n"
    several = by_pair(links)
    rows: list[str] = []
    left = room - len(head) - 60
    for number, item in enumerate(carried):
        row = _row(item, several.get((item.environment, item.app), ()))
        if len(row) + 1 > left:
            rows.append(f"\n… and {len(carried) - number} more, in the commit's trailers")
            break
        rows.append(row)
        left -= len(row) + 1
    return head + "\n".join(rows)


def _held(item: HoldChange) -> str:
    version = "every version" if item.version is None else code(item.version.short)
    verb = "hold" if item.action == "held" else "release"
    why = f": {plain(item.reason)}" if item.reason else ""
    return f"- {code(item.environment)}: {verb} {code(item.app)} {version}{why}"


def _default(
    carried: Sequence[Carried],
    links: Sequence[Link],
    notes: Sequence[Note],
    room: int,
    holds: Sequence[HoldChange],
) -> str:
    items = sorted(carried, key=lambda item: (item.environment, item.app))
    told = [f"- {code(note.environment)}: {code(note.app)}: {plain(note.why)}" for note in notes]
    skipped = [
        f"- {code(item.environment)}: {code(item.app)}: gate {code(name)} skipped: {plain(reason)}"
        for item in items
        for name, reason in item.skipped_gates
    ]
    lists = "\n".join([*skipped, *map(_held, holds), *told])
    lists = lists if len(lists) <= room // 3 else lists[: room // 3].rpartition("\n")[0] + "\n- …"
    if not items:
        return lists
    table = _table(items, links, room - len(lists) - 2)
    return f"{table}\n\n{lists}" if lists else table


def footer(carried: Sequence[Carried], state: FooterState, hides: Hides = "comment") -> str:
    """The hidden line that `read_footer` reads; whatever is in it, it ends neither a comment nor a definition."""
    changes = [[item.environment, item.app, str(item.new)] for item in carried]
    text = json.dumps({"schema": 1, "state": state, "changes": changes}, separators=(",", ":"))
    if hides == "definition":
        return f"[promote]: # ({base64.urlsafe_b64encode(text.encode()).decode()})"
    return f"<!-- promote {text.replace('-', chr(92) + 'u002d').replace('>', chr(92) + 'u003e')} -->"


def read_footer(body: str) -> Footer | None:
    """What the last footer of a body says; None where it has none that can be read."""
    found = list(_FOOTER.finditer(body))
    if not found:
        return None
    comment, definition = found[-1].groups()
    try:
        said = json.loads(comment or base64.urlsafe_b64decode(definition))
        state = said["state"]
        rows = [(str(environment), str(app), str(version)) for environment, app, version in said["changes"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if state not in ("open", "done"):
        return None
    versions = {(environment, app): parse_version(version) for environment, app, version in rows}
    return Footer(state, {key: version for key, version in versions.items() if version is not None})


def body(
    template: str | None,
    carried: Sequence[Carried],
    *,
    links: Sequence[Link] = (),
    notes: Sequence[Note] = (),
    holds: Sequence[HoldChange] = (),
    limit: int,
    hides: Hides = "comment",
    where: str = "",
) -> str:
    """The whole body, of at most `limit` characters: a table, or what the template renders, and the footer.

    UsageError at `where` if the template does not render. A footer that leaves no room is left out.
    """
    last = footer(carried, "open", hides)
    if len(last) > limit // 2:
        last = ""
    room = limit - len(last) - 2
    if template is None:
        text = _default(carried, links, notes, room, holds)
    else:
        text = _FOOTER.sub("", rendered(template, carried, links, holds, where=where))
    if len(text) > room:
        text = f"{text[: room - 1]}…"
    return f"{text}\n\n{last}".strip()


def closed(text: str, hides: Hides = "comment") -> str:
    """The body of a pull request that promote closes itself: nobody declined what it carries."""
    found = read_footer(text)
    if found is None:
        return f"{text}\n\n{footer((), 'done', hides)}".strip()
    items = [Carried(environment, app, None, version) for (environment, app), version in found.versions.items()]
    return _FOOTER.sub(lambda _: footer(items, "done", hides), text)
