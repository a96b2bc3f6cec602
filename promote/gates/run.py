"""`run`: a command says whether the version passes. It is started only where whoever runs promote allows it (10.2)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from promote.duration import parse_duration
from promote.gates.probing import Check
from promote.placeholder import fill
from promote.secret import SecretSettings

_LONGEST = timedelta(hours=1)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# What promote itself says, and what decides which programs run.
_OWN = re.compile(r"(PROMOTE_|LD_|DYLD_)|(PATH|HOME|LANG|TMPDIR)\Z")


class RunSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A command that must exit with 0; it needs --allow-run."""

    command: Annotated[
        str | tuple[str, ...],
        Meta(
            description="The program and its arguments: split as a shell would, but no shell runs it; or a list. "
            "{app}, {environment}, {tag}, {digest} and vars are filled in.",
            examples=["./smoke.sh"],
        ),
    ]
    timeout: Annotated[str, Meta(description="How long it may take, at most 1h.", examples=["5m"])] = "5m"
    env: Annotated[
        dict[str, str | SecretSettings],
        Meta(description="Variables for the command beside promote's own: a text, or where a secret is to be had."),
    ] = {}

    def __post_init__(self) -> None:
        _words(self.command)
        if not timedelta(0) < parse_duration(self.timeout) <= _LONGEST:
            raise ValueError(f"timeout is {self.timeout}; it must be more than 0s and at most 1h")
        for name in self.env:
            if _VARIABLE.match(name) is None:
                raise ValueError(f"env: {name!r} is no name of a variable")
            if _OWN.match(name):
                raise ValueError(f"env: {name} is set by promote itself; take another name")

    def check(self) -> RunCheck:
        """The check that this is."""
        return RunCheck(_words(self.command), parse_duration(self.timeout), tuple(self.env.items()))


def _words(command: str | tuple[str, ...]) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command)) if isinstance(command, str) else command
    except ValueError as exc:
        raise ValueError(f"command cannot be split into words ({str(exc).lower()}); write a list") from exc
    if not words or not words[0]:
        raise ValueError("command names no program")
    return words


@dataclass(frozen=True, slots=True)
class RunCheck:
    """What is started, for how long, and what it sees beside promote's own variables."""

    NAME: ClassVar[str] = "run"
    IS_LIVE: ClassVar[bool] = True

    command: tuple[str, ...]
    timeout: timedelta = timedelta(minutes=5)
    env: tuple[tuple[str, str | SecretSettings], ...] = ()

    def filled(self, values: Mapping[str, str]) -> Check:
        # Word by word: a value stays within its word, whatever characters it holds.
        return replace(self, command=tuple(fill(word, values) for word in self.command))
