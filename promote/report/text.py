"""Text for people: lines and tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from promote.duration import show_duration
from promote.estate.holds import EVERY
from promote.moment import show_minute
from promote.report.exit import faulty, is_patient
from promote.report.folding import together
from promote.report.table import few, one_line, table, until

if TYPE_CHECKING:  # most commands show one of these, or none
    from datetime import datetime

    from promote.history.chronicle import Chronicle
    from promote.image import Version
    from promote.outcome import Delivery, Plan, Refusal, Skip
    from promote.plan.verifying import Verified
    from promote.policy.selection import Considered, Selection
    from promote.question import Brought, HoldChange, State, Stretch
    from promote.report.document_shape import Site
    from promote.wording.links import Link

_WHOLE = "too-many-changes"  # what is refused to an environment, and not to one app
# Of an app that was not asked for, that it is not there or is as it is to be is no news.
_NO_NEWS = frozenset({"absent", "already", "came-before"})
HISTORY = ("app", "version", "since", "for", "commit", "author", "how")


def changes(plan: Plan) -> list[str]:
    """One line a changed site: environment, app, old → new, where, why."""
    from promote.sites.site import where

    out = []
    for change in plan.changes:
        old = change.old.short if change.old is not None else "(none)"
        moved = f"{change.environment}: {change.app} {old} → {change.new.short}"
        out.append(one_line(f"{moved}  {where(change.site.anchor)}  ({change.reason})"))
    return out


def linked(links: Sequence[Link]) -> list[str]:
    """One line a link: a comparison of what runs with what comes, or the notes on that."""
    return [one_line(f"{each.environment}: {each.app}  {each.shows}: {each.url}") for each in links]


def holds(plan: Plan) -> list[str]:
    """One line a version that is held back or released, or is proposed to be: what, why, until when."""
    out = []
    proposed = {each.environment for proposal in plan.proposals for each in proposal.holds}
    words = {"held": "to be held, once it is merged", "released": "to be released, once it is merged"}
    for each in plan.holds:
        done = words[each.action] if each.environment in proposed else each.action
        what = f"{each.environment}: {_subject(each)} {done}"
        end = "" if each.until is None else f" until {show_minute(each.until)}"
        out.append(one_line(f"{what}{end}{f'  ({each.reason})' if each.reason else ''}"))
    return out


def _subject(change: HoldChange) -> str:
    """What is held back or released: an app's version, or every one."""
    app = _named(change.app)
    return f"every version of {app}" if change.version is None else f"{app} {change.version.short}"


def _named(app: str) -> str:
    """The app; of a hold of them all it is every app."""
    return "every app" if app == EVERY else app


def skips(plan: Plan, *, named: Collection[str]) -> list[str]:
    """One line a skip that is no fault; an app that is simply not there, and was not asked for, is no news."""
    told = faulty(plan, named)
    return [
        _skip(skip)
        for skip in plan.skips
        if skip not in told and (skip.app in named or skip.code not in _NO_NEWS)
    ]


def _skip(skip: Skip) -> str:
    return one_line(f"{skip.environment}: {_named(skip.app)} skipped, {skip.code}: {skip.reason}")


def _refused(refusal: Refusal, apps: Sequence[str]) -> str:
    said = refusal.code if refusal.is_patient else f"refused, {refusal.code}"
    # Of a hold the reason says it already.
    ends = until(refusal.until) if refusal.code == "waiting" else ""
    return f"{refusal.environment}: {few(apps)} {said}{ends}: {refusal.reason}"


def _refusals(told: Sequence[Refusal]) -> list[str]:
    """One line an app; what is refused to an environment as a whole is one line."""
    groups: dict[object, list[Refusal]] = {}
    for number, item in enumerate(told):
        groups.setdefault((item.environment, item.reason) if item.code == _WHOLE else number, []).append(item)
    return [_refused(items[0], [_named(item.app) for item in items]) for items in groups.values()]


def faults(plan: Plan, *, named: Collection[str], terse: bool = False) -> list[str]:
    """Refusals, failures, and the skips that end with exit code 3, for stderr; if `terse` not what only waits."""
    skipped = [_skip(skip) for skip in faulty(plan, named)]
    told = [item for item in plan.refusals if not (terse and is_patient(item, named))]
    refused = _refusals(told)
    failed = [
        f"{each.subject} failed, {code}: {each.sentence}"
        for code in dict.fromkeys(item.code for item in plan.failures)
        for each in together(
            (item.environment, _named(item.app), item.reason) for item in plan.failures if item.code == code
        )
    ]
    return skipped + [one_line(text) for text in refused + failed]


def commits(done: Delivery, *, in_clone: bool) -> list[str]:
    """One line a commit."""
    out = []
    for commit in done.commits:
        if commit.pushed:
            out.append(f"pushed {commit.oid[:12]} to {commit.place.branch} of {commit.place.repo}")
        else:
            ref = f"refs/promote/{commit.place.branch}"
            out.append(f"kept {commit.oid[:12]} at {ref} of this clone; nothing was pushed")
    proposed = {proposal.place for proposal in done.plan.proposals}
    if in_clone and any(commit.pushed and commit.place not in proposed for commit in done.commits):
        out.append("your working files are as they were: git pull")
    return out


