"""What git says when it fails, as an error of ours: what was wrong, and what to do."""

from __future__ import annotations

import re

from promote.errors import GitError, RemoteDenied, RemoteUnreachable
from promote.gitrepo.url import redacted
from promote.process import Finished

_CAP = 2000
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# git adds this to whatever ssh or a local repository said; it tells nothing.
_NOISE = re.compile(r"^(Cloning into |Please make sure you have|and the repository exists|$)")

# The remote looked at who we are, or at what we asked for, or we at who it is: asked again it would say the same.
DENIED = re.compile(
    r"returned error: 40[1347]|HTTP 40[1347]|Authentication failed|could not read (Username|Password)|"
    r"Permission denied|denied to |[Aa]ccess denied|Host key verification failed|"
    r"does not appear to be a git repository|[Rr]epository ('.*' )?(not found|does not exist)|could not be found|"
    r"not enabled"
)

# what git or a server says: what to do about it
_CURES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"Authentication failed|could not read (Username|Password)|returned error: 40[13]|HTTP 40[13]"),
        "give git a credential for this host (a credential helper, or https://USER:TOKEN@HOST/… by --repo)",
    ),
    (re.compile(r"Permission denied \(|Host key verification failed"), "check the ssh key and known_hosts"),
    (
        re.compile(r"not found|does not exist|does not appear to be a git repository|returned error: 404"),
        "check the URL, and that this credential may see the repository",
    ),
    (re.compile(r"dubious ownership"), "see `git config safe.directory`"),
    (re.compile(r"ould not resolve|Connection refused|Failed to connect|timed out|unreachable"), "check the network"),
    (re.compile(r"certificate|SSL|gnutls", re.IGNORECASE), "name the authority to trust in GIT_SSL_CAINFO"),
    (re.compile(r"redirect"), "use the repository's present URL"),
    (re.compile(r"dumb http transport"), "the server has to speak Git's smart HTTP"),
)


def sanitised(raw: bytes, secrets: frozenset[str] = frozenset()) -> str:
    """What a program or a server said, fit for a terminal: no escapes, no control characters, no secrets, capped."""
    text = _ESCAPE.sub("", raw.decode("utf-8", "replace"))
    lines = []
    for line in re.split(r"[\r\n]+", text):
        shown = " ".join("".join(char if char.isprintable() else " " for char in line).split())
        if shown:
            lines.append(shown)
    out = redacted("\n".join(lines), secrets)
    return out if len(out) <= _CAP else out[:_CAP] + "…"


def reason(finished: Finished, secrets: frozenset[str] = frozenset()) -> str:
    """Why a git command failed, in one line."""
    if finished.cut == "deadline":
        return "git did not end in time"
    if finished.cut is not None:
        return "git answered more than could be taken"
    lines = [line for line in sanitised(finished.stderr, secrets).splitlines() if not _NOISE.match(line)]
    telling = [line for line in lines if re.match(r"(fatal|error|ERROR|remote|ssh):", line)] or lines
    # git says this after whatever ssh or a local repository said.
    telling = [line for line in telling if "Could not read from remote repository" not in line] or telling
    said = "; ".join(dict.fromkeys(re.sub(r"^(fatal|error): ", "", line) for line in telling))
    return said or f"git ended with {finished.code}"


def cure_for(why: str) -> str:
    """What to do about `why`, or nothing where we do not know."""
    return next((cure for pattern, cure in _CURES if pattern.search(why)), "")


def failed(finished: Finished, *, where: str, secrets: frozenset[str], remote: bool) -> GitError:
    """The error for a git command that failed; `remote` where it had to ask one."""
    why = reason(finished, secrets)
    kind: type[GitError] = GitError
    if remote:
        kind = RemoteDenied if finished.cut is None and DENIED.search(why) else RemoteUnreachable
    return kind(why, where=where, cure=cure_for(why) or ("try again, or raise the time-out" if finished.cut else ""))
