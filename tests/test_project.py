"""The project around the code: one version, no trace of the machine it was written on, documents that hang together."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote

import pytest

from promote import __version__
from tests.shared import ROOT

# Put together here, for this file is searched as well.
OWN_PLACES = re.compile(r"(?<![\w.$}*>-])/(?:" + "|".join(("work", "root")) + r")(?![\w.-])")
PACKAGE_INDEXES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("proxy", "golang", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
    )
)
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


@cache
def _files() -> tuple[Path, ...]:
    """What is committed or about to be."""
    # A checkout that belongs to somebody else (a mounted one, in CI) is still ours to list.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(sorted(ROOT / name for name in set(listed.split("\0")) if name and (ROOT / name).is_file()))


@cache
def _texts() -> dict[Path, str]:
    """The text files of the project by path from its root. Fixtures stay out: they are other people's words."""
    texts = {}
    for path in _files():
        name = path.relative_to(ROOT)
        if name.parts[0] == "fixtures":
            continue
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return texts


def _pages() -> list[Path]:
    """README.md and its like, and docs/."""
    return [name for name in _texts() if name.suffix == ".md" and (len(name.parts) == 1 or name.parts[0] == "docs")]


def _links(page: Path) -> list[str]:
    return LINK.findall(FENCE.sub("", _texts()[page]))


def _anchors(text: str) -> set[str]:
    """The anchors that forges give to headings: lower case, blanks to hyphens, no other signs; doubles are numbered."""
    anchors: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = 0
        while (anchor := f"{slug}-{number}" if number else slug) in anchors:
            number += 1
        anchors.add(anchor)
    return anchors


def _project() -> dict[str, object]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert isinstance(table, dict)
    return table


def test_the_version_stands_in_one_place() -> None:
    project = _project()
    assert "version" not in project
    assert project["dynamic"] == ["version"]
    holders = [str(name) for name, text in _texts().items() if re.search(r"^__version__ *[:=]", text, re.MULTILINE)]
    assert holders == ["promote/__init__.py"]
    assert version("gitops-promote") == __version__


def test_the_changelog_knows_this_version() -> None:
    sections = re.findall(r"^## \[?([^\]\s]+)", _texts()[Path("CHANGELOG.md")], re.MULTILINE)
    assert {"Unreleased", __version__} & set(sections)
    assert len(sections) == len(set(sections))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cd /%s/main", True),
        ("'/%s'", True),
        ("=/%s/.cache", True),
        ("https://example.com/%s/x", False),
        ("net/%s/x", False),
        ("../%s/x", False),
        ("/%ser", False),
        ("/%s.txt", False),
    ],
)
def test_the_pattern_for_own_places(text: str, found: bool) -> None:
    assert [bool(OWN_PLACES.search(text % word)) for word in ("work", "root")] == [found, found]


def test_no_place_of_a_machine_is_committed() -> None:
    assert [f"{name}: {hit}" for name, text in _texts().items() for hit in OWN_PLACES.findall(text)] == []


def test_no_package_index_is_named() -> None:
    """Whoever installs has their own; a host that is named here would be asked by people behind mirrors."""
    assert [f"{name}: {host}" for name, text in _texts().items() for host in PACKAGE_INDEXES if host in text] == []


def test_every_page_is_linked() -> None:
    linked = set()
    for page in (Path("README.md"), Path("docs/index.md")):
        linked |= {(ROOT / page.parent / link.split("#")[0]).resolve() for link in _links(page)}
    unlinked = [str(page) for page in _pages() if page.parts[0] == "docs" and (ROOT / page).resolve() not in linked]
    assert [page for page in unlinked if page != "docs/index.md"] == []


def test_links_resolve() -> None:
    broken = []
    for page in _pages():
        for link in _links(page):
            if re.match(r"[a-z][a-z0-9+.-]*:", link):
                continue  # another machine's: nothing is looked up outside
            target, _, anchor = unquote(link).partition("#")
            path = (ROOT / page.parent / target).resolve() if target else ROOT / page
            there = path.is_relative_to(ROOT) and path.exists()
            if there and anchor and path.suffix == ".md":
                there = anchor in _anchors(path.read_text(encoding="utf-8"))
            if not there:
                broken.append(f"{page}: {link}")
    assert broken == []


def test_anchors_are_those_of_forges() -> None:
    text = "# promote: the `set` command\n## A\n## A\n```\n# not one\n```\n## [Unreleased](x)\n"
    assert _anchors(text) == {"promote-the-set-command", "a", "a-1", "unreleased"}


def test_every_dependency_has_its_reason() -> None:
    project = _project()
    extras = project["optional-dependencies"]
    dependencies = project["dependencies"]
    assert isinstance(extras, dict)
    assert isinstance(dependencies, list)
    items = [*dependencies, *(item for extra in extras.values() for item in extra)]
    names = {re.split(r"[\[<>=!~; ]", item)[0] for item in items}
    page = _texts()[Path("docs/dependencies.md")]
    told = set(re.findall(r"^\| `([^`]+)`", page, re.MULTILINE))
    assert told == names - {"gitops-promote"}


def test_every_make_target_is_told_and_every_told_one_exists() -> None:
    makefile = _texts()[Path("Makefile")]
    phony = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split())
    assert set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)) == phony
    told = {word for page in _pages() for word in re.findall(r"(?:`|^ *\$? ?)make ([a-z]+)", _texts()[page], re.M)}
    assert told <= phony


def test_scripts_are_executable() -> None:
    scripts = [path for path in _files() if path.read_bytes()[:2] == b"#!"]
    assert ROOT / ".ci/run" in scripts
    assert [str(path.relative_to(ROOT)) for path in scripts if not path.stat().st_mode & 0o100] == []
