"""`promote demo`: a sandbox to play in."""

from __future__ import annotations

import os
from pathlib import Path

import click

from promote.cli import options
from promote.cli.shown import say

EXAMPLES = """
promote demo
promote demo /tmp/promote-sandbox
"""


@options.command("demo", EXAMPLES)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path("promote-demo"))
def demo(folder: Path) -> None:
    """Build a sandbox in DIR (promote-demo here), and run the main job in it.

    A bare GitOps repository with dev, test and prod in kustomize and Helm, a clone of it, and OCI layouts in the place
    of a registry. It needs no network, and nothing outside of DIR is touched.
    """
    from promote.demo.sandbox import build
    from promote.demo.tour import walk

    walk(build(folder.absolute(), os.environ), os.environ, say)
