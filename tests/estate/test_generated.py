from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promote.estate.generated import attribute_files, generated
from promote.tree import Globs
from promote.tree.folder import FolderTree
from tests.estate.building import build, deployment, write

WEB = "ghcr.io/acme/web"
CONFIG = f"""
apps: {{web: {{image: {WEB}}}}}
environments: {{dev: {{path: envs/dev}}}}
"""
MARK = "linguist-generated"


def marked(root: Path, files: Mapping[bytes, bytes], paths: list[bytes]) -> list[bytes]:
    """Those of `paths` that promote takes for generated."""
    write(root, {name.decode(): data for name, data in files.items()})
    tree = FolderTree(root)
    known, unread = generated(tree, tree.list(Globs(("**/.gitattributes",))))
    assert unread == ()
    return [path for path in paths if path in known]


def as_git_has_it(root: Path, paths: list[bytes]) -> list[bytes]:
    """Those that Git says are marked `linguist-generated` or `linguist-generated=true`."""
    if not (root / ".git").exists():
        subprocess.run(["git", "init", "-q", str(root)], check=True)
    told = subprocess.run(
        ["git", "-C", str(root), "check-attr", "-z", "--stdin", MARK],
        input=b"".join(path + b"\0" for path in paths),
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")[:-1]
    return [path for path, value in zip(told[::3], told[2::3], strict=True) if value in (b"set", b"true")]


PATHS = [
    b"a.yaml",
    b"b.yaml",
    b"gen/a.yaml",
    b"gen/deep/er/a.yaml",
    b"x/gen/a.yaml",
    b"x/y/gen.yaml",
    b"x/y/z/a.yaml",
    b"x/a b.yaml",
    b"x/[a].yaml",
    b"x/caf\xc3\xa9.yaml",
    b"!x.yaml",
    b"#x.yaml",
    b"foobar/a.yaml",
    b"foo/x/bar/a.yaml",
]
# Lines of the .gitattributes at the root; a second text is that of x/.gitattributes.
TABLE: list[tuple[str, str]] = [
    # Lines that mark nothing come first.
    ("", ""),
    ("\n\n# *.yaml linguist-generated\n", ""),
    ("a.yaml text", ""),
    ("a.yaml linguist-generated=false", ""),
    ("a.yaml linguist-generated=1", ""),
    ("a.yaml linguist-generated=", ""),
    ("a.yaml -linguist-generated", ""),
    ("a.yaml !linguist-generated", ""),
    ("a.yaml Linguist-Generated", ""),
    ("a.yaml linguist-generated bad,name", ""),
    ("!a.yaml linguist-generated", ""),
    ("gen/ linguist-generated", ""),
    ("gen linguist-generated", ""),
    ("GEN/** linguist-generated", ""),
    ("/y/gen.yaml linguist-generated", ""),
    ("a.yaml linguist-generated\na.yaml -linguist-generated", ""),
    ("a.yaml linguist-generated\na.yaml linguist-generated=false", ""),
    ("a.yaml linguist-generated -linguist-generated", ""),
    ("*.yaml linguist-generated", "* -linguist-generated"),
    ("*.yaml linguist-generated", "* !linguist-generated"),
    ("[abc linguist-generated", ""),
    ("a.yaml\\ linguist-generated", ""),
    ("[[:none:]]* linguist-generated", ""),
    # Without a slash a basename at any depth, with one a path.
    ("a.yaml linguist-generated", ""),
    ("a.yaml linguist-generated=true", ""),
    ("/a.yaml linguist-generated", ""),
    ("*.yaml linguist-generated\nb.yaml -linguist-generated", ""),
    ("gen/* linguist-generated", ""),
    ("gen/** linguist-generated", ""),
    ("**/gen/** linguist-generated", ""),
    ("**/gen/*.yaml linguist-generated", ""),
    ("x/**/a.yaml linguist-generated", ""),
    ("x/** linguist-generated", "y/** -linguist-generated"),
    ("* -linguist-generated", "y/gen.yaml linguist-generated"),
    ("", "/y/gen.yaml linguist-generated"),
    ("", "gen.yaml linguist-generated"),
    ("foo**/a.yaml linguist-generated", ""),
    ("f*/a.yaml linguist-generated", ""),
    ("foo/***/a.yaml linguist-generated", ""),
    ("?.yaml linguist-generated", ""),
    ("[a-b].yaml linguist-generated", ""),
    ("[!a].yaml linguist-generated", ""),
    ("[^a].yaml linguist-generated", ""),
    ("x[/]y/gen.yaml linguist-generated", ""),
    ("[[:alpha:]].yaml linguist-generated", ""),
    ("\\[a\\].yaml linguist-generated", ""),
    ("[]a[]*.yaml linguist-generated", ""),
    ('"a b.yaml" linguist-generated', ""),
    ('"a\\040b.yaml" linguist-generated', ""),
    ('"caf\\303\\251.yaml" linguist-generated', ""),
    ("café.yaml linguist-generated", ""),
    ("\\!x.yaml linguist-generated", ""),
    ("\\#x.yaml linguist-generated", ""),
    ("  \ta.yaml\t linguist-generated \r\nb.yaml text\r\n", ""),
    ("\ufeffa.yaml linguist-generated", ""),
    ("a.yaml text linguist-generated eol=lf", ""),
    (f"{'a' * 2040} linguist-generated\n{'*' * 2040} linguist-generated", ""),
]


@pytest.mark.parametrize(("top", "below"), TABLE)
def test_1_5_files_are_marked_as_git_has_it(tmp_path: Path, top: str, below: str) -> None:
    files = {b".gitattributes": top.encode(), b"x/.gitattributes": below.encode()}
    assert marked(tmp_path, files, PATHS) == as_git_has_it(tmp_path, PATHS)


def test_1_5_the_table_marks_something(tmp_path: Path) -> None:
    found = [
        marked(tmp_path, {b".gitattributes": top.encode(), b"x/.gitattributes": below.encode()}, PATHS)
        for top, below in TABLE
    ]
    assert not any(found[:8])
    assert sum(map(bool, found)) > 25


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "gen",
        "foo",
        "x",
        ".yaml",
        "*",
        "**",
        "/",
        "/**/",
        "**/",
        "/**",
        "?",
        "[ab]",
        "[!a]",
        "[]]",
        "[]-a]",
        "[a",
        "[[:alpha:]]",
        "[[:x:]]",
        "[a-\\c]",
        "\\",
        "\\*",
        "-",
        "!",
        "\\/",
    ]
)
ATTRIBUTES = st.sampled_from(
    [MARK, f"{MARK}=true", f"-{MARK}", f"!{MARK}", f"{MARK}=x", f"-{MARK}=true", f"{MARK} --x"]
)
LINE = st.builds(lambda pieces, said: f"{''.join(pieces)} {said}", st.lists(PIECES, min_size=1, max_size=4), ATTRIBUTES)


