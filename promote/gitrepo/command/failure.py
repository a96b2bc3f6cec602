"""What git says when it fails, as an error of ours: what was wrong, and what to do."""

from __future__ import annotations

import re
from dataclasses import replace

from promote.errors import GitError, ObjectsBroken, RemoteDenied, RemoteUnreachable
from promote.gitrepo.url import redacted
from promote.process import Finished

_CAP = 2000
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# What a server tells of its work, and what it draws lines with: nothing of that says why.
_NOISE = re.compile(
    r"(Resolving deltas|Checking connectivity|Processing changes|Enumerating|Counting|Compressing)\b.*|\W*"
)
# git adds this to whatever ssh or a local repository said; it tells nothing.
_ADDED = re.compile(r"^(Cloning into |Please make sure you have|and the repository exists|$)")
# Of all that ssh says where it lets nobody through, the lines that tell why.
_BY_SSH = re.compile(
    r"HOST IDENTIFICATION HAS CHANGED|^No \S+ host key is known|^Host key verification failed|: Permission denied \("
)

# The remote looked at who we are, or at what we asked for, or we at who it is: asked again it would say the same.
DENIED = re.compile(
    r"(returned error:|HTTP) (30[12378]|40[1347]|410)|Authentication failed|could not read (Username|Password)|"
    r"Permission denied|denied to |[Aa]ccess denied|DENIED by|Host key verification failed|"
    r"Too many authentication failures|SAML|"
    r"does not appear to be a git repository|[Rr]epository ('.*' )?(not found|does not exist)|could not be found|"
    r"was archived|marked as read.?only|Write access to|not (allowed|permitted)|TF40\d+|leads to |not enabled"
)

# A disk of this machine, where git says so itself: what a server says of its own begins with `remote:`.
NO_ROOM = re.compile(
    r"^(?!.*remote:).*(No space left on device|Out of diskspace|Read-only file system|Disk quota exceeded|"
    r"failed to write new configuration file)"
)

# What git says of a repository here in which objects are missing, or something is not what it should be. What it says
# of a pack that came damaged or not as a whole (`pack has bad object`, `pack is corrupted`) is a fault of the line.
_BROKEN = re.compile(
    r"unable to read (?!askpass)|[Cc]ould not read [0-9a-f]{40}|Can't load tree|Failed to traverse|"
    r"Not a valid (commit|object)|(?<!has )bad (object|tree)|is corrupt\b|loose object|object file .* is empty|"
    r"missing (blob|tree|commit)|not a git repository: '|bad (config|shallow) line|reference broken|"
    r"(packfile|index) \S+ .*(does not match|cannot be accessed|too short|too small|not a GIT packfile)|"
    r"did not send all necessary objects"
)

NO_GIT = "what answers there is no Git server that speaks smart HTTP"
_SERVER = "try again, or ask who runs the server"
# what git or a server says: what to do about it
_CURES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"Authentication failed|could not read (Username|Password)|returned error: 40[13]|HTTP 40[13]"),
        "give git a credential for this host (PROMOTE_GIT_TOKEN, `git` of promote.yaml, or a credential helper)",
    ),
    (re.compile(r"leads to \S*(sign_?in|log_?in|sso|auth)"), "give git a credential for this host"),
    (re.compile(r"leads to |returned error: (30\d|410)|redirects followed"), "use the repository's present URL"),
    (re.compile(r"returned error: (5\d\d|429)"), _SERVER),
    (re.compile(r"protocol error: bad|unexpected TLS packet|wrong version number"), "check the URL's scheme and port"),
    (re.compile(r"SAML"), "have the credential authorised for this organisation"),
    (
        re.compile(r"Permission denied \(|Too many authentication failures|Host key verification failed"),
        "check the ssh key and known_hosts",
    ),
    (
        re.compile(r"not found|does not exist|does not appear to be a git repository|returned error: 404"),
        "check the URL, and that this credential may see the repository",
    ),
    (re.compile(r"dubious ownership"), "if you trust it: git config --global --add safe.directory FOLDER"),
    (NO_ROOM, "make room on that disk; TMPDIR says where the temporary folder is"),
    (re.compile(r"unknown (option|switch) |is not a git command"), "promote needs git 2.39 or newer"),
    (re.compile(r"bad/illegal format"), "correct the URL"),
    (
        re.compile(r"ould not resolve|Connection refused|[Ff]ailed to connect|unable to connect|timed out|unreachable"),
        "check the network",
    ),
    (re.compile(r"certificate|SSL|gnutls", re.IGNORECASE), "name the authority to trust in GIT_SSL_CAINFO"),
    (re.compile(r"dumb http transport|server doesn't support 'ls-refs'"), "the server has to speak Git's smart HTTP"),
    (re.compile(NO_GIT), "check the URL, and whether a proxy or a sign-in page answers in its place"),
    (
        re.compile(
            r"hung up unexpectedly|^Could not read from remote repository|from promisor remote|expected (flush|')"
        ),
        _SERVER,
    ),
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


