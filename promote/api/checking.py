"""What `check` looks at beside environments and their registries: remotes, forges, and how commits are worded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from promote.api.delivering import How, wording
from promote.api.equipment import of_commands, of_tokens
from promote.api.notifying import lacks
from promote.api.pulls import Pulls
from promote.api.request_words import rehearse
from promote.api.trees import FolderTrees
from promote.api.where import Opened
from promote.check import Finding, examine
from promote.config.model import Config, Environment
from promote.errors import GitError, PromoteError, UsageError
from promote.estate.estate import Estate
from promote.image import Version
from promote.outcome import Plan, Proposal
from promote.place import Place
from promote.question import Answers, Carried, Question, drive
from promote.wording.message import message

_SAMPLE = (Carried("env", "app", Version("1.0.0"), Version("1.0.1")),)


def _fault(names: Sequence[str], exc: PromoteError) -> Finding:
    subject = ", ".join(names)
    return Finding.of_error("error", subject, "repository", exc, "correct `repo` or `branch`, or see to its credential")


def loaded(
    opened: Opened,
    environments: Sequence[Environment],
    load: Callable[[Sequence[str]], Mapping[str, Estate]],
) -> tuple[Mapping[str, Estate], Sequence[Finding]]:
    """The estates of all environments whose repository and branch can be read, and why the others cannot be."""
    names = [environment.name for environment in environments]
    trees = opened.trees
    if isinstance(trees, FolderTrees):
        return load(names), ()
    together: dict[tuple[str | None, str | None], list[Environment]] = {}
    for environment in environments:
        together.setdefault((environment.repo, environment.branch), []).append(environment)
    places: dict[Place, list[str]] = {}
    estates: dict[str, Estate] = {}
    faults: list[Finding] = []
    for several in together.values():
        names = [environment.name for environment in several]
        try:
            place = trees.place(several[0])
            trees.tree(place)
        except PromoteError as exc:
            faults.append(_fault(names, exc))
        else:
            places.setdefault(place, []).extend(names)
    for names in places.values():
        try:
            estates |= load(names)
        except GitError as exc:
            faults.append(_fault(names, exc))
    return estates, faults


def of_remotes(opened: Opened, environments: Sequence[Environment]) -> Iterator[Finding]:
    """Where the credential for each remote comes from."""
    if not isinstance(opened.trees, FolderTrees):
        for name, source in opened.trees.sources(environments).items():
            yield Finding("ok", name, "credential", f"signs in by {source or 'what git finds'}")


def of_pushes(opened: Opened, config: Config, environments: Sequence[Environment]) -> Iterator[Finding]:
    """Whether a push would be let in, a branch each: only as far as a remote tells it before anything is sent."""
    trees = opened.trees
    if isinstance(trees, FolderTrees) or config.commit.via == "api":
        return
    for place in dict.fromkeys(map(trees.place, environments)):
        subject = f"{place.repo} {place.branch}"
        try:
            trees.remotes.rehearse(place)
        except GitError as exc:
            cure = "give this credential the right to write, where changes are to be pushed from here"
            yield Finding.of_error("warning", subject, "push", exc, cure)
        else:
            yield Finding("ok", subject, "push", "can be read, and a push is let in; rules and hooks cannot be asked")


def of_forges(opened: Opened, environments: Sequence[Environment], pulls: Pulls | None) -> Iterator[Finding]:
    """Whether pull requests and commits could be made, for each forge that an environment needs for one."""
    if pulls is None or isinstance(opened.trees, FolderTrees):
        return
    seen: set[str] = set()
    for environment in environments:
        by_api = pulls.config.commit.via == "api"
        if environment.deliver != "pull-request" and not by_api:
            continue
        name = environment.name
        try:
            repo = opened.trees.place(environment).repo
            if by_api:
                pulls.forges.committer(environment, repo)
            page, may = pulls.rights(environment, repo)
        except PromoteError as exc:
            cure = "see to its token and to `forge`, or give `deliver: commit`"
            yield Finding.of_error("error", name, "forge", exc, cure)
            continue
        if page not in seen:
            yield Finding("ok", name, "forge", f"{page}: {may}")
        seen.add(page)


def of_config(opened: Opened, config: Config, environments: Sequence[Environment]) -> Finding:
    """That promote.yaml can be read, which one it is, and how much it speaks of."""
    apps, several = len(config.apps), len(environments)
    what = f"{apps} app{'s' if apps != 1 else ''}, {several} environment{'s' if several != 1 else ''}"
    name = config.file if opened.read is None else opened.read.name
    return Finding("ok", name, "configuration", what)


def of_targets(config: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the addresses and secrets of `notify` are to be had; nothing is sent."""
    for name, fault in lacks(config, environ):
        if fault is None:
            yield Finding("ok", name, "notify", "its address is there; nothing was sent")
        else:
            yield Finding.of_error("warning", name, "notify", fault, "correct its address")


def of_commits(config: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether a message can be made, and by whom commits would be."""
    try:
        worded = wording(config, How(), environ)
        message(worded.template, _SAMPLE, where=worded.where)
    except UsageError as exc:
        yield Finding.of_error("error", "commit", "message", exc, "correct the template of `commit.message`")


def of_requests(config: Config, environments: Sequence[Environment]) -> Iterator[Finding]:
    """Whether pull requests can be worded."""
    for each in environments:
        wish = Proposal(Place("", ""), "", each.name, _SAMPLE)
        try:
            rehearse(Plan(proposals=(wish,) if each.deliver == "pull-request" else ()), config)
        except UsageError as exc:
            yield Finding.of_error("error", each.name, "message", exc, "correct the templates of `pull_request`")


def everything(
    opened: Opened,
    config: Config,
    names: Sequence[str],
    environ: Mapping[str, str],
    *,
    load: Callable[[Sequence[str]], Mapping[str, Estate]],
    pulls: Pulls | None,
    ask: Callable[[frozenset[Question]], Answers],
) -> tuple[Finding, ...]:
    """All findings of these environments, of their remotes, forges, registries, gates, and of what is told of them."""
    asked = [config.environment(name) for name in names]
    # Gates are asked of what a source runs.
    sources = dict.fromkeys(source for each in asked if each.gates for source in each.sources if source not in names)
    estates, faults = loaded(opened, [*asked, *map(config.environment, sources)], load)
    environments = [environment for environment in asked if environment.name in estates]
    return (
        of_config(opened, config, asked),
        *of_commits(config, environ),
        *of_requests(config, asked),
        *faults,
        *of_remotes(opened, environments),
        *of_pushes(opened, config, environments),
        *of_forges(opened, environments, pulls),
        *drive(examine(estates, [environment.name for environment in environments]), ask),
        *of_commands(opened, environments, environ),
        *of_tokens(opened, environments, pulls),
        *of_targets(config, environ),
    )
