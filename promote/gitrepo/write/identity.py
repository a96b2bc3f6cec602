"""Who commits are by, and whether and how they are signed: what was said, else what the user's git would do."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from promote.errors import UsageError
from promote.gitrepo.command.git import Git

Format = Literal["gpg", "ssh"]
# What git calls each.
_FORMATS: Mapping[Format, str] = {"gpg": "openpgp", "ssh": "ssh"}
_KEYS = (
    r"^((user|author|committer)\.(name|email)|commit\.gpgsign|user\.signingkey|"
    r"gpg\.format|gpg\.ssh\.defaultkeycommand)$"
)
_TRUE = frozenset({"true", "yes", "on", "1", ""})


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit is by; UsageError for what git could not write down."""

    name: str
    email: str

    def __post_init__(self) -> None:
        for part in (self.name, self.email):
            if any(char in "<>" or unicodedata.category(char) == "Cc" for char in part):
                raise UsageError(f"{part!r} cannot stand in a commit", where="author", cure="write NAME <EMAIL>")
        if not self.name.strip() or not self.email.strip():
            raise UsageError("needs a name and an address", where="author", cure="write NAME <EMAIL>")

    @classmethod
    def parse(cls, text: str) -> Author:
        """The author in `NAME <EMAIL>`."""
        name, opening, rest = text.strip().partition("<")
        email, closing, more = rest.partition(">")
        if not (opening and closing) or more:
            raise UsageError(f"{text!r} is no author", where="author", cure="write NAME <EMAIL>")
        return cls(name.strip(), email.strip())

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


OURSELVES = Author("promote", "promote@localhost")


@dataclass(frozen=True, slots=True)
class Attribution:
    """What somebody said of how commits are attributed; None for what is left to git.

    `is_signed` is None where git's `commit.gpgSign` decides; `key` is the text of an SSH private key.
    """

    author: Author | None = None
    committer: Author | None = None
    is_signed: bool | None = None
    format: Format | None = None
    key: str | None = field(default=None, repr=False)


UNSAID = Attribution()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a commit is by and who made it; `signing` are the settings of git by which it is signed, None if it is not.

    `key` is the text of the SSH private key to sign with, if it is not one that git finds by itself.
    """

    author: Author
    committer: Author
    signing: tuple[tuple[str, str], ...] | None = None
    key: str | None = field(default=None, repr=False)


def _told(git: Git) -> Mapping[str, str]:
    finished = git.attempt("config", "--includes", "-z", "--get-regexp", _KEYS)
    if finished.code not in (0, 1):  # 1: none of them is set
        raise git.failed(finished)
    told: dict[str, str] = {}
    for line in finished.stdout.decode("utf-8", "replace").split("\0"):
        key, _, value = line.partition("\n")
        told[key] = value
    return told


def _signing(said: Attribution, told: Mapping[str, str], committer: Author) -> tuple[tuple[str, str], ...] | None:
    by_git = told.get("commit.gpgsign", "false").lower() in _TRUE
    if not (by_git if said.is_signed is None else said.is_signed):
        return None
    name = _FORMATS[said.format] if said.format is not None else told.get("gpg.format", "openpgp")
    out = [("gpg.format", name)]
    key = told.get("user.signingkey")
    if key:
        out.append(("user.signingKey", key))
    elif name == "ssh" and said.key is None and "gpg.ssh.defaultkeycommand" not in told:
        raise UsageError(
            "no key is known to sign commits with",
            where=str(committer),
            cure="set git's user.signingKey, or name one by commit.signing_key of promote.yaml",
        )
    return tuple(out)


def identity(git: Git, environ: Mapping[str, str], said: Attribution = UNSAID) -> Identity:
    """Who the user is, as `said`, else by the environment and git's settings; `promote` where nobody told it.

    UsageError where commits are to be signed, and there is no key.
    """
    told = _told(git)

    def who(role: str) -> Author:
        prefix = f"GIT_{role.upper()}"
        name = environ.get(f"{prefix}_NAME") or told.get(f"{role}.name") or told.get("user.name")
        email = environ.get(f"{prefix}_EMAIL") or told.get(f"{role}.email") or told.get("user.email")
        return Author(name, email) if name and email else OURSELVES

    committer = said.committer or who("committer")
    signing = _signing(said, told, committer)
    return Identity(said.author or who("author"), committer, signing, said.key if signing is not None else None)
