from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.image import (
    Repository,
    Version,
    agree,
    alike,
    is_digest,
    is_tag,
    parse_reference,
    parse_repository,
    parse_version,
    split_reference,
    without_password,
)

D = "sha256:" + "0a" * 32
D512 = "sha512:" + "0a" * 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        "A/b/C",
        "a_",
        "_a",
        "a..b",
        "a___b",
        "a-",
        "-a",
        "a b",
        "é",
        "a\n",
        "ghcr.io/",
        "ghcr.io/A",
        "ghcr.io/a:1",
        "ghcr.io/a@x",
        "host:port/a",
        "host:1x/a",
        # A port that there is not ended the whole run as a fault of promote's own.
        "host:0/a",
        "host.io:65536/a",
        "127.0.0.1:99999/a",
        "[::1]:70000/a",
        "-host.io/a",
        "host-.io/a",
        "http://x/y",
        "a." + "/b",
        "[::1/a",
        "{{ x }}/a",
        "x" * 256,
        "Registry/web",
    ],
)
def test_what_is_no_repository(text: str) -> None:
    assert parse_repository(text) is None


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("library/nginx", "docker.io/library/nginx"),
        ("docker.io/nginx", "docker.io/library/nginx"),
        ("index.docker.io/nginx", "docker.io/library/nginx"),
        ("registry-1.docker.io/acme/web", "docker.io/acme/web"),
        ("acme/web", "docker.io/acme/web"),
        ("a/b/c", "docker.io/a/b/c"),
        ("localhost/web", "localhost/web"),
        ("localhost:5000/web", "localhost:5000/web"),
        ("GHCR.io/acme/web", "ghcr.io/acme/web"),
        ("host:443/a-b/c__d/e.f/g--h", "host:443/a-b/c__d/e.f/g--h"),
        ("[::1]:5000/web", "[::1]:5000/web"),
        ("[::1]/web", "[::1]/web"),
        ("host.io:65535/web", "host.io:65535/web"),
        ("1.2.3.4/web", "1.2.3.4/web"),
        ("ghcr.io", "docker.io/library/ghcr.io"),
        ("x" * 247, "docker.io/library/" + "x" * 247),
    ],
)
def test_repositories(text: str, means: str) -> None:
    found = parse_repository(text)
    assert found is not None
    assert (str(found), found.written) == (means, text)
    assert found == parse_repository(means)
    assert found.last_segment == means.rpartition("/")[2]


def test_two_repositories_are_equal_when_they_mean_the_same() -> None:
    assert Repository("a", "b", "one") == Repository("a", "b", "two")
    assert len({Repository("a", "b", "one"), Repository("a", "b", "two")}) == 1


@pytest.mark.parametrize("text", ["", "-a", ".a", "a b", "a:b", "a/b", "a\n", "é", "a" * 129])
def test_what_is_no_tag(text: str) -> None:
    assert not is_tag(text)


@pytest.mark.parametrize("text", ["a", "_", "0", "1.10", "A-b_c.d", "a" * 128])
def test_tags(text: str) -> None:
    assert is_tag(text)


@pytest.mark.parametrize(
    "text", ["", "sha256:", D[:-1], D + "0", D.upper(), "md5:" + "0" * 32, D512[:-1], D + "\n", "0a" * 32]
)
def test_what_is_no_digest(text: str) -> None:
    assert not is_digest(text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ("", None, None)),
        ("a", ("a", None, None)),
        ("a:", ("a", "", None)),
        ("a:1", ("a", "1", None)),
        ("h:5/a", ("h:5/a", None, None)),
        ("h:5/a:1", ("h:5/a", "1", None)),
        ("a@d", ("a", None, "d")),
        ("a@", ("a", None, "")),
        ("a:1@s:d", ("a", "1", "s:d")),
        ("a@b@c", ("a", None, "b@c")),
    ],
)
def test_split(text: str, pieces: tuple[str, str | None, str | None]) -> None:
    assert split_reference(text) == pieces


@pytest.mark.parametrize("text", ["", "A", "a:", "a:-", "a@", "a@sha256:0", f"a:1@{D}x", "a:b:c"])
def test_what_is_no_reference(text: str) -> None:
    assert parse_reference(text) is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("a", Version(None)),
        ("a:1", Version("1")),
        (f"a@{D}", Version(None, D)),
        (f"h:5/a:1@{D512}", Version("1", D512)),
    ],
)
def test_references(text: str, version: Version) -> None:
    found = parse_reference(text)
    assert found is not None
    assert found.version == version


OTHER = f"sha256:{'b' * 64}"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Version("1"), Version("2"), False),
        (Version("1", D), Version("1", OTHER), False),
        (Version("1", D), Version("2", D), False),
        # What says nothing agrees with nothing.
        (Version("1"), Version(None), False),
        (Version(None), Version("1"), False),
        (Version(None, D), Version("1"), False),
        (Version("1"), Version("1"), True),
        (Version("1", D), Version("1"), True),
        (Version("1"), Version("1", D), True),
        (Version("1", D), Version(None, D), True),
        (Version(None, D), Version(None, D), True),
    ],
)
def test_versions_agree_as_far_as_both_say_it(a: Version, b: Version, expected: bool) -> None:
    assert agree(a, b) is expected


@pytest.mark.parametrize(("a", "b"), [(Version("1"), Version(None, D)), (Version("1", D), Version("1", OTHER))])
def test_versions_that_nothing_ties_are_not_alike(a: Version, b: Version) -> None:
    assert not alike(a, b)
    assert not alike(b, a)


def test_versions_are_alike_whichever_says_more() -> None:
    more, less = Version("1", D), Version(None, D)
    assert not agree(less, more)
    assert alike(less, more)
    assert alike(more, less)


@pytest.mark.parametrize("text", ["", "@", "1@", "-1", "1@x", f"1@{D}@{D}", "a b", D])
def test_what_is_no_version(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    ("text", "short", "reference"),
    [("1.2", "1.2", "1.2"), (f"1.2@{D}", "1.2@0a0a0a0a0a0a", D), (f"@{D}", "@0a0a0a0a0a0a", D)],
)
def test_versions(text: str, short: str, reference: str) -> None:
    found = parse_version(text)
    assert found is not None
    assert (str(found), found.short, found.reference) == (text, short, reference)


def test_no_version_says_so() -> None:
    none = Version(None)
    assert (str(none), none.short, none.reference) == ("", "(none)", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web", "web"),
        ("ghcr.io:443/acme/web:1.0", "ghcr.io:443/acme/web:1.0"),
        ("web:1.0@sha256:" + "a" * 64, "web:1.0@sha256:" + "a" * 64),
        ("https://ci:hunter2@ghcr.io/acme/web", "https://…@ghcr.io/acme/web"),
        ("ci:hunter2@ghcr.io/acme/web", "…@ghcr.io/acme/web"),
        ("https://ci:hunter2@ghcr.io", "https://…@ghcr.io"),
    ],
)
def test_a_password_before_a_host_is_not_shown(text: str, shown: str) -> None:
    assert without_password(text) == shown


@given(st.text(alphabet="ab:/@.-_A[]09", max_size=20))
def test_any_text_is_a_reference_or_not(text: str) -> None:
    name, tag, digest = split_reference(text)
    assert text == name + ("" if tag is None else f":{tag}") + ("" if digest is None else f"@{digest}")
    found = parse_reference(text)
    assert found is None or str(found.repository) == str(parse_repository(str(found.repository)))
    assert found is None or (urlsplit(f"//{found.repository.host}").port or 1) > 0
