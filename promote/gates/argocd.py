"""`argocd`: the application is synced and healthy, and runs the image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from promote.gates.address import fill_url, require_http
from promote.gates.probing import Check
from promote.placeholder import fill
from promote.secret import SecretSettings


class ArgocdSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """An application of Argo CD that must be synced and healthy on the image."""

    server: Annotated[
        str,
        Meta(description="The server's URL, with the path it is served at.", examples=["https://argocd.example.com"]),
    ]
    app: Annotated[
        str,
        Meta(
            description="The application's name; {app}, {environment} and vars are filled in.", examples=["{app}-test"]
        ),
    ]
    token: Annotated[
        SecretSettings | UnsetType,
        Meta(description="Where the token of an account of Argo CD is to be had that may get the application."),
    ] = UNSET
    namespace: Annotated[
        str | UnsetType, Meta(description="The namespace of the application, if it is not that of Argo CD.")
    ] = UNSET
    project: Annotated[
        str | UnsetType,
        Meta(description="The application's project: then one that is not there is told from one that is denied."),
    ] = UNSET
    ca: Annotated[str | UnsetType, Meta(description="A file of PEM certificates to trust for this server.")] = UNSET

    def __post_init__(self) -> None:
        if not self.app:
            raise ValueError("app is empty; name the application")
        require_http(self.server, "server")

    def check(self) -> ArgocdCheck:
        """The check that this is."""
        return ArgocdCheck(
            self.server.rstrip("/"),
            self.app,
            None if self.token is UNSET else self.token,
            None if self.namespace is UNSET else self.namespace,
            None if self.project is UNSET else self.project,
            None if self.ca is UNSET else self.ca,
        )


@dataclass(frozen=True, slots=True)
class ArgocdCheck:
    """Which application of which server is looked at, and with which token."""

    NAME: ClassVar[str] = "argocd"
    IS_LIVE: ClassVar[bool] = True

    server: str
    app: str
    token: SecretSettings | None = None
    namespace: str | None = None
    project: str | None = None
    ca: str | None = None

    def filled(self, values: Mapping[str, str]) -> Check:
        return replace(
            self,
            server=fill_url(self.server, values),
            app=fill(self.app, values),
            namespace=None if self.namespace is None else fill(self.namespace, values),
            project=None if self.project is None else fill(self.project, values),
        )
