"""`check`: every environment, app and registry looked at, each finding with its cure. Pure: facts are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from promote.estate.estate import Estate, shared
from promote.estate.trial import unworkable
from promote.image import Repository
from promote.question import Absent, Answers, Asking, Facts, Question, Tags, Unknown
from promote.sites.cure import CURES
from promote.sites.site import where
from promote.text.document import Stream
from promote.text.part import Part
from promote.text.proof import Disagreement
from promote.text.rewrite import rewrite
from promote.tree import show

# A tag that nobody has, and that may stand wherever one stands.
TRIAL = "0.0.0-check"
Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, a stable code, and what to do where it is not well."""

    level: Level
    subject: str
    code: str
    what: str
    exit_code: int = 0


def examine(estates: Mapping[str, Estate], names: Sequence[str]) -> Asking[tuple[Finding, ...]]:
    """All findings of these environments, then of their registries, each in its order.

    Environments of `estates` that are not named are there for what they share with these.
    """
    found = [finding for name in names for finding in _environment(estates, name)]
    registries = yield from _registries({name: estates[name] for name in names})
    return (*found, *registries)


def _environment(estates: Mapping[str, Estate], name: str) -> Iterator[Finding]:
    estate = estates[name]
    for item in estate.unread:
        yield Finding("warning", name, "unread", f"{show(item.entry.path)} is not read: {item.why}")
    if not estate.entries:
        paths = ", ".join(estate.environment.layers)
        yield Finding("error", name, "no-files", f"{paths} holds no YAML file: correct `path`", 3)
        return
    unset = unworkable(estates, name)
    for app in estate.apps:
        subject = f"{name}/{app}"
        bars = estate.barred(app)
        for bar in bars:
            yield Finding("error", subject, bar.code, f"{where(bar)} cannot be edited: {bar.why}; {CURES[bar.code]}", 3)
        unproven = tuple(_unproven(estate, app))
        for part, fault in unproven:
            what = f"{where(part)} would not be edited: {fault.why}; simplify that part of the file"
            yield Finding("error", subject, fault.code, what, 3)
        sites = estate.sites(app)
        found = shared(estates, name, app)
        if found is not None and estate.environment.override is None:
            told = f"{where(found.sites[0].anchor)} is run by {', '.join(found.others)} too"
            cure = f"say `shared_with`, or set the tag in a file of {name}"
            yield Finding("error", subject, "shared-site", f"{told}: {cure}", 3)
        elif app in unset:
            cure = f"name another file by `override`, or set the tag in a file of {name}"
            yield Finding("error", subject, "no-override", f"{unset[app]}: {cure}", 3)
        elif estate.runs(app) == "mixed":
            said = sorted({site.version.short for site in sites})
            what = f"its sites differ: {', '.join(said)}; `promote set` aligns them"
            yield Finding("warning", subject, "mixed", what)
        elif not sites and not bars:
            yield Finding("warning", subject, "absent", "no file names it here")
        elif sites and not bars and not unproven:
            count = f"{len(sites)} site{'s' if len(sites) > 1 else ''}"
            yield Finding("ok", subject, "sites", f"{count}, {', '.join(sorted({site.format for site in sites}))}")
    for miss in estate.misses:
        what = f"the target in {show(miss.path)} leads to nothing there: correct {miss.shown}"
        subject = f"{name}/{miss.app}"
        yield Finding("warning", subject, "target-misses", what)
    for bar in estate.aside:
        subject = name if bar.app is None else f"{name}/{bar.app}"
        yield Finding("warning", subject, bar.code, f"{where(bar)}: {bar.why}; {CURES[bar.code]}")


def _unproven(estate: Estate, app: str) -> Iterator[tuple[Part, Disagreement]]:
    """The places of an app that could not be given another tag: parsers differ about them, or a proof would fail."""
    for site in estate.sites(app):
        text = estate.streams.get(site.tag.path) if site.tag is not None else None
        if site.tag is not None and isinstance(text, Stream):
            made = rewrite(text, [(site.tag, TRIAL)])
            if isinstance(made, Disagreement):
                yield site.tag, made


def _registries(estates: Mapping[str, Estate]) -> Asking[tuple[Finding, ...]]:
    """Whether each repository answers: its tags where a policy will ask for them, else the tag that runs."""
    asked: dict[Repository, Question] = {}
    for estate in estates.values():
        for app in estate.apps.values():
            versions = estate.versions(app.name)
            for repository in app.repositories:
                running = versions.get(repository)
                if app.policy is not None:
                    asked[repository] = Tags(repository)
                elif running is not None and running.reference:
                    asked.setdefault(repository, Facts(repository, running.reference))
    asked = dict(sorted(asked.items(), key=lambda item: str(item[0])))
    answers: Answers = (yield frozenset(asked.values())) if asked else {}
    out = []
    for repository, question in asked.items():
        answer = answers[question]
        if isinstance(answer, Unknown):
            out.append(Finding("error", str(repository), "registry", answer.why, answer.exit_code))
        elif isinstance(answer, Absent):
            out.append(Finding("error", str(repository), "no-such-tag", answer.why, 4))
        elif isinstance(question, Tags) and isinstance(answer, tuple):
            out.append(Finding("ok", str(repository), "registry", f"{len(answer)} tags"))
        else:
            out.append(Finding("ok", str(repository), "registry", "answers"))
    return tuple(out)
