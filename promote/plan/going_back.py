"""What to go back to: the newest stretch of the past that may run again, by what history tells (SEMANTICS 8.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from promote.estate.estate import Estate
from promote.image import Version, agree, alike
from promote.moment import show_minute
from promote.outcome import Failure, Refusal, Skip
from promote.plan.gating import OF_MERGING
from promote.plan.holding import Held
from promote.plan.intent import Before, Rollback
from promote.question import Asking, Brought, Past, Ran, Stretch, Unknown, look_back


def chosen(
    estate: Estate, intent: Rollback, app: str, present: Version, back: Held, before: Before
) -> Asking[Stretch | Skip | Refusal | Failure]:
    """The stretch to go back to, or why there is none."""
    name = estate.environment.name

    def first(past: Past) -> Stretch | Refusal | None:
        held: Refusal | None = None
        for stretch in _candidates(past.stretches, present, intent.to, intent.since):
            # One that is named is refused for it later on; what runs is not brought in.
            version = stretch.runs
            asked = intent.to is None and isinstance(version, Version) and not alike(version, present)
            stop = back.stops(version) if asked and isinstance(version, Version) else None
            if stop is None:
                return stretch
            held = held or stop
        return held

    def is_enough(past: Past) -> bool:
        return isinstance(first(past), Stretch) or _kept(estate, app, present, intent, past) is not None

    question = Ran(estate.place, before.tip(estate, app), name, app)
    past = yield from look_back(question, is_enough)
    if isinstance(past, Unknown):
        return Failure(name, app, "history", past.exit_code, past.why)
    kept = _kept(estate, app, present, intent, past)
    if kept is not None:
        return kept
    found = first(past)
    undone = _undone(past, present)
    if intent.to is None and intent.since is None and undone is not None:
        return _again(estate, app, present, undone, found)
    if isinstance(found, Stretch) and isinstance(found.runs, Version) and alike(found.runs, present):
        return Skip(name, app, "already", f"{name} runs {app} {present.short}, as it did then")
    return found or _nothing(estate, app, present, intent, past)


def earlier(estate: Estate, app: str, stretch: Stretch, before: Before) -> Asking[Version | None]:
    """The version that ran before a stretch which cannot be gone back to, if there is one."""
    question = Ran(estate.place, before.tip(estate, app), estate.environment.name, app)

    def older(past: Past) -> Version | None:
        if stretch not in past.stretches:
            return None
        for each in past.stretches[past.stretches.index(stretch) + 1 :]:
            if isinstance(each.runs, Version) and each.runs.reference and not _same(each, stretch):
                return each.runs
        return None

    past = yield from look_back(question, lambda past: older(past) is not None)
    return None if isinstance(past, Unknown) else older(past)


def _same(one: Stretch, other: Stretch) -> bool:
    return isinstance(one.runs, Version) and isinstance(other.runs, Version) and alike(one.runs, other.runs)


def _newest(past: Past, present: Version) -> Brought | None:
    """The commit with which what runs began; None where that is in no commit yet, or its beginning is not seen."""
    newest = next(iter(past.stretches), None)
    is_present = newest is not None and isinstance(newest.runs, Version) and alike(newest.runs, present)
    return newest.brought if newest is not None and is_present else None


def _undone(past: Past, present: Version) -> Brought | None:
    """The rollback that brought what runs, if one did."""
    brought = _newest(past, present)
    return brought if brought is not None and brought.undone is not None else None


def _kept(estate: Estate, app: str, present: Version, intent: Rollback, past: Past) -> Skip | None:
    """That what runs has not come since the time that is named."""
    brought = _newest(past, present)
    if intent.since is None or brought is None or brought.at >= intent.since:
        return None
    name = estate.environment.name
    since = show_minute(brought.at)
    return Skip(name, app, "came-before", f"{name} runs {app} {present.short} since {since}, and keeps it")


def _again(
    estate: Estate, app: str, present: Version, undone: Brought, further: Stretch | Refusal | None
) -> Skip:
    """That what runs is what a rollback brought: whoever rolls back once more without a version means that one."""
    name = estate.environment.name
    bad = "" if undone.undone is None else f"from {undone.undone.short} "
    why = f"{app} was rolled back {bad}to {present.short} at {show_minute(undone.at)}"
    if isinstance(further, Stretch) and isinstance(further.runs, Version):
        return Skip(name, app, "already", f"{why}; --to {word(further.runs)} goes further back")
    return Skip(name, app, "already", f"{why}; nothing before it can be gone back to")


def word(version: Version) -> str:
    """The version as --to takes it: its tag says enough."""
    return version.tag or str(version)


def _candidates(
    stretches: Sequence[Stretch], present: Version, to: Version | None, since: datetime | None
) -> Iterator[Stretch]:
    """What may be gone back to, the newest first: another version than the present, and none that was rolled back.

    A version that a rollback took away counts again once it was brought in anew. With `since` only what ran before
    that time, and the present version too, if it did.
    """
    undone: list[Version] = []
    for stretch in stretches:
        version, made = stretch.runs, stretch.brought
        ran_then = since is None or made is None or made.at < since
        if isinstance(version, Version) and version.reference and ran_then:
            is_other = since is not None or not alike(version, present)
            wanted = agree(version, to) if to is not None else not any(alike(version, each) for each in undone)
            if is_other and wanted:
                yield stretch
        if made is not None and made.undone is not None:
            undone.append(made.undone)


def forced(estate: Estate, app: str, tag: object) -> str:
    """The command that writes a version all the same, with all that it takes in this environment (SEMANTICS 6.1)."""
    its = estate.environment
    gates = ["from"] if its.sources else []
    gates += dict.fromkeys(gate.kind for gate in its.gates if not gate.locked and gate.kind != OF_MERGING)
    skipped = "".join(f" --skip-gate {gate}" for gate in gates)
    reason = " --reason WHY" if gates else ""
    locked = ", ".join(dict.fromkeys(gate.kind for gate in its.gates if gate.locked and gate.kind != OF_MERGING))
    waits = f", once {locked} passes, which is locked" if locked else ""
    return f"`promote set {its.name} {app}={tag} --allow-downgrade{skipped}{reason}` writes it{waits}"


def _nothing(estate: Estate, app: str, present: Version, intent: Rollback, past: Past) -> Refusal:
    name = estate.environment.name
    known = f" as far as can be seen ({past.ends})" if past.ends else ""
    if intent.to is not None:
        cure = forced(estate, app, intent.to)
        return Refusal(name, app, "no-earlier-version", f"{name} never ran {app} {intent.to.short}{known}; {cure}")
    undone = dict.fromkeys(
        stretch.brought.undone.short
        for stretch in past.stretches
        if stretch.brought is not None
        and stretch.brought.undone is not None
        and not alike(stretch.brought.undone, present)
    )
    but = f" but what was rolled back ({', '.join(undone)})" if undone else ""
    cure = f"{'--to names one, and ' if undone else ''}{forced(estate, app, 'TAG')}"
    when = "" if intent.since is None else f", or none before {show_minute(intent.since)}"
    why = f"{name} ran no other version of {app} before {present.short}{but}{known}{when}"
    # Of every app at once it is no news what would write one of them.
    return Refusal(name, app, "no-earlier-version", f"{why}; {cure}" if intent.apps else why)
