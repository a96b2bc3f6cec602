"""Whether an environment's `override` works, tried with a version that nobody runs; nothing is written (3.2)."""

from __future__ import annotations

from collections.abc import Mapping

from promote.estate.estate import Estate, shared
from promote.estate.foresight import Said, missed, moved, unknown
from promote.estate.overriding import additions, unfit
from promote.image import Version
from promote.sites.pattern import Text
from promote.sites.site import Site, is_bare, where
from promote.text.addition import Addition, created
from promote.text.part import Part
from promote.text.plain import PlainText
from promote.text.proof import Disagreement
from promote.text.rewrite import rewrite

_TAG = "0.0.0-tried"
_DIGEST = f"sha256:{'0' * 64}"


def unworkable(estates: Mapping[str, Estate], name: str) -> dict[str, str]:
    """Why the `override` of this environment cannot give a version to an app, by the app's name."""
    estate = estates[name]
    out: dict[str, str] = {}
    wanted: dict[str, Said] = {}
    added: dict[str, list[Addition]] = {}
    for app in estate.apps:
        file, found = estate.environment.override_for(estate.apps[app]), shared(estates, name, app)
        if file is None or found is None:
            continue
        whys = ((site, unfit(estate, app, site, file)) for site in found.sites)
        why = next((f"{where(site.anchor)}: {file} cannot stand above it: {why}" for site, why in whys if why), None)
        if why is not None:
            out[app] = why
            continue
        wanted[app] = frozenset(
            (site.repository, _tried(site) if site in found.sites else site.version) for site in estate.sites(app)
        )
        for site in found.sites:
            added.setdefault(app, []).extend(additions(site, _wishes(site), _tried(site), file.encode()))
    return out | _tell(estate, wanted, added)


def _tried(site: Site) -> Version:
    said = site.version
    return Version(_TAG if said.tag or not said.digest else None, _DIGEST if said.digest else None)


def _wishes(site: Site) -> list[tuple[Part, str | None]]:
    version = _tried(site)
    out: list[tuple[Part, str | None]] = []
    if site.tag is not None and version.tag is not None:
        out.append((site.tag, version.tag))
    if site.digest is not None and version.digest is not None:
        out.append((site.digest, version.digest.removeprefix("sha256:") if is_bare(site.digest) else version.digest))
    return out


def _tell(estate: Estate, wanted: Mapping[str, Said], added: Mapping[str, list[Addition]]) -> dict[str, str]:
    """What would not come of these additions, by app."""
    if not wanted:
        return {}
    name = estate.environment.name
    changes: dict[bytes, bytes] = {}
    for path in dict.fromkeys(addition.path for each in added.values() for addition in each):
        every = (addition for each in added.values() for addition in each if addition.path == path)
        made = _made(estate.streams.get(path), tuple(dict.fromkeys(every)))
        if isinstance(made, str):
            return dict.fromkeys(wanted, f"{path.decode()} cannot be written: {made}")
        changes[path] = made
    before, after = estate.if_changed({}), estate.if_changed(changes)
    out: dict[str, str] = {}
    for app in wanted:
        file = estate.environment.override_for(estate.apps[app])
        why = missed(estate, before[name], after[name], app, wanted[app])
        why = why or unknown(estate, app, added[app])
        if why is not None:
            out[app] = f"{file} {why}"
    other = moved(before, after, {(name, app) for app in wanted}, estate.environment.shared_with)
    return out if other is None else {**dict.fromkeys(wanted, f"by the override {other} would change too"), **out}


def _made(text: Text | None, every: tuple[Addition, ...]) -> bytes | str:
    """The file with the additions, or why it cannot be."""
    if text is None:
        try:
            return created(every)
        except ValueError as exc:
            return str(exc)
    if isinstance(text, PlainText):
        return "it is no YAML"
    made = rewrite(text, [], every)
    return made.why if isinstance(made, Disagreement) else made.after
