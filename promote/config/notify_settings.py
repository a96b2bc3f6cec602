"""The key `notify` of promote.yaml: who is told of what."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from promote.notify.kind import Kind
from promote.secret import SecretSettings

DEFAULT_KINDS: tuple[Kind, ...] = ("promoted", "refused", "failed")


class SlackSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """An incoming webhook of Slack."""

    url: Annotated[SecretSettings, Meta(description="Where the webhook's address is to be had, which is a secret.")]


class TeamsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A workflow of Microsoft Teams that begins when a webhook request is received."""

    url: Annotated[SecretSettings, Meta(description="Where the workflow's address is to be had, which is a secret.")]


class WebhookSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Any address that takes JSON."""

    url: Annotated[SecretSettings, Meta(description="Where the address is to be had, which counts as a secret.")]
    headers: Annotated[
        dict[str, SecretSettings], Meta(description="Headers to send with it, and where their values are to be had.")
    ] = {}
    secret: Annotated[
        SecretSettings | UnsetType,
        Meta(description="Where the secret is to be had by which bodies are signed, in the header Promote-Signature."),
    ] = UNSET


class NotifySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One target, and what it is told."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("slack", "teams", "webhook")

    slack: Annotated[SlackSettings | UnsetType, Meta(description="An incoming webhook of Slack.")] = UNSET
    teams: Annotated[TeamsSettings | UnsetType, Meta(description="A workflow of Microsoft Teams.")] = UNSET
    webhook: Annotated[WebhookSettings | UnsetType, Meta(description="Any address that takes JSON.")] = UNSET
    on: Annotated[
        tuple[Kind, ...], Meta(description="Of what it is told; by default of all but what waits, where that changes.")
    ] = DEFAULT_KINDS
    environments: Annotated[
        list[str] | UnsetType,
        Meta(description="Globs of the environments that it is told of; by default all.", examples=[["prod-*"]]),
    ] = UNSET
    apps: Annotated[
        list[str] | UnsetType,
        Meta(description="Globs of the apps that it is told of; by default all.", examples=[["web-*"]]),
    ] = UNSET
