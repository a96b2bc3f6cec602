"""Print the pins: every distribution that work on the project installs, at the version that is installed here.

Usage: pins.py >.ci/pins.txt, by `make pins`.
"""

from __future__ import annotations

import sys

from installed import PROJECT, closure

HEAD = """\
# The versions that `.ci/venv`, the action and the image install: those that were tested. `make pins` writes this.
"""


# Each Python brings a pip of its own.
LEFT_OUT = (PROJECT, "pip")


def main() -> None:
    found = closure(extras=("dev",)).items()
    rows = [f"{name}=={each.dist.version}\n" for name, each in found if name not in LEFT_OUT]
    sys.stdout.write(HEAD + "".join(rows))


if __name__ == "__main__":
    main()