def heard(raw: bytes, secrets: frozenset[str] = frozenset()) -> str:
    """What the server itself said in what git wrote to stderr, in one line."""
    lines = sanitised(raw, secrets).splitlines()
    said = (line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:"))
    return " / ".join(dict.fromkeys(line for line in said if not _NOISE.fullmatch(line)))


def unheard(finished: Finished) -> Finished:
    """The same end of a command, without what the server itself said."""
    lines = re.split(rb"(?<=[\r\n])", finished.stderr)
    return replace(finished, stderr=b"".join(line for line in lines if not line.startswith(b"remote:")))


def reason(finished: Finished, secrets: frozenset[str] = frozenset()) -> str:
    """Why a git command failed, in one line."""
    if finished.cut == "deadline":
        return "git did not end in time"
    if finished.cut is not None:
        return "git answered more than could be taken"
    lines = [line for line in sanitised(finished.stderr, secrets).splitlines() if not _ADDED.match(line)]
    led = next((line.removeprefix("redirect: ") for line in lines if line.startswith("redirect: ")), None)
    if led is not None:
        # Behind a `?` there may be a token of somebody's session.
        return f"it leads to {led.partition('?')[0]}, where no repository is"
    if any("/info/refs not valid: is this a git repository?" in line for line in lines):
        return NO_GIT
    lines = [line for line in lines if not _NOISE.fullmatch(line.removeprefix("remote:"))]
    # git says this after whatever ssh or a local repository said.
    lines = [line for line in lines if "Could not read from remote repository" not in line] or lines
    telling = [line for line in lines if _BY_SSH.search(line)]
    telling = telling or [line for line in lines if re.match(r"(fatal|error|ERROR|remote|ssh):", line)] or lines
    said = "; ".join(dict.fromkeys(re.sub(r"^(fatal|error|@ +WARNING): |[ @]+$", "", line) for line in telling))
    return said or f"git ended with {finished.code}"


def cure_for(why: str) -> str:
    """What to do about `why`, or nothing where we do not know."""
    return next((cure for pattern, cure in _CURES if pattern.search(why)), "")


def failed(finished: Finished, *, where: str, secrets: frozenset[str], remote: bool) -> GitError:
    """The error for a git command that failed; `remote` where it had to ask one."""
    why = reason(finished, secrets)
    if finished.cut is not None:
        kind: type[GitError] = RemoteUnreachable if remote else GitError
        return kind(why, where=where, cure=cure_for(why) or "try again, or raise the time-out")
    if remote and DENIED.search(why):
        kind = RemoteDenied
    elif _BROKEN.search(reason(unheard(finished), secrets)):
        kind = ObjectsBroken
    else:
        kind = RemoteUnreachable if remote else GitError
    again = "run again" if remote and kind is ObjectsBroken else ""
    return kind(why, where=where, cure=cure_for(why) or again)
