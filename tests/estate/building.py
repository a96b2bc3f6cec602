"""Estates from real folders: a promote.yaml as text, and files as a dict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from promote.config.expand import expand
from promote.config.load import load
from promote.config.model import Environment
from promote.estate.estate import Estate
from promote.estate.world import World
from promote.place import Place
from promote.sites.site import Site
from promote.tree import Entry, Globs, Tree, Unread
from promote.tree.folder import FolderTree

Files = Mapping[str, str | bytes]


def write(root: Path, files: Files) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode())


@dataclass
class Noted:
    """A tree that notes what is read of it, in its batches."""

    tree: Tree
    batches: list[list[str]] = field(default_factory=list)

    @property
    def oid(self) -> str | None:
        return self.tree.oid

    def list(self, globs: Globs) -> Sequence[Entry]:
        return self.tree.list(globs)

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        known = list(entries)
        if known:
            self.batches.append([entry.path.decode() for entry in known])
        return self.tree.read(known)


@dataclass
class OneFolder:
    """`Trees` of one folder, noted; environments with a `branch` are told apart by it."""

    noted: Noted

    def place(self, environment: Environment) -> Place:
        return Place("", environment.branch or "")

    def at(self, environment: Environment, place: Place) -> bool:
        return self.place(environment) == place

    def tree(self, place: Place) -> Tree:
        assert place.repo == ""
        return self.noted


@dataclass(frozen=True)
class Built:
    estates: Mapping[str, Estate]
    noted: Noted

    def __getitem__(self, name: str) -> Estate:
        return self.estates[name]

    def told(self, environment: str, app: str) -> list[str]:
        """`FILE VERSION` of every site that decides about the app."""
        return [told(site) for site in self[environment].sites(app)]

    def shadowed(self, environment: str, app: str) -> list[str]:
        return [f"{told(site)} by {site.shadowed_by}" for site in self[environment].shadowed(app)]

    def barred(self, environment: str, app: str) -> list[str]:
        return [f"{bar.path.decode()} {bar.code}" for bar in self[environment].barred(app)]


def told(site: Site) -> str:
    return f"{site.anchor.path.decode()} {site.version}".strip()


def build(
    root: Path,
    config: str,
    files: Files,
    *,
    names: Sequence[str] | None = None,
    apps: Sequence[str] | None = None,
    adding_to: str | None = None,
) -> Built:
    """The estates of a folder with these files; of all environments, or of those that are named."""
    write(root, files)
    text = f"version: 1\n{dedent(config)}"
    loaded = expand(load("promote.yaml", text.encode(), environ={}), FolderTree(root))
    noted = Noted(FolderTree(root))
    world = World(loaded, OneFolder(noted))
    chosen = list(loaded.environments) if names is None else names
    return Built(world.estates(chosen, apps, adding_to=adding_to), noted)


def kustomization(
    image: str, tag: str | None = None, *, resources: Sequence[str] = (), digest: str | None = None
) -> str:
    lines = ["kind: Kustomization"]
    lines += ["resources:", *(f"- {each}" for each in resources)] if resources else []
    lines += ["images:", f"- name: {image}"]
    lines += [f"  newTag: {tag}"] if tag else []
    lines += [f"  digest: {digest}"] if digest else []
    return "\n".join(lines) + "\n"


def deployment(name: str, *images: str) -> str:
    containers = "".join(f"      - {{name: c{number}, image: '{image}'}}\n" for number, image in enumerate(images))
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        f"spec:\n  template:\n    spec:\n      containers:\n{containers}"
    )
