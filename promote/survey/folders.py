"""Folders as environments: `envs/dev`, `apps/web/overlays/prod`, `clusters/production`, `prod/eu`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from promote.survey.environment import Found
from promote.survey.stage import is_region, stage_of

# What holds one folder an environment, whatever these are called.
_HOLDERS = frozenset(
    {"envs", "env", "environments", "environment", "clusters", "cluster", "stages", "stage", "overlays", "overlay"}
)
_SHARED = frozenset(
    {"base", "bases", "common", "shared", "default", "defaults", "all", "component", "components", "lib", "library"}
)


def _children(paths: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """The folders in each folder that hold a file at any depth."""
    out: dict[str, set[str]] = {}
    for path in paths:
        segments = path.split("/")[:-1]
        for end in range(len(segments)):
            out.setdefault("/".join(segments[:end]), set()).add(segments[end])
    return {parent: frozenset(found) for parent, found in out.items()}


def _environments(parent: str, children: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Those folders of one folder that are environments."""
    every = children[parent]
    stages = {name: stage for name in every if (stage := stage_of(name)) is not None}
    if parent.rpartition("/")[2].lower() in _HOLDERS:
        yield from (each for each in every if each in stages or not _holds(f"{parent}/{each}", children))
        return
    words = {stage.word for stage in stages.values()}
    if len({stage.word for stage in stages.values() if not stage.region}) > 1:
        # Beside `dev` and `prod`, `test-tools` is a folder like any other.
        yield from (each for each, stage in stages.items() if not stage.region or is_region(stage.region))
    elif len(words) > 1 and 2 * len(stages) >= len(every):
        yield from stages


def _holds(folder: str, children: Mapping[str, frozenset[str]]) -> bool:
    """Whether a folder is no environment by its name, and is shared or holds some: `clusters/eu/prod`."""
    if folder.rpartition("/")[2].lower() in _SHARED:
        return True
    return any(stage_of(name) is not None for name in children.get(folder, ()))


def _regions(folder: str, children: Mapping[str, frozenset[str]], files: frozenset[str]) -> tuple[str, ...]:
    """The regions that an environment's folder is divided into; none where it holds anything else."""
    below = sorted(children.get(folder, frozenset()))
    return tuple(below) if below and folder not in files and all(map(is_region, below)) else ()


def _around(folder: str) -> str:
    """The region that an environment's folder lies in, as `eu/prod` and `clusters/eu/prod` do."""
    parent = folder.rpartition("/")[0].rpartition("/")[2]
    return parent if is_region(parent) else ""


def folders(paths: Iterable[str]) -> Iterator[Found]:
    """The environments that folders are, each time that one is found; of folders in each other the outer one."""
    every = tuple(paths)
    children = _children(every)
    holding = frozenset(path.rpartition("/")[0] for path in every)
    taken: set[str] = set()
    for parent in sorted(children, key=lambda path: (path.count("/") if path else -1, path)):
        if any(parent == one or parent.startswith(f"{one}/") for one in taken):
            continue
        for name in sorted(_environments(parent, children)):
            folder = f"{parent}/{name}" if parent else name
            taken.add(folder)
            around = _around(folder)
            stage = stage_of(name)
            for region in _regions(folder, children, holding) or ("",):
                own = f"{folder}/{region}" if region else folder
                full = "-".join(part for part in (name, around, region) if part)
                yield Found(full, stage_of(full) if stage else None, (own,), "")
