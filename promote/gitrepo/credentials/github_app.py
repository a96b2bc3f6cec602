"""Installation tokens of a GitHub App: for one repository, with the right to write its contents and no other.

docs.github.com/apps: "Authenticating as a GitHub App installation". A token lasts an hour; it is bought anew before.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from promote.clock import Clock
from promote.decoder import decoder
from promote.errors import RemoteDenied, RemoteUnreachable, UsageError
from promote.gitrepo.command.failure import sanitised
from promote.gitrepo.credentials.jwt import app_jwt
from promote.gitrepo.credentials.settings import App
from promote.gitrepo.url import RemoteUrl
from promote.transport import Response, Tls, Transport

_CAP = 1 << 20
_MARGIN = 300.0  # a push may take so long
_SHORTEST = 60.0  # what is kept at least, lest a clock that is ahead has each command buy one
_SKEW = 60.0  # GitHub forgives no more
Right = Literal["contents", "pull_requests", "statuses"]
# What git needs; whoever asks for more gets it where the app has it, else an error: nothing is left out silently.
CONTENTS: tuple[Right, ...] = ("contents",)
T = TypeVar("T", bound=msgspec.Struct)


class _Installation(msgspec.Struct):
    id: int


class _Token(msgspec.Struct):
    token: str
    expires_at: datetime


class _Complaint(msgspec.Struct):
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str = field(repr=False)
    until: float


def api_of(remote: RemoteUrl) -> str:
    """Where the API of the GitHub is that `remote` is on."""
    if remote.address == "github.com":
        return "https://api.github.com"
    if remote.address.endswith(".ghe.com"):  # GitHub's own, with data in one region
        return f"https://api.{remote.address}"
    return f"{remote.origin}/api/v3"


def repository_of(remote: RemoteUrl) -> tuple[str, str]:
    """Owner and name of the repository; UsageError where the path is not that of one on GitHub."""
    words = urlsplit(remote.public).path.strip("/").removesuffix(".git").split("/")
    if len(words) != 2 or not all(words):
        raise UsageError(
            "is no repository of GitHub, where a GitHub App could sign in",
            where=remote.public,
            cure="write https://HOST/OWNER/NAME",
        )
    return words[0], words[1]


class AppTokens:
    """Buys tokens and keeps each until five minutes before it ends; may be asked from several threads."""

    def __init__(self, clock: Clock, transport: Transport) -> None:
        self._clock = clock
        self._transport = transport
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str, tuple[Right, ...]], _Kept] = {}

    def get(self, app: App, remote: RemoteUrl, tls: Tls, rights: tuple[Right, ...] = CONTENTS) -> str:
        """A token for `remote` with these rights to write.

        RemoteDenied where GitHub gives none, RemoteUnreachable where it does not answer.

        UsageError where the key is none, or the remote is not GitHub's.
        """
        with self._lock:
            key = (app.id, remote.public, rights)
            kept = self._kept.get(key)
            if kept is None or kept.until <= self._clock.monotonic():
                kept = self._kept[key] = self._buy(app, remote, tls, rights)
            return kept.token

    def _buy(self, app: App, remote: RemoteUrl, tls: Tls, rights: tuple[Right, ...]) -> _Kept:
        api, (owner, name) = api_of(remote), repository_of(remote)
        asked_at = self._clock.monotonic()
        jwt = app_jwt(app.id, app.key(), self._clock.now(), where=app.source)
        headers = {
            "Authorization": f"Bearer {jwt}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        number = app.installation
        if number is None:
            url = f"{api}/repos/{quote(owner)}/{quote(name)}/installation"
            response = self._ask("GET", url, headers, None, tls)
            if response.status == 404:
                raise RemoteDenied(
                    f"the GitHub App {app.id} is not installed on {owner}/{name}",
                    where=remote.public,
                    cure="install it there, or correct the app's ID",
                )
            number = str(self._understood(response, 200, _Installation, app, remote, jwt).id)
        url = f"{api}/app/installations/{quote(number, safe='')}/access_tokens"
        body = json.dumps({"repositories": [name], "permissions": dict.fromkeys(rights, "write")}).encode()
        response = self._ask("POST", url, headers, body, tls)
        if response.status == 404:
            raise RemoteDenied(
                f"the GitHub App {app.id} has no installation {number}",
                where=remote.public,
                cure="correct the installation, or leave it out",
            )
        sold = self._understood(response, 201, _Token, app, remote, jwt)
        try:
            lasts = (sold.expires_at - self._clock.now()).total_seconds()
        except TypeError:  # a time without a zone
            what = "answered with a token whose end is not clear"
            raise RemoteUnreachable(what, where=api, cure="check that this is GitHub's own API") from None
        return _Kept(sold.token, asked_at + max(_SHORTEST, lasts - _MARGIN))

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, tls: Tls) -> Response:
        return self._transport.request(
            method, url, headers, unreachable=RemoteUnreachable, cap=_CAP, body=body, tls=tls
        )

    def _understood(self, response: Response, wanted: int, kind: type[T], app: App, remote: RemoteUrl, jwt: str) -> T:
        if response.status == wanted:
            try:
                return decoder(kind).decode(response.body)
            except (ValueError, RecursionError):
                # Not chained: the error may hold a part of the token.
                raise RemoteUnreachable(
                    "did not answer as GitHub's API does", where=response.url, cure="check that this host is a GitHub"
                ) from None
        raise self._denied(response, app, remote, jwt)

    def _denied(self, response: Response, app: App, remote: RemoteUrl, jwt: str) -> RemoteDenied | RemoteUnreachable:
        try:
            said = decoder(_Complaint).decode(response.body).message
        except (ValueError, RecursionError):
            said = ""
        shown = f": {sanitised(said.encode(), frozenset({jwt}))[:200]}" if said else ""
        if response.status in (301, 307, 308):
            return RemoteDenied("the repository has moved", where=remote.public, cure="use its present URL")
        if response.status == 401:
            return RemoteDenied(
                f"GitHub does not take the token of the app {app.id} (401{shown})",
                where=remote.public,
                cure=self._cure(response),
            )
        if response.status in (403, 422):
            return RemoteDenied(
                f"GitHub gives the app {app.id} no token for this repository ({response.status}{shown})",
                where=remote.public,
                cure="give the app the right to write contents (and pull requests and commit statuses, where it is to "
                "make pull requests), and its installation this repository",
            )
        return RemoteUnreachable(f"answered {response.status}{shown}", where=response.url, cure="try again later")

    def _cure(self, response: Response) -> str:
        try:
            theirs = parsedate_to_datetime(response.headers.get("date", ""))
            apart = (self._clock.now() - theirs).total_seconds()
        except (ValueError, TypeError):
            apart = 0.0
        if abs(apart) > _SKEW:
            return f"set the clock of this machine: it is {abs(apart):.0f} s {'ahead' if apart > 0 else 'behind'}"
        return "check that the key is one of this app's, and its ID"
