"""Plan → Delivery: the only room that changes the world; through branches of remotes, or in working files."""

from promote.publish.loop import Remote, Terms, publish
from promote.publish.write_only import write_files

__all__ = ["Remote", "Terms", "publish", "write_files"]
