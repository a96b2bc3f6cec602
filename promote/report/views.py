"""JSON of the commands that only look: the board, the history, what `check` and `wait` found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from promote.report.document import SCHEMA, Json, checked, version_of

if TYPE_CHECKING:  # most commands show one of these, or none
    from datetime import datetime

    from promote.board import Board
    from promote.check import Finding
    from promote.history.chronicle import Chronicle
    from promote.plan.verifying import Verified
    from promote.question import Brought, Stretch


def board(drawn: Board) -> Json:
    """The matrix of apps × environments (`status`)."""
    return {
        "schema": SCHEMA,
        "environments": list(drawn.environments),
        "apps": [
            {
                "app": app,
                "environments": {
                    cell.environment: {
                        "state": cell.state,
                        "version": version_of(cell.version),
                        "next": version_of(cell.next),
                        "next_from": cell.source,
                        "note": cell.note or None,
                    }
                    for cell in (drawn.cell(app, name) for name in drawn.environments)
                },
            }
            for app in drawn.apps
        ],
    }


def _brought(made: Brought | None) -> Json | None:
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
        "rolled_back": version_of(made.undone),
    }


def _stretch(stretch: Stretch, until: datetime | None) -> Json:
    runs = stretch.runs
    return {
        "state": runs if isinstance(runs, str) else "runs",
        "version": None if isinstance(runs, str) else version_of(runs),
        "images": [{"image": str(image), **(version_of(version) or {})} for image, version in stretch.images],
        "since": None if stretch.brought is None else stretch.brought.at.isoformat(),
        "until": None if until is None else until.isoformat(),
        "brought_by": _brought(stretch.brought),
    }


def history(told: Chronicle) -> Json:
    """What ran when in one environment (`history`)."""
    return {
        "schema": SCHEMA,
        "environment": told.environment,
        "repo": told.place.repo,
        "branch": told.place.branch,
        "tip": told.tip,
        "apps": [
            {
                "app": app,
                "stretches": [_stretch(stretch, until) for stretch, until in past.ended()],
                "complete": past.is_whole,
                "ends": past.ends or None,
            }
            for app, past in told.apps.items()
        ],
    }


def verified(found: Sequence[Verified]) -> Json:
    """What the checks said in the end (`wait`)."""
    return {
        "schema": SCHEMA,
        "verified": all(each.passes for each in found),
        "apps": [checked(each) for each in found],
    }


def findings(found: Sequence[Finding]) -> Json:
    """What `check` found."""
    rows = [{"level": one.level, "subject": one.subject, "code": one.code, "what": one.what} for one in found]
    return {"schema": SCHEMA, "ok": all(one.level != "error" for one in found), "findings": rows}
