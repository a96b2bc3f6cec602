"""What `init` makes of the repositories beside the checkout, as figures: `python -m tests.survey.corpus`."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from promote.api.starting import settle, start
from promote.check.environment import findings
from promote.config.load import load
from promote.config.model import Config
from promote.estate.world import World
from tests.shared import SHARED
from tests.survey.measured import ENVIRONMENTS, Measured, measure
from tests.survey.trees import NOTHING


@dataclass(frozen=True)
class Made:
    """One repository: the text that `init` writes, what a check has against it, and how much of the images it names."""

    config: Config
    text: str
    errors: tuple[str, ...]
    measured: Measured
    seconds: float


def made(repository: str, root: Path) -> Made:
    """What comes of one repository whose files are below `root`."""
    began = time.monotonic()
    begun = start(root, NOTHING, force=False)
    text = settle(begun, begun.proposal).text
    seconds = time.monotonic() - began
    config = load("promote.yaml", text.encode(), environ={})
    estates = World(config, begun.trees).estates(list(config.environments))
    found = [finding for name in config.environments for finding in findings(estates, name)]
    named = {
        name: frozenset(str(image) for app in estates[name].joined for image in estates[name].versions(app))
        for name in config.environments
    }
    errors = tuple(f"{each.subject}: {each.what}" for each in found if each.level == "error")
    return Made(config, text, errors, measure(repository, root, named), seconds)


def main() -> None:
    """Prints a line for each repository of the corpus, and what is missed."""
    for repository in ENVIRONMENTS:
        one = made(repository, SHARED / "corpus" / repository)
        environments = f"{len(one.config.environments)} of {len(one.measured.environments)}"
        told = f"environments {environments}, apps {len(one.config.apps)}, images {one.measured.named}"
        check = f"{len(one.errors)} errors" if one.errors else "check passes"
        sys.stdout.write(f"{repository}: {told} of {one.measured.images}, {check}, {one.seconds:.1f} s\n")
        for name, image in sorted(one.measured.missed):
            sys.stdout.write(f"  missed: {image} in {name}\n")


if __name__ == "__main__":
    main()
