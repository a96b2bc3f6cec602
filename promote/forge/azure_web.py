"""How Azure DevOps wants to be asked: a version in every query, and it may answer with a page to sign in at."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from promote.errors import ForgeDenied, ForgeUnreachable
from promote.forge.web import PAGES, Query, Verb, Web
from promote.transport import redact

T = TypeVar("T")


class Listed(Protocol):
    """What every list of the API has."""

    @property
    def value(self) -> Sequence[object]: ...


Some = TypeVar("Some", bound=Listed)

CURE = (
    "set AZURE_DEVOPS_EXT_PAT to a token with Code (read & write), Code (status) and Project and Team (read), "
    "or SYSTEM_ACCESSTOKEN in a pipeline whose build service may contribute to pull requests"
)
# Cloud and Server 2022 know it; in 7.0 all that is asked here is more than a preview.
VERSION = "7.0"
_JWT = re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]*\Z")


def headers(token: str) -> dict[str, str]:
    """Bearer for what is a JWT (System.AccessToken, Entra ID), Basic without a user for a personal access token.

    The other header asks for a 401 where a browser would be led to sign in.
    """
    basic = base64.b64encode(f":{token}".encode()).decode()
    signed = f"Bearer {token}" if _JWT.match(token) else f"Basic {basic}"
    return {"Authorization": signed, "X-TFS-FedAuthRedirect": "Suppress"}


class AzureWeb:
    """As Web, with the version, and with answers read: a page to sign in at is ForgeDenied, whatever its status."""

    def __init__(self, web: Web) -> None:
        self._web = web

    @property
    def base(self) -> str:
        return self._web.base

    def get(self, path: str, kind: type[T], query: Query | None = None) -> T:
        return self.send("GET", path, kind, query=query)

    def pages(self, path: str, kind: type[Some], query: Query, *, size: int, sign: str = "") -> Iterator[Some]:
        """One page of `size` after the other, as far as the caller asks: by top and skip, since none links the next.

        Some lists have a `sign` before these names.
        """
        last: Sequence[object] = ()
        for number in range(PAGES):
            page = self.get(path, kind, {**query, f"{sign}top": size, f"{sign}skip": number * size})
            if page.value and page.value == last:
                break  # a server that does not skip
            yield page
            last = page.value
            if len(last) < size:
                return
        raise ForgeUnreachable("its pages do not end", where=redact(self.base + path), cure="ask who runs the forge")

    def send(
        self,
        verb: Verb,
        path: str,
        kind: type[T],
        body: object = None,
        *,
        query: Query | None = None,
        again: bool = False,
    ) -> T:
        answer = self._web.send(verb, path, body, query={"api-version": VERSION, **(query or {})}, again=again)
        if "text/html" in answer.headers.get("content-type", ""):
            raise ForgeDenied("answered with a page to sign in at", where=redact(answer.url), cure=CURE)
        return answer.read(kind)
