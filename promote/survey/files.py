"""Files as environments: `values-dev.yaml` beside `values.yaml`, `values/prod.yaml`, `web.staging.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promote.survey.environment import Found
from promote.survey.stage import span_of, stage_of


def _base(folder: str, before: str, after: str, ending: str, every: frozenset[str]) -> str | None:
    """The file that those of the environments lie over: of the same name without theirs."""
    stem = before.rstrip("-_.") + (after if before else after.lstrip("-_."))
    for path in dict.fromkeys((f"{folder}{stem}.{ending}", f"{folder}values.{ending}")):
        if stem and path in every:
            return path
    return None


def files(paths: Iterable[str]) -> Iterator[Found]:
    """The environments that files are, each time that one is found: at least two beside each other, of one name."""
    every = frozenset(paths)
    alike: dict[tuple[str, str, str, str], dict[str, str]] = {}
    for path in sorted(every):
        folder, slash, name = path.rpartition("/")
        stem, _, ending = name.rpartition(".")
        span = span_of(stem)
        if span is not None:
            key = (folder + slash, stem[: span[0]], stem[span[1] :], ending)
            alike.setdefault(key, {})[stem[span[0] : span[1]]] = path
    for (folder, before, after, ending), found in alike.items():
        stages = {name: stage_of(name) for name in found}
        if len({stage.word for stage in stages.values() if stage is not None}) < 2:
            continue
        base = _base(folder, before, after, ending, every)
        slot = f"{folder}{before}{{environment}}{after}.{ending}"
        for name, path in found.items():
            yield Found(
                name,
                stages[name],
                (path,),
                "",
                base=() if base is None else (base,),
                slots=(slot,),
            )
