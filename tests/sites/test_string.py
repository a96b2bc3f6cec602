from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.sites.reading import Bar, Reading, Spot
from promote.sites.site import Barred, Fragment
from promote.sites.string import tag_and_digest, whole
from promote.text.part import Part
from promote.text.scalar import spell
from tests.readback import EVERYTHING, check_rewritten, check_values, node_at, stream_of, told

D = "sha256:" + "0a" * 32
E = "sha256:" + "0b" * 32


def _spot(reading: Reading) -> Spot:
    return Spot(node_at(reading.document, ("k",)), ("k",), None)


def _whole(text: str, *, bare: bool = True) -> Fragment | Barred | None:
    stream = stream_of(f"k: {text}\n".encode())
    reading = Reading(stream, stream.documents[0], "test")
    return whole(reading, _spot(reading), EVERYTHING, ("k",), bare=bare)


@pytest.mark.parametrize(
    "text", ["[a]", "{a: b}", "''", "Not An Image", "http://example.com/x", "a/b/", "3.5/", "//x", D]
)
def test_what_is_no_image(text: str) -> None:
    assert _whole(text) is None


def test_2_3_a_bare_name_counts_only_where_it_may() -> None:
    assert _whole("nginx", bare=False) is None
    assert isinstance(_whole("nginx"), Fragment)


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("nginx", "nginx + +"),
        ("nginx:1.25", "nginx 1.25 +"),
        ("'nginx:1.25'", "nginx 1.25 +"),
        ('"nginx:1.25"', "nginx 1.25 +"),
        ("localhost:5000/web:1", "localhost:5000/web 1 +"),
        ("registry:5000/web", "registry:5000/web + +"),
        (f"nginx@{D}", f"nginx + {D}"),
        (f"nginx:1@{D}", f"nginx 1 {D}"),
        ("nginx:1@sha256:0", "not-a-reference"),
        (f"'nginx:{'x' * 129}'", "not-a-reference"),
        ("'nginx:'", "not-a-reference"),
        ('"nginx:1\\t"', "not-a-reference"),
        ('"nginx:1\\x30"', "escaped"),
        ("nginx:{{x}}", "template"),
        ("nginx:${X}", "template"),
    ],
)
def test_pieces(text: str, hit: str) -> None:
    found = _whole(text)
    assert found is not None
    assert told(found) == hit


@pytest.mark.parametrize(
    ("text", "tag", "digest"),
    [
        ("1.2", "1.2", None),
        ("''", "", None),
        (f"1.2@{D}", "1.2", D),
        (f"'@{D}'", "", D),
        # No digest: the whole is taken for a tag, and replaced whole.
        ("1.2@sha256:0", "1.2@sha256:0", None),
        ("'a b@c'", "a b@c", None),
    ],
)
def test_a_tag_with_its_digest(text: str, tag: str, digest: str | None) -> None:
    stream = stream_of(f"k: {text}\n".encode())
    reading = Reading(stream, stream.documents[0], "test")
    found = tag_and_digest(reading, node_at(stream.documents[0], ("k",)), ("k",), None)
    assert not any(isinstance(part, Bar) for part in found)
    assert [part.value if isinstance(part, Part) else None for part in found] == [tag, digest]


NAMES = st.sampled_from(["nginx", "acme/web", "ghcr.io/acme/web", "localhost:5000/a-b__c", "[::1]:5000/x"])
TAGS = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,30}\Z")


@given(
    NAMES,
    st.none() | TAGS,
    st.none() | st.just(D),
    TAGS,
    st.sampled_from(["single", "double"]),
    st.sampled_from(["", "é🚀", "\ufeff"]),
)
def test_whatever_the_pieces_they_are_rewritten_within_the_string(
    name: str, tag: str | None, digest: str | None, new: str, style: str, head: str
) -> None:
    def written(tag: str | None, digest: str | None) -> str:
        return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")

    quoted = spell(written(tag, digest), "single" if style == "single" else "double")
    before = b"" if head == "\ufeff" else f"# {head}\n".encode()
    data = (b"\xef\xbb\xbf" if head == "\ufeff" else b"") + before + b"k: " + quoted + b" # c\n"
    stream = stream_of(data)
    reading = Reading(stream, stream.documents[0], "test")
    found = whole(reading, _spot(reading), EVERYTHING, ("k",), bare=True)
    assert isinstance(found, Fragment)
    assert found.tag is not None
    assert found.digest is not None
    after = check_rewritten(stream, [(found.tag, new), (found.digest, E)])
    assert after == data.replace(quoted, spell(written(new, E), "single" if style == "single" else "double"))
    check_values(data, after, {(0, "k"): written(new, E)})
