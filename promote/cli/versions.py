"""Versions as options name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promote.image import Version


def version_of(text: str | None) -> Version | None:
    """The version that an option names, None where it is not given; UsageError where it is none."""
    from promote.errors import UsageError
    from promote.image import parse_version

    if text is None:
        return None
    version = parse_version(text)
    if version is None:
        shown = "".join(char if char.isprintable() else "?" for char in text[:100])
        raise UsageError(f"{shown!r} is no version", cure="write TAG, TAG@sha256:DIGEST or @sha256:DIGEST")
    return version
