"""What `promote history` tells: the past of each app of one environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from promote.place import Place
from promote.question import Past
from promote.wording.links import Link


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The past of apps by their names, as seen from the commit `tip` of a place at the time `now`.

    `links` are pages on the version of a stretch and on what lies before it, by app and number of the stretch. With
    `since` only apps are told of that have changed from then on, and of each the stretches that began then or later,
    and the one before them.
    """

    environment: str
    place: Place
    tip: str | None
    now: datetime
    apps: Mapping[str, Past]
    links: Mapping[tuple[str, int], tuple[Link, ...]] = field(default_factory=dict)
    since: datetime | None = None
