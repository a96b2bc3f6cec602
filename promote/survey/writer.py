"""A Proposal as the text of a promote.yaml, with comments that say what was found and what to look at."""

from __future__ import annotations

from collections.abc import Iterator

from promote.survey.proposal import App, Environment, Keys, Proposal
from promote.survey.spelling import comment, flow, several, spelled
from promote.survey.watched import said

_HEAD = (
    "# Proposed by `promote init`; `promote check` tells what is wrong. Editors help with it after",
    "# `promote schema > promote.schema.json` and with this as first line:",
    "#     # yaml-language-server: $schema=promote.schema.json",
)
# Of groups of layers that are told of; who has more has read enough.
_MOST_LAYERS = 8


def _keys(keys: Keys) -> dict[str, object]:
    out: dict[str, object] = {}
    if keys.imagepolicy is not None:
        out["imagepolicy"] = keys.imagepolicy
    if keys.policy is not None:
        out["policy"] = said(keys.policy)
    return out


def _taken_over(keys: Keys, indent: str) -> Iterator[str]:
    if keys.told:
        yield from comment(f"from {keys.told}", indent)
    for each in keys.lost:
        yield from comment(f"not taken over: {each}", indent)


def _app(app: App) -> Iterator[str]:
    yield from _taken_over(app.keys, "  ")
    if app.members:
        told = f"a family of {len(app.members)}: {several(app.members)}"
        yield from comment(f"{told}; so is every image that is found under its pattern", "  ")
    guess = f" # a guess, from {several(app.keys.guessed)}" if app.keys.guessed else ""
    yield f"  {spelled(app.name)}: {flow({'image': app.image, **_keys(app.keys)})}{guess}"


def _apps(proposal: Proposal) -> Iterator[str]:
    if not proposal.apps:
        yield "apps: {}"
        return
    if any(app.keys.policy is None for app in proposal.apps):
        yield from comment(
            "An app without `policy` is moved by `promote set` and `promote to`, and never from its registry; with "
            '`policy: {semver: "^1.4"}`, say, `promote update` brings in the newest.'
        )
    if any(app.keys.guessed for app in proposal.apps):
        yield from comment(
            "A policy that is a guess is taken from the tags that stand in the files. `promote tags APP` shows what it "
            'takes, and why not the others; `{semver: "^1.4"}`, say, keeps to a major version.'
        )
    yield "apps:"
    for app in proposal.apps:
        yield from _app(app)


def _where(environment: Environment) -> Iterator[str]:
    paths = (*environment.paths, *(f"!{path}" for path in environment.excludes))
    yield f"    path: {flow(paths[0] if len(paths) == 1 else paths)}"
    for key, value in (
        ("branch", environment.branch),
        ("within", environment.within),
        ("override", environment.override),
    ):
        if value is not None:
            yield f"    {key}: {spelled(value)}"


def _layers(proposal: Proposal) -> Iterator[str]:
    """What several environments build on, once, with those that do."""
    users: dict[str, list[str]] = {}
    for environment in proposal.environments:
        for layer in environment.beneath:
            users.setdefault(layer, []).append(environment.name)
    alike: dict[tuple[str, ...], list[str]] = {}
    for layer, several_users in users.items():
        if len(several_users) > 1:
            alike.setdefault(tuple(several_users), []).append(layer)
    if not alike:
        return
    yield from comment(
        "Layers that several share; no image there is set on behalf of one of them. A layer is in `path` only where it "
        "names the image of a tag that stands elsewhere, or where `override` can stand above it."
    )
    for names, layers in list(alike.items())[:_MOST_LAYERS]:
        everybody = len(names) == len(proposal.environments)
        yield from comment(f"- {several(layers)}: {'all of them' if everybody else several(names)}")
    if len(alike) > _MOST_LAYERS:
        yield f"# - and {len(alike) - _MOST_LAYERS} groups more"


def _environment(environment: Environment) -> Iterator[str]:
    if environment.told:
        yield from comment(environment.told, "  ")
    yield f"  {spelled(environment.name)}:"
    yield from _where(environment)
    if environment.from_ is not None:
        yield f"    from: {spelled(environment.from_)}"
    elif not environment.fed:
        yield "    source: none # its name says no stage: give it `from`, or let `promote set` feed it"
    if environment.deliver != "commit":
        yield f"    deliver: {environment.deliver}"
    elif environment.is_last:
        yield "    # deliver: pull-request"
    if environment.overrides:
        yield "    apps:"
        for name, keys in sorted(environment.overrides.items()):
            yield from _taken_over(keys, "      ")
            yield f"      {spelled(name)}: {flow(_keys(keys))}"


def text_of(proposal: Proposal) -> str:
    """The promote.yaml that says what is proposed; the same for the same."""
    lines = [*_HEAD, "version: 1", "", *_apps(proposal), ""]
    if len(proposal.environments) > 1:
        lines += comment("In the order in which versions come through them; `from` says whence, one step at a time.")
    lines += _layers(proposal)
    lines.append("environments:")
    for environment in proposal.environments:
        lines += _environment(environment)
    if proposal.targets:
        lines += ["", *comment("Tags that stand in a file of their own, apart from the image's name.")]
        lines.append("targets:")
        lines += [f"  - {flow({'app': each.app, 'file': each.file, 'path': each.path})}" for each in proposal.targets]
    if proposal.notes:
        lines += ["", "# Found besides, or left out:"]
        for note in proposal.notes:
            lines += comment(f"- {note}")
    return "\n".join(lines) + "\n"
