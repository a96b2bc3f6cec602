from __future__ import annotations

import pytest

from promote.errors import RegistryUnreachable
from promote.registry.paging import is_doubtful, next_page

PAGE = "https://registry.example.com:5000/v2/acme/web/tags/list?n=2"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("garbage", None),
        ('</v2/a>; rel="prev"', None),
        ('</v2/acme/web/tags/list?last=b&n=2>; rel="next"', "/v2/acme/web/tags/list?last=b&n=2"),
        ("</v2/x?last=b>; rel=next", "/v2/x?last=b"),
        # without `rel`, as some servers send it; but one that has it goes first
        ("</v2/a?last=b>", "/v2/a?last=b"),
        ('</v2/p>, </v2/x?last=b>; rel="next"', "/v2/x?last=b"),
        ('</v2/p>; rel="prev", </v2/x?last=a,b>; title="t;,"; REL="start Next"', "/v2/x?last=a,b"),
        ('<?last=b>; rel="next"', "/v2/acme/web/tags/list?last=b"),
        ('<https://registry.example.com:5000/v2/x>; rel="next"', "/v2/x"),
        # a registry that does not know of the TLS before it: its host is kept to, its scheme is not
        ('<http://registry.example.com/v2/x>; rel="next"', "/v2/x"),
    ],
)
def test_the_next_page_is_found(header: str, expected: str | None) -> None:
    url = None if expected is None else "https://registry.example.com:5000" + expected
    assert next_page(header, PAGE) == url


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example.com/v2/x",
        "//evil.example.com/v2/x",
        "https://registry.example.com:6000/v2/x",
        "https://registry.example.com:5000@evil.example.com/",
        "https://user:s3cret@registry.example.com:5000/v2/x",
        "file:///etc/passwd",
        "https://[broken",
        "https://registry.example.com:notaport/",
    ],
)
def test_a_next_page_elsewhere_is_refused(target: str) -> None:
    with pytest.raises(RegistryUnreachable, match="another host") as caught:
        next_page(f'<{target}>; rel="next"', PAGE)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "count", "expected"),
    [
        ("", 0, False),
        ("", 7, False),
        ("", 30, False),
        ("", 999, False),
        ("", 1001, False),
        ("", 5000, False),  # more than was asked for: this server knows no pages
        ('</v2/p>; rel="prev"', 7, False),
        ("", 10, True),
        ("", 20, True),
        ("", 50, True),
        ("", 100, True),
        ("", 1000, True),
        ("garbage", 7, True),
        ("/v2/x?last=b", 0, True),
    ],
)
def test_a_page_without_a_link_may_be_cut_off(header: str, count: int, expected: bool) -> None:
    assert is_doubtful(header, count, 1000) is expected