@given(st.lists(LINE, min_size=1, max_size=4), st.lists(LINE, max_size=2))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_1_5_any_pattern_means_what_it_means_to_git(tmp_path: Path, top: list[str], below: list[str]) -> None:
    files = {b".gitattributes": "\n".join(top).encode(), b"x/.gitattributes": "\n".join(below).encode()}
    assert marked(tmp_path, files, PATHS) == as_git_has_it(tmp_path, PATHS)


@pytest.mark.parametrize(
    ("globs", "taken"),
    [
        (
            ("envs/dev",),
            [".gitattributes", "envs/.gitattributes", "envs/dev/.gitattributes", "envs/dev/x/.gitattributes"],
        ),
        (("envs/dev/*/values.yaml",), [".gitattributes", "envs/.gitattributes", "envs/dev/x/.gitattributes"]),
        (("other",), [".gitattributes"]),
        ((".",), [".gitattributes", "envs/dev/x/.gitattributes", "z/.gitattributes"]),
    ],
)
def test_1_5_only_attributes_on_the_way_are_looked_for(globs: tuple[str, ...], taken: list[str]) -> None:
    listing = attribute_files(Globs(globs))
    assert all(listing.matches(path.encode()) for path in taken)
    assert globs == (".",) or not listing.matches(b"z/.gitattributes")
    assert not listing.matches(b"envs/dev/a.yaml")


def test_1_5_what_is_generated_is_not_scanned(tmp_path: Path) -> None:
    files = {
        "envs/.gitattributes": "dev/gen/** linguist-generated\n",
        "envs/dev/a.yaml": deployment("a", f"{WEB}:1.0"),
        "envs/dev/gen/b.yaml": deployment("b", f"{WEB}:2.0"),
    }
    built = build(tmp_path, CONFIG, files)
    assert built.told("dev", "web") == ["envs/dev/a.yaml 1.0"]
    assert b"envs/dev/gen/b.yaml" not in built["dev"].entries
    assert built.noted.batches == [["envs/.gitattributes"], ["envs/dev/a.yaml"]]


def test_1_5_without_attributes_nothing_more_is_read(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, {"envs/dev/a.yaml": deployment("a", f"{WEB}:1.0"), "z/.gitattributes": "* text\n"})
    assert built.noted.batches == [["envs/dev/a.yaml"]]


def test_1_5_a_target_means_a_generated_file_all_the_same(tmp_path: Path) -> None:
    config = f"{CONFIG}\ntargets: [{{app: web, file: envs/dev/gen/b.yaml, path: tag}}]\n"
    files = {
        ".gitattributes": "gen/** linguist-generated\n*/dev/gen/* linguist-generated\n",
        "envs/dev/gen/b.yaml": "tag: v1\n",
    }
    assert build(tmp_path, config, files).told("dev", "web") == ["envs/dev/gen/b.yaml v1"]


def test_1_5_attributes_that_cannot_be_read_are_named_and_a_link_says_nothing_as_to_git(tmp_path: Path) -> None:
    files = {"envs/dev/a.yaml": deployment("a", f"{WEB}:1.0"), "attributes": "* linguist-generated\n"}
    write(tmp_path, files)
    (tmp_path / ".gitattributes").symlink_to("attributes")
    (tmp_path / "envs" / ".gitattributes").write_bytes(b" " * ((16 << 20) + 1))
    estate = build(tmp_path, CONFIG, files)["dev"]
    assert [site.tag.value for site in estate.sites("web") if site.tag is not None] == ["1.0"]
    assert [(item.entry.path, item.why) for item in estate.unread] == [(b"envs/.gitattributes", "too large")]
