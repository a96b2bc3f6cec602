"""Values of Helm, folded over layers key by key, as Helm merges them (SEMANTICS 3.1).

The name may come from the weakest layer and the tag from the strongest. What an object brings to a chart lies over the
chart's own values, and each object's is a chain of its own: two releases of one chart run what each of them says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from promote.image import Repository
from promote.sites.site import Fragment, Site
from promote.text.part import Part
from promote.tree import show

Tied = Callable[[bytes, bytes], bool]
_VALUES = b"values.yaml"


@dataclass(frozen=True, slots=True)
class Layered:
    """One fragment and the layer that it stands in, the weakest being 0."""

    layer: int
    fragment: Fragment

    @property
    def strength(self) -> tuple[int, int]:
        return self.layer, self.fragment.rank


def site_of(app: str, item: Layered) -> Site:
    """The site that a fragment makes by itself."""
    found = item.fragment
    repository = found.repository or Repository("", "")
    parts = found.name, found.tag, found.digest
    own = found.identity, item.layer
    made = Site(app, repository, found.format, *own, *parts, joins=found.joins, object=found.object)
    return replace(made, guessed=True) if found.guessed else made


def _sets(part: Part | None) -> bool:
    return part is not None and part.insert is None


def _within_tag(fragment: Fragment) -> bool:
    tag, digest = fragment.tag, fragment.digest
    return tag is not None and digest is not None and tag.scalar == digest.scalar


def decides(fragment: Fragment) -> bool:
    """Whether a fragment gives a version."""
    return _sets(fragment.tag) or _sets(fragment.digest)


def by_identity(items: Iterable[Layered]) -> dict[tuple[str, ...], list[Layered]]:
    """The same by what shadows what."""
    out: dict[tuple[str, ...], list[Layered]] = {}
    for item in items:
        out.setdefault(item.fragment.identity, []).append(item)
    return out


@dataclass(frozen=True, slots=True)
class _Chain:
    """What values that belong together say under one key path, the weakest first; `item` names the image."""

    item: Layered
    links: tuple[Layered, ...]

    def settled(self, app: str, app_versions: Mapping[bytes, Layered]) -> tuple[Site, list[Layered]]:
        """The site that this makes, and what counts of the chain."""
        item = self.item
        tagged, digested = item, item
        if item.fragment.name is None or item.fragment.name.style != "inner":
            for other in self.links:
                if _sets(other.fragment.tag):
                    tagged = other
                    # A digest within a tag's own value goes where that value goes.
                    digested = other if _within_tag(digested.fragment) else digested
                digested = other if _sets(other.fragment.digest) else digested
        said = tagged.fragment
        site = replace(
            site_of(app, item), tag=said.tag, digest=digested.fragment.digest, layer=tagged.layer, format=said.format
        )
        site = replace(site, object=said.object)
        filler = _app_version(site, self.links, app_versions)
        if filler is not None:
            return replace(site, tag=filler.fragment.tag, layer=filler.layer), []
        return site, [tagged, digested] if _sets(digested.fragment.digest) else [tagged]


def fold(
    app: str,
    named: Sequence[Layered],
    overlays: Sequence[Layered],
    tied: Tied,
    app_versions: Mapping[bytes, Layered],
) -> tuple[list[Site], list[Site]]:
    """Helm values: each named place with the tag and the digest of the strongest layer that sets them."""
    sites: list[Site] = []
    shadowed: list[Site] = []
    alike, over = by_identity(named), by_identity(overlays)
    for identity, mine in alike.items():
        chains = _chains(mine, over.get(identity, ()), tied)
        settled = [(chain, *chain.settled(app, app_versions)) for chain in chains]
        counts = {id(item) for _, _, found in settled for item in found}
        tops = {id(link): site.anchor for chain, site, _ in reversed(settled) for link in chain.links}
        # An object that gives the chart no version leaves it to the chart's own values: one place, told twice.
        sites += {_told(site): site for _, site, _ in settled}.values()
        for link in {id(link): link for chain in chains for link in chain.links}.values():
            if id(link) not in counts and decides(link.fragment):
                below = replace(site_of(app, link), repository=mine[0].fragment.repository or Repository("", ""))
                shadowed.append(replace(below, shadowed_by=show(tops[id(link)].path)))
    return sites, shadowed


def _told(site: Site) -> tuple[Part | None, Part | None]:
    return (site.tag, site.digest) if site.tag or site.digest else (site.name, None)


def _chains(named: Sequence[Layered], overlays: Sequence[Layered], tied: Tied) -> list[_Chain]:
    """The chains of one key path: of files, and of each object that brings values, by itself or over a chart's."""
    every = [*named, *overlays]
    files = _linked([item for item in named if not item.fragment.object], every, tied)
    out: list[_Chain] = []
    covered: set[int] = set()
    for brought in dict.fromkeys(item.fragment.object for item in every if item.fragment.object):
        mine = sorted((item for item in every if item.fragment.object == brought), key=lambda item: item.strength)
        below = [chain for chain in files if any(_is_over(mine[0].fragment, link.fragment) for link in chain.links)]
        names = [item for item in mine if _names(item.fragment)]
        covered.update(id(chain) for chain in below if any(decides(item.fragment) for item in mine))
        if not below and names:
            out.append(_Chain(names[-1], tuple(mine)))
        out += [_Chain(names[-1] if names else chain.item, (*chain.links, *mine)) for chain in below]
    return [*(chain for chain in files if id(chain) not in covered), *out]


def _names(fragment: Fragment) -> bool:
    return fragment.repository is not None


def _linked(named: Sequence[Layered], every: Sequence[Layered], tied: Tied) -> list[_Chain]:
    """The chains of files: each begins where no stronger layer names the image again."""
    out: list[_Chain] = []
    files = [item for item in every if not item.fragment.object]
    for item in named:
        if any(_follows(item, other, tied) for other in named):
            continue
        links = [item, *(other for other in files if _follows(item, other, tied) or _follows(other, item, tied))]
        out.append(_Chain(item, tuple(sorted(links, key=lambda other: other.strength))))
    return out


def _follows(weak: Layered, strong: Layered, tied: Tied) -> bool:
    """Whether a file's values are put over another one's."""
    return strong.layer > weak.layer and tied(weak.fragment.path, strong.fragment.path)


def _is_over(brought: Fragment, below: Fragment) -> bool:
    """Whether what an object gives a chart lies over these values: the chart's own, wherever the two stand."""
    folder, _, name = below.path.rpartition(b"/")
    return not below.object and name == _VALUES and folder.decode("utf-8", "replace") in brought.charts


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _app_version(site: Site, chain: Sequence[Layered], app_versions: Mapping[bytes, Layered]) -> Layered | None:
    """The appVersion that stands in where no layer gives a tag: that of the chart whose values these are."""
    inner = site.name is not None and site.name.style == "inner"
    if site.version.tag or site.version.digest or inner or not app_versions:
        return None
    for other in chain:
        found = other.fragment
        for folder in [name.encode() for name in found.charts] if found.object else [_folder(found.path)]:
            if folder in app_versions:
                return app_versions[folder]
    return None
