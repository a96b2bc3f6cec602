"""Commit messages: a template of the user's, in a sandbox, and the trailers below it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from promote.errors import UsageError
from promote.question import Carried, HoldChange
from promote.wording.links import Link
from promote.wording.trailers import trailers

EXAMPLE = "{{ environment }}: {{ summary }}"
_NAMES = "its names are environment(s), summary, changes, links, releases; app, old, new, source where one app moves"
_ASKED = frozenset({"links", "releases"})
_MAX = 20_000
# Git ends the message that it looks for trailers in at a line of dashes.
_TRAILER = re.compile(r"^(?=Promote-[A-Za-z-]+[ \t]*:|---)", re.MULTILINE | re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def _moved(carried: Sequence[Carried]) -> str:
    if len(carried) == 1:
        only = carried[0]
        return f"{only.app} {only.new.short}" + (f" (was {only.old.short})" if only.old is not None else "")
    apps = sorted({item.app for item in carried})
    if len(apps) <= 3:
        versions = [f"{item.app} {item.new.short}" for item in sorted(carried, key=lambda item: item.app)]
        return ", ".join(dict.fromkeys(versions))
    return f"{len(apps)} apps"


def _holding(holds: Sequence[HoldChange]) -> str:
    """What is held back, and what is released; only the numbers where it is much."""
    told: list[str] = []
    for action, verb in (("held", "hold"), ("released", "release")):
        names = list(dict.fromkeys(item.what for item in holds if item.action == action))
        told += [f"{verb} {', '.join(names)}" if len(names) <= 3 else f"{verb} {len(names)} versions"] if names else []
    return "; ".join(told)


def _summary(carried: Sequence[Carried], holds: Sequence[HoldChange]) -> str:
    if not carried:
        return _holding(holds)
    moved = _moved(carried)
    # What a rollback takes away it holds back too: that goes without saying.
    return f"rollback: {moved}" if all(item.undone is not None for item in carried) else moved


def _environments(carried: Sequence[Carried], holds: Sequence[HoldChange]) -> list[str]:
    return sorted({item.environment for item in carried} | {item.environment for item in holds})


def subject(carried: Sequence[Carried], holds: Sequence[HoldChange] = ()) -> str:
    """EXAMPLE as it would render."""
    return f"{', '.join(_environments(carried, holds))}: {_summary(carried, holds)}"


def _default(carried: Sequence[Carried], holds: Sequence[HoldChange]) -> str:
    """The subject, and below it a list where several apps move, and why versions are held back."""
    rows = [
        f"- {item.environment}: {item.app} {item.old.short if item.old else '(new)'} → {item.new.short}"
        for item in carried
    ]
    rows = [] if len(rows) == 1 else rows
    rows += [
        f"- {item.environment}: hold {item.what}: {' '.join(item.reason.split())}"
        for item in holds
        if item.action == "held" and item.reason
    ]
    return "\n\n".join([subject(carried, holds), *(["\n".join(rows)] if rows else [])])


def wants_links(template: str | None) -> bool:
    """Whether a template speaks of what has to be asked for; one that cannot be read speaks of nothing."""
    if template is None or not any(name in template for name in _ASKED):
        return False
    from promote.wording.sandbox import names_in

    return not _ASKED.isdisjoint(names_in(template))  # `message` says what is wrong with it


def rendered(
    template: str,
    carried: Sequence[Carried],
    links: Sequence[Link],
    holds: Sequence[HoldChange] = (),
    *,
    where: str = "",
) -> str:
    """What a template comes to in its sandbox, without space around.

    UsageError at `where` where it does not render, or passes a bound of `promote.wording.budget`.
    """
    # Imported here: most runs have no template, and jinja2 takes as long to import as git to commit.
    from promote.wording.budget import Budget
    from promote.wording.sandbox import render

    environments = _environments(carried, holds)
    values: dict[str, object] = {
        "environment": ", ".join(environments),
        "environments": environments,
        "summary": _summary(carried, holds),
        "changes": list(carried),
        "links": [each for each in links if each.shows == "compare"],
        "releases": [each for each in links if each.shows == "release notes"],
    }
    if len(carried) == 1:
        only = carried[0]
        values |= {"app": only.app, "old": only.old or "", "new": only.new, "source": only.source or ""}
    elif not carried and len(holds) == 1:
        held = holds[0]
        values |= {"app": held.app, "old": "", "new": held.version or "*", "source": ""}
    text = render(template, values, Budget(where), cure=_NAMES).strip()
    if not text:
        raise UsageError("the template renders to nothing", where=where, cure=f"write one such as {EXAMPLE!r}")
    return text


def message(
    template: str | None,
    carried: Sequence[Carried],
    links: Sequence[Link] = (),
    *,
    base: str | None = None,
    holds: Sequence[HoldChange] = (),
    holds_on: str | None = None,
    where: str = "",
) -> str:
    """The whole message of a commit that carries, holds and releases these: the rendered template, a list of several,
    the trailers.

    Raises UsageError at `where` where the template does not render; its names are environment, environments, summary,
    changes, links, releases, and app, old, new, source where one app moves.
    """
    body = _default(carried, holds) if template is None else rendered(template, carried, links, holds, where=where)
    # What the template renders must not read as a trailer of ours.
    body = _TRAILER.sub(" ", _CONTROL.sub("", body[:_MAX])).strip("\n")
    return f"{body}\n\n{trailers(carried, base=base, holds=holds, holds_on=holds_on)}\n"
