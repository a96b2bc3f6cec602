"""JSON: every document has `"schema": 1`; keys are stable and listed in docs/json.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from promote.image import tag_and_digest
from promote.moment import show_moment
from promote.tree import show

if TYPE_CHECKING:  # most commands show one of these, or none
    from promote.estate.estate import Estate
    from promote.outcome import Change, Delivery, Plan
    from promote.plan.verifying import Verified
    from promote.policy.selection import Selection
    from promote.question import HoldChange
    from promote.report import document_shape as shape
    from promote.sites.site import Barred, Site
    from promote.wording.links import Link

SCHEMA = 1


def dump(document: Mapping[str, object] | Sequence[object]) -> str:
    """One JSON document, indented, with a final newline."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _change(change: Change) -> shape.Change:
    part = change.site.anchor
    return {
        "environment": change.environment,
        "app": change.app,
        "image": str(change.site.repository),
        "file": show(part.path),
        "line": part.span.line,
        "column": part.span.column,
        "format": change.site.format,
        "old": tag_and_digest(change.old),
        "new": tag_and_digest(change.new),
        "reason": change.reason,
    }


def _plan(plan: Plan) -> shape.Plan:
    return {
        "changes": [_change(change) for change in plan.changes],
        "skipped": [
            {"environment": skip.environment, "app": skip.app, "code": skip.code, "reason": skip.reason}
            for skip in plan.skips
        ],
        "refused": [
            {
                "environment": refusal.environment,
                "app": refusal.app,
                "code": refusal.code,
                "gate": refusal.gate,
                "reason": refusal.reason,
                "until": refusal.until,
            }
            for refusal in plan.refusals
        ],
        "failed": [
            {
                "environment": failure.environment,
                "app": failure.app,
                "code": failure.code,
                "exit": failure.exit_code,
                "reason": failure.reason,
            }
            for failure in plan.failures
        ],
    }


def _hold(change: HoldChange) -> shape.HoldChange:
    return {
        "environment": change.environment,
        "app": change.app,
        "version": tag_and_digest(change.version),
        "action": change.action,
        "reason": change.reason or None,
        "until": None if change.until is None else show_moment(change.until),
        "by": change.by or None,
    }


def delivery(
    command: str, done: Delivery, *, dry_run: bool, verified: Sequence[Verified] | None = None
) -> shape.Delivery | shape.Waited:
    """What a writing command did, or would do (DESIGN §5); and, if it waited, what checks said of it."""
    commits: list[shape.Commit] = [
        {"repo": commit.place.repo, "branch": commit.place.branch, "sha": commit.oid, "pushed": commit.pushed}
        for commit in done.commits
    ]
    out: shape.Delivery = {
        "schema": SCHEMA,
        "command": command,
        "dry_run": dry_run,
        **_plan(done.plan),
        "holds": [_hold(change) for change in done.plan.holds],
        "commits": commits,
        "pull_requests": [
            {"repo": each.repo, "number": each.number, "url": each.url, "action": each.action} for each in done.pulled
        ],
    }
    return out if verified is None else {**out, "verified": [checked(each) for each in verified]}


def checked(each: Verified) -> shape.Checked:
    """What the checks said of one app."""
    return {
        "environment": each.environment,
        "app": each.app,
        "version": tag_and_digest(each.version),
        "verified": each.passes,
        "checks": [{"check": verdict.gate, "state": verdict.state, "why": verdict.why} for verdict in each.verdicts],
    }


def difference(source: str, target: str, plan: Plan, links: Sequence[Link] = ()) -> shape.Difference:
    """What `to` would carry from `source` to `target`, and where it can be read what that changes."""
    pages: list[shape.AppLink] = [
        {"environment": each.environment, "app": each.app, "shows": each.shows, "url": each.url} for each in links
    ]
    return {"schema": SCHEMA, "from": source, "to": target, **_plan(plan), "links": pages}


def _site(environment: str | None, app: str, site: Site) -> shape.Site:
    part = site.anchor
    return {
        "environment": environment,
        "app": app,
        "file": show(part.path),
        "line": part.span.line,
        "column": part.span.column,
        "format": site.format,
        "layer": site.layer,
        "image": str(site.repository),
        "tag": site.version.tag,
        "digest": site.version.digest,
        "editable": site.shadowed_by is None,
        "code": None if site.shadowed_by is None else "shadowed",
        "why_not": None if site.shadowed_by is None else f"{site.shadowed_by} stands above it",
        "shadowed_by": site.shadowed_by,
    }


def _barred(environment: str | None, app: str | None, bar: Barred) -> shape.Site:
    return {
        "environment": environment,
        "app": app,
        "file": show(bar.path),
        "line": bar.span.line,
        "column": bar.span.column,
        "format": bar.format,
        "layer": None,
        "image": None if bar.repository is None else str(bar.repository),
        "tag": None if bar.version is None else bar.version.tag,
        "digest": None if bar.version is None else bar.version.digest,
        "editable": False,
        "code": bar.code,
        "why_not": bar.why,
        "shadowed_by": None,
    }


def site_rows(estates: Iterable[Estate], *, configured: bool) -> list[shape.Site]:
    """One row a site, shadowed and barred ones too; within an environment in the order of files and lines."""
    rows: list[shape.Site] = []
    for estate in estates:
        name = estate.environment.name if configured else None
        found: list[tuple[bytes, int, shape.Site]] = []
        for app in estate.joined:
            for site in (*estate.sites(app), *estate.shadowed(app)):
                found.append((site.anchor.path, site.anchor.span.start, _site(name, app, site)))
            found += [(bar.path, bar.span.start, _barred(name, app, bar)) for bar in estate.barred(app)]
        found += [(bar.path, bar.span.start, _barred(name, bar.app, bar)) for bar in estate.aside]
        rows += [row for _, _, row in sorted(found, key=lambda item: item[:2])]
    return rows


def sites(rows: Sequence[shape.Site]) -> shape.Sites:
    return {"schema": SCHEMA, "sites": list(rows)}


def selection(app: str | None, images: Sequence[str], chosen: Selection, limit: int | None) -> shape.Selection:
    """Which tag a policy takes of an app or of an image of none, and why not the others (`tags`)."""
    return {
        "schema": SCHEMA,
        "app": app,
        "image": images[0],
        "images": list(images),
        "selected": None if chosen.winner is None else chosen.winner.tag,
        "considered": [
            {
                "tag": item.tag,
                "accepted": item.accepted,
                "reason": item.reason,
                "created": None if item.created is None else item.created.isoformat(),
                "digest": item.digest,
            }
            for item in chosen.considered[:limit]
        ],
    }
