"""`http`: an address answers with a status and, where it is asked for, with a field of JSON that reads a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from promote.gates.address import fill_url, require_headers, require_http
from promote.gates.probing import Check
from promote.placeholder import fill, fill_steps
from promote.secret import SecretSettings
from promote.text.yamlpath import Select, Step, compile_path

Status = Annotated[int, Meta(ge=100, le=599)]


class HttpSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """An address that must answer as it is said here."""

    url: Annotated[
        str,
        Meta(
            description="What is asked, by GET; {app}, {environment}, {tag}, {digest} and vars are filled in.",
            examples=["https://{app}.test.example.com/healthz"],
        ),
    ]
    status: Annotated[Status | tuple[Status, ...], Meta(description="The status that passes, or a list of them.")] = 200
    json: Annotated[
        str | UnsetType,
        Meta(
            description="Where in the JSON of the answer `equals` must stand, as a path of keys and indexes.",
            examples=["build.version"],
        ),
    ] = UNSET
    equals: Annotated[str | UnsetType, Meta(description="What must stand at `json`, as text.", examples=["{tag}"])] = (
        UNSET
    )
    token: Annotated[
        SecretSettings | UnsetType, Meta(description="Where a token is to be had that is sent as Bearer.")
    ] = UNSET
    headers: Annotated[
        dict[str, str | SecretSettings],
        Meta(description="Headers to send, by name: a text, or where a secret is to be had."),
    ] = {}
    ca: Annotated[str | UnsetType, Meta(description="A file of PEM certificates to trust for this host.")] = UNSET

    def __post_init__(self) -> None:
        require_http(self.url, "url")
        if not isinstance(self.status, int) and not self.status:
            raise ValueError("status is empty, and so nothing could pass; name a status in it, or leave it out")
        if self.json is not UNSET and any(isinstance(step, Select) for step in compile_path(self.json)):
            raise ValueError("json is a path of keys and indexes; selectors are not read here")
        if (self.json is UNSET) != (self.equals is UNSET):
            raise ValueError("json and equals say something only together; add the other one")
        require_headers(self.headers)
        if self.token is not UNSET and any(name.lower() == "authorization" for name in self.headers):
            raise ValueError("token and the header Authorization both sign in; keep one of them")

    def check(self) -> HttpCheck:
        """The check that this is."""
        return HttpCheck(
            self.url,
            (self.status,) if isinstance(self.status, int) else self.status,
            () if self.json is UNSET else compile_path(self.json),
            None if self.equals is UNSET else self.equals,
            None if self.token is UNSET else self.token,
            tuple(self.headers.items()),
            None if self.ca is UNSET else self.ca,
        )


@dataclass(frozen=True, slots=True)
class HttpCheck:
    """What is asked, what passes, and what is sent with it."""

    NAME: ClassVar[str] = "http"
    IS_LIVE: ClassVar[bool] = True

    url: str
    statuses: tuple[int, ...] = (200,)
    path: tuple[Step, ...] = ()
    equals: str | None = None
    token: SecretSettings | None = None
    headers: tuple[tuple[str, str | SecretSettings], ...] = ()
    ca: str | None = None

    def filled(self, values: Mapping[str, str]) -> Check:
        return replace(
            self,
            url=fill_url(self.url, values),
            path=fill_steps(self.path, values),
            equals=None if self.equals is None else fill(self.equals, values),
        )
