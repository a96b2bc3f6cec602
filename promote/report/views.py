"""JSON of the commands that only look: the board, the history, what `check` and `wait` found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from promote.image import tag_and_digest
from promote.moment import show_moment
from promote.question import Brought
from promote.report.document import SCHEMA, checked

if TYPE_CHECKING:  # most commands show one of these, or none
    from datetime import datetime

    from promote.board import Board, Cell
    from promote.board.trend import Trend
    from promote.check import Finding
    from promote.history.chronicle import Chronicle
    from promote.plan.verifying import Verified
    from promote.question import Stretch
    from promote.report import views_shape as shape
    from promote.wording.links import Link


def _cell(cell: Cell, trend: Trend | None) -> shape.Cell:
    """What is known of a cell: each key is there in each of them."""
    stop, pull, made = cell.stop, cell.pull, cell.brought if isinstance(cell.brought, Brought) else None
    return {
        "state": cell.state,
        "version": tag_and_digest(cell.version),
        "next": tag_and_digest(cell.next),
        "next_from": cell.source,
        "note": cell.note or None,
        "stop": None
        if stop is None
        else {
            "code": stop.code,
            "gate": stop.gate,
            "reason": stop.reason,
            "until": stop.until,
            "version": tag_and_digest(stop.version),
        },
        "not_asked": list(cell.unasked),
        "pull_request": None
        if pull is None
        else {"number": pull.number, "url": pull.url, "version": tag_and_digest(pull.version)},
        "behind": {
            "source": cell.behind.source,
            "source_is_least": cell.behind.is_least,
            "registry": cell.behind.registry,
        },
        "holds": [
            {
                "app": hold.app,
                "version": tag_and_digest(hold.version),
                "by": hold.by or None,
                "at": None if hold.at is None else show_moment(hold.at),
                "reason": hold.reason or None,
                "until": None if hold.until is None else show_moment(hold.until),
                "where": hold.where or None,
            }
            for hold in cell.holds
        ],
        "places": [{"version": tag_and_digest(version), "place": place} for version, place in cell.places],
        "mutable": cell.mutable or None,
        "since": None if made is None else made.at.isoformat(),
        "brought_by": _brought(made),
        "trend": _trend(trend),
    }


def _trend(told: Trend | None) -> shape.Trend | None:
    if told is None:
        return None
    return {"weeks": list(told.weeks), "lead_seconds": [int(lead.total_seconds()) for lead in told.leads]}


def board(drawn: Board) -> shape.Board:
    """The matrix of apps × environments (`status`)."""
    return {
        "schema": SCHEMA,
        "environments": list(drawn.environments),
        "apps": [
            {
                "app": app,
                "environments": {
                    cell.environment: _cell(cell, drawn.trends.get((app, cell.environment)))
                    for cell in (drawn.cell(app, name) for name in drawn.environments)
                },
            }
            for app in drawn.apps
        ],
    }


def _brought(made: Brought | None) -> shape.Brought | None:
    if made is None:
        return None
    return {
        "commit": made.commit,
        "author": made.author,
        "subject": made.subject,
        "by_hand": made.by_hand,
        "from": made.source,
        "pull_request": made.pull_request,
        "skipped_gates": [{"gate": gate, "reason": reason} for gate, reason in made.skipped_gates],
        "rolled_back": tag_and_digest(made.undone),
    }


def _stretch(stretch: Stretch, until: datetime | None, links: Sequence[Link]) -> shape.Stretch:
    runs = stretch.runs
    return {
        "state": runs if isinstance(runs, str) else "runs",
        "version": None if isinstance(runs, str) else tag_and_digest(runs),
        "images": [
            {"image": str(image), "tag": version.tag, "digest": version.digest} for image, version in stretch.images
        ],
        "since": None if stretch.brought is None else stretch.brought.at.isoformat(),
        "until": None if until is None else until.isoformat(),
        "brought_by": _brought(stretch.brought),
        "links": [{"shows": each.shows, "url": each.url} for each in links],
    }


def _chronicle(told: Chronicle) -> shape.Past:
    return {
        "environment": told.environment,
        "repo": told.place.repo,
        "branch": told.place.branch,
        "tip": told.tip,
        "apps": [
            {
                "app": app,
                "stretches": [
                    _stretch(stretch, until, told.links.get((app, number), ()))
                    for number, (stretch, until) in enumerate(past.ended())
                ],
                "complete": past.is_whole,
                "ends": past.ends or None,
            }
            for app, past in told.apps.items()
        ],
    }


def history(several: Sequence[Chronicle]) -> shape.History | shape.Histories:
    """What ran when (`history`): of one environment, or a list of several."""
    if len(several) == 1:
        return {"schema": SCHEMA, **_chronicle(several[0])}
    return {"schema": SCHEMA, "environments": [_chronicle(told) for told in several]}


def verified(found: Sequence[Verified]) -> shape.Verified:
    """What the checks said in the end (`wait`)."""
    return {
        "schema": SCHEMA,
        "verified": all(each.passes for each in found),
        "apps": [checked(each) for each in found],
    }


def findings(found: Sequence[Finding]) -> shape.Findings:
    """What `check` found."""
    rows: list[shape.Found] = [
        {
            "part": one.part,
            "level": one.level,
            "subject": one.subject,
            "code": one.code,
            "what": one.what,
            "cure": one.cure or None,
        }
        for one in found
    ]
    return {"schema": SCHEMA, "ok": all(one.level != "error" for one in found), "findings": rows}
