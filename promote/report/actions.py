"""What a job of GitHub Actions (and of Gitea and Forgejo, which took it over) is told: errors, outputs, and a summary.

GitHub Docs, "Workflow commands for GitHub Actions": lines that the runner reads, and files that the job names, to which
lines are appended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promote.outcome import Delivery, Plan
from promote.report.markdown import changes, left, linked
from promote.wording.markdown import code, plain


def error(text: str) -> str:
    """The line that has the runner show `text` as an error, escaped as `escapeData` of actions/toolkit does."""
    return f"::error title=promote::{text.replace('%', '%25').replace(chr(13), '%0D').replace(chr(10), '%0A')}"


def outputs(done: Delivery) -> str:
    """Lines for GITHUB_OUTPUT: `changed`, and the newest `commit` and `pull-request-url`, which may be empty."""
    commit = done.commits[-1].oid if done.commits else ""
    url = next((each.url for each in reversed(done.pulled)), "")
    changed = "true" if done.plan.does_something else "false"
    return f"changed={changed}\ncommit={commit}\npull-request-url={_line(url)}\n"


def _line(text: str) -> str:
    """Without a line's end, which would begin an output of its own."""
    return "".join(char for char in text if char.isprintable())


def _holds(plan: Plan) -> Iterable[str]:
    for each in plan.holds:
        version = "every version" if each.version is None else code(each.version.short)
        why = f": {plain(each.reason)}" if each.reason else ""
        yield f"- {code(each.environment)}: {code(each.app)} {version} {each.action}{why}"


def summary(command: str, done: Delivery, *, dry_run: bool) -> str:
    """Markdown for GITHUB_STEP_SUMMARY; empty where there is nothing to tell."""
    plan = done.plan
    parts: list[str] = []
    if plan.changes:
        parts += changes(plan)
    parts.append("\n".join(_holds(plan)))
    parts.append(left(plan))
    parts.append("\n".join(_links(done)))
    text = "\n\n".join(part for part in parts if part)
    return _headed(f"{command}{' (dry run)' if dry_run else ''}", text)


def unplanned(command: str, faults: Sequence[str]) -> str:
    """The summary of a command that ended before it had a plan."""
    return _headed(command, "\n".join(f"- {plain(fault)}" for fault in faults))


def _headed(what: str, text: str) -> str:
    return f"{f'### promote {what}'.rstrip()}\n\n{text}\n\n" if text else ""


def _links(done: Delivery) -> Sequence[str]:
    made = [f"- {each.action}: {linked(f'pull request {each.number}', each.url)}" for each in done.pulled]
    return [*made, *(f"- {code(each.place.branch)}: {code(each.oid[:12])}" for each in done.commits)]
