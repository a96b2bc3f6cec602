"""The small public API: a Session opens a repository and its configuration, plans an intent, and delivers it.

- `with open_session(Where(Path(".")), environ=os.environ, clock=SystemClock()) as session:`
- `delivery = session.deliver(Update(("dev",)), Rules(), How())`
"""

from promote.api.session import How, Session, open_session
from promote.api.where import Where
from promote.outcome import Delivery, Plan
from promote.plan.intent import Intent, Promote, Rules, Set, Update

__all__ = [
    "Delivery",
    "How",
    "Intent",
    "Plan",
    "Promote",
    "Rules",
    "Session",
    "Set",
    "Update",
    "Where",
    "open_session",
]
