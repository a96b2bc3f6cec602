"""A site and a version → the parts that change: tag and digest move together (DESIGN §7)."""

from __future__ import annotations

from dataclasses import dataclass

from promote.config.settings import Pin
from promote.estate.pinning import wants_digest
from promote.image import Version
from promote.sites.chart import is_exact
from promote.sites.site import CHART, Site, is_bare
from promote.text.addition import Addition
from promote.text.part import Part
from promote.text.scalar import stands


@dataclass(frozen=True, slots=True)
class Cannot:
    """Why a site cannot hold a version: a stable code and a sentence's rest."""

    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Written:
    """The parts of one site with their new values, None for one that goes, and the version that the site will then say.

    `additions` are what is written in another place in their stead, or beside them.
    """

    site: Site
    wishes: tuple[tuple[Part, str | None], ...]
    version: Version
    additions: tuple[Addition, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether all of it is there already, in a spelling that every reader takes so."""
        return not self.additions and all(value is not None and stands(part, value) for part, value in self.wishes)


def _is_chart_version(site: Site) -> bool:
    """Whether the tag is a chart's version: an OCIRepository has a tag as any other."""
    return site.format == CHART and site.tag is not None and site.tag.keys[-1:] != ("tag",)


def write(site: Site, tag: str | None, digest: str | None, pin: Pin, *, explicit: bool) -> Written | Cannot:
    """What to write at `site` for this tag and digest; a digest never stays beside a tag that it does not belong to."""
    said = site.version
    pinned = wants_digest(site, pin, explicit=explicit)
    if tag is None and said.tag is not None:
        return Cannot("no-tag", "the site names a tag, and only a digest was given: give TAG@DIGEST")
    if pinned and site.guessed:
        why = "the app has several images, and nothing tells of which a digest stands here: mark its name too"
        return Cannot("one-digest", why)
    if pinned and digest is None:
        return Cannot("no-digest", "the digest of the new tag is not known")
    keeps_tag = tag is not None and (said.tag is not None or said.digest is None or pin != "keep")
    if pin == "digest" and site.tag is None:
        keeps_tag = False  # the format has no place for both
    wishes: list[tuple[Part, str | None]] = []
    text = tag.replace("_", "+") if tag is not None and site.format == CHART else tag
    if text is not None and _is_chart_version(site) and not is_exact(text):
        why = f"{text} is no exact version, and Helm would take it for a range: give MAJOR.MINOR.PATCH"
        return Cannot("not-exact", why)
    if pinned and digest is not None:
        if site.digest is not None:
            wishes.append((site.digest, digest.removeprefix("sha256:") if is_bare(site.digest) else digest))
        elif site.tag is not None and site.tag.style != "inner" and tag is not None and site.format != CHART:
            text = f"{tag}@{digest}"
        else:
            return Cannot("no-place", "there is no place for a digest beside the image")
    elif site.digest is not None and said.digest is not None:
        # A key of a chart's values is one that the chart reads: it is emptied. Elsewhere it goes.
        wishes.append((site.digest, None if site.digest.cut is not None else ""))
    if keeps_tag and text is not None:
        if site.tag is None:
            return Cannot("no-place", "there is no place for a tag beside the image that would be safe to write")
        wishes.insert(0, (site.tag, text))
    after = Version(tag if keeps_tag else said.tag, digest if pinned else None)
    return Written(site, tuple(wishes), after)
