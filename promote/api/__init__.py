"""The small public API: a Session opens a repository and its configuration, plans an intent, and delivers it.

- `with open_session(Where(Path(".")), environ=os.environ, clock=SystemClock()) as session:`
- `delivery = session.deliver(Update(("dev",)), Rules(), How())`
"""

from typing import TYPE_CHECKING

from promote.api.delivering import How
from promote.api.session import Session, open_session
from promote.api.where import Where
from promote.clock import SystemClock
from promote.errors import PromoteError

if TYPE_CHECKING:
    from promote.image import Version
    from promote.outcome import Delivery, Plan
    from promote.plan.intent import Auto, Hold, Intent, Promote, Release, Rollback, Rules, Set, Sources, Update

__all__ = [
    "Auto",
    "Delivery",
    "Hold",
    "How",
    "Intent",
    "Plan",
    "Promote",
    "PromoteError",
    "Release",
    "Rollback",
    "Rules",
    "Session",
    "Set",
    "Sources",
    "SystemClock",
    "Update",
    "Version",
    "Where",
    "open_session",
]


def __getattr__(name: str) -> object:
    """What plans are made of and come to, imported when it is first asked for: who only looks needs none of it."""
    if name in ("Delivery", "Plan"):
        from promote import outcome

        return getattr(outcome, name)
    if name == "Version":
        from promote import image

        return image.Version
    if name in __all__:
        from promote.plan import intent

        return getattr(intent, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
