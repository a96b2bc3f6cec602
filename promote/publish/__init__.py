"""Plan → Delivery: the only room that changes the world; through branches of remotes, or in working files."""

from promote.publish.loop import publish
from promote.publish.pulling import Pulls
from promote.publish.terms import Remote, Terms
from promote.publish.write_only import write_files

__all__ = ["Pulls", "Remote", "Terms", "publish", "write_files"]
