"""Every way in which promote gives up, and the exit code of each.

PromoteError                     1  a fault of promote's own
├── UsageError                   2  the command line asks for what cannot be
│   ├── ConfigError              2  promote.yaml is wrong; carries every mistake at once
│   └── SecretMissing            2  a secret that promote.yaml names is not there
├── Refused                      3  could be done, and must not be
├── RegistryError                4  the registry did not say what was needed
│   ├── RegistryUnreachable      4  no usable answer: down, slow, cut, not a registry
│   ├── RegistryDenied           4  401 or 403, or no credentials to be had
│   ├── RegistryAbsent           4  a clear 404: the repository or the tag is not there
│   └── RegistryUnreadable       4  it is there, proven by its digest, and is no image that can be read
├── GitError                     5  the repository could not be read or written
│   ├── HeadAbsent               5  the remote has branches, and none that its HEAD names
│   ├── ObjectsBroken            5  objects that a repository of ours must have are missing or damaged
│   ├── RemoteUnreachable        5  no usable answer from the remote
│   ├── RemoteDenied             5  the remote does not let us in, is another host, or has no such repository
│   └── PushRejected             5  the remote answered, and refused for good
├── ForgeError                   6  the forge did not do what was needed
│   ├── ForgeUnreachable         6  no usable answer: down, slow, cut, not a forge
│   ├── ForgeUnclear             6  something was sent that must not be sent twice, and the answer was lost
│   ├── ForgeDenied              6  401 or 403, or no token to be had
│   ├── ForgeAbsent              6  a clear 404: no such project, or none that the token may see
│   └── ForgeRefused             6  it understood, and will not: its own words are in the sentence
├── OutputError                  1  stdout could not be written
├── NotifyError                  1  a notification could not be sent: always told as a warning, ends no run
└── Interrupted                130  ^C, or a signal that means it

A message is one sentence that says where (file:line:column or URL), what is wrong and what to do. It never holds a
secret: URLs go through `redact` before they get here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class PromoteError(Exception):
    """A fault that ends the command; `str()` is the sentence for the user."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.cure = cure

    @property
    def told(self) -> str:
        """The sentence without what to do."""
        return f"{self.where}: {self.what}" if self.where else self.what

    def __str__(self) -> str:
        return f"{self.told}; {self.cure}" if self.cure else self.told


class UsageError(PromoteError):
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in promote.yaml; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}"


class ConfigError(UsageError):
    """promote.yaml is wrong; `mistakes` holds all that was found, in the order of the file."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class SecretMissing(UsageError):
    """A secret that promote.yaml may name is not there: where it is not needed, nothing is wrong."""


class Refused(PromoteError):
    exit_code = 3


class RegistryError(PromoteError):
    exit_code = 4


class RegistryUnreachable(RegistryError):
    pass


class RegistryDenied(RegistryError):
    pass


class RegistryAbsent(RegistryError):
    pass


class RegistryUnreadable(RegistryError):
    pass


class GitError(PromoteError):
    exit_code = 5


class HeadAbsent(GitError):
    pass


class ObjectsBroken(GitError):
    pass


class RemoteUnreachable(GitError):
    pass


class RemoteDenied(GitError):
    pass


class PushRejected(GitError):
    pass


class ForgeError(PromoteError):
    exit_code = 6


class ForgeUnreachable(ForgeError):
    pass


class ForgeUnclear(ForgeError):
    pass


class ForgeDenied(ForgeError):
    pass


class ForgeAbsent(ForgeError):
    pass


class ForgeRefused(ForgeError):
    pass


class OutputError(PromoteError):
    pass


class NotifyError(PromoteError):
    pass


class Interrupted(PromoteError):
    exit_code = 130


# Of several faults the exit code is the first of these that occurred (SEMANTICS 9.2).
PRECEDENCE = (1, 5, 6, 4, 3)


def worst(codes: set[int]) -> int:
    """The exit code for a run that ended with all of `codes`; 0 where there are none (SEMANTICS 9.2)."""
    return next((code for code in PRECEDENCE if code in codes), max(codes, default=0))
