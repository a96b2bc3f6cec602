"""The branches that git was told of: a clone asks for all of them, takes one, and forgets the rest.

Only a trace of its packets (GIT_TRACE_PACKET) still has them. It holds no headers, so no credential, and no pack. Where
it does not tell of all branches to the end, nothing is known of any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LINE = re.compile(rb" packet: +clone([<>]) (.*)$", re.MULTILINE)
# git writes so what is not ASCII, and with 32 bits where its bytes have a sign.
_OCTAL = re.compile(rb"\\(?:37777777)?([0-7]{3})")
_BRANCH = re.compile(rb"^([0-9a-f]{40}|[0-9a-f]{64})[ \t]refs/heads/([^ \n]+)", re.MULTILINE)
_DEFAULT = re.compile(rb"^ref: refs/heads/(\S+)\tHEAD$", re.MULTILINE)


def default_of(listing: bytes) -> str | None:
    """The branch that HEAD names in what `ls-remote --symref` wrote."""
    match = _DEFAULT.search(listing)
    return None if match is None else match[1].decode("utf-8", "replace")


def heads_of(listing: bytes) -> dict[str, str]:
    """The branches among lines of an object's and a ref's name, each with its commit."""
    return {name.decode("utf-8", "surrogateescape"): oid.decode("ascii") for oid, name in _BRANCH.findall(listing)}


def traced(trace: bytes) -> Mapping[str, str] | None:
    """Every branch of a remote with its commit, as a clone that left this trace was told; None where it does not tell.

    That is where git's protocol is not version 2 (gitprotocol-v2, ls-refs), or where not all branches were asked for.
    """
    asked: list[bytes] = []
    found: list[bytes] = []
    state = "before"
    for way, said in _LINE.findall(trace):
        if (way, said) == (b">", b"command=ls-refs"):
            # A clone that was refused what it asked for may have been one more.
            asked, found, state = [], [], "asking"
        elif state == "asking" and way == b">":
            asked += [said.removeprefix(b"ref-prefix ")] if said.startswith(b"ref-prefix ") else []
        elif state == "asking" and said == b"0000":
            state = "told"
        elif state == "asking":
            found.append(_OCTAL.sub(lambda octal: bytes([int(octal[1], 8) & 0xFF]), said))
    if state != "told" or (asked and b"refs/heads/" not in asked):
        return None
    return heads_of(b"\n".join(found))
