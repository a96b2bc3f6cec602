"""Every key of promote.yaml, as types: validation, the JSON Schema and docs/configuration.md all come from here.

A key that is not given is UNSET, so that an override can tell "not said" from "said to be nothing" (SEMANTICS 11.1).
`ONE_OF` names keys of which exactly one must be there; `EXPECTED` is the phrase for a value of a wrong kind.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from promote.config.host_settings import GitSettings, RegistrySettings
from promote.config.notify_settings import NotifySettings
from promote.config.request_settings import Deliver, ForgeSettings, PullRequestSettings
from promote.gates.settings import GateSettings, VerifySettings
from promote.policy.settings import PolicySettings
from promote.secret import SecretSettings

Pin = Literal["keep", "tag", "digest", "both"]
Group = Literal["run", "environment", "app"]


class AppKeys(Struct, frozen=True, forbid_unknown_fields=True):
    """What may be said of an app, and again for one environment."""

    image: Annotated[
        str | UnsetType,
        Meta(
            description="The repository of the app's image, without a tag. In a family it holds {app}.",
            examples=["ghcr.io/acme/web"],
        ),
    ] = UNSET
    images: Annotated[
        list[str] | UnsetType, Meta(description="Several repositories that share one tag and move together.")
    ] = UNSET
    aliases: Annotated[
        list[str] | UnsetType,
        Meta(description="Names that mean this app where a kustomization does not name a registry."),
    ] = UNSET
    path: Annotated[
        str | list[str] | UnsetType,
        Meta(description="The part of each environment that is this app's, where the image alone does not tell."),
    ] = UNSET
    imagepolicy: Annotated[
        str | UnsetType,
        Meta(
            description="The Flux ImagePolicy whose markers mean this app, as namespace:name. A family's holds {app}.",
            examples=["flux-system:web"],
        ),
    ] = UNSET
    refs: Annotated[
        list[str] | UnsetType,
        Meta(description="Git repositories, as host/path, whose `?ref=` in kustomize resources moves with the tag."),
    ] = UNSET
    policy: Annotated[
        PolicySettings | UnsetType | None,
        Meta(description="How the newest tag is chosen from the registry. Without it the app is never updated."),
    ] = UNSET
    pin: Annotated[
        Pin | UnsetType,
        Meta(
            description="What is written: keep refreshes what is there, or tag, digest, or both. "
            "Default: keep; digest where the policy follows one."
        ),
    ] = UNSET
    immutable_tags: Annotated[
        bool | UnsetType,
        Meta(description="A tag of this app never moves once it is pushed: what is known of one is not asked again."),
    ] = UNSET
    vars: Annotated[
        dict[str, str] | UnsetType, Meta(description="More placeholders for paths; each value is one path segment.")
    ] = UNSET


class AppSettings(AppKeys, frozen=True, forbid_unknown_fields=True):
    """What moves as one: one or more images that share a version. A key with a * is a family."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("image", "images")


class OverrideSettings(AppKeys, frozen=True, forbid_unknown_fields=True):
    """An app's keys for one environment; each replaces the app's own as a whole."""


class LimitSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How much may move by itself."""

    changes: Annotated[
        int, Meta(description="How many apps one automatic plan may change; a larger one is refused.", ge=1)
    ]


class FromSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Several environments that versions are carried from."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("all", "any")
    EXPECTED: ClassVar[str] = "{all: [ENV, …]} or {any: [ENV, …]}"

    all: Annotated[
        list[str] | UnsetType, Meta(description="Only what all of them have had; the newest.", examples=[["eu", "us"]])
    ] = UNSET
    any: Annotated[list[str] | UnsetType, Meta(description="What one of them runs; the newest.")] = UNSET

    def __post_init__(self) -> None:
        if self.all == [] or self.any == []:
            raise ValueError("names no environment to take from")


def sources_of(said: str | FromSettings | UnsetType) -> list[str]:
    """The environments that a `from` names, as written."""
    if isinstance(said, str):
        return [said]
    if said is UNSET:
        return []
    return [*([] if said.all is UNSET else said.all), *([] if said.any is UNSET else said.any)]


class SharedKeys(Struct, frozen=True, forbid_unknown_fields=True):
    """What may be said of one environment, or of all of them under `defaults`."""

    source: Annotated[
        Literal["registry", "none"] | UnsetType,
        Meta(description="Whence versions come without `from`: the registry (the default), or none: only `set`."),
    ] = UNSET
    deliver: Annotated[
        Deliver | UnsetType,
        Meta(description="How changes arrive: a commit that is pushed (the default), or a pull request."),
    ] = UNSET
    pull_request: Annotated[
        PullRequestSettings | UnsetType, Meta(description="What pull requests are like.")
    ] = UNSET
    forge: Annotated[
        ForgeSettings | UnsetType, Meta(description="The forge of the environment's repository, if another one.")
    ] = UNSET
    repo: Annotated[
        str | UnsetType, Meta(description="The environment's Git repository, where it is not the one of this file.")
    ] = UNSET
    branch: Annotated[
        str | UnsetType, Meta(description="The branch of the environment. Default: the repository's default branch.")
    ] = UNSET
    ignore: Annotated[list[str] | UnsetType, Meta(description="Globs of files that are never scanned.")] = UNSET
    shared_with: Annotated[
        list[str] | UnsetType,
        Meta(description="Environments that may run the same file: it may be edited for this one all the same."),
    ] = UNSET
    auto: Annotated[bool | UnsetType, Meta(description="Whether `promote auto` may change it. Default: false.")] = UNSET
    gates: Annotated[
        list[GateSettings] | UnsetType, Meta(description="What a version must pass on its way in: all of them.")
    ] = UNSET
    verify: Annotated[
        list[VerifySettings] | UnsetType,
        Meta(description="What `promote wait` waits for after a delivery: all of them."),
    ] = UNSET
    limits: Annotated[LimitSettings | UnsetType, Meta(description="How much may move by itself.")] = UNSET
    timezone: Annotated[
        str | UnsetType,
        Meta(description="The time zone of windows and freezes. Default: UTC.", examples=["Europe/Amsterdam"]),
    ] = UNSET
    rewrite: Annotated[
        dict[str, str] | UnsetType,
        Meta(
            description="What images are called here, by registry, namespace or repository, where one mirrors another.",
            examples=[{"ghcr.io/acme/": "prod.example.com/acme/"}],
        ),
    ] = UNSET
    vars: Annotated[
        dict[str, str] | UnsetType, Meta(description="More placeholders for paths; each value is one path segment.")
    ] = UNSET


class EnvironmentSettings(SharedKeys, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where an environment stands, whence its versions come, and how changes arrive."""

    path: Annotated[
        str | list[str],
        Meta(
            description="A folder, file or glob, or a list of them as layers, weakest first; a leading ! excludes.",
            examples=["envs/dev"],
        ),
    ]
    from_: Annotated[
        str | FromSettings | UnsetType,
        Meta(description="The environment that versions are carried from, or several.", examples=["dev"]),
    ] = field(name="from", default=UNSET)
    within: Annotated[
        str | UnsetType,
        Meta(
            description="The part of each file that is this environment's, as a YAML path; {environment} is filled in.",
            examples=["environments.test"],
        ),
    ] = UNSET
    override: Annotated[
        str | UnsetType,
        Meta(description="One file of the environment: what it shares with others is not edited, but set anew there."),
    ] = UNSET
    apps: Annotated[
        dict[str, OverrideSettings] | UnsetType, Meta(description="Keys of apps that differ in this environment.")
    ] = UNSET


