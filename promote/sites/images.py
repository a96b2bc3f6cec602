"""The `images:` list of kustomize, wherever it stands: entries, or strings as `kustomize edit set image` takes them.

An entry's image is its `newName`, else its `name`, as written (SEMANTICS 2.2); `newTag` and `digest` are what it sets.
Source: the kustomize reference, "images".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from promote.image import split_reference
from promote.sites.reading import Bar, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.string import reference, tag_and_digest
from promote.sites.wanted import Wanted
from promote.text.document import Mapping
from promote.text.part import Part
from promote.text.remove import cut_of

_AWAY = Bar("other-image", "a kustomization puts another image and its version in its place")


def entries(
    reading: Reading, listed: Spot | None, wanted: Wanted, reaches: tuple[str, ...] = ()
) -> Iterator[Fragment | Barred]:
    """The entries of a list in the form of `images:` that name a wanted image."""
    for spot in reading.items(listed):
        if isinstance(spot.node, Mapping):
            found = _entry(reading, spot, wanted)
            if found is not None:
                yield replace(found, reaches=reaches) if isinstance(found, Fragment) else found


def _entry(reading: Reading, spot: Spot, wanted: Wanted) -> Fragment | Barred | None:
    own, new = reading.field(spot, "name"), reading.field(spot, "newName")
    named = new or own
    if own is None or named is None:
        return None
    written, matched = reading.text(named.pair.value), reading.text(own.pair.value)
    repository = wanted.match(written) if written else None
    if matched is None:
        return None
    if repository is None:
        decides = any(reading.field(spot, key) is not None for key in ("newTag", "digest"))
        away = wanted.match(matched) if new is not None and decides else None
        return None if away is None else reading.barred(named.pair.value, _AWAY, away)
    name = reading.part(named.pair.value, (*spot.keys, "newName" if new else "name"), named.bar)
    parts: dict[str, Part | Bar | None] = {"newTag": None, "digest": None}
    for key in parts:
        field = reading.field(spot, key)
        if field is None:
            parts[key] = reading.missing(spot, key, named.pair)
        elif key == "newTag":
            parts[key], inside = tag_and_digest(reading, field.pair.value, (*spot.keys, key), field.bar)
            if inside is not None:
                parts["digest"] = inside
                break
        else:
            cut = cut_of(reading.stream, spot.node, field.pair) if isinstance(spot.node, Mapping) else None
            parts[key] = reading.part(field.pair.value, (*spot.keys, key), field.bar, cut)
    for part in parts.values():
        if isinstance(part, Bar):
            return reading.barred(spot.node, part, repository)
    tag, digest = parts["newTag"], parts["digest"]
    if isinstance(name, Bar) and tag is None and digest is None:
        return reading.barred(spot.node, name, repository)
    return Fragment(
        reading.stream.path,
        reading.format,
        ("images", matched),
        name if isinstance(name, Part) else None,
        tag if isinstance(tag, Part) else None,
        digest if isinstance(digest, Part) else None,
        repository,
        joins="entry",
    )


def string_entries(
    reading: Reading, listed: Spot | None, wanted: Wanted, reaches: tuple[str, ...]
) -> Iterator[Fragment | Barred]:
    """Images as `kustomize edit set image` takes them: `name:tag`, `name=new:tag`, `name=new@digest`."""
    for spot in reading.items(listed):
        text = reading.text(spot.node) or ""
        own, equals, new = text.partition("=")
        written = split_reference(new if equals else text)[0] or own
        repository = wanted.match(written)
        if repository is not None:
            matched = own if equals else written
            found = reference(
                reading, spot, len(own) + 1 if equals else 0, repository, ("images", matched), joins="entry"
            )
            yield replace(found, reaches=reaches) if isinstance(found, Fragment) else found
