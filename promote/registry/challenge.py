"""WWW-Authenticate: what a server says that it wants (RFC 9110 §11.6.1; tokens: distribution spec, "Bearer")."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_SCHEME = re.compile(rf"({_NAME})(?:[ \t]+|(?=,)|\Z)")
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
# Registries are met that send a realm unquoted, which a token cannot be: taken up to the comma or space.
_PARAMETER = re.compile(rf"({_NAME})[ \t]*=[ \t]*(?:{_QUOTED}|([^\s,\"=][^\s,\"]*))[ \t]*(?=,|\Z)", re.DOTALL)
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|\Z)")
_GAP = re.compile(r"[ \t]*(?:,[ \t]*)*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to sign in: the scheme and the names of parameters in lower case."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """The parameter's value, or "" where there is none."""
        return dict(self.parameters).get(name, "")


def _after_gap(header: str, at: int) -> int:
    gap = _GAP.match(header, at)
    return gap.end() if gap else at


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """All challenges of `header`, in its order; what follows a part that cannot be read is not a challenge.

    Of a parameter that is there twice the first counts.
    """
    found: list[Challenge] = []
    at = _after_gap(header, 0)
    while (scheme := _SCHEME.match(header, at)) is not None:
        at = scheme.end()
        parameters: dict[str, str] = {}
        while (parameter := _PARAMETER.match(header, at)) is not None:
            name, quoted, bare = parameter.groups()
            parameters.setdefault(name.lower(), bare if quoted is None else _ESCAPED.sub(r"\1", quoted))
            at = _after_gap(header, parameter.end())
        # `Negotiate, Basic realm=…`: where a comma ended the scheme, what follows is the next one.
        if not parameters and scheme[0] != scheme[1] and (blob := _TOKEN68.match(header, at)) is not None:
            at = blob.end()
        found.append(Challenge(scheme[1].lower(), tuple(parameters.items())))
        at = _after_gap(header, at)
    return tuple(found)
