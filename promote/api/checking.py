"""What `check` looks at beside environments and their registries: remotes, forges, and how commits are worded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from promote.api.delivering import How, wording
from promote.api.pulls import Pulls
from promote.api.trees import FolderTrees
from promote.api.where import Opened
from promote.check import Finding
from promote.config.model import Config, Environment
from promote.errors import GitError, PromoteError, UsageError
from promote.estate.estate import Estate
from promote.image import Version
from promote.place import Place
from promote.question import Carried
from promote.wording.message import message


def _fault(names: Sequence[str], exc: PromoteError) -> Finding:
    subject = ", ".join(names)
    return Finding("error", subject, "repository", str(exc), exc.exit_code)


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
            yield Finding("error", name, "forge", str(exc), exc.exit_code)
            continue
        if page not in seen:
            yield Finding("ok", name, "forge", f"{page}: {may}")
        seen.add(page)


def of_commits(config: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether a message can be made, and by whom commits would be."""
    try:
        template = wording(config, How(), environ).template
        message(template, [Carried("env", "app", Version("1.0.0"), Version("1.0.1"))])
    except UsageError as exc:
        yield Finding("error", "commit", "message", str(exc), exc.exit_code)
