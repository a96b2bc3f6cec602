"""What registries are asked, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from promote.image import Repository
from promote.question.unknown import Reason

What = Literal["digest", "created", "platforms", "labels"]


@dataclass(frozen=True, slots=True)
class Tags:
    """All tags of a repository; answered with a sorted tuple of them."""

    repository: Repository


@dataclass(frozen=True, slots=True)
class Facts:
    """What a registry knows of one tag or digest.

    Answered with `Known`, with `Absent` where there is no such, or with `Unreadable` where it is no image. Of a tag
    that is `immutable`, what was once learned is as good as a new answer.
    """

    repository: Repository
    reference: str
    what: frozenset[What] = frozenset({"digest"})
    immutable: bool = False

    @property
    def image(self) -> str:
        """The image that is asked about, as a reference."""
        return f"{self.repository}{'@' if ':' in self.reference else ':'}{self.reference}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the registry of `repository` still lets us pull; answered with `Quota`, or None where it sets none."""

    repository: Repository


@dataclass(frozen=True, slots=True)
class Quota:
    """`remaining` of `limit` pulls are left in each span of `seconds`, which is 0 where no span is named."""

    limit: int
    remaining: int
    seconds: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    """As whom the registry was asked for `repository`; answered with `Admitted`, or None where it was not asked."""

    repository: Repository


@dataclass(frozen=True, slots=True)
class Admitted:
    """As whom a registry was asked: `user`, by what `source` gave; both are "" where nobody signed in."""

    user: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Facts of one reference: only those that were asked for are filled in.

    `created` is None where the image names no date, and `undated` then says why where there is more to say. A date of
    1970 is reported as it stands, for policies to distrust.
    """

    digest: str
    created: datetime | None = None
    platforms: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    undated: str = ""


@dataclass(frozen=True, slots=True)
class Absent(Reason):
    """The registry says clearly that there is no such tag, digest or repository; `why` is a sentence."""


@dataclass(frozen=True, slots=True)
class Unreadable(Reason):
    """What the reference names is there, proven by its digest, and is no image that can be read; it never will be."""
