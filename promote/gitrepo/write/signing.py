"""A commit, signed: git makes the same one again, with a signature by GPG or by SSH (gitformat-signature(5))."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime

from promote.errors import GitError, UsageError
from promote.gitrepo.command.failure import reason
from promote.gitrepo.command.git import Git
from promote.gitrepo.key_file import key_file
from promote.gitrepo.write.identity import Identity

_OURS = "commit.signing_key"
_CURES = {
    "ssh": "check git's user.signingKey and the agent, or name a key by commit.signing_key of promote.yaml",
    "openpgp": "check that gpg has a secret key for user.signingKey or the committer, and can use it without asking",
}


def sign(git: Git, oid: str, parent: str, message: bytes, *, identity: Identity, when: datetime) -> str:
    """The OID of the commit that is like `oid`, a child of `parent`, and signed; `oid` itself where nothing is signed.

    GitError, with nothing sent, where it cannot be signed; UsageError where the key of `identity` is none.
    """
    if identity.signing is None:
        return oid
    stamp = f"{int(when.timestamp())} +0000"
    environ = {
        "GIT_AUTHOR_NAME": identity.author.name,
        "GIT_AUTHOR_EMAIL": identity.author.email,
        "GIT_AUTHOR_DATE": stamp,
        "GIT_COMMITTER_NAME": identity.committer.name,
        "GIT_COMMITTER_EMAIL": identity.committer.email,
        "GIT_COMMITTER_DATE": stamp,
    }
    with ExitStack() as stack:
        settings = [*identity.signing, ("i18n.commitEncoding", "UTF-8")]
        if identity.key is not None:
            try:
                file = stack.enter_context(key_file(identity.key))
            except UsageError as exc:
                raise UsageError(exc.what, where=_OURS, cure=exc.cure) from exc
            settings.append(("user.signingKey", str(file)))
        finished = git.attempt(
            "commit-tree", "-S", "-p", parent, "-F", "-", f"{oid}^{{tree}}",
            stdin=message,
            config=tuple(settings),
            environ=environ,
        )  # fmt: skip
    if finished.code != 0:
        cure = _CURES.get(dict(identity.signing)["gpg.format"], "check git's gpg.* settings")
        raise GitError(
            f"the commit cannot be signed: {reason(finished)}",
            where=str(identity.committer),
            cure=cure if identity.key is None else f"check the key that {_OURS} of promote.yaml names",
        )
    return finished.stdout.decode("ascii").strip()
