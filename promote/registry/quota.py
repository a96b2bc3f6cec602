"""How much a registry lets us pull, by the headers that Docker Hub sends (draft-ietf-httpapi-ratelimit-headers-03)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promote.question import Quota

_COUNT = re.compile(r"[ \t]*([0-9]{1,9})[ \t]*(?=[;,]|\Z)")
_WINDOW = re.compile(r"[^,]*;[ \t]*w[ \t]*=[ \t]*([0-9]{1,9})[ \t]*(?=[;,]|\Z)")


def quota_in(headers: Mapping[str, str]) -> Quota | None:
    """What `headers` (names in lower case) say of pulls, or None; `seconds` is 0 where they name no span of time.

    Of several limits the first counts, which is the one that is nearest.
    """
    limit = headers.get("ratelimit-limit", "")
    remaining = headers.get("ratelimit-remaining", "")
    most, left = _COUNT.match(limit), _COUNT.match(remaining)
    if most is None or left is None:
        return None
    window = _WINDOW.match(limit) or _WINDOW.match(remaining)
    return Quota(int(most[1]), int(left[1]), 0 if window is None else int(window[1]))
