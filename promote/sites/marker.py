"""Markers: comments behind a value that say whose it is, `# promote: web tag` and Flux's `# {"$imagepolicy": …}`.

A place that a finder has found keeps its format and gets the marker's app, and the parts that markers alone name;
another one becomes a place by its marker (SEMANTICS 2.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from promote.image import Repository, parse_repository, split_reference
from promote.sites.comment import Mark, marks
from promote.sites.lone import ODD, digest_beside, lone, says_digest
from promote.sites.reading import Bar, Keys, Reading
from promote.sites.site import Barred, Charted, Fragment
from promote.sites.string import reference
from promote.sites.wanted import Wanted
from promote.text.part import Part

FORMAT = "marker"
_PARTS = frozenset({"tag", "digest", "name"})
_NOTED = frozenset({"unbound-marker", "odd-marker"})
_WHOLE = Bar("not-a-reference", "its marker puts a whole reference there, and it is none to an image of the app's")

Hit = Fragment | Barred | Charted
H = TypeVar("H", bound=Hit)


def apply(reading: Reading, hits: Iterable[H], wanted: Wanted) -> Iterator[H | Fragment | Barred]:
    """The hits of a document with the apps that markers give them, and the places that only a marker names."""
    found = marks(reading, wanted)
    if not found:
        yield from hits
        return
    found_hits = list(hits)
    groups = _grouped(found)
    at = {mark.spot.node.start: group for group in groups for mark in group}
    tags: dict[Keys, list[list[Mark]]] = {}
    for group in groups:
        if group[0].app is not None and any(mark.what in (None, "tag") for mark in group):
            tags.setdefault(group[0].spot.keys[:-1], []).append(group)
    taken: set[int] = set()
    foreign: set[int] = set()
    for hit in found_hits:
        starts = _starts(hit)
        mine = {id(at[start]): at[start] for start in starts if start in at}
        taken.update(start for start in starts if start in at)
        own = [each for each in mine.values() if each[0].app is not None]
        own += [each for each in _beside(hit, tags) if _fits(reading, hit, each, wanted)]
        if not own or isinstance(hit, Charted) or hit.app is not None:
            foreign.update(starts if isinstance(hit, Fragment) and hit.repository is not None else ())
            yield hit
            continue
        done = _given(reading, hit, own[0], wanted)
        foreign.update(starts)
        # What the hit has taken in by its markers is no place of its own.
        marked = [mark.spot.node.start for mark in own[0]]
        taken.update(start for start in marked if isinstance(done, Barred) or start in _starts(done))
        yield done
    foreign.update(at)
    for group in groups:
        left = [mark for mark in group if mark.spot.node.start not in taken or mark.odd]
        if left and left[0].app is not None:
            yield _place(reading, left, wanted, foreign)
        elif left:
            yield reading.barred(left[0].spot.node, _noted(left[0]), None)


def _noted(mark: Mark) -> Bar:
    if mark.odd:
        return Bar("odd-marker", f"its marker names an app and cannot be read: {mark.name}")
    return Bar("unbound-marker", f"its marker means no app here: {mark.name}")


def _grouped(found: Sequence[Mark]) -> list[list[Mark]]:
    """The markers that speak of one place: those of one app in one mapping, each of another part."""
    out: list[list[Mark]] = []
    last: dict[tuple[str, Keys], list[Mark]] = {}
    for mark in found:
        key = (mark.app or "", mark.spot.keys[:-1])
        if mark.app is not None and key in last and _belongs(mark, last[key]):
            last[key].append(mark)
        else:
            out.append([mark])
            last[key] = out[-1]
    return out


def _belongs(mark: Mark, group: Sequence[Mark]) -> bool:
    """Whether a marker names another part of what the markers of one mapping name together."""
    return mark.what in _PARTS and all(each.what in _PARTS and each.what != mark.what for each in group)


def _beside(hit: Hit, tags: Mapping[Keys, list[list[Mark]]]) -> Sequence[list[Mark]]:
    """The markers of a tag in the mapping that names an image without one."""
    if not isinstance(hit, Fragment) or hit.name is None or hit.name.style == "inner":
        return ()
    return tags.get(hit.name.keys[:-1], ()) if hit.tag is None or hit.tag.insert is not None else ()


def _fits(reading: Reading, hit: Hit, group: Sequence[Mark], wanted: Wanted) -> bool:
    """Whether these markers name the tag of the app whose image it is, and no reference of its own."""
    app = group[0].app or ""
    own = isinstance(hit, Fragment) and hit.repository in wanted.images_of(app)
    return own and all(_own(reading.text(mark.spot.node) or "", app, wanted, bare=False) is None for mark in group)


def is_noted(hit: Fragment | Barred) -> bool:
    """Whether a hit only tells of a marker that means no app, or that cannot be read (SEMANTICS 2.6)."""
    return isinstance(hit, Barred) and hit.code in _NOTED


def _starts(hit: Hit) -> Sequence[int]:
    if isinstance(hit, Charted):
        hit = hit.hit
    if isinstance(hit, Barred):
        return (hit.span.start,)
    return [part.scalar for part in (hit.name, hit.tag, hit.digest) if part is not None and part.insert is None]


def _given(reading: Reading, hit: Fragment | Barred, group: Sequence[Mark], wanted: Wanted) -> Fragment | Barred:
    """A finder's hit with the app of its markers, and with the parts that these name and the finder does not know."""
    app = group[0].app or ""
    if isinstance(hit, Barred):
        return replace(hit, app=app, repository=hit.repository or wanted.first_of(app))
    for mark in group:
        text = reading.text(mark.spot.node) or ""
        alone = hit.name is not None and hit.name.style == "inner" and split_reference(text)[0] == hit.name.value
        if mark.what == "reference" and not alone:
            return replace(reading.barred(mark.spot.node, _WHOLE, hit.repository or wanted.first_of(app)), app=app)
    starts = _starts(hit)
    parts = _parts(reading, [mark for mark in group if mark.spot.node.start not in starts], hit.repository)
    if isinstance(parts, Barred):
        return replace(parts, app=app, repository=parts.repository or wanted.first_of(app))
    # A part that is only to be inserted has its place by the marker.
    name, tag, digest = (
        new if old is None or (new is not None and old.insert is not None) else old
        for old, new in zip((hit.name, hit.tag, hit.digest), parts, strict=True)
    )
    if hit.repository is not None:
        return replace(hit, app=app, name=name, tag=tag, digest=digest)
    repository, guessed = _image(app, name, wanted)
    return replace(hit, app=app, name=name, tag=tag, digest=digest, repository=repository, guessed=guessed)


