"""Bodies as a forge gets them, to the byte. `python -m tests.wording.test_bodies` writes them anew; git shows how."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.image import Version
from promote.question import Carried
from promote.wording.links import Link
from promote.wording.pull_request import Note, body
from tests.shared import ROOT

FOLDER = ROOT / "fixtures" / "pull-request-bodies"
DIGEST = "sha256:" + "ab" * 32
SOURCE = "https://github.com/acme/web"
HOSTILE = (
    "<img src=x onerror=alert(1)> | @everyone `x` [a](javascript:b) #1 !2 **b** \u202e https://evil.example"
    "\n\n# big\n-->"
)


def _normal() -> str:
    web = Carried("prod", "web", Version("1.4.0"), Version("1.5.0", DIGEST), "test")
    api = Carried("prod", "api", None, Version("2.0.0"), "test", (("soak", "a hotfix for #1234"),))
    links = [
        Link("prod", "web", f"{SOURCE}/compare/a1...b2"),
        Link("prod", "web", f"{SOURCE}/releases/tag/v1.5.0", "release notes"),
    ]
    return body(None, [web, api], links=links, notes=[Note("prod", "job", "waits: soak until noon")], limit=65_536)


def _large() -> str:
    many = [
        Carried("prod", f"app-{number:03}", Version(f"1.{number}.0"), Version(f"1.{number}.1", DIGEST), "test")
        for number in range(300)
    ]
    return body(None, many, limit=32_768, hides="definition")


def _hostile() -> str:
    item = Carried("prod", "web", Version("1"), Version("2"), None, (("soak", HOSTILE), (HOSTILE, "why")))
    return body(None, [item], notes=[Note("prod", HOSTILE, HOSTILE)], limit=65_536)


BODIES = {"normal": _normal, "large": _large, "hostile": _hostile}


def _file(name: str) -> Path:
    return FOLDER / f"{name}.md"


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_as_it_was(name: str) -> None:
    assert f"{BODIES[name]()}\n" == _file(name).read_text(encoding="utf-8")


if __name__ == "__main__":
    for each, make in BODIES.items():
        _file(each).write_text(f"{make()}\n", encoding="utf-8")
