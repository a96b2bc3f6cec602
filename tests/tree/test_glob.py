from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.tree.glob import Globs, has_wildcard, segments_of


@pytest.mark.parametrize(
    ("patterns", "path"),
    [
        ((), "a"),
        (("!a",), "b"),
        # By whole segments.
        (("clusters/dev",), "clusters/dev-eu/a.yaml"),
        (("clusters/dev",), "clusters/de"),
        (("clusters/dev",), "x/clusters/dev/a"),
        (("clusters/dev",), "clusters"),
        # `*` and `?` stay inside one segment.
        (("a/*",), "a/b/c"),
        (("a/*.yaml",), "a/b/c.yaml"),
        (("a/?",), "a/bc"),
        (("a?b",), "a/b"),
        (("*",), "a/b"),
        # A pattern with wildcards is no folder.
        (("clusters/*/x",), "clusters/dev/x/y"),
        (("a/**",), "a"),
        (("**/x.yaml",), "a/yx.yaml"),
        (("a/**/b",), "a/xb"),
        # What speaks last decides.
        (("a", "!a/b"), "a/b"),
        (("a", "!a/b"), "a/b/c"),
        (("a", "!**/*.md"), "a/b/c.md"),
        (("!a", "a", "!a"), "a"),
        (("A",), "a"),
        (("a.b",), "axb"),
        (("[a]",), "a"),
        (("a\n",), "a"),
    ],
)
def test_1_1_not_taken(patterns: tuple[str, ...], path: str) -> None:
    assert not Globs(patterns).matches(path.encode())


@pytest.mark.parametrize(
    ("patterns", "path"),
    [
        ((".",), "a/b/c"),
        (("",), "a"),
        (("./a/",), "a/b"),
        (("a//b",), "a/b"),
        (("a",), "a"),
        (("clusters/dev",), "clusters/dev/x/y.yaml"),
        (("clusters/dev/**",), "clusters/dev/x/y.yaml"),
        (("**",), "a/b"),
        (("**/x.yaml",), "x.yaml"),
        (("**/x.yaml",), "a/b/x.yaml"),
        (("a/**/b",), "a/b"),
        (("a/**/b",), "a/x/y/b"),
        (("a/*/b/*.yaml",), "a/x/b/c.yaml"),
        (("*.yaml",), ".yaml"),
        (("a", "!a/b"), "a/bc"),
        (("!a/b", "a"), "a/b"),
        (("a", "!a/b", "a/b/c"), "a/b/c/d"),
        (("a b/é*",), "a b/éx"),
        (("?.yaml",), "é.yaml"),
        (("??.yaml",), "🚀é.yaml"),
        (("a/*",), "a/x\ny"),
        (("[a]",), "[a]/x"),
    ],
)
def test_1_1_taken(patterns: tuple[str, ...], path: str) -> None:
    assert Globs(patterns).matches(path.encode())


def test_1_1_a_question_mark_is_one_character() -> None:
    assert not Globs(("?",)).matches("éé".encode())
    assert not Globs(("??",)).matches("é".encode())


def test_paths_are_bytes() -> None:
    assert Globs(("a",)).matches(b"a/\xff\xfe")
    assert Globs(("a/*",)).matches(b"a/\xff")


def test_a_union_keeps_exclusions_apart() -> None:
    union = Globs.union([Globs(("a", "!a/x")), Globs(("a/x/y",)), Globs(("a", "!a/x"))])
    assert union.matches(b"a/b")
    assert union.matches(b"a/x/y/z")
    assert not union.matches(b"a/x/z")
    assert not Globs.union([]).matches(b"a")
    assert len(union.either) == 2


@pytest.mark.parametrize(
    ("patterns", "roots"),
    [
        ((), []),
        (("!a",), []),
        (("a/b", "!a/b/c"), [b"a/b"]),
        (("a/*/c", "a/b/c"), [b"a"]),
        (("a/b", "a/bc", "a-b"), [b"a-b", b"a/b", b"a/bc"]),
        (("**/x", "a"), [b""]),
        (("é/*",), ["é".encode()]),
    ],
)
def test_roots(patterns: tuple[str, ...], roots: list[bytes]) -> None:
    assert list(Globs(patterns).roots) == roots
    assert list(Globs.union([Globs((each,)) for each in patterns]).roots) == roots