def pulled(done: Delivery) -> list[str]:
    """One line a pull request, and its address alone on the last: what a script takes from stdout (`tail -1`)."""
    lines = [f"{each.action} pull request {each.number} of {each.repo}" for each in done.pulled]
    return [*lines, *(each.url for each in done.pulled)]


def sites(rows: Sequence[Site]) -> str:
    """One line a site: where, environment, app, image, version, format, and what keeps it from being edited.

    As wide as it needs: a place that is folded cannot be copied. Columns that say nothing are left out.
    """
    out = []
    for row in rows:
        version = "@".join(str(part) for part in (row["tag"] or "", row["digest"]) if part is not None)
        why = f"{row['code']}: {row['why_not']}" if row["code"] else ""
        where = f"{row['file']}:{row['line']}:{row['column']}"
        # Without a configuration an app is its image, which has a column of its own.
        app = str(row["app"] or "") if row["environment"] is not None else ""
        out.append(
            [where, str(row["environment"] or ""), app, str(row["image"] or "?"), version, str(row["format"]), why]
        )
    head = ["where", "environment", "app", "image", "version", "format", "not edited"]
    kept = [number for number in range(len(head)) if any(line[number] for line in out)]
    return table([head[number] for number in kept], [[line[number] for number in kept] for line in out], None)


def selection(image: str, chosen: Selection, limit: int | None, width: int | None) -> str:
    """The winner first, then every other tag and why not."""
    winner = chosen.winner.short if chosen.winner is not None else "(none)"
    considered = chosen.considered[:limit]
    # Most policies ask for no dates: then there is no column of them.
    dated = any(item.created is not None for item in considered)
    rows = [[item.tag, *([_date(item)] if dated else []), item.reason or "selected"] for item in considered]
    left = len(chosen.considered) - len(considered)
    more = [f"... and {left} more (--limit)"] if left > 0 else []
    head = ["tag", *(["created"] if dated else []), "why"]
    return "\n".join([f"{image}: {winner}", table(head, rows, width), *more])


def _date(item: Considered) -> str:
    return "" if item.created is None else show_minute(item.created)


def how(made: Brought) -> str:
    """How a version came: by hand, from which environment, past which gates, by which pull request."""
    if made.undone is not None:
        told = [f"rollback of {made.undone.short}"]
    elif made.by_hand:
        told = ["by hand"]
    else:
        told = ["promote" if made.source is None else f"from {made.source}"]
    told += [f"skipped {gate}: {reason}" for gate, reason in made.skipped_gates]
    return ", ".join([*told, *([made.pull_request] if made.pull_request is not None else [])])


def shown(runs: Version | State) -> str:
    """What ran: a version, or in parentheses why there is none."""
    return f"({runs})" if isinstance(runs, str) else runs.short


def _lasted(app: str, stretch: Stretch, end: datetime) -> list[str]:
    made, said = stretch.brought, shown(stretch.runs)
    if made is None:
        return [app, said, "not known", "", "", "", ""]
    since, name = show_minute(made.at), made.author.partition(" <")[0]
    return [app, said, since, show_duration(end - made.at, parts=1), made.commit[:12], name, how(made)]


def lasted(told: Chronicle) -> Iterator[tuple[str, int, list[str]]]:
    """What each column of HISTORY says of every stretch, with its app and its number there."""
    for app, past in told.apps.items():
        for number, (stretch, end) in enumerate(past.ended()):
            yield app, number, _lasted(app, stretch, end or told.now)


def history(told: Chronicle, width: int | None) -> str:
    """One line a version, the newest of each app first: since when, for how long, by which commit, by whom, and how.

    Links stand below them: one that is folded cannot be followed.
    """
    rows = [row for _, _, row in lasted(told)]
    linked = [
        one_line(f"{app} {shown(told.apps[app].stretches[number].runs)}  {each.shows}: {each.url}")
        for (app, number), several in told.links.items()
        for each in several
    ]
    return "\n".join([table(HISTORY, rows, width), *linked])


def ends(told: Chronicle) -> list[str]:
    """Why there is no more to see of some apps, each reason once."""
    apps: dict[str, list[str]] = {}
    for app, past in told.apps.items():
        if past.ends:
            apps.setdefault(past.ends, []).append(app)
    return [one_line(f"{', '.join(named)}: {why}") for why, named in apps.items()]


def progress(found: Sequence[Verified]) -> str:
    """How many are well by now, and what keeps the others."""
    left = [each for each in found if not each.passes]
    done = f"{len(found) - len(left)} of {len(found)} verified"
    return one_line("; ".join([done, *(f"{each.app}: {each.why}" for each in left[:3])]))


def verified(found: Sequence[Verified]) -> list[str]:
    """One line an app that runs as it should."""
    return [
        one_line(f"{each.environment}: {each.app} {each.version.short} verified")
        for each in found
        if each.passes and each.version is not None
    ]


def unverified(found: Sequence[Verified]) -> list[str]:
    """One line an app that does not, and why, for stderr."""
    out = []
    for each in found:
        if not each.passes:
            said = each.app if each.version is None else f"{each.app} {each.version.short}"
            out.append(one_line(f"{each.environment}: {said} is not verified: {each.why}"))
    return out
