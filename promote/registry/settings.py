"""What may be set for one registry host; plain values, so that configuration may make them as it likes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: a name and a password, or an identity token instead of them; secrets stay out of repr.

    They end at `until`, in seconds of the monotonic clock, if at all; `source` says in a word or two who gave them, and
    `cure` what to do where they are refused, if that is not to sign in again.
    """

    username: str
    password: str = field(default="", repr=False)
    identity_token: str | None = field(default=None, repr=False)
    until: float | None = field(default=None, compare=False)
    source: str = field(default="", compare=False)
    cure: str = field(default="", compare=False)

    def have_ended(self, moment: float) -> bool:
        """Whether they are over at `moment` of the monotonic clock."""
        return self.until is not None and self.until <= moment


@dataclass(frozen=True, slots=True)
class Mirror:
    """Another registry that is asked in a host's place: `host`, canonical, and where on it the paths begin."""

    host: str
    prefix: str = ""

    def path(self, path: str) -> str:
        """Where the mirror has what the mirrored host has at `path`."""
        return f"{self.prefix}/{path}" if self.prefix else path


@dataclass(frozen=True, slots=True)
class HostSettings:
    """How one host is talked to.

    A function gives its credentials when the host is first asked: a run needs the secrets of no other host.

    `token_hosts` are hosts, without ports, that may be given this host's credentials by its token flow.
    With `layout`, nothing is asked of the network: HOST/PATH is the OCI layout in the folder `layout`/PATH. With
    `mirror`, nothing is asked of this host: the mirror is, by its own settings. `client_key` is needed where
    `client_cert` does not hold the key too; both are shown to this host alone.
    """

    credentials: Credentials | Callable[[], Credentials] | None = None
    ca: Path | None = None
    plain_http: bool = False
    token_hosts: frozenset[str] = frozenset()
    layout: Path | None = None
    mirror: Mirror | None = None
    client_cert: Path | None = None
    client_key: Path | None = None


DEFAULT = HostSettings()
