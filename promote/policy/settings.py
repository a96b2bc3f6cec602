"""The `policy:` key of promote.yaml, and the short form of the command line's `--policy`."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from promote.duration import parse_duration
from promote.image import is_tag
from promote.platform import parse_platform
from promote.policy.calver_format import parse_format
from promote.policy.conditions import Conditions
from promote.policy.constraint_parse import parse_range
from promote.policy.filter import Filter

# What may be asked for, as it is written in the short form.
SHORT_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "semver": "semver:RANGE",
        "calver": "calver:FORMAT",
        "numeric": "numeric",
        "alphabetical": "alphabetical",
        "created": "created",
        "digest": "digest:TAG",
    }
)

_NEEDS = {
    "semver": "a range: semver:^1.2, or semver:* for the newest release",
    "calver": "a format: calver:YYYY.0M.MICRO",
    "digest": "the tag to follow: digest:stable",
}

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
        Annotated[tuple[str, ...], Meta(min_length=1)] | UnsetType,
        Meta(description="Globs, of which a tag must match one. Default: every tag is allowed."),
    ] = UNSET
    ignore: Annotated[tuple[str, ...], Meta(description="Globs of tags that are never candidates.")] = ()

    def __post_init__(self) -> None:
        self.compile()

    def compile(self) -> Filter:
        """The filter; ValueError says which key is wrong."""
        match = None if self.match is UNSET else self.match
        extract = None if self.extract is UNSET else self.extract
        allow = () if self.allow is UNSET else self.allow
        if self.allow is not UNSET and not allow:
            raise ValueError("allow is empty, and so no tag could be a candidate; name a glob in it, or leave it out")
        return Filter.compile(match, extract, allow, self.ignore)


class OrderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order that needs to be told something: exactly one of these."""

    CHOICES: ClassVar[tuple[str, ...]] = ("semver", "calver", "digest")
    EXPECTED: ClassVar[str] = "a mapping such as {semver: RANGE}, {calver: FORMAT} or {digest: TAG}"

    semver: Annotated[RangeText | UnsetType, Meta(description="Semantic versions within this range.")] = UNSET
    calver: Annotated[
        str | UnsetType,
        Meta(
            description="Calendar versions of this format, in the tokens of calver.org: YYYY YY 0Y MM 0M WW 0W DD 0D "
            "MAJOR MINOR MICRO MODIFIER.",
            examples=["YYYY.0M.MICRO"],
        ),
    ] = UNSET
    digest: Annotated[
        str | UnsetType, Meta(description="Follow this tag, which moves, by its digest.", examples=["stable"])
    ] = UNSET

    def __post_init__(self) -> None:
        given = [name for name in self.CHOICES if getattr(self, name) is not UNSET]
        if len(given) != 1:
            told = " and ".join(given) or "none"
            raise ValueError(f"an order is exactly one of {', '.join(self.CHOICES)}, and {told} is given")
        if self.semver is not UNSET:
            parse_range(self.semver)
        if self.calver is not UNSET:
            parse_format(self.calver)
        if self.digest is not UNSET and not is_tag(self.digest):
            raise ValueError(f"digest follows a tag, and {self.digest[:130]!r} is no valid one")

    @property
    def kind(self) -> str:
        """The order's name."""
        return next(name for name in self.CHOICES if getattr(self, name) is not UNSET)

    @property
    def argument(self) -> str:
        """The range, the format or the tag, as written."""
        return str(getattr(self, self.kind))


class PolicySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the newest tag of an app is chosen from a registry: `semver: RANGE` for short, or `order` and the rest."""

    semver: Annotated[RangeText | UnsetType, Meta(description="Short for `order: {semver: RANGE}`.")] = UNSET
    filter: Annotated[
        FilterSettings, Meta(description="Which tags may be candidates, and what part of them is ranked.")
    ] = FilterSettings()
    prereleases: Annotated[
        bool,
        Meta(
            description="Whether prereleases are candidates where the range names none itself; "
            "only with semver, and with a calver format that has MODIFIER."
        ),
    ] = False
    direction: Annotated[
        Literal["asc", "desc"],
        Meta(description="asc: the greatest in the order wins; desc: the least. Of dates the greatest is the newest."),
    ] = "asc"
    order: Annotated[
        Literal["numeric", "alphabetical", "created"] | OrderSettings | UnsetType,
        Meta(description="How tags are ranked: by a word, or by a mapping that says more."),
    ] = UNSET
    platforms: Annotated[
        tuple[str, ...],
        Meta(description="Platforms that an image must have, all of them.", examples=[["linux/amd64", "linux/arm64"]]),
    ] = ()
    min_age: Annotated[
        str | UnsetType, Meta(description="How old an image must be, by the date that it names.", examples=["2h"])
    ] = UNSET

    def __post_init__(self) -> None:
        # What one key alone is wrong about comes first: so it is told where that key stands.
        for platform in self.platforms:
            parse_platform(platform)
        if self.min_age is not UNSET:
            parse_duration(self.min_age)
        if self.semver is not UNSET and self.order is not UNSET:
            raise ValueError("semver and order both say how tags are ranked; keep one of them")
        if self.semver is UNSET and self.order is UNSET:
            raise ValueError("nothing says how tags are ranked; add semver: RANGE or order: numeric")
        if self.semver is not UNSET:
            parse_range(self.semver)
        self._check_order()

    def _check_order(self) -> None:
        """What says nothing with the order must not seem to say something."""
        kind = self.kind
        if self.prereleases and kind == "calver" and not parse_format(self.argument).has_modifier:
            raise ValueError(f"prereleases says nothing with the format {self.argument}; add MODIFIER to its end")
        if self.prereleases and kind not in ("semver", "calver"):
            raise ValueError(f"prereleases says nothing with the order {kind}; only semver and calver know them")
        if kind == "created" and self.filter.extract is not UNSET:
            raise ValueError("extract says nothing with the order created, which ranks images by their dates")
        if kind == "digest" and self.filter != FilterSettings():
            raise ValueError("filter says nothing with the order digest, which follows one tag")
        if kind == "digest" and self.direction != "asc":
            raise ValueError("direction says nothing with the order digest, which follows one tag")

    @property
    def kind(self) -> str:
        """The order's name, by which policies are dispatched."""
        if isinstance(self.order, OrderSettings):
            return self.order.kind
        return "semver" if self.order is UNSET else self.order

    @property
    def argument(self) -> str:
        """The range, the format or the tag, as written; "" where the order needs none."""
        if isinstance(self.order, OrderSettings):
            return self.order.argument
        return "" if self.semver is UNSET else self.semver

    @property
    def conditions(self) -> Conditions:
        """What images must be like."""
        age = None if self.min_age is UNSET else parse_duration(self.min_age)
        return Conditions(tuple(dict.fromkeys(map(parse_platform, self.platforms))), age)


def parse_short(text: str) -> PolicySettings:
    """The settings that a short form, such as `semver:^1.2` or `created`, is.

    ValueError names the policies, and the one that was meant.
    """
    name, colon, argument = (part.strip() for part in text.partition(":"))
    known = ", ".join(SHORT_FORMS.values())
    if name not in SHORT_FORMS:
        close = get_close_matches(name[:40], SHORT_FORMS, n=1)
        meant = f"; did you mean {SHORT_FORMS[close[0]]}?" if close else ""
        raise ValueError(f"there is no policy {name[:40]!r}; there are {known}{meant}")
    if name in OrderSettings.CHOICES:
        if not argument:
            raise ValueError(f"{name} needs {_NEEDS[name]}")
        return PolicySettings(order=OrderSettings(**{name: argument}))
    if colon:
        raise ValueError(f"{name} takes nothing after it, and {argument[:40]!r} stands there")
    return msgspec.convert({"order": name}, PolicySettings)