def _image(app: str, name: Part | None, wanted: Wanted) -> tuple[Repository, bool]:
    """The image of an app that a name says, else its first, and whether that is a guess among several."""
    images = wanted.images_of(app)
    said = parse_repository(name.value) if name is not None else None
    known = next((image for image in images if image == said), None)
    first = images[0] if images else Repository("", "")
    return known or first, known is None and len(images) > 1


def _place(reading: Reading, group: Sequence[Mark], wanted: Wanted, foreign: set[int]) -> Fragment | Barred:
    """The Fragment that the markers of one mapping make; no digest that is another place's is this one's."""
    app, first = group[0].app or "", group[0].spot
    identity = tuple(str(key) for key in first.keys)
    for mark in group:
        own = _own(reading.text(mark.spot.node) or "", app, wanted, bare=mark.what == "reference")
        if mark.what in (None, "reference") and own is not None:
            hit = reference(reading, mark.spot, 0, own, identity, joins="alone")
            return replace(hit, format=FORMAT, app=app, repository=own)
        if mark.what == "reference":
            part = reading.part(mark.spot.node, mark.spot.keys, mark.spot.bar)
            bar = part if isinstance(part, Bar) else _WHOLE
            return replace(reading.barred(mark.spot.node, bar, wanted.first_of(app)), app=app)
    parts = _parts(reading, group, wanted.first_of(app))
    if isinstance(parts, Barred):
        return replace(parts, app=app)
    name, tag, digest = parts
    repository, guessed = _image(app, name, wanted)
    beside = digest_beside(reading, group[0].around) if tag is not None and digest is None else None
    if isinstance(beside, Bar):
        return replace(reading.barred(first.node, beside, repository), app=app)
    digest = beside if beside is not None and beside.scalar not in foreign else digest
    return Fragment(reading.stream.path, FORMAT, identity, name, tag, digest, repository, app, guessed=guessed)


def _parts(
    reading: Reading, group: Sequence[Mark], repository: Repository | None
) -> tuple[Part | None, Part | None, Part | None] | Barred:
    """The name, the tag and the digest that markers name, or what bars one of the latter two."""
    name: Part | None = None
    tag: Part | None = None
    digest: Part | None = None
    for mark in group:
        spot = mark.spot
        if mark.what in ("name", "digest"):
            part = reading.part(spot.node, spot.keys, spot.bar)
            if mark.what == "name":
                name = part if isinstance(part, Part) else None
                continue
            said = part.value if isinstance(part, Part) else ""
            found: tuple[Part | None, Part | None] | Bar = part if isinstance(part, Bar) else (None, part)
            found = ODD if said and not says_digest(said) else found
        else:
            found = lone(reading, spot, Wanted(()))
            if mark.what == "tag" and not isinstance(found, Bar) and found[0] is None:
                found = ODD
        if isinstance(found, Bar):
            return reading.barred(spot.node, found, repository)
        tag = tag if found[0] is None else found[0]
        digest = digest if found[1] is None else found[1]
    return name, tag, digest


def _own(text: str, app: str, wanted: Wanted, *, bare: bool) -> Repository | None:
    """The image of the app's that a value without further words is a reference to; `bare` admits one without a tag."""
    name, tag, digest = split_reference(text)
    said = parse_repository(name) if bare or tag is not None or digest is not None else None
    return said if said is not None and said in wanted.images_of(app) else None
