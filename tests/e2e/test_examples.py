"""Every command has examples, its help shows them, and every example of the help and of the documents runs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from promote.cli.examples import Examples
from promote.cli.main import cli
from promote.demo.sandbox import Sandbox, build
from tests.e2e.program import Inside, Result, in_a_shell, words_of
from tests.servers.proxy import faulty_proxy, status
from tests.shared import ROOT

# 3 and 10 are answers too. Whatever else an example is meant to end with stands above it: <!-- exits N -->.
FINE = {0, 3, 10}
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
# What an example names by a name of its own, and what the sandbox has in its place, in this order.
IN_THE_SANDBOX = (
    ("https://git.example.com/acme/gitops.git", "{remote}"),
    ("ghcr.io/acme/api:2.1.0", "registry.example.com/acme/api:main-101-4a5b6c7"),
    ("ghcr.io/acme/", "registry.example.com/acme/"),
    ("sha256:...", "{digest}"),
    ("oci:images/", "oci:../images/"),
    ("web=1.5.1", "web=1.5.0"),
    ("charts/web/values.yaml", "envs/dev/api/values.yaml"),
    ("staging-eu", "test"),
    # There is a promote.yaml in the sandbox already.
    ("promote init ", "promote init --force "),
    ("/tmp/promote-sandbox", "{folder}/another"),
)


@dataclass(frozen=True)
class Block:
    """Commands that follow each other, where they stand, and the exit code of a block that is meant to fail."""

    where: str
    lines: tuple[str, ...]
    exits: int | None = None


def _of_help() -> Iterator[Block]:
    for name, command in sorted(cli.commands.items()):
        if isinstance(command, Examples):
            yield Block(f"promote {name} -h", tuple(line.strip() for line in command.examples.strip().splitlines()))


def _of_page(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(
        r"^(?:<!-- exits (?P<exits>\d+) -->\n\n?)?```(?:console|sh)\n(?P<body>.*?)^```$", text, re.MULTILINE | re.DOTALL
    ):
        lines = [line.removeprefix("$ ") for line in found["body"].splitlines()]
        lines = [line for line in lines if line.startswith("promote ")]
        number = text.count("\n", 0, found.start()) + 1
        if lines:
            exits = None if found["exits"] is None else int(found["exits"])
            yield Block(f"{page.relative_to(ROOT)}:{number}", tuple(lines), exits)


BLOCKS = [*_of_help(), *(block for page in PAGES for block in _of_page(page))]


@pytest.fixture
def sandbox(tmp_path: Path, environ: Mapping[str, str]) -> Sandbox:
    made = build(tmp_path / "sandbox", environ)
    page = (ROOT / "docs/registries.md").read_text(encoding="utf-8")
    written = re.search(r"as `mirror\.yaml`.*?^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert written is not None
    (made.clone.parent / "mirror.yaml").write_text(written[1])
    return made


@pytest.fixture(scope="module")
def healthy() -> Iterator[str]:
    """The address of what runs well."""
    with faulty_proxy("127.0.0.1:1") as server:
        server.fail("/", status(200))
        yield f"http://{server.host}/healthz"


def _verify(sandbox: Sandbox, url: str, environ: Mapping[str, str]) -> None:
    """Gives test and prod something to wait for: nothing runs in the sandbox that could be asked."""
    file = sandbox.clone / "promote.yaml"
    text = file.read_text()
    for name in ("test", "prod"):
        text = text.replace(f"path: envs/{name},", f"path: envs/{name}, verify: [{{http: {{url: '{url}'}}}}],")
    assert text.count(url) == 2
    file.write_text(text)
    who = ("-c", "user.name=Demo", "-c", "user.email=demo@example.com")
    for words in ((*who, "commit", "--quiet", "-am", "Say how it can be told that it runs"), ("push", "--quiet")):
        subprocess.run(["git", *words], cwd=sandbox.clone, env=dict(environ), check=True, timeout=60)


def _digest(sandbox: Sandbox) -> str:
    index = (sandbox.images / "acme/web/index.json").read_text()
    found = re.search(r'"digest": "(sha256:[0-9a-f]{64})",\s*"size": \d+,\s*"annotations": \{[^}]*"1\.5\.0"', index)
    assert found is not None
    return found[1]


def _run(command: str, folder: Path, inside: Inside, shell: Mapping[str, str]) -> Result:
    """How it ends; what a shell has to see to is left to one, the rest is run here, far sooner."""
    words = words_of(command)
    return in_a_shell(command, folder, shell) if words is None else inside(*words, cwd=folder)


@pytest.mark.parametrize("block", [pytest.param(block, id=block.where) for block in BLOCKS])
def test_an_example_runs_in_the_sandbox(
    block: Block, sandbox: Sandbox, shell: Mapping[str, str], inside: Inside, healthy: str
) -> None:
    if any(re.search(r"\bwait\b", line) for line in block.lines):
        _verify(sandbox, healthy, shell)
    known = {
        "{remote}": sandbox.remote.as_uri(),
        "{digest}": _digest(sandbox),
        "{folder}": str(sandbox.remote.parent),
    }
    codes = []
    for line in block.lines:
        command = line
        for old, new in IN_THE_SANDBOX:
            command = command.replace(old, known.get(new, new).replace("{folder}", known["{folder}"]))
        done = _run(command, sandbox.clone, inside, shell)
        assert block.exits is not None or done.code in FINE, (command, done)
        codes.append(done.code)
    assert block.exits is None or block.exits in codes, codes


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_examples_and_its_help_shows_them(name: str) -> None:
    command = cli.commands[name]
    assert isinstance(command, Examples)
    lines = [line.strip() for line in command.examples.strip().splitlines()]
    assert lines
    assert all(line.startswith(f"promote {name}") for line in lines)
    for flag in ("-h", "--help"):
        shown = CliRunner().invoke(cli, [name, flag])
        assert shown.exit_code == 0
        assert all(f"  {line}\n" in shown.output for line in lines)


def test_every_option_says_what_it_does() -> None:
    silent = [
        (name, option.name)
        for name, command in cli.commands.items()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


def test_the_documents_have_examples() -> None:
    assert {block.where.partition(":")[0] for block in BLOCKS} >= {"README.md"}
