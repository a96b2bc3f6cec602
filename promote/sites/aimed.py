"""What targets find beside what finders find: one place is the target's alone, with all that a finder knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from promote.sites.marker import Hit
from promote.sites.site import Barred, Charted, Fragment
from promote.sites.target import Aim
from promote.text.part import Part

Aimed = tuple[Aim, Fragment | Barred]


def position(hit: Hit) -> int:
    """Where a hit stands in its file."""
    if isinstance(hit, Charted):
        hit = hit.hit
    if isinstance(hit, Barred):
        return hit.span.start
    part = next(part for part in (hit.tag, hit.digest, hit.name) if part is not None)
    return part.span.start if part.nested is not None else part.scalar


def completed(aimed: Sequence[Aimed], found: Sequence[Hit]) -> Iterator[Hit]:
    """The hits of targets with the other parts of the places that they speak of, and the hits of finders elsewhere."""
    at: dict[tuple[int, int], Fragment] = {}
    for hit in found if aimed else ():
        at.update({(part.span.start, part.span.end): hit for part in _parts(hit) if isinstance(hit, Fragment)})
    taken: set[int] = set()
    whole: set[int] = set()
    made: list[Fragment | Barred] = []
    for aim, own in aimed:
        taken |= {position(own), *(part.span.start for part in _parts(own))}
        other = next((at[key] for part in _parts(own) if (key := (part.span.start, part.span.end)) in at), None)
        if other is None or isinstance(own, Barred):
            made.append(own)
        else:
            whole.add(id(other))
            made.append(_with(own, other, aim))
    yield from _once(made)
    yield from (hit for hit in found if position(hit) not in taken and id(hit) not in whole)


def _once(made: Sequence[Fragment | Barred]) -> Iterator[Fragment | Barred]:
    """Each place once: a target for its tag has taken the digest in that another target of the app names."""
    seen: set[tuple[str | None, int, int]] = set()
    tagged = [hit for hit in made if isinstance(hit, Fragment) and hit.tag is not None and hit.digest is not None]
    within = {(hit.app, hit.digest.span.start) for hit in tagged if hit.digest is not None}
    for hit in made:
        starts = [part.span.start for part in _parts(hit)]
        if isinstance(hit, Fragment):
            place = hit.app, starts[0], starts[-1]
            if place in seen or (hit.tag is None and (hit.app, starts[0]) in within):
                continue
            seen.add(place)
        yield hit


def _parts(hit: Hit) -> Iterable[Part]:
    """The parts of a hit that say a version, or could; its name is no place of its own."""
    return [part for part in (hit.tag, hit.digest) if part is not None] if isinstance(hit, Fragment) else ()


def _with(own: Fragment, other: Fragment, aim: Aim) -> Fragment:
    """A target's hit, its gaps filled from a finder's hit of the same place: a digest never stays behind a tag."""
    # The finder's part knows more of the same bytes: what stands around them in a block.
    tag = other.tag if own.tag is None or _same(own.tag, other.tag) else own.tag
    digest = other.digest if own.digest is None or _same(own.digest, other.digest) else own.digest
    known = other.repository if other.repository in aim.repositories else None
    return replace(
        own,
        name=own.name or (other.name if known is not None else None),
        tag=tag,
        digest=digest,
        repository=known or own.repository,
        guessed=own.guessed and known is None,
    )


def _same(one: Part, other: Part | None) -> bool:
    return other is not None and (one.span.start, one.span.end) == (other.span.start, other.span.end)
