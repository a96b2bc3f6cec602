"""Where files are: one branch of one repository."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One branch of one repository. `repo` is its URL without secrets, or `""` for the working files alone."""

    repo: str
    branch: str
