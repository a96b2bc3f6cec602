"""The `policy:` key of promote.yaml, and the short form of the command line's `--policy`."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from promote.policy.constraint_parse import parse_range
from promote.policy.filter import Filter

# Known keys that are refused, never ignored, until they are built (SEMANTICS 11.5).
UNBUILT: Mapping[str, str] = MappingProxyType(
    {
        "platforms": "take only images that exist for all of these platforms",
        "min_age": "take only images that are at least this old",
    }
)
UNBUILT_ORDERS: Mapping[str, str] = MappingProxyType(
    {
        "calver": "rank calendar versions of a given format",
        "alphabetical": "rank tags as text",
        "created": "rank images by their date of creation",
        "digest": "follow the digest of one tag that moves",
    }
)
# What may be asked for, as it is written in the short form.
SHORT_FORMS: Mapping[str, str] = MappingProxyType({"semver": "semver:RANGE", "numeric": "numeric"})

RangeText = Annotated[
    str,
    Meta(
        description="Range of semantic versions, such as ^1.4, ~1.2.3, '>=1.1 <2', '1.x || 3.x' or * for any release.",
        examples=["^1.4"],
        min_length=1,
    ),
]


class FilterSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which tags may be candidates, and what part of them is ranked."""

    match: Annotated[
        str | UnsetType,
        Meta(description="Regular expression that a tag must match somewhere; ^ and $ bind it to the tag's ends."),
    ] = UNSET
    extract: Annotated[
        str | UnsetType,
        Meta(description="The text to rank, made of groups of `match`: {name}, {1} or $1. Default: the whole tag."),
    ] = UNSET
    allow: Annotated[
        tuple[str, ...], Meta(description="Globs, of which a tag must match one. Default: every tag is allowed.")
    ] = ()
    ignore: Annotated[tuple[str, ...], Meta(description="Globs of tags that are never candidates.")] = ()

    def __post_init__(self) -> None:
        self.compile()

    def compile(self) -> Filter:
        """The filter; ValueError says which key is wrong."""
        match = None if self.match is UNSET else self.match
        extract = None if self.extract is UNSET else self.extract
        return Filter.compile(match, extract, self.allow, self.ignore)


class SemverOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Order by semantic versions within a range."""

    semver: RangeText

    def __post_init__(self) -> None:
        parse_range(self.semver)


class PolicySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the newest tag of an app is chosen from a registry: `semver: RANGE` for short, or `order` and the rest."""

    semver: Annotated[RangeText | UnsetType, Meta(description="Short for `order: {semver: RANGE}`.")] = UNSET
    filter: Annotated[
        FilterSettings, Meta(description="Which tags may be candidates, and what part of them is ranked.")
    ] = FilterSettings()
    prereleases: Annotated[
        bool,
        Meta(description="Whether prereleases are candidates where the range names none itself; only with semver."),
    ] = False
    direction: Annotated[
        Literal["asc", "desc"], Meta(description="asc: the greatest in the order wins. desc: the least wins.")
    ] = "asc"
    order: Annotated[
        Literal["numeric"] | SemverOrder | UnsetType,
        Meta(description="How tags are ranked: numeric, or {semver: RANGE}."),
    ] = UNSET

    def __post_init__(self) -> None:
        if self.semver is not UNSET and self.order is not UNSET:
            raise ValueError("semver and order both say how tags are ranked; keep one of them")
        if self.semver is UNSET and self.order is UNSET:
            raise ValueError("nothing says how tags are ranked; add semver: RANGE or order: numeric")
        if self.semver is not UNSET:
            parse_range(self.semver)
        if self.prereleases and self.kind != "semver":
            raise ValueError(f"prereleases says nothing with the order {self.kind}; only semver knows them")

    @property
    def kind(self) -> str:
        """The order's name, by which policies are dispatched."""
        return self.order if isinstance(self.order, str) else "semver"

    @property
    def range(self) -> str | None:
        """The range as written, or None with another order."""
        if isinstance(self.order, SemverOrder):
            return self.order.semver
        return None if self.semver is UNSET else self.semver


def parse_short(text: str) -> PolicySettings:
    """The settings that `semver:RANGE` or `numeric` is; ValueError names the policies, and the one that was meant."""
    name, colon, argument = (part.strip() for part in text.partition(":"))
    if name == "semver":
        if not argument:
            raise ValueError("semver needs a range: semver:^1.2, or semver:* for the newest release")
        return PolicySettings(semver=argument)
    if name == "numeric":
        if colon:
            raise ValueError(f"numeric takes nothing after it, and {argument!r} stands there")
        return PolicySettings(order="numeric")
    if name in UNBUILT_ORDERS:
        raise ValueError(f"the policy {name} is known but not built yet; there are {', '.join(SHORT_FORMS.values())}")
    close = get_close_matches(name[:40], SHORT_FORMS, n=1)
    meant = f"; did you mean {SHORT_FORMS[close[0]]}?" if close else ""
    raise ValueError(f"there is no policy {name[:40]!r}; there are {', '.join(SHORT_FORMS.values())}{meant}")
