"""The house has floors: a module imports only from lower floors or its own package (docs/architecture.md).

Inside functions and under TYPE_CHECKING too. The second column says which third-party packages a room may import.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.modules import Module, imported, imports_of, modules, room


@dataclass(frozen=True, slots=True)
class Room:
    floor: int
    third_party: frozenset[str] = frozenset()


def _room(floor: int, third_party: str = "") -> Room:
    return Room(floor, frozenset(third_party.split()))


ROOMS = {
    "promote": _room(0),
    "errors": _room(0),
    "clock": _room(0),
    "ordinary": _room(0),
    "place": _room(0),
    "verdict": _room(0),
    "crew": _room(1),
    "decoder": _room(1, "msgspec"),
    "duration": _room(1),
    "hostvars": _room(1),
    "image": _room(1),
    "moment": _room(1),
    "patience": _room(1),
    "platform": _room(1),
    "secret": _room(1, "msgspec"),
    "text": _room(1, "yaml ruamel"),
    "tree": _room(1),
    "placeholder": _room(2),
    "question": _room(2),
    "replacement": _room(2),
    "policy": _room(3, "semver msgspec"),
    "sites": _room(3, "semver msgspec"),
    "gates": _room(4, "msgspec"),
    "outcome": _room(4),
    "transport": _room(4, "requests urllib3"),  # urllib3 is requests' own transport layer
    "process": _room(4),
    "cachefolder": _room(4, "platformdirs"),  # it says where a cache belongs
    # boto3 is an extra, for Amazon's registries
    "registry": _room(5, "git msgspec boto3 botocore"),
    # cryptography is an extra, for GitHub Apps
    "gitrepo": _room(5, "git msgspec cryptography"),
    "forge": _room(5, "msgspec"),
    "probe": _room(5, "msgspec"),
    "notify": _room(5, "msgspec"),
    "config": _room(6, "msgspec"),
    "estate": _room(7),
    "hosts": _room(7, "msgspec"),
    "githosts": _room(7, "msgspec"),
    "wording": _room(7, "jinja2"),
    "plan": _room(8),
    "check": _room(8),
    "history": _room(8),
    "survey": _room(8, "msgspec"),
    "board": _room(9),
    "gather": _room(9),
    "publish": _room(10),
    "watch": _room(10),
    "report": _room(11, "rich jinja2"),
    "api": _room(12, "msgspec"),
    "demo": _room(12),
    "cli": _room(13, "click"),
    "__main__": _room(14),
}

LONGEST = 300  # lines; a longer file has a second job
NO_JOB = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base"}


def _wrongs(name: str, imports: tuple[tuple[int, str], ...]) -> Iterator[str]:
    mine = room(name)
    for line, target in imports:
        top = target.split(".")[0]
        if target.startswith("."):
            yield f"{name}:{line}: a relative import hides the floor"
        elif top in sys.stdlib_module_names:
            continue
        elif top != "promote":
            if top not in ROOMS[mine].third_party:
                yield f"{name}:{line}: {mine} may not import {top}"
        elif room(target) == mine:
            continue
        elif room(target) not in ROOMS:
            yield f"{name}:{line}: {target} is on no floor"
        elif ROOMS[room(target)].floor >= ROOMS[mine].floor:
            here, there = ROOMS[mine].floor, ROOMS[room(target)].floor
            yield f"{name}:{line}: {mine} (floor {here}) may not import {target} (floor {there})"


def _cycle(graph: dict[str, set[str]]) -> tuple[str, ...]:
    """One cycle of `graph`, or nothing."""
    done: set[str] = set()
    way: list[str] = []

    def visit(name: str) -> tuple[str, ...]:
        if name in way:
            return (*way[way.index(name) :], name)
        if name in done:
            return ()
        way.append(name)
        for target in sorted(graph.get(name, ())):
            if found := visit(target):
                return found
        way.pop()
        done.add(name)
        return ()

    return next((found for name in sorted(graph) if (found := visit(name))), ())


@pytest.mark.parametrize(
    ("name", "source", "wrong"),
    [
        ("promote.image", "from promote.question import Tags", "may not import promote.question (floor 2)"),
        ("promote.image", "import promote.text.edit", "image (floor 1) may not import promote.text.edit (floor 1)"),
        ("promote.image", "from promote import cli", "may not import promote.cli (floor 13)"),
        ("promote.tree.glob", "def f():\n    import promote.cli.main", "promote.tree.glob:2: tree (floor 1)"),
        ("promote.image", "if TYPE_CHECKING:\n    from promote.api import x", "promote.image:2:"),
        ("promote.image", "importlib.import_module('promote.plan')", "may not import promote.plan (floor 8)"),
        ("promote.image", "import requests", "image may not import requests"),
        ("promote.image", "import yaml.nodes as n", "image may not import yaml"),
        ("promote.registry.client", "import requests", "registry may not import requests"),
        ("promote.text.edit", "from . import part", "a relative import hides the floor"),
        ("promote.text.edit", "from promote.attic import x", "promote.attic is on no floor"),
        ("promote.text.edit", "import yaml, re\nfrom promote.text import part\nfrom promote.errors import Refused", ""),
        ("promote.cli.main", "from promote import __version__, api\nimport click", ""),
    ],
)
def test_the_reader_of_imports(name: str, source: str, wrong: str) -> None:
    known = frozenset({*modules(), "promote.cli", "promote.api", "promote.text.part"})
    found = list(_wrongs(name, tuple(imported(source, known))))
    assert len(found) == bool(wrong), found
    assert all(wrong in line for line in found)


def test_the_finder_of_cycles() -> None:
    assert _cycle({"a": {"b"}, "b": {"c"}, "c": set()}) == ()
    assert _cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ("b", "c", "b")
    assert _cycle({"a": {"a"}}) == ("a", "a")


@pytest.mark.parametrize("module", modules().values(), ids=lambda module: module.name)
def test_imports_only_from_below(module: Module) -> None:
    assert module.room in ROOMS, f"{module.name} is on no floor: give it one here and in docs/architecture.md"
    assert list(_wrongs(module.name, imports_of(module.name))) == []


def test_no_import_cycle() -> None:
    graph = {
        # `from promote.text import x` in promote.text.y runs promote/text/__init__.py: that is an edge as well.
        name: {target for _, target in imports_of(name) if target in modules() and target != name}
        for name in modules()
    }
    assert _cycle(graph) == ()


@pytest.mark.parametrize("module", modules().values(), ids=lambda module: module.name)
def test_one_job_a_module(module: Module) -> None:
    assert module.name.split(".")[-1] not in NO_JOB
    assert len(module.path.read_bytes().splitlines()) <= LONGEST
