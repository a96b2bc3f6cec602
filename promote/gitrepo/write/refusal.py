"""What a server says when it takes no push: whether that may pass, and what to do about it.

The words are those of GitHub, GitLab, Bitbucket, Azure Repos, Gitea, Forgejo, Gerrit, Gitolite and git itself; each has
a row in tests/gitrepo/write/test_refusal.py. What no row fits counts as final: a hook would only say it again.
"""

from __future__ import annotations

import re

# The server's own summary of a push that it found beaten, or could not carry out just then.
_PASSING = re.compile(
    r"stale info|fetch first|non-fast-forward|failed to update ref|cannot lock ref|failed to lock|lock failure|"
    r"LOCK_FAILURE|reference already exists|incorrect old value|is at [0-9a-f]{40,64} but expected|"
    r"remote failure|failed to report status|internal server error|transaction (aborted|error)|try again",
    re.IGNORECASE,
)
# A hook that did not get to look at the push: GitLab's asks its API, Bitbucket's its server.
_UNJUDGED = re.compile(
    r"Internal API (error|unreachable)|API is not accessible|internal API unreachable|GitLab is not responding|"
    r"Communication breakdown with|Internal Server Error|50[234] (Bad Gateway|Service Unavailable|Gateway Timeout)|"
    r"timed out waiting",
    re.IGNORECASE,
)
# With these the lock of a ref cannot be had tomorrow either.
_STUCK = re.compile(
    r"Permission denied|Read-only file system|No space left|Disk quota exceeded|exists; cannot create|cannot create '"
)
_RULED = re.compile(r"hook declined|rule violations|protected branch|TF40\d+|prohibited by|not permitted|not allowed")

_BRANCH = (
    "the branch is protected: give --pull-request (`deliver: pull-request` in promote.yaml), or let this credential "
    "push to it (a bypass for its app or user)"
)
# what a server says: what to do about it; the first that fits, so the narrow ones come first
_CURES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), cure)
    for pattern, cure in (
        (r"made through (a pull request|the merge queue)|must use a pull request|through pull requests", _BRANCH),
        (
            r"archived|repository is read-only|read-only mirror|is a mirror|does not permit write|project is read-only",
            "the repository takes no pushes any more: name the one that took its place, or have it opened again",
        ),
        (
            r"GH001|file size limit|exceeds? .*(size|storage|quota)|(size|storage) (limit|quota)|over its .*quota|"
            r"Disk quota exceeded|No space left",
            "make room in the repository, or have its limit raised",
        ),
        (r"cannot contain secrets|secrets? (was |were |have been )?(detected|found)", "take the secret out of it"),
        (
            r"verified signature|must be signed|signed commits|unverified commit|gpg signature|not signed",
            "have commits signed (`commit.sign`) with a key that the server knows, or the rule lifted for this one",
        ),
        (
            r"GH007|\bcommitters?\b|\bauthors?\b|email privacy|not a member of|verified email|own commits",
            "commit as somebody whom the rule takes: GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL, and --author",
        ),
        (
            r"commit message|message (must|does not|doesn't)|Change-Id|issue key|work item",
            "write the message that the rule wants: -m, or commit.message of promote.yaml",
        ),
        (
            r"pull request|merge request|protected branch|protected ref|merge queue|TF402455|GH006|GH013|"
            r"rule violations|denied to update branch|not permitted: update|branch is locked",
            _BRANCH,
        ),
        (
            r"checked out branch|branch is currently checked out",
            "push to a bare repository, or check out another branch there",
        ),
        (
            r"marked as read.?only|read.?only (deploy )?key|deploy key|TF401027|GenericContribute|denied for writing|"
            r"not allowed to push|Write access|denied to |DENIED by|denied by|access denied|Permission denied|"
            r"without `?workflows`? permission|returned error: 403|HTTP 403",
            "give this credential the right to write (a role, a scope, a deploy key that may write)",
        ),
        (r"exists; cannot create", "the name of a branch cannot go on below another branch's: choose another name"),
        (r"Read-only file system|cannot create '", "let the server write its repository"),
        (
            r"unpacker error|unpack failed|shallow update",
            "look into the server's log: it could not store what was sent",
        ),
        (r"hook declined", "do what the hook asks for, or let this credential pass it"),
    )
)
_DEFAULT = "let this credential push to the branch, or name another branch"


def may_pass(summary: str, said: str) -> bool:
    """Whether a push that was refused so may succeed, or be found to have arrived, when it is looked at again.

    `summary` is what the server says of the ref, `said` its other words. Rules are final, whatever words they use.
    """
    if _STUCK.search(summary) or _STUCK.search(said):
        return False
    if _PASSING.search(summary) or _UNJUDGED.search(said):
        return True
    return not _RULED.search(summary) and _PASSING.search(said) is not None


def remedy(why: str, *, otherwise: str = "") -> str:
    """What to do about a push that was refused for good; `otherwise` where nothing of it is known here."""
    return next((cure for pattern, cure in _CURES if pattern.search(why)), otherwise or _DEFAULT)
