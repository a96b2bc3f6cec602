"""What `promote history` tells: the past of each app of one environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from promote.place import Place
from promote.question import Past


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The past of apps by their names, as seen from the commit `tip` of a place at the time `now`.

    `links` are pages that compare the version of a stretch with the one before it, by app and number of the stretch.
    """

    environment: str
    place: Place
    tip: str | None
    now: datetime
    apps: Mapping[str, Past]
    links: Mapping[tuple[str, int], str] = field(default_factory=dict)
