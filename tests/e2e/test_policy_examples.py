"""The examples of the page on policies: each part of a promote.yaml loads, and promote says what stands below it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from promote.config.load import load
from promote.demo.files import IMAGES
from promote.policy import POLICIES
from promote.policy.calver_format import TOKENS
from promote.policy.settings import SHORT_FORMS, FilterSettings, PolicySettings
from tests.e2e.program import Inside
from tests.servers.seed import ImageSpec, write_layout
from tests.shared import ROOT

PAGE = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:^```yaml\n(?P<yaml>.*?)^```\n\n)?^```console\n\$ (?P<said>.*?)^```$", re.MULTILINE | re.DOTALL)
REST = "version: 1\nenvironments: {dev: {path: .}}\nregistries: {ghcr.io: {layout: ../images}}\n"
BOTH = ("linux/amd64", "linux/arm64")
# One image of the sandbox for one platform alone, so that there is something to pass over.
LACKING = {"acme/web": {"1.5.0"}}


@dataclass(frozen=True)
class Example:
    """A command, what it says, and the part of promote.yaml above it."""

    config: str
    command: str
    said: str


EXAMPLES = [
    Example(found["yaml"] or "", *found["said"].split("\n", 1)) for found in BLOCK.finditer(PAGE)
]


def _without_digests(text: str) -> str:
    return re.sub(r"@[0-9a-f]{12}\b", "@…", text)


@pytest.mark.parametrize("example", [pytest.param(each, id=each.command) for each in EXAMPLES])
def test_an_example_of_a_policy_says_what_the_page_shows(example: Example, inside: Inside, tmp_path: Path) -> None:
    folder = tmp_path / "gitops"
    folder.mkdir()
    (folder / "promote.yaml").write_text(example.config + REST)
    for path, tags in IMAGES.items():
        lacking = LACKING.get(path, set())
        specs = {tag: ImageSpec(made, platforms=BOTH[: 1 if tag in lacking else 2]) for tag, made in tags.items()}
        write_layout(tmp_path / "images" / path, specs)
    done = inside.ok(*shlex.split(example.command)[1:], cwd=folder)
    assert _without_digests(done.stdout) == _without_digests(example.said)


@pytest.mark.parametrize("text", re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
def test_every_part_of_a_promote_yaml_loads(text: str) -> None:
    assert load("promote.yaml", (text + REST).encode(), environ={}).apps


def test_every_order_key_and_token_is_documented_with_an_example() -> None:
    written = set(re.findall(r"[\w.]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))
    keys = {*PolicySettings.__struct_fields__, *FilterSettings.__struct_fields__} - {"order"}
    assert {*POLICIES, *TOKENS, *keys, *SHORT_FORMS} - written == set()
    shown = " ".join(f"{each.config} {each.command}" for each in EXAMPLES)
    assert [name for name in sorted({*POLICIES, *keys}) if name not in shown] == []
