"""What may be set for one registry host; plain values, so that configuration may make them as it likes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: a name and a password, or an identity token instead of them; secrets stay out of repr."""

    username: str
    password: str = field(default="", repr=False)
    identity_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HostSettings:
    """How one host is talked to.

    A function gives its credentials when the host is first asked: a run needs the secrets of no other host.

    `token_hosts` are hosts, without ports, that may be given this host's credentials by its token flow.
    With `layout`, nothing is asked of the network: HOST/PATH is the OCI layout in the folder `layout`/PATH.
    """

    credentials: Credentials | Callable[[], Credentials] | None = None
    ca: Path | None = None
    plain_http: bool = False
    token_hosts: frozenset[str] = frozenset()
    layout: Path | None = None


DEFAULT = HostSettings()
