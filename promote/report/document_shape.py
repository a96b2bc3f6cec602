"""What `promote.report.document` makes, as types: it is checked against them, and its reference is made of them.

Each key has a word on what it says; docs/json.md says more.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from promote.image import TagAndDigest
from promote.wording.links import Shows

Schema = Annotated[int, "1; within one number keys are only ever added"]
InEnvironment = Annotated[str, "its environment"]
OfApp = Annotated[str, "the app"]
Code = Annotated[str, "stable"]
Reason = Annotated[str, "a sentence for people"]
File = Annotated[str, "the path from the repository's root"]
Line = Annotated[int, "from 1, before the edit"]
Column = Annotated[int, "from 1, in characters, before the edit"]
Moment = Annotated[str | None, "a time, in ISO 8601"]
CheckState = Literal["passed", "waiting", "failed", "unknown"]


class Change(TypedDict):
    """One place that changes."""

    environment: InEnvironment
    app: OfApp
    image: Annotated[str, "as this environment calls it"]
    file: File
    line: Line
    column: Column
    format: Annotated[str, "the format of the place"]
    old: Annotated[TagAndDigest | None, "what stands there; null where a key is inserted"]
    new: Annotated[TagAndDigest | None, "what is written"]
    reason: Reason


class Skip(TypedDict):
    """An app that is passed over."""

    environment: InEnvironment
    app: OfApp
    code: Code
    reason: Reason


class Refusal(TypedDict):
    """An app that could change and must not, or not yet."""

    environment: InEnvironment
    app: OfApp
    code: Code
    gate: Annotated[str | None, "the gate that refused"]
    reason: Reason
    until: Annotated[str | None, "when the gate may pass"]


class Failure(TypedDict):
    """An app of which something could not be known or done."""

    environment: InEnvironment
    app: OfApp
    code: Code
    exit: Annotated[int, "the exit code that it stands for"]
    reason: Reason


class Plan(TypedDict):
    """What becomes of each app."""

    changes: Annotated[list[Change], "what changes, or would"]
    skipped: Annotated[list[Skip], "what is passed over"]
    refused: Annotated[list[Refusal], "what must not change, or not yet"]
    failed: Annotated[list[Failure], "what could not be known or done"]


class HoldChange(TypedDict):
    """What is held back, or released."""

    environment: InEnvironment
    app: Annotated[str, "the app; `*` for every one"]
    version: Annotated[TagAndDigest | None, "null for every version"]
    action: Annotated[Literal["held", "released"], "which of the two"]
    reason: Annotated[str | None, "why"]
    until: Annotated[str | None, "when it ends by itself"]
    by: Annotated[str | None, "who said so"]


class Commit(TypedDict):
    """One commit that was made."""

    repo: Annotated[str, "its repository"]
    branch: Annotated[str, "the branch that it is for"]
    sha: Annotated[str, "its name"]
    pushed: Annotated[bool, "whether it is at the remote"]


class PullRequest(TypedDict):
    """One pull request that was made, brought up to date or closed."""

    repo: Annotated[str, "its repository"]
    number: Annotated[int, "what the forge calls it by"]
    url: Annotated[str, "its page"]
    action: Annotated[Literal["created", "updated", "unchanged", "closed"], "what was done"]


class Check(TypedDict):
    """What one check of `verify` said in the end."""

    check: Annotated[str, "its key"]
    state: Annotated[CheckState, "`unknown`: what it must know could not be had"]
    why: Reason


class Checked(TypedDict):
    """What the checks said of one app."""

    environment: InEnvironment
    app: OfApp
    version: Annotated[TagAndDigest | None, "null where it runs no one version"]
    verified: Annotated[bool, "whether all of its checks passed"]
    checks: Annotated[list[Check], "each of them"]


class Delivery(Plan):
    """What a command that writes did, or with `--dry-run` would do."""

    schema: Schema
    command: Annotated[str, "its name"]
    dry_run: Annotated[bool, "whether nothing was written"]
    holds: Annotated[list[HoldChange], "what is held back and released"]
    commits: Annotated[list[Commit], "those that were made"]
    pull_requests: Annotated[list[PullRequest], "those that were touched"]


class Waited(Delivery):
    """The same with `--wait`."""

    verified: Annotated[list[Checked], "what the checks said in the end"]


class AppLink(TypedDict):
    """A page on what an app's new version brings."""

    environment: InEnvironment
    app: OfApp
    shows: Annotated[Shows, "what it is of"]
    url: Annotated[str, "its address"]


# `from` is a word of Python's own.
_Source = TypedDict("_Source", {"from": Annotated[str, "the environment that it comes from"]})


class Difference(_Source, Plan):
    """What `promote to` would carry."""

    schema: Schema
    to: Annotated[str, "the environment that it would go to"]
    links: Annotated[list[AppLink], "where it can be read what that changes"]


class Site(TypedDict):
    """One place that names an image."""

    environment: Annotated[str | None, "its environment; null without a promote.yaml"]
    app: Annotated[str | None, "the app that it is of"]
    file: File
    line: Line
    column: Column
    format: Annotated[str, "of the place; `file` for a file that cannot be read"]
    layer: Annotated[int | None, "its place in the environment's `path`, the weakest 0"]
    image: Annotated[str | None, "the repository"]
    tag: Annotated[str | None, "what stands there"]
    digest: Annotated[str | None, "what stands there"]
    editable: Annotated[bool, "whether it is what is written"]
    code: Annotated[str | None, "why it is not, stable"]
    why_not: Annotated[str | None, "the same as a sentence"]
    shadowed_by: Annotated[str | None, "the file that stands above it"]


class Sites(TypedDict):
    """The places that name images."""

    schema: Schema
    sites: Annotated[list[Site], "in the order of files and lines"]


class Considered(TypedDict):
    """One tag that a policy has looked at."""

    tag: Annotated[str, "the tag"]
    accepted: Annotated[bool, "whether the policy admits it"]
    reason: Annotated[str | None, "why it was not taken"]
    created: Annotated[Moment, "of the youngest image, where the policy asks for it"]
    digest: Annotated[str | None, "where the policy asks for it"]


class Selection(TypedDict):
    """Which tag a policy takes, and why not the others."""

    schema: Schema
    app: Annotated[str | None, "null for an image of no app"]
    image: Annotated[str, "the first of them"]
    images: Annotated[list[str], "the repositories that were asked about"]
    selected: Annotated[str | None, "the tag that is taken"]
    considered: Annotated[list[Considered], "the admitted ones first, the best first"]
