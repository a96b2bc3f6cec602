"""What `promote.report.views` makes, as types: it is checked against them, and its reference is made of them.

Each key has a word on what it says; docs/json.md says more.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from promote.board.cell import State
from promote.check.finding import Level, Part
from promote.image import TagAndDigest
from promote.report.document_shape import Checked, Moment, Reason, Schema
from promote.wording.links import Shows


class SkippedGate(TypedDict):
    """A gate that was passed by `--skip-gate`."""

    gate: Annotated[str, "its key"]
    reason: Reason


# `from` is a word of Python's own.
_Source = TypedDict("_Source", {"from": Annotated[str | None, "the environment that it came from"]})


class Brought(_Source):
    """Who brought a version in, and how."""

    commit: Annotated[str, "the commit"]
    author: Annotated[str, "its author"]
    subject: Annotated[str, "its first line"]
    by_hand: Annotated[bool, "whether no trailer of promote speaks of it"]
    pull_request: Annotated[str | None, "as the commit names it"]
    skipped_gates: Annotated[list[SkippedGate], "what was waived"]
    rolled_back: Annotated[TagAndDigest | None, "the version that a rollback took away"]


class Stop(TypedDict):
    """Why another version does not come."""

    code: Annotated[str, "stable"]
    gate: Annotated[str | None, "the gate that refused"]
    reason: Reason
    until: Annotated[str | None, "when the gate may pass"]
    version: Annotated[TagAndDigest | None, "the one that stays out"]


class Proposed(TypedDict):
    """An open pull request."""

    number: Annotated[int, "what the forge calls it by"]
    url: Annotated[str, "its page"]
    version: Annotated[TagAndDigest | None, "what it proposes"]


class Behind(TypedDict):
    """How many newer versions there are; null where that is not known or not asked for."""

    source: Annotated[int | None, "that the source environment has run since"]
    source_is_least: Annotated[bool, "whether there may be more"]
    registry: Annotated[int | None, "that the app's policy admits"]


class Hold(TypedDict):
    """What is held back."""

    app: Annotated[str, "the app; `*` for every one"]
    version: Annotated[TagAndDigest | None, "null for every version"]
    by: Annotated[str | None, "who said so"]
    at: Moment
    reason: Annotated[str | None, "why"]
    until: Annotated[str | None, "when it ends by itself"]
    where: Annotated[str | None, "what says so: a place in a file, a pull request, or a branch"]


class Differing(TypedDict):
    """One of the versions of places that differ."""

    version: Annotated[TagAndDigest | None, "what stands there"]
    place: Annotated[str, "one place that has it"]


class Trend(TypedDict):
    """How often versions come, and how soon."""

    weeks: Annotated[list[int], "how many came in each of the last twelve weeks, the oldest first"]
    lead_seconds: Annotated[list[int], "how long each of the newest took since the first environment had it"]


class Cell(TypedDict):
    """One app in one environment."""

    state: Annotated[State, "how it runs"]
    version: Annotated[TagAndDigest | None, "what it runs"]
    next: Annotated[TagAndDigest | None, "what would come now"]
    next_from: Annotated[str | None, "the environment that it comes from, `registry`, or `rollback`"]
    note: Annotated[str | None, "whatever is odd, as sentences"]
    stop: Annotated[Stop | None, "why another version does not come"]
    not_asked: Annotated[list[str], "the gates that are not asked here"]
    pull_request: Annotated[Proposed | None, "the open one"]
    behind: Annotated[Behind, "how many newer versions there are"]
    holds: Annotated[list[Hold], "what is held back there"]
    places: Annotated[list[Differing], "where places differ"]
    mutable: Annotated[str | None, "that its tag may be another image by now, as a sentence"]
    since: Annotated[Moment, "since when it runs; only with `--age`"]
    brought_by: Annotated[Brought | None, "who brought it in; only with `--age`"]
    trend: Annotated[Trend | None, "only with `--trends`"]


class Row(TypedDict):
    """One app in all environments."""

    app: Annotated[str, "the app"]
    environments: Annotated[dict[str, Cell], "by their names"]


class Board(TypedDict):
    """The matrix of apps and environments."""

    schema: Schema
    environments: Annotated[list[str], "their names, in order"]
    apps: Annotated[list[Row], "an entry an app"]


class Image(TypedDict):
    """What one image of an app ran."""

    image: Annotated[str, "the repository"]
    tag: Annotated[str | None, "its tag"]
    digest: Annotated[str | None, "its digest"]


class Link(TypedDict):
    """A page on a version."""

    shows: Annotated[Shows, "what it is of"]
    url: Annotated[str, "its address"]


class Stretch(TypedDict):
    """A time through which an app ran one version."""

    state: Annotated[Literal["runs", "mixed", "absent", "unreadable"], "how it ran"]
    version: Annotated[TagAndDigest | None, "null but for `runs`"]
    images: Annotated[list[Image], "what each of its images ran"]
    since: Annotated[Moment, "when it was brought in"]
    until: Annotated[Moment, "when the next one was; null for the present"]
    brought_by: Annotated[Brought | None, "null where its beginning cannot be seen"]
    links: Annotated[list[Link], "only with `--links`"]


class AppPast(TypedDict):
    """The past of one app."""

    app: Annotated[str, "the app"]
    stretches: Annotated[list[Stretch], "the newest first"]
    complete: Annotated[bool, "whether these are all there were"]
    ends: Annotated[str | None, "why no more can be seen, as a sentence"]


class Past(TypedDict):
    """What ran when in one environment."""

    environment: Annotated[str, "the environment"]
    repo: Annotated[str, "its repository; empty without a remote"]
    branch: Annotated[str, "its branch; empty without a remote"]
    tip: Annotated[str | None, "the commit that was looked at; null without a remote"]
    apps: Annotated[list[AppPast], "an entry an app"]


class History(Past):
    """What ran when in the one environment that was asked for."""

    schema: Schema


class Histories(TypedDict):
    """What ran when in several environments."""

    schema: Schema
    environments: Annotated[list[Past], "an entry an environment"]


class Verified(TypedDict):
    """What the checks said in the end."""

    schema: Schema
    verified: Annotated[bool, "whether all passed"]
    apps: Annotated[list[Checked], "an entry an app"]


class Found(TypedDict):
    """One thing that `check` looked at."""

    part: Annotated[Part, "what it is about"]
    level: Annotated[Level, "how it is"]
    subject: Annotated[str, "an environment, an app of one, a registry, a remote, a gate or a target"]
    code: Annotated[str, "stable"]
    what: Reason
    cure: Annotated[str | None, "what to do; null where the level is `ok`"]


class Findings(TypedDict):
    """What `check` found."""

    schema: Schema
    ok: Annotated[bool, "whether there is no error"]
    findings: Annotated[list[Found], "in the order in which it was looked at"]
