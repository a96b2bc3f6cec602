"""The branches on which GitHub makes commits before it sets others to them: their names, and those left by killed runs.

A run has one for seconds. A name tells when it was given, so what is a day old belongs to no run any more, whatever the
clocks of the machines; and it is removed only from the commit that it was seen at.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from promote.forge.github_refs import SCRATCH, Move

_AGE = timedelta(days=1)
_NAME = re.compile(rf"{SCRATCH}(\d{{8}}T\d{{6}})Z-[0-9a-f]{{16}}")
_TIME = "%Y%m%dT%H%M%S"


def new_name(now: datetime) -> str:
    """A name that no other run has."""
    return f"{SCRATCH}{now.astimezone(UTC):{_TIME}}Z-{secrets.token_hex(8)}"


def _given(branch: str) -> datetime | None:
    match = _NAME.fullmatch(branch)
    try:
        return None if match is None else datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None  # no day of any calendar: nor a name of ours


def abandoned(branches: Mapping[str, str], now: datetime) -> Sequence[Move]:
    """What removes those of these branches, each with its commit, that no run can be at work on."""
    given = ((branch, oid, _given(branch)) for branch, oid in sorted(branches.items()))
    return [Move(branch, oid, None, force=True) for branch, oid, when in given if when and now - when > _AGE]
