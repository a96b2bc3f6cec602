"""The keys of promote.yaml that say how hosts are reached, registries and hosts of Git, and with which secrets."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from promote.secret import SecretSettings


class RegistrySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How one registry is reached."""

    username: Annotated[str | UnsetType, Meta(description="The user; the password must be named beside it.")] = UNSET
    password: Annotated[SecretSettings | UnsetType, Meta(description="Where the password or token is to be had.")] = (
        UNSET
    )
    ca: Annotated[str | UnsetType, Meta(description="A file of PEM certificates to trust for this registry.")] = UNSET
    plain_http: Annotated[bool, Meta(description="Speak HTTP without TLS.")] = False
    token_hosts: Annotated[
        list[str],
        Meta(description="Other hosts, without ports, that may be given this registry's credentials for a token."),
    ] = []
    client_cert: Annotated[
        str | UnsetType,
        Meta(description="A file with the PEM certificate that this registry is shown, and its key too or beside it."),
    ] = UNSET
    client_key: Annotated[
        str | UnsetType, Meta(description="A file with the PEM key of `client_cert`, without a passphrase.")
    ] = UNSET
    mirror: Annotated[
        str | UnsetType,
        Meta(
            description="Another registry that is asked in the place of this one: a host, and a path before all paths.",
            examples=["harbor.example.com/dockerhub"],
        ),
    ] = UNSET
    layout: Annotated[
        str | UnsetType, Meta(description="A folder of OCI image layouts that stands in for the registry.")
    ] = UNSET


class GitAppSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A GitHub App, in whose name a repository is read and written."""

    id: Annotated[int | str, Meta(description="The app's ID, or its client ID.", examples=[1234])]
    key: Annotated[SecretSettings, Meta(description="Where the app's private key is to be had, in PEM.")]
    installation: Annotated[
        int | UnsetType, Meta(description="The number of the installation. By default it is found by the repository.")
    ] = UNSET


class GitSshSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What ssh is given in the place of the user's own."""

    key: Annotated[
        SecretSettings | UnsetType,
        Meta(description="Where the private key is to be had, such as a deploy key; it has no passphrase."),
    ] = UNSET
    known_hosts: Annotated[
        SecretSettings | UnsetType,
        Meta(description="Where the keys of hosts are to be had, as lines of known_hosts."),
    ] = UNSET


class GitSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How one host of Git is reached."""

    username: Annotated[
        str | UnsetType, Meta(description="The user; a `password` or a `token` must be named beside it.")
    ] = UNSET
    password: Annotated[SecretSettings | UnsetType, Meta(description="Where the user's password is to be had.")] = UNSET
    token: Annotated[
        SecretSettings | UnsetType, Meta(description="Where a token is to be had; most hosts need no user beside it.")
    ] = UNSET
    app: Annotated[GitAppSettings | UnsetType, Meta(description="The GitHub App to sign in as.")] = UNSET
    ssh: Annotated[GitSshSettings | UnsetType, Meta(description="The key for ssh, and the keys of hosts.")] = UNSET
    ca: Annotated[str | UnsetType, Meta(description="A file of PEM certificates to trust for this host.")] = UNSET
