"""Images that another tool keeps up to date: whose policies `init` takes over, as far as promote has the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from promote.image import Repository
from promote.policy.settings import PolicySettings

# As `policy` of promote.yaml has it, before it is one.
Raw = dict[str, object]


@dataclass(frozen=True, slots=True)
class Watched:
    """One image as one object of the other tool watches it.

    `told` says which object that is, at `path`; `words` are the names by which an environment may be meant.
    `imagepolicy` is what Flux's markers call it. `lost` says what promote has no like of, each a phrase.
    """

    repository: Repository
    told: str
    path: str
    words: tuple[str, ...]
    policy: PolicySettings | None = None
    imagepolicy: str | None = None
    lost: tuple[str, ...] = ()


def taken_over(raw: Raw, lost: Sequence[str]) -> tuple[PolicySettings | None, tuple[str, ...]]:
    """The policy that `raw` says, or None and why promote cannot have it, behind what else was lost."""
    try:
        return msgspec.convert(raw, PolicySettings), tuple(lost)
    except (msgspec.ValidationError, ValueError) as exc:
        return None, (*lost, f"its policy, since {str(exc).partition(' - at ')[0]}")


def said(policy: PolicySettings) -> Raw:
    """What `policy` of promote.yaml says of a policy, without what is the default anyway."""
    out: Raw = {}
    match policy.kind:
        case "semver":
            out["semver"] = policy.argument
        case "calver" | "digest":
            out["order"] = {policy.kind: policy.argument}
        case _:
            out["order"] = policy.kind
    kept: Mapping[str, object] = msgspec.structs.asdict(policy.filter)
    filtered = {key: value for key, value in kept.items() if isinstance(value, str | tuple) and value}
    if filtered:
        out["filter"] = filtered
    if policy.prereleases:
        out["prereleases"] = True
    if policy.direction != "asc":
        out["direction"] = policy.direction
    if policy.platforms:
        out["platforms"] = policy.platforms
    return out
