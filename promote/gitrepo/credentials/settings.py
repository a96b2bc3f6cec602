"""What may be said of one host of Git; plain values, so that configuration may make them as it likes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from promote.gitrepo.credentials.grant import Login

# Secrets are had when the host is first asked: a run needs those of no other host. Each raises UsageError.
Secret = Callable[[], str]


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App: its ID (or client ID), its private key, and its installation where that need not be looked up."""

    id: str
    key: Secret = field(repr=False)
    installation: str | None = None
    source: str = "a GitHub App"


@dataclass(frozen=True, slots=True)
class Ssh:
    """What ssh is given in the place of the user's own: a private key, the hosts' keys, or both."""

    key: Secret | None = field(default=None, repr=False)
    known_hosts: Secret | None = field(default=None, repr=False)
    source: str = ""


@dataclass(frozen=True, slots=True)
class HostAccess:
    """How one host is reached: at most one of `login` and `app`, for https; `ssh` for ssh; `ca` in PEM for TLS."""

    login: Callable[[], Login] | None = None
    app: App | None = None
    ssh: Ssh | None = None
    ca: Path | None = None


DEFAULT = HostAccess()
