"""One environment: its files, and whether each app's places could be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promote.check.finding import Finding
from promote.estate.estate import Estate, shared
from promote.estate.trial import unworkable
from promote.sites.cure import CURES, OF_UNREAD
from promote.sites.site import where
from promote.text.document import Stream
from promote.text.part import Part
from promote.text.proof import Disagreement
from promote.text.rewrite import rewrite
from promote.tree import show

# A tag that nobody has, and that may stand wherever one stands.
TRIAL = "0.0.0-check"


def findings(estates: Mapping[str, Estate], name: str) -> Iterator[Finding]:
    """What there is to say of the environment `name` and its apps, in their order."""
    estate = estates[name]
    for item in estate.unread:
        what = f"{show(item.entry.path)} is not read: {item.why}"
        yield Finding("warning", name, "unread", what, OF_UNREAD[item.why])
    if not estate.entries:
        paths = ", ".join(estate.environment.layers)
        yield Finding("error", name, "no-files", f"{paths} holds no YAML file", "correct `path`", exit_code=3)
        return
    unset = unworkable(estates, name)
    for app in estate.apps:
        subject = f"{name}/{app}"
        bars = estate.barred(app)
        for bar in bars:
            what = f"{where(bar)} cannot be edited: {bar.why}"
            yield Finding("error", subject, bar.code, what, CURES[bar.code], exit_code=3)
        unproven = tuple(_unproven(estate, app))
        for part, fault in unproven:
            what = f"{where(part)} would not be edited: {fault.why}"
            yield Finding("error", subject, fault.code, what, "simplify that part of the file", exit_code=3)
        sites = estate.sites(app)
        found = shared(estates, name, app)
        if found is not None and estate.environment.override is None:
            told = f"{where(found.sites[0].anchor)} is run by {', '.join(found.others)} too"
            cure = f"say `shared_with`, or set the tag in a file of {name}"
            yield Finding("error", subject, "shared-site", told, cure, exit_code=3)
        elif app in unset:
            cure = f"name another file by `override`, or set the tag in a file of {name}"
            yield Finding("error", subject, "no-override", unset[app], cure, exit_code=3)
        elif estate.runs(app) == "mixed":
            said = sorted({site.version.short for site in sites})
            what = f"its sites differ: {', '.join(said)}"
            yield Finding("warning", subject, "mixed", what, "align them by `promote set`")
        elif not sites and not bars:
            cure = f"nothing, if {name} is not to run it; else correct `path`, or name its place by `targets`"
            yield Finding("warning", subject, "absent", "no file names it here", cure)
        elif sites and not bars and not unproven:
            count = f"{len(sites)} site{'s' if len(sites) > 1 else ''}"
            yield Finding("ok", subject, "sites", f"{count}, {', '.join(sorted({site.format for site in sites}))}")
    for miss in estate.misses:
        what = f"the target in {show(miss.path)} leads to nothing there"
        subject = f"{name}/{miss.app}"
        yield Finding("warning", subject, "target-misses", what, f"correct {miss.shown}")
    for bar in estate.aside:
        subject = name if bar.app is None else f"{name}/{bar.app}"
        yield Finding("warning", subject, bar.code, f"{where(bar)}: {bar.why}", CURES[bar.code])


def _unproven(estate: Estate, app: str) -> Iterator[tuple[Part, Disagreement]]:
    """The places of an app that could not be given another tag: parsers differ about them, or a proof would fail."""
    for site in estate.sites(app):
        text = estate.streams.get(site.tag.path) if site.tag is not None else None
        if site.tag is not None and isinstance(text, Stream):
            made = rewrite(text, [(site.tag, TRIAL)])
            if isinstance(made, Disagreement):
                yield site.tag, made
