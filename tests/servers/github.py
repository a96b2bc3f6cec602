"""GitHub's API as an app sees it, for tests: it checks the app's token by its public key, and sells tokens for Git.

docs.github.com/rest/apps: `GET /repos/{owner}/{repo}/installation`, `POST /app/installations/{id}/access_tokens`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from promote.clock import Clock

Answer = tuple[int, Mapping[str, str], bytes]


@cache
def new_key(number: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key: rsa.RSAPrivateKey) -> str:
    """As GitHub hands it out: PKCS #1."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@dataclass
class GitHub:
    """An app with its key, installed on `repositories` by `installation`; `users` get the tokens that it sells."""

    clock: Clock
    users: dict[str, str]
    app: str = "1234"
    installation: int = 5678
    repositories: tuple[str, ...] = ("acme/gitops",)
    permissions: Mapping[str, str] = field(default_factory=lambda: {"contents": "write", "metadata": "read"})
    lasts: timedelta = timedelta(hours=1)
    behind: timedelta = timedelta()  # by how much this server's clock is behind
    answers: list[Answer] = field(default_factory=list)  # what is said, in order, before anything is looked at
    asked: list[tuple[str, str]] = field(default_factory=list)
    sold: list[Mapping[str, object]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        path = path.removeprefix("/api/v3")
        self.asked.append((method, path))
        self.seen.append(headers.get("Authorization", ""))
        if self.answers:
            return self.answers.pop(0)
        assert headers["Accept"] == "application/vnd.github+json"
        why = self._fault(headers.get("Authorization", "").removeprefix("Bearer "))
        if why is not None:
            return self._said(401, {"message": why})
        for name in self.repositories:
            if (method, path) == ("GET", f"/repos/{name}/installation"):
                return self._said(200, {"id": self.installation, "app_id": int(self.app)})
        if (method, path) == ("POST", f"/app/installations/{self.installation}/access_tokens"):
            return self._sell(json.loads(body))
        return self._said(404, {"message": "Not Found"})

    def _now(self) -> float:
        return (self.clock.now() - self.behind).timestamp()

    def _said(self, status: int, body: Mapping[str, object]) -> Answer:
        date = format_datetime(self.clock.now() - self.behind, usegmt=True)
        return status, {"Content-Type": "application/json", "Date": date}, json.dumps(body).encode()

    def _fault(self, token: str) -> str | None:
        try:
            # Times are judged below, by the clock of the test.
            options = {"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "iss"]}
            claims = jwt.decode(token, new_key().public_key(), algorithms=["RS256"], options=options)  # type: ignore[arg-type]
        except jwt.InvalidTokenError:
            return "A JSON web token could not be decoded"
        if claims["iss"] != self.app:
            return "Integration not found"
        if claims["iat"] > self._now():
            return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        if not self._now() < claims["exp"] <= self._now() + 600:
            return "'Expiration time' claim ('exp') is too far in the future"
        return None

    def _sell(self, wish: Mapping[str, object]) -> Answer:
        wanted = wish.get("permissions", {})
        assert isinstance(wanted, dict)
        names = [name.partition("/")[2] for name in self.repositories]
        if any(name not in names for name in wish.get("repositories", [])):  # type: ignore[attr-defined]
            return self._said(422, {"message": "There is at least one repository that does not exist"})
        if any(self.permissions.get(name) != level for name, level in wanted.items()):
            return self._said(422, {"message": "The permissions requested are not granted to this installation."})
        self.sold.append(wish)
        self.users["x-access-token"] = f"ghs_s3cret{len(self.sold)}"
        ends = (self.clock.now() - self.behind + self.lasts).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._said(201, {"token": self.users["x-access-token"], "expires_at": ends})
