"""A push as compare-and-swap, and what its answer means: landed, beaten, refused for good, or lost.

Beaten is only what git itself found before it sent anything. That the *server* found the branch moved does not say that
nothing of ours is there: where a kept connection dies, curl sends the same request again on its own account, and the
second finds what the first did. So that is as unclear as no answer.
"""

from __future__ import annotations

import re

from promote.errors import PushRejected, RemoteUnreachable
from promote.gitrepo.branch import ref_of
from promote.gitrepo.command.failure import DENIED, cure_for, heard, reason, sanitised, unheard
from promote.gitrepo.store.origin import REMOTE
from promote.gitrepo.store.store import Store
from promote.gitrepo.write.refusal import may_pass, remedy
from promote.outcome import Beaten, Landed, Unclear
from promote.process import Finished

# Found by git against what the server offered: nothing was sent.
_BEATEN = re.compile(r"^\[rejected\] \((stale info|fetch first|non-fast-forward|needs force)\)")


def _status(finished: Finished, ref: str) -> tuple[str, str] | None:
    """The flag and the summary of our ref in `push --porcelain`, if the server said anything of it."""
    for line in finished.stdout.decode("utf-8", "replace").splitlines():
        flag, tab, rest = line.partition("\t")
        refs, second, summary = rest.partition("\t")
        if tab and second and refs.rpartition(":")[2] == ref:
            return flag.strip(), summary
    return None


def verdict(
    finished: Finished, *, ref: str, commit: str, where: str, secrets: frozenset[str]
) -> Landed | Beaten | Unclear:
    """What the answer to a push means; PushRejected where trying again would change nothing."""
    status = _status(finished, ref)
    if status is not None:
        flag, summary = status
        if flag != "!":
            return Landed(commit)
        if _BEATEN.search(summary):
            return Beaten()
        said = heard(finished.stderr, secrets)
        told = sanitised(summary.encode(), secrets)
        why = f"{told}: {said}" if said else told
        if may_pass(told, said):
            return Unclear(commit, why)
        raise PushRejected(f"the push was refused: {why}", where=where, cure=remedy(why))
    why = reason(finished, secrets)
    if finished.cut is None and DENIED.search(why):
        rejected = PushRejected(f"the push was refused: {why}", where=where, cure=remedy(why, otherwise=cure_for(why)))
        if DENIED.search(reason(unheard(finished), secrets)):
            raise rejected
        # A hook that runs after the ref was set may say the like, and the rest of the answer be lost.
        return Unclear(commit, why, str(rejected))
    return Unclear(commit, why)


_PUSH = ("push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no")


def _sent(store: Store, ref: str, commit: str, expected: str | None, *flags: str) -> Finished:
    lease = f"--force-with-lease={ref}:{expected or ''}"
    return store.remote.attempt(*_PUSH, *flags, lease, "--end-of-options", REMOTE, f"{commit}:{ref}")


def rehearse(store: Store, branch: str) -> None:
    """Whether a push would be let in as far as the remote's door: nothing is sent, so no rule and no hook is asked.

    Raises PushRejected and RemoteUnreachable.
    """
    ref, tip = ref_of(branch), store.need(branch).oid
    with store.lock:
        finished = _sent(store, ref, tip, tip, "--dry-run")
    outcome = verdict(finished, ref=ref, commit=tip, where=store.where, secrets=store.remote.secrets)
    if isinstance(outcome, Unclear):
        why = f"it is not clear whether a push is let in: {outcome.why}"
        raise RemoteUnreachable(why, where=store.where, cure="check the network and its proxy")


def push(store: Store, branch: str, commit: str, expected: str | None) -> Landed | Beaten | Unclear:
    """Sets the remote's branch to `commit` if it is still at `expected`; None: if there is none.

    What takes too long is cut off, and so Unclear.
    """
    ref = ref_of(branch)
    with store.lock:
        finished = _sent(store, ref, commit, expected)
        outcome = verdict(finished, ref=ref, commit=commit, where=store.where, secrets=store.remote.secrets)
        if isinstance(outcome, Landed):
            store.landed(branch, commit)
        elif isinstance(outcome, Unclear):
            store.lost(branch, commit)
    return outcome


def drop(store: Store, branch: str, expected: str) -> None:
    """Removes the remote's branch if it is still at `expected`; one that is gone or has moved is left as it is.

    Raises PushRejected and RemoteUnreachable.
    """
    ref = ref_of(branch)
    with store.lock:
        finished = _sent(store, ref, "", expected)
        outcome = verdict(finished, ref=ref, commit="", where=store.where, secrets=store.remote.secrets)
    if isinstance(outcome, Unclear):
        why = f"branch {branch} could not be removed: {outcome.why}"
        raise RemoteUnreachable(why, where=store.where, cure="run again")
