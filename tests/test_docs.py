"""The documents say what the program does: every command and option, every code of an outcome, examples that run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import click
import pytest

from promote.api import Rules, Set, Where, open_session
from promote.cli.main import cli
from promote.clock import SystemClock
from promote.config.load import load
from promote.demo.images import write_layout
from promote.demo.sandbox import build
from promote.errors import PRECEDENCE
from promote.image import Version
from promote.report.exit import CHANGED
from promote.wording import trailers
from tests.shared import ROOT

COMMANDS = ROOT / "docs" / "commands.md"
FORMATS = ROOT / "docs" / "formats.md"
API = ROOT / "docs" / "api.md"
# Sections of the page that several commands point at.
SHARED = ("what-is-read", "how-it-is-shown", "options-of-commands-that-write", "options-that-overrule")
EVERYWHERE = {"-h", "--help", "--version"}
CODE = r"[a-z0-9]+(?:-[a-z0-9]+)*"
# Where the codes of places that cannot be edited come into being.
BARS = (re.compile(rf'\bBar\(\s*"({CODE})"'), re.compile(rf'\bBarred\([^"()]*\bformat,\s*"({CODE})"'))
# Where codes come into being. What stands before the code are names, or a call that gives one.
CODES = (
    *BARS,
    re.compile(rf'\b(?:Skip|Refusal|Failure)\(\s*[\w.]+,\s*[\w.]+,\s*"({CODE})"'),
    re.compile(rf'\b(?:Cannot|Disagreement)\(\s*"({CODE})"'),
    re.compile(rf'\bFinding(?:\.of_error)?\(\s*"(?:ok|warning|error)",\s*(?:[\w.]+|str\(repository\)),\s*"({CODE})"'),
    re.compile(rf'\b(?:undone|_fail|failed)\((?:[^"\n]*),\s*"({CODE})"'),
    re.compile(rf'"code": .* else "({CODE})"'),
)
# Broken has its codes in its type.
LITERALS = re.compile(r"\bcode: Literal\[([^\]]*)\]")


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def _sections(page: Path) -> Mapping[str, str]:
    """The text of each `##` section by its anchor."""
    parts = re.split(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {_slug(heading): text for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def _told(section: str) -> set[str]:
    """The options and variables that a section names in code, but not those in its examples."""
    prose = re.sub(r"^```.*?^```$", "", section, flags=re.MULTILINE | re.DOTALL)
    words = " ".join(re.findall(r"`([^`\n]+)`", prose))
    return set(re.findall(r"(?<![\w-])(?:--?[a-zA-Z][a-z-]*|PROMOTE_[A-Z]+(?:_[A-Z]+)*)", words))


def _of(command: click.Command) -> set[str]:
    """Every spelling of every option, and the variable that it reads."""
    out: set[str] = set()
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            out |= {*parameter.opts, *parameter.secondary_opts}
            out |= {parameter.envvar} if isinstance(parameter.envvar, str) else set()
    return out


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", cli.commands)
def test_every_option_of_a_command_is_documented(name: str) -> None:
    section = _sections(COMMANDS)[f"promote-{name}"]
    told = _told(section)
    for shared in SHARED:
        if f"(#{shared})" in section:
            told |= _told(_sections(COMMANDS)[shared])
    assert sorted(_of(cli.commands[name]) - told - EVERYWHERE) == []


@pytest.mark.parametrize("shared", SHARED)
def test_what_is_shared_is_taken_by_those_that_point_at_it(shared: str) -> None:
    table = "".join(line for line in _sections(COMMANDS)[shared].splitlines(keepends=True) if line.startswith("| `"))
    named = set(re.findall(r"(?<![\w-])-{1,2}[a-zA-Z][a-z-]*", " ".join(re.findall(r"^\| (.+?) \|", table, re.M))))
    takers = [name for name in cli.commands if f"(#{shared})" in _sections(COMMANDS)[f"promote-{name}"]]
    assert named
    assert takers
    assert {name: sorted(named - _of(cli.commands[name])) for name in takers} == {name: [] for name in takers}


def test_no_option_is_documented_that_is_not_there() -> None:
    known = EVERYWHERE.union(*(_of(command) for command in cli.commands.values()))
    told = {word for word in _told(COMMANDS.read_text(encoding="utf-8")) if word.startswith("--")}
    assert sorted(told - known) == []


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_has_an_example(name: str) -> None:
    blocks = _blocks(_sections(COMMANDS)[f"promote-{name}"], "console")
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    assert any(re.match(rf"\$ promote {name}\b", line) for line in lines)
    assert [line for line in lines if not line.startswith("$ promote ")] == []


def test_every_command_is_in_the_first_table() -> None:
    head = COMMANDS.read_text(encoding="utf-8").partition("\n## ")[0]
    assert set(re.findall(r"^\| \[`([a-z]+)`\]\(#promote-\1\)", head, re.MULTILINE)) == set(cli.commands)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Skip(name, app, "absent", f"x")', ["absent"]),
        ('Skip(intent.environment, app, "not-alone", "x")', ["not-alone"]),
        ('Skip(environment, choice.app, "already", told)', ["already"]),
        ('return Skip(\n    name,\n    app,\n    "gone-by",\n    why)', ["gone-by"]),
        ('Finding("error", str(repository), "no-such-tag", why, cure)', ["no-such-tag"]),
        ('Finding.of_error("error", name, "forge", exc, cure)', ["forge"]),
        ('self._fail(plan, place, "push-timeout", why)', ["push-timeout"]),
        ('code: Literal["not-utf8", "not-yaml"]', ["not-utf8", "not-yaml"]),
        ('"code": None if site.shadowed_by is None else "shadowed",', ["shadowed"]),
        ("Refusal(name, app, bar.code, why)", []),
        ('"code": one.code, "what": one.what', []),
    ],
)
def test_the_finder_of_codes(text: str, expected: list[str]) -> None:
    assert list(codes_in(text)) == expected


def codes_in(source: str, patterns: Iterable[re.Pattern[str]] = CODES) -> Iterator[str]:
    """The codes that come into being in `source`, where one of `patterns` fits."""
    for pattern in patterns:
        yield from pattern.findall(source)
    for literal in LITERALS.findall(source):
        yield from re.findall(rf'"({CODE})"', literal)


def test_every_code_is_documented_with_what_to_do() -> None:
    files = sorted((ROOT / "promote").rglob("*.py"))
    codes = {code for file in files for code in codes_in(file.read_text(encoding="utf-8"))}
    sections = _sections(COMMANDS)["codes-of-outcomes"] + _sections(FORMATS)["refusals"]
    rows = set(re.findall(rf"^\| `({CODE})` \|", sections, re.MULTILINE))
    assert len(codes) > 35  # the patterns still find them
    assert "`shadowed`" in sections  # no outcome of a command: a word of `find`
    assert sorted(codes - rows - {"shadowed"}) == []


def test_every_documented_code_is_there() -> None:
    sections = _sections(COMMANDS)["codes-of-outcomes"] + _sections(FORMATS)["refusals"]
    rows = set(re.findall(rf"^\| `({CODE})` \|", sections, re.MULTILINE))
    files = sorted((ROOT / "promote").rglob("*.py"))
    codes = {code for file in files for code in codes_in(file.read_text(encoding="utf-8"))}
    assert len(rows) > 35
    assert sorted(rows - codes) == []


def test_every_exit_code_is_documented_with_their_precedence() -> None:
    section = _sections(COMMANDS)["exit-codes"]
    rows = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", section, re.MULTILINE)}
    assert rows == {0, 2, CHANGED, 130, 141, *PRECEDENCE}
    assert f"the first of {', '.join(map(str, PRECEDENCE))}." in section


def test_every_trailer_is_documented() -> None:
    source = Path(trailers.__file__ or "").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "git.md").read_text(encoding="utf-8")
    written = set(re.findall(r'"(Promote-[A-Za-z-]+)"', source))
    assert written
    assert set(re.findall(r"^\| `(Promote-[A-Za-z-]+)` \|", page, re.MULTILINE)) == written


@pytest.mark.parametrize("example", _blocks(API.read_text(encoding="utf-8"), "python"))
def test_examples_of_the_api_run(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = build(tmp_path / "sandbox", {})
    monkeypatch.chdir(made.clone)
    exec(compile(example, str(API), "exec"), {"__name__": "example"})
    assert "main" in capsys.readouterr().out


# An example of the page of formats: the file that it stands in, before and after.
EXAMPLE = re.compile(
    r"<!-- (?P<file>[^ ]+)(?P<with> and [^ ]+)? -->\n\n```(?:yaml|sh)\n(?P<before>[^`]*)```\n\n"
    r"After `promote set dev web=(?P<tag>\S+)`:\n\n```(?:yaml|sh)\n(?P<after>[^`]*)```\n"
)
EXAMPLES = [
    pytest.param(found, id=f"{section}-{number}")
    for section, text in _sections(FORMATS).items()
    for number, found in enumerate(EXAMPLE.finditer(text))
]
# What stands beside an example, where two files make it.
BESIDE = {"envs/dev/values.yaml": "image: {repository: registry.example.com/acme/web, tag: ''}\n"}
FORMAT_NAMES = [
    "kustomize", "flux", "argo-cd", "fleet", "helm", "charts", "manifest", "markers", "revisions", "targets",
    "how-a-value-is-spelled",
]  # fmt: skip


@pytest.mark.parametrize("section", FORMAT_NAMES)
def test_every_format_has_an_example(section: str) -> None:
    assert EXAMPLE.search(_sections(FORMATS)[section])


def test_every_name_of_a_format_is_on_the_page() -> None:
    rows = set(re.findall(r"^\| \[(\w+)\]\(#", _sections(FORMATS)["which-files-are-read"], re.MULTILINE))
    files = sorted((ROOT / "promote" / "sites").glob("*.py"))
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    named = set(re.findall(r'^(?:FORMAT|CHART) = "(\w+)"', source, re.MULTILINE))
    named |= set(re.findall(r'Reading\(reading\.stream, reading\.document, "(\w+)"', source))
    assert rows == named


@pytest.mark.parametrize("shown", EXAMPLES)
def test_what_is_written_is_what_the_page_of_formats_shows(shown: re.Match[str], tmp_path: Path) -> None:
    targets = _blocks(_sections(FORMATS)["targets"], "yaml")[0] + "  - {app: web, file: spelled/dev, path: tag}\n"
    (tmp_path / "promote.yaml").write_text(
        "version: 1\n"
        "apps: {web: {image: registry.example.com/acme/web, aliases: [web], refs: [github.com/acme/web]}}\n"
        "environments: {dev: {path: envs/dev}}\n"
        "registries: {registry.example.com: {layout: images}}\n" + targets
    )
    write_layout(tmp_path / "images/acme/web", dict.fromkeys(["1.4.0", "1.5.0", "v1", "1.10"], "2026-03-02T09:00:00Z"))
    file = tmp_path / shown["file"]
    file.parent.mkdir(parents=True)
    file.write_text(shown["before"])
    if shown["with"]:
        other = shown["with"].removeprefix(" and ")
        (tmp_path / other).write_text(BESIDE[other])
    with open_session(Where(tmp_path), environ={}, clock=SystemClock()) as session:
        session.write(Set("dev", (("web", Version(shown["tag"])),)), Rules())
    assert file.read_text() == shown["after"]


@pytest.mark.parametrize("page", ["README.md", "docs/registries.md"])
def test_what_stands_there_of_promote_yaml_is_read(page: str) -> None:
    blocks = _blocks((ROOT / page).read_text(encoding="utf-8"), "yaml")
    assert blocks
    for block in blocks:
        load(page, (block if block.startswith("version:") else f"version: 1\n{block}").encode(), environ={})


def test_the_readme_says_how_to_run_the_tests() -> None:
    section = _sections(ROOT / "README.md")["tests"]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = [line.removeprefix("make ") for block in _blocks(section, "sh") for line in block.splitlines()]
    assert named == ["test"]
    assert set(named) <= set(targets)