def test_small_parts() -> None:
    assert has_wildcard("a/*")
    assert has_wildcard("a?")
    assert not has_wildcard("a[b]!")
    assert segments_of("./a//b/.") == ("a", "b")


PART = st.sampled_from(["a", "b", "ab", "é", "a*", "*", "?", "**", "*b", ".", "x.yaml"])
PATTERNS = st.lists(
    st.builds(
        lambda no, parts: no + "/".join(parts), st.sampled_from(["", "", "!"]), st.lists(PART, min_size=1, max_size=4)
    ),
    max_size=4,
)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", "aab", "é", "x.yaml"]), min_size=1, max_size=5).map(
    lambda parts: "/".join(parts).encode()
)


@settings(max_examples=500)
@given(st.lists(PATTERNS, min_size=1, max_size=3), PATHS)
def test_1_1_a_folder_that_may_hold_nothing_holds_nothing(lists: list[list[str]], path: bytes) -> None:
    each = [Globs(tuple(patterns)) for patterns in lists]
    union = Globs.union(each)
    assert union.matches(path) == any(globs.matches(path) for globs in each)
    if not union.matches(path):
        return
    parts = path.split(b"/")
    assert all(union.may_hold(b"/".join(parts[:end])) for end in range(len(parts)))
    assert any(not root or path == root or path.startswith(root + b"/") for root in union.roots)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(["a", "b", "ab", "é"]), min_size=1, max_size=4), PATHS)
def test_1_1_without_wildcards_a_pattern_is_a_file_or_a_whole_folder(parts: list[str], path: bytes) -> None:
    wanted = "/".join(parts).encode()
    assert Globs(("/".join(parts),)).matches(path) == (path == wanted or path.startswith(wanted + b"/"))


def _fits(part: str, name: str) -> bool:
    if not part or not name:
        return part.strip("*") == name
    if part[0] == "*":
        return _fits(part[1:], name) or _fits(part, name[1:])
    return part[0] in ("?", name[0]) and _fits(part[1:], name[1:])


def _takes(parts: tuple[str, ...], names: tuple[str, ...]) -> bool:
    if not parts or not names:
        return not parts and not names
    if parts[0] == "**":
        return parts[1:] == () or _takes(parts[1:], names) or _takes(parts, names[1:])
    return _fits(parts[0], names[0]) and _takes(parts[1:], names[1:])


@settings(max_examples=500)
@given(
    st.lists(st.text("ab*?é", min_size=1, max_size=5).filter(has_wildcard), min_size=1, max_size=5),
    st.lists(st.text("abé", min_size=1, max_size=5), min_size=1, max_size=5),
)
def test_1_1_a_wildcard_takes_whatever_lets_the_others_fit(parts: list[str], names: list[str]) -> None:
    assert Globs(("/".join(parts),)).matches("/".join(names).encode()) == _takes(tuple(parts), tuple(names))


@pytest.mark.parametrize(
    ("pattern", "path"), [("x/" + "*a" * 60 + "*ac", f"x/{'a' * 255}/ac"), ("**/a/" * 60 + "b", f"{'a/' * 1000}c/b/c")]
)
def test_a_path_that_almost_fits_many_wildcards_is_told_at_once(pattern: str, path: str) -> None:
    """It was tried in more ways than there are seconds."""
    told = f"from promote.tree.glob import Globs; print(Globs(({pattern!r},)).matches({path.encode()!r}))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


@settings(max_examples=300)
@given(st.lists(PATTERNS, min_size=1, max_size=3), PATHS)
def test_a_union_asks_by_roots_and_says_what_each_says(lists: list[list[str]], folder: bytes) -> None:
    each = [Globs(tuple(patterns)) for patterns in lists]
    assert Globs.union(each).may_hold(folder) == any(globs.may_hold(folder) for globs in each)
