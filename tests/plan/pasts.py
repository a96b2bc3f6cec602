"""Pasts by hand: what an app ran, the newest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from promote.image import Repository, Version, parse_repository, parse_version
from promote.question import Brought, Past, State, Stretch
from tests.clock import NOON
from tests.plan.planning import WEB


def image(name: str) -> Repository:
    found = parse_repository(name)
    assert found is not None
    return found


def version(text: str) -> Version:
    found = parse_version(text)
    assert found is not None
    return found


def ran(
    text: str | State, *, undone: str | None = None, digests: Iterable[tuple[str, str]] = (), at: datetime = NOON
) -> Stretch:
    """One stretch: of one image, or of several with `digests`; brought by a rollback where something was undone."""
    gone = None if undone is None else version(undone)
    made = Brought("1" * 40, at, "Ann <ann@example.com>", "a change", by_hand=gone is None, undone=gone)
    if text in ("mixed", "absent", "unreadable"):
        return Stretch(text, (), made)
    its = version(text)
    images = tuple((image(name), Version(its.tag, digest)) for name, digest in digests)
    return Stretch(its, images or ((image(WEB), its),), made)


def past(*stretches: Stretch | str, ends: str | None = None) -> Past:
    """All of an app's past; with `ends` only what could be seen of it."""
    found = tuple(ran(each) if isinstance(each, str) else each for each in stretches)
    return Past(found, is_whole=ends is None, ends=ends or "")
