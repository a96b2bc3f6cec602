"""The third reader reads what Go reads: the tests stand on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.goyaml import Unreadable, read, read_all


@pytest.mark.parametrize(
    "data",
    [
        b"a: [1\n",
        b"a: b: c\n",
        b"\ta: 1\n",
        b"a: 1\0\n",
        b"a: \xff\n",
        b"a: *nobody\n",
        b"a: 1\n---\nb: [\n",
        b"'a\n",
        b"? [a]\n: b\n",
    ],
)
def test_what_go_cannot_read_is_named(data: bytes) -> None:
    found = read(data)
    assert isinstance(found, Unreadable)
    assert found.why


@pytest.mark.parametrize(
    ("data", "documents"),
    [
        (b"", [None]),
        (b"# nothing\n", [None]),
        (b"a: 1\n", [{"a": 1}]),
        (b"\xef\xbb\xbfa: 1\r\n", [{"a": 1}]),
        (b"%YAML 1.1\n---\na: 1\n...\n# the end\n", [{"a": 1}]),
        (b"# above\n---\na: 1\n---\n- b\n--- c\n", [{"a": 1}, ["b"], "c"]),
        (b"a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        (b"a: |\n  --- x\n  ---\nb: 2\n", [{"a": "--- x\n---\n", "b": 2}]),
        (b"- {a: '1'}\n", [[{"a": "1"}]]),
        (b"{}\n", [{}]),
        (b"null\n--- ~\n", [None, None]),
        ("- 'a\u2028b'\n- 'c\n  d'\n".encode(), [["a\u2028b", "c d"]]),
        (b"web:1.4.0\n", ["web:1.4.0"]),
        (b'"1.10"\n', ["1.10"]),
        # Where the readers differ.
        (b"[yes, y, on, 0b1, 0o7, 010, 1_000, 1.10, 0e1]\n", [[True, True, True, 1, 7, 8, 1000, 1.1, 0]]),
        (b"[2024-06-27, 1:30, 'yes', \"010\", v1]\n", [["2024-06-27", "1:30", "yes", "010", "v1"]]),
        ("a: 'x\u2028y'\n".encode(), [{"a": "x\u2028y"}]),
        (b"a: &x {b: 1}\nc:\n  <<: *x\n", [{"a": {"b": 1}, "c": {"b": 1}}]),
    ],
)
def test_go_reads(data: bytes, documents: list[Any]) -> None:
    assert read(data) == documents
    assert read_all([data, data]) == [documents, documents]
