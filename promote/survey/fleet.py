"""Rancher Fleet: the target customizations of a fleet.yaml as environments, each a part of the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promote.config import fault
from promote.sites import fleet
from promote.sites.reading import Reading
from promote.survey.environment import Found
from promote.survey.stage import stage_of
from promote.text.document import Stream

_TOLD = "A target customization of Fleet: its part of each bundle's file."
_PART = "targetCustomizations[name={environment}]"


def _names(stream: Stream) -> Iterator[str]:
    for document in stream.documents:
        if not fleet.accepts(stream.path, document):
            continue
        reading = Reading(stream, document, fleet.FORMAT)
        for item in reading.items(reading.child(reading.root, "targetCustomizations")):
            name = reading.said(item, "name")
            if name and reading.child(item, "helm") is not None and fault.of_name(name) is None:
                yield name


def customizations(streams: Iterable[Stream]) -> Iterator[Found]:
    """The environments that customizations are, each time that one is found; at least one of a file says a stage."""
    for stream in streams:
        names = tuple(dict.fromkeys(_names(stream)))
        path = stream.path.decode("utf-8", "replace")
        if any(stage_of(name) is not None for name in names):
            for name in names:
                yield Found(name, stage_of(name), (path,), _TOLD, within=_PART)
