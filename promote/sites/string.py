"""An image in one string, `repository:tag@digest`, and a tag that carries its digest: pieces of a scalar as Parts."""

from __future__ import annotations

from promote.image import Repository, Version, is_digest, is_tag, split_reference
from promote.sites.reading import Bar, Keys, Reading, Spot, is_template
from promote.sites.site import Barred, Fragment, Joins
from promote.sites.wanted import Wanted
from promote.text.document import Node
from promote.text.part import Part

_ODD = Bar("not-a-reference", "what follows the image's name is neither a tag nor a digest")


def whole(
    reading: Reading, spot: Spot, wanted: Wanted, identity: tuple[str, ...], *, bare: bool, joins: Joins = "alone"
) -> Fragment | Barred | None:
    """The Fragment that a string makes, or None where it names no wanted image; `bare` admits one without a tag."""
    text = reading.text(spot.node)
    if text is None:
        return None
    name, tag, digest = split_reference(text)
    if (tag is None and digest is None and not bare) or is_digest(text):
        return None
    repository = wanted.match(name)
    return None if repository is None else reference(reading, spot, 0, repository, identity, joins=joins)


def reference(
    reading: Reading, spot: Spot, start: int, repository: Repository, identity: tuple[str, ...], *, joins: Joins
) -> Fragment | Barred:
    """The parts of the reference to `repository` that begins at character `start` of a string."""
    node, bar = spot.node, spot.bar
    text = reading.text(node) or ""
    name, tag, digest = split_reference(text[start:])
    version = Version(tag, digest)
    if not _is_version(tag, digest) and not is_template(text):
        return reading.barred(node, _ODD, repository, version)
    at = start + len(name)
    parts = [reading.inner(node, spot.keys, bar, start, at)]
    if tag is None:
        parts.append(reading.inner(node, spot.keys, bar, at, at, before=":"))
    else:
        parts.append(reading.inner(node, spot.keys, bar, at + 1, at + 1 + len(tag)))
        at += 1 + len(tag)
    if digest is None:
        parts.append(reading.inner(node, spot.keys, bar, at, at, before="@"))
    else:
        parts.append(reading.inner(node, spot.keys, bar, at + 1, len(text)))
    made = [part for part in parts if isinstance(part, Part)]
    if len(made) < len(parts):
        barred = next(part for part in parts if isinstance(part, Bar))
        return reading.barred(node, barred, repository, version)
    path = reading.stream.path
    return Fragment(path, reading.format, identity, made[0], made[1], made[2], repository, joins=joins)


def _is_version(tag: str | None, digest: str | None) -> bool:
    return (tag is None or is_tag(tag)) and (digest is None or is_digest(digest))


def tag_and_digest(reading: Reading, node: Node, keys: Keys, bar: Bar | None) -> tuple[Part | Bar, Part | Bar | None]:
    """The tag of a `tag:` value, and the digest behind its `@` where it carries one (else None)."""
    text = reading.text(node) or ""
    tag, at, digest = text.partition("@")
    if not at or not is_digest(digest):
        return reading.part(node, keys, bar), None
    return (
        reading.inner(node, keys, bar, 0, len(tag)),
        reading.inner(node, keys, bar, len(tag) + 1, len(text)),
    )
