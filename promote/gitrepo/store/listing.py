"""Which branches a remote has, as Git's own protocol tells: what answers in a Git server's place is not believed.

By HTTP git takes what is not of its protocol for the list of a server of plain files, and what has no whole line for an
empty one (remote-curl.c, `discover_refs`). So a proxy's empty page is an empty repository to it, and only a trace of
its packets (GIT_TRACE_PACKET) tells that none came. A clone's has more: it asks for all branches, takes one, and
forgets the rest. Such a trace holds no headers, so no credential, and no pack.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from promote.errors import RemoteUnreachable
from promote.gitrepo.command.failure import NO_GIT, cure_for
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.origin import REMOTE

_PACKET = re.compile(rb"^.* packet: .*$\n?", re.MULTILINE)
_OF_CLONE = re.compile(rb" packet: +clone([<>]) (.*)$", re.MULTILINE)
# git writes so what is not ASCII, and with 32 bits where its bytes have a sign.
_OCTAL = re.compile(rb"\\(?:37777777)?([0-7]{3})")
_REF = re.compile(rb"^([0-9a-f]{40}|[0-9a-f]{64})[ \t](\S+)", re.MULTILINE)
_DEFAULT = re.compile(rb"^ref: refs/heads/(\S+)\tHEAD$", re.MULTILINE)
_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Listing:
    """The refs that a remote has told of, HEAD among them, by full name; and the branch that HEAD names."""

    refs: Mapping[str, str]
    default: str | None = None

    @property
    def heads(self) -> dict[str, str]:
        """The branches among them, each with its commit."""
        return {ref.removeprefix(_HEADS): oid for ref, oid in self.refs.items() if ref.startswith(_HEADS)}


def parsed(lines: bytes) -> Listing:
    """What lines of an object's and a ref's name say, as `ls-remote --symref` writes them."""
    refs = {name.decode("utf-8", "surrogateescape"): oid.decode("ascii") for oid, name in _REF.findall(lines)}
    named = _DEFAULT.search(lines)
    return Listing(refs, None if named is None else named[1].decode("utf-8", "surrogateescape"))


def confirm_git(remote: Git, trace: bytes) -> None:
    """Returns where this trace of packets has one; RemoteUnreachable where it has none, so that no Git server spoke."""
    if not _PACKET.search(trace):
        raise RemoteUnreachable(NO_GIT, where=remote.where, cure=cure_for(NO_GIT))


def listing(remote: Git, *refs: str) -> Listing:
    """What the remote has of `refs`, patterns of `ls-remote`, by one request.

    RemoteUnreachable where no Git server answers.
    """
    finished = remote.attempt(
        "ls-remote", "--symref", "--end-of-options", REMOTE, *refs, environ={"GIT_TRACE_PACKET": "1"}
    )
    if finished.code != 0:
        # Else the packets of many refs would be all that is shown.
        raise remote.failed(replace(finished, stderr=_PACKET.sub(b"", finished.stderr)), remote=True)
    confirm_git(remote, finished.stderr)
    return parsed(finished.stdout)


def confirm_absent(remote: Git, ref: str) -> None:
    """Returns where a remote, asked again, has no such ref; RemoteUnreachable where it has, or is no Git server."""
    if listing(remote, ref).refs:
        raise RemoteUnreachable(
            "something else has answered in the Git server's place", where=remote.where, cure="run again"
        )


def traced(trace: bytes) -> Mapping[str, str] | None:
    """Every branch of a remote with its commit, as a clone that left this trace was told; None where it does not tell.

    That is where git's protocol is not version 2 (gitprotocol-v2, ls-refs), where not all branches were asked for, or
    where the answer has no end.
    """
    asked: list[bytes] = []
    found: list[bytes] = []
    state = "before"
    for way, said in _OF_CLONE.findall(trace):
        if (way, said) == (b">", b"command=ls-refs"):
            # Of two answers the later one counts.
            asked, found, state = [], [], "asking"
        elif state == "asking" and way == b">":
            asked += [said.removeprefix(b"ref-prefix ")] if said.startswith(b"ref-prefix ") else []
        elif state == "asking" and said == b"0000":
            state = "told"
        elif state == "asking":
            found.append(_OCTAL.sub(lambda octal: bytes([int(octal[1], 8) & 0xFF]), said))
    if state != "told" or (asked and _HEADS.encode() not in asked):
        return None
    return parsed(b"\n".join(found)).heads
