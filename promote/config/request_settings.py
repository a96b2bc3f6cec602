"""The keys of promote.yaml that say how pull requests are made, and at which forge."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from promote.forge.address import Kind
from promote.forge.request import Method
from promote.secret import SecretSettings

Deliver = Literal["commit", "pull-request"]
RequestGroup = Literal["environment", "app", "run"]


class PullRequestSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What pull requests are like, where `deliver: pull-request` asks for them."""

    group: Annotated[
        RequestGroup,
        Meta(description="What shares a pull request: an environment, one app of one, or all of a repository."),
    ] = "environment"
    branch: Annotated[
        str | UnsetType,
        Meta(
            description="The branch that a pull request comes from; knows {environment} and {app}.",
            examples=["promote/env/{environment}"],
        ),
    ] = UNSET
    title: Annotated[
        str | UnsetType, Meta(description="A Jinja template of the title; its names are those of `commit.message`.")
    ] = UNSET
    body: Annotated[
        str | UnsetType, Meta(description="A Jinja template of the body, in Markdown; by default a table.")
    ] = UNSET
    labels: Annotated[list[str], Meta(description="Labels to give it, by name.")] = []
    reviewers: Annotated[
        list[str], Meta(description="Who is asked for a review: users, and teams as team:NAME.")
    ] = []
    assignees: Annotated[list[str], Meta(description="Users that it is assigned to.")] = []
    milestone: Annotated[str | UnsetType, Meta(description="The milestone, by its title.")] = UNSET
    draft: Annotated[bool, Meta(description="Whether it begins as a draft.")] = False
    auto_merge: Annotated[
        Method | UnsetType,
        Meta(description="Let the forge merge it, this way, once all that it demands has passed."),
    ] = UNSET


class ForgeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The forge of a repository, where its address does not tell."""

    kind: Annotated[Kind | UnsetType, Meta(description="What the forge runs.")] = UNSET
    url: Annotated[
        str | UnsetType, Meta(description="The address of its pages.", examples=["https://github.example.com"])
    ] = UNSET
    project: Annotated[
        str | UnsetType,
        Meta(
            description="The project there: OWNER/NAME, a path of groups, KEY/SLUG, or ORGANISATION/PROJECT/NAME.",
            examples=["acme/gitops"],
        ),
    ] = UNSET
    token: Annotated[
        SecretSettings | UnsetType, Meta(description="Where the token for its API is to be had.")
    ] = UNSET
    ca: Annotated[str | UnsetType, Meta(description="A file of PEM certificates to trust for it.")] = UNSET
