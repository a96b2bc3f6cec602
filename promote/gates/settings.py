"""The items of `gates` and of `verify` in promote.yaml: each names one kind, with what that kind has to be told."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from promote.duration import parse_duration
from promote.gates.approval import ApprovalSettings
from promote.gates.argocd import ArgocdSettings
from promote.gates.commit_status import CommitStatusSettings
from promote.gates.freeze import FreezeSettings
from promote.gates.http import HttpSettings
from promote.gates.run import RunSettings
from promote.gates.signature import SignatureSettings
from promote.gates.window import WindowSettings


class _Kinds(Struct, frozen=True, forbid_unknown_fields=True):
    """What is common to both: of the keys in `ONE_OF` exactly one is given."""

    ONE_OF: ClassVar[tuple[str, ...]] = ()

    argocd: Annotated[
        ArgocdSettings | UnsetType,
        Meta(description="An application of Argo CD is synced and healthy, and runs the images."),
    ] = UNSET
    http: Annotated[HttpSettings | UnsetType, Meta(description="An address answers as it is said here.")] = UNSET
    run: Annotated[
        str | RunSettings | UnsetType,
        Meta(description="A command exits with 0; it needs --allow-run.", examples=["./smoke.sh"]),
    ] = UNSET

    def __post_init__(self) -> None:
        if isinstance(self.run, str):
            RunSettings(command=self.run)

    @property
    def kind(self) -> str:
        """The name of the one that is given."""
        return next(name for name in self.ONE_OF if getattr(self, name) is not UNSET)

    @property
    def said(self) -> Any:
        """What it is told, of the type of its key."""
        return getattr(self, self.kind)


class GateSettings(_Kinds, frozen=True, forbid_unknown_fields=True):
    """One condition on the way into an environment."""

    ONE_OF: ClassVar[tuple[str, ...]] = (
        "soak", "window", "freeze", "commit_status", "approval", "min_age", "max_behind",
        "argocd", "http", "run", "signature",
    )  # fmt: skip
    EXPECTED: ClassVar[str] = "a mapping such as {soak: 24h}"

    soak: Annotated[
        str | UnsetType,
        Meta(
            description="How long the version must have been live in `from`, without a break.", examples=["24h", "7d"]
        ),
    ] = UNSET
    window: Annotated[
        WindowSettings | list[WindowSettings] | UnsetType,
        Meta(description="Days and hours in which versions may pass; of a list one must be open."),
    ] = UNSET
    freeze: Annotated[
        FreezeSettings | list[FreezeSettings] | UnsetType,
        Meta(description="A time in which nothing passes, or a list of them."),
    ] = UNSET
    commit_status: Annotated[
        str | CommitStatusSettings | UnsetType,
        Meta(
            description="A status that must be a success on the commit that brought the version into `from`.",
            examples=["e2e"],
        ),
    ] = UNSET
    approval: Annotated[
        ApprovalSettings | UnsetType, Meta(description="People must have approved the pull request.")
    ] = UNSET
    min_age: Annotated[
        str | UnsetType,
        Meta(description="How old the images must be, by the dates that they name.", examples=["6h"]),
    ] = UNSET
    max_behind: Annotated[
        Annotated[int, Meta(ge=1)] | UnsetType,
        Meta(description="How many newer versions may wait in the registry, by the app's policy.", examples=[3]),
    ] = UNSET
    signature: Annotated[
        SignatureSettings | UnsetType, Meta(description="cosign vouches for every image by its digest.")
    ] = UNSET
    locked: Annotated[bool, Meta(description="Whether --skip-gate is refused for this gate.")] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for key, text in (("soak", self.soak), ("min_age", self.min_age)):
            if text is not UNSET and not parse_duration(text):
                raise ValueError(f"{key} is {text}, and so would always pass; write a longer one, or leave it out")
        for key, several in (("window", self.window), ("freeze", self.freeze)):
            if several == []:
                raise ValueError(f"{key} is an empty list; name one in it, or leave it out")
        if self.commit_status == "":
            raise ValueError("commit_status is empty; name the status")


class VerifySettings(_Kinds, frozen=True, forbid_unknown_fields=True):
    """One check of what an environment runs after a delivery."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("argocd", "http", "run", "commit_status")
    EXPECTED: ClassVar[str] = "a mapping such as {run: ./smoke.sh}"

    commit_status: Annotated[
        str | UnsetType,
        Meta(
            description="A status that must be a success on the commit that brought the version into the environment.",
            examples=["e2e"],
        ),
    ] = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.commit_status == "":
            raise ValueError("commit_status is empty; name the status")
