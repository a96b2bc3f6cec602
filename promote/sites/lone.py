"""A version that stands by itself, without its image's name: a tag, a digest, or both; and the digest beside a tag."""

from __future__ import annotations

import re

from promote.image import is_digest, is_tag, parse_reference, split_reference
from promote.sites.reading import Bar, Reading, Spot, is_template
from promote.sites.string import tag_and_digest
from promote.sites.wanted import Wanted
from promote.text.document import Mapping, Scalar
from promote.text.part import Part

_DIGESTS = ("digest", "sha")
_BARE = re.compile(r"[0-9a-f]{64}")
OTHER = Bar("other-image", "it names another image than the app's")
ODD = Bar("not-a-reference", "it is neither a tag nor a digest")


def says_digest(text: str) -> bool:
    """Whether a value is a digest, with its algorithm or without."""
    return is_digest(text) or _BARE.fullmatch(text) is not None


def lone(reading: Reading, spot: Spot, own: Wanted) -> tuple[Part | None, Part | None] | Bar:
    """The tag and the digest of a value that is no reference to an image of `own`, or what bars it.

    What says something else than a version is barred: it would be lost.
    """
    tag, digest = tag_and_digest(reading, spot.node, spot.keys, spot.bar)
    if isinstance(tag, Bar):
        return tag
    if isinstance(digest, Bar):
        return digest
    text = reading.text(spot.node) or ""
    if says_digest(text):
        return None, tag
    if tag.value and not is_tag(tag.value.replace("+", "_")):
        other = parse_reference(text) is not None and own.match(split_reference(text)[0]) is None
        return OTHER if other else ODD
    return tag, digest


def digest_beside(reading: Reading, mapping: Spot | None) -> Part | Bar | None:
    """The digest in the mapping that holds a tag; `sha` may be a commit's, and is none then."""
    fields = {} if mapping is None else reading.fields(mapping, frozenset(_DIGESTS))
    for key in _DIGESTS:
        field = fields.get(key)
        if field is None or mapping is None or isinstance(field.pair.value, Mapping):
            continue
        text = reading.text(field.pair.value)
        if text is None and not isinstance(field.pair.value, Scalar):
            continue
        if not text or says_digest(text) or is_template(text):
            return reading.part(field.pair.value, (*mapping.keys, key), field.bar)
    return None
