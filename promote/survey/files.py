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


def files(paths: Iterable[str], known: Iterable[str] = ()) -> Iterator[Found]:
    """The environments that files are, each time that one is found.

    Two stages of one name beside each other are environments; then so is every file with the name of one of these, or
    of those that are `known`.
    """
    every = frozenset(paths)
    alike: dict[tuple[str, str, str, str], dict[str, str]] = {}
    for path in sorted(every):
        folder, slash, name = path.rpartition("/")
        stem, _, ending = name.rpartition(".")
        span = span_of(stem)
        if span is not None:
            key = (folder + slash, stem[: span[0]], stem[span[1] :], ending)
            alike.setdefault(key, {})[stem[span[0] : span[1]]] = path
    sure = {name for found in alike.values() if _stages(found) > 1 for name in found} | set(known)
    for (folder, before, after, ending), found in alike.items():
        base = _base(folder, before, after, ending, every)
        slot = f"{folder}{before}{{environment}}{after}.{ending}"
        for name, path in found.items():
            if name in sure:
                bases = () if base is None else (base,)
                yield Found(name, stage_of(name), (path,), "", base=bases, slots=(slot,))


def _stages(names: Iterable[str]) -> int:
    return len({stage.word for name in names if (stage := stage_of(name)) is not None})