class DefaultSettings(SharedKeys, frozen=True, forbid_unknown_fields=True):
    """What holds for every environment and app that does not say otherwise."""

    policy: Annotated[PolicySettings | UnsetType, Meta(description="The policy of every app without one.")] = UNSET
    pin: Annotated[Pin | UnsetType, Meta(description="The pin of every app without one.")] = UNSET
    immutable_tags: Annotated[
        bool | UnsetType, Meta(description="Whether tags never move, of every app that does not say.")
    ] = UNSET


class TargetSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A place that holds an app's tag, where finding by the image's name is not enough."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("path", "regex")

    app: Annotated[str, Meta(description="The app, or the key of a family.")]
    file: Annotated[str, Meta(description="The file; {app}, {environment} and vars are filled in.")]
    path: Annotated[
        str | UnsetType,
        Meta(
            description="Where in the file, as a YAML path: keys, indexes, [key=value] selectors.",
            examples=["web.image.tag"],
        ),
    ] = UNSET
    regex: Annotated[
        str | UnsetType,
        Meta(
            description="Where in a file of any kind: a regular expression with a group `tag`, `digest`, or both.",
            examples=["^WEB_TAG=(?P<tag>\\S+)$"],
        ),
    ] = UNSET


class CommitSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How commits look and what goes into one."""

    message: Annotated[
        str | UnsetType,
        Meta(description="A Jinja template of the message; knows environment, summary, changes, app, old and new."),
    ] = UNSET
    author: Annotated[str | UnsetType, Meta(description="The author.", examples=["Promote <promote@example.com>"])] = (
        UNSET
    )
    committer: Annotated[
        str | UnsetType,
        Meta(description="The committer, by whose key commits are signed; by default who git says that you are."),
    ] = UNSET
    sign: Annotated[
        bool | Literal["gpg", "ssh"] | UnsetType,
        Meta(description="Sign commits by GPG or SSH; true: as git is set up; false: never. By default as git does."),
    ] = UNSET
    signing_key: Annotated[
        SecretSettings | UnsetType,
        Meta(description="Where the SSH private key is to be had that commits are signed with, if not from git."),
    ] = UNSET
    group: Annotated[
        Group, Meta(description="What shares a commit: the whole run, an environment, or nothing but one app.")
    ] = "environment"
    via: Annotated[
        Literal["git", "api"],
        Meta(description="Who makes commits: git, or GitHub by its API, which signs them."),
    ] = "git"


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """promote.yaml: apps, the environments that they move through, and how."""

    version: Annotated[Literal[1], Meta(description="The version of this format: 1.")]
    apps: Annotated[
        dict[str, AppSettings], Meta(description="What moves: apps by name, families by a name with a *.")
    ] = {}
    defaults: Annotated[
        DefaultSettings, Meta(description="What holds for every environment and app that does not say otherwise.")
    ] = DefaultSettings()
    environments: Annotated[
        dict[str, EnvironmentSettings],
        Meta(description="The environments by name; a name with a {placeholder} is one for each folder that exists."),
    ] = {}
    targets: Annotated[
        list[TargetSettings], Meta(description="Places of tags, where finding by the image's name is not enough.")
    ] = []
    registries: Annotated[dict[str, RegistrySettings], Meta(description="How registries are reached, by host.")] = {}
    git: Annotated[dict[str, GitSettings], Meta(description="How hosts of Git are reached, by host.")] = {}
    forge: Annotated[
        ForgeSettings | UnsetType, Meta(description="The forge, where the repository\'s address does not tell.")
    ] = UNSET
    commit: Annotated[CommitSettings, Meta(description="How commits look and what goes into one.")] = CommitSettings()
    notify: Annotated[list[NotifySettings], Meta(description="Who is told of what runs did, and what they left.")] = []
