"""A commit as Git keeps it → what it says of one app: since when, by whom, from where, and whether promote made it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from promote.image import Version, agree
from promote.question import Brought, Carried, State
from promote.wording.trailers import parse

# datetime ends with the year 9999, and the longest soak must still fit behind it.
_LAST = int(datetime(9800, 1, 1, tzinfo=UTC).timestamp())
_DIGITS = 20  # as many are beyond it; Python refuses to read thousands
_STAMP = re.compile(r"(.*?) ?(-?\d+) [+-]\d{4}\Z", re.DOTALL)
# What forges write into the commits by which they merge, each with the number in it.
_IN_SUBJECT = (
    re.compile(r"\AMerge pull request (#\d+)\b"),  # GitHub, Bitbucket Server
    re.compile(r"\AMerge pull request '.*' \((#\d+)\) from "),  # Gitea, Forgejo
    re.compile(r"\AMerged PR (\d+): "),  # Azure DevOps
    re.compile(r"\AMerged in .* \(pull request (#\d+)\)\Z"),  # Bitbucket
    re.compile(r" \((#\d+)\)\Z"),  # a squash on GitHub and Gitea
    re.compile(r" \((![0-9]+)\)\Z"),
)
_IN_BODY = re.compile(r"^See merge request (\S+!\d+)$", re.MULTILINE)  # GitLab


@dataclass(frozen=True)
class Said:
    """What stands in one commit."""

    author: str
    committer: str
    committed: datetime
    message: str

    @cached_property
    def carried(self) -> Mapping[tuple[str, str], Sequence[Carried]]:
        """What its trailers say, by environment and app; read once, though a commit may be of hundreds of apps."""
        found: dict[tuple[str, str], list[Carried]] = {}
        for item in parse(self.message):
            found.setdefault((item.environment, item.app), []).append(item)
        return found

    @property
    def subject(self) -> str:
        return self.message.lstrip("\n").partition("\n")[0].rstrip()

    @property
    def pull_request(self) -> str | None:
        """The pull request that the commit merges, as its forge names it; None where none is told."""
        for pattern in _IN_SUBJECT:
            if found := pattern.search(self.subject):
                return found[1] if found[1][0] in "#!" else f"#{found[1]}"
        told = _IN_BODY.search(self.message)
        return None if told is None else told[1]


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, 0), _LAST), UTC)


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding, "replace")
    except (LookupError, ValueError):  # idna and its like take no "replace", a NUL is no name
        return raw.decode("utf-8", "replace")


def said(raw: bytes) -> Said:
    """What a raw commit says; a date that is none is 1970, as git takes it."""
    head, _, body = raw.partition(b"\n\n")
    fields: dict[str, bytes] = {}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        fields.setdefault(key.decode("latin-1"), value)
    encoding = fields.get("encoding", b"utf-8").decode("latin-1")
    people = {}
    for role in ("author", "committer"):
        text = _decoded(fields.get(role, b""), encoding)
        found = _STAMP.match(text)
        people[role] = (text, 0) if found is None else (found[1], int(found[2][:_DIGITS]))
    return Said(people["author"][0], people["committer"][0], _time(people["committer"][1]), _decoded(body, encoding))


def brought(
    commit: str,
    its: Said,
    merged: Said | None,
    *,
    environment: str,
    app: str,
    runs: Version | State,
    robot: str | None = None,
) -> Brought:
    """What a commit, and the one that it `merged`, say of the app that runs `runs` since then.

    What promote made in the name of `robot` was done by whoever committed it.
    """
    key = (environment, app)
    told = [*its.carried.get(key, ()), *(merged.carried.get(key, ()) if merged is not None else ())]
    own = next((item for item in told if isinstance(runs, Version) and agree(item.new, runs)), None)
    return Brought(
        commit,
        its.committed,
        its.committer if own is not None and its.author == robot else its.author,
        its.subject,
        by_hand=own is None,
        source=None if own is None else own.source,
        skipped_gates=() if own is None else own.skipped_gates,
        pull_request=its.pull_request,
        undone=None if own is None else own.undone,
    )
