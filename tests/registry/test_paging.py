from __future__ import annotations

import pytest

from promote.errors import RegistryUnreachable
from promote.registry.paging import is_senseless, may_be_cut_off, next_page

PAGE = "https://registry.example.com:5000/v2/acme/web/tags/list?n=2"


LIST = "/v2/acme/web/tags/list"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("garbage", None),
        (f'<{LIST}?last=a>; rel="prev"', None),
        (f'<{LIST}?last=b&n=2>; rel="next"', "last=b&n=2"),
        (f"<{LIST}?last=b>; rel=next", "last=b"),
        # without `rel`, as some servers send it; but one that has it goes first
        (f"<{LIST}?last=b>", "last=b"),
        (f'<{LIST}?last=a>, <{LIST}?last=b>; rel="next"', "last=b"),
        (f'</v2/p>; rel="prev", <{LIST}?last=a,b>; title="t;,"; REL="start Next"', "last=a,b"),
        ('<?last=b>; rel="next"', "last=b"),
        ('<list?last=b>; rel="next"', "last=b"),
        (f'<https://registry.example.com:5000{LIST}?last=b>; rel="next"', "last=b"),
        (f'<{LIST}?last=b#x>; rel="next"', "last=b"),
        (f'<{LIST}/?last=b>; rel="next"', "last=b"),
        ('</v2/acme%2Fweb/tags/list?last=b%2Fc>; rel="next"', "last=b%2Fc"),
        # Quay's cursor, ECR's, and one without `n`
        (f'<{LIST}?n=50&next_page=gAAAA==>; rel="next"', "n=50&next_page=gAAAA=="),
        # a registry that does not know of the TLS before it: its host is kept to, its scheme is not
        (f'<http://registry.example.com{LIST}?last=b>; rel="next"', "last=b"),
        # Artifactory forgets its repository's key (RTFACT-18971); by another way in it names its own path
        ('</v2/web/tags/list?last=10000&n=10000>; rel="next"', "last=10000&n=10000"),
        (
            '<https://registry.example.com/artifactory/api/docker/acme/v2/web/tags/list?last=b&n=2>; rel="next"',
            "last=b&n=2",
        ),
        # Nexus, by the port of one repository
        (f'<http://registry.example.com:5000/repository/hub{LIST}?n=2&last=b>; rel="next"', "n=2&last=b"),
        # without its first slash
        (f'<{LIST[1:]}?last=b>; rel="next"', "last=b"),
    ],
)
def test_the_next_page_is_found_where_the_page_itself_was(header: str, expected: str | None) -> None:
    url = None if expected is None else f"https://registry.example.com:5000{LIST}?{expected}"
    assert next_page(header, PAGE) == url


@pytest.mark.parametrize(
    "target",
    [
        f"https://evil.example.com{LIST}",
        f"//evil.example.com{LIST}",
        f"https://registry.example.com:6000{LIST}",
        "https://registry.example.com:5000@evil.example.com/",
        f"https://user:s3cret@registry.example.com:5000{LIST}",
        "file:///etc/passwd",
    ],
)
def test_a_next_page_elsewhere_is_refused(target: str) -> None:
    with pytest.raises(RegistryUnreachable, match="another host") as caught:
        next_page(f'<{target}>; rel="next"', PAGE)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "target",
    [
        "/v2/acme/api/tags/list?last=b",
        "/v2/eve/acme/web/tags/list?last=b",
        "/v2/acme/web-api/tags/list?last=b",
        "/v2/eb/tags/list?last=b",
        "/v2//tags/list?last=b",
        "/v2/acme/web/../api/tags/list?last=b",
        "../../api/tags/list?last=b",
        "/v2/_catalog?last=b",
        "/v2/acme/web/manifests/1.0",
        "https://registry.example.com:5000/",
        "garbage",
    ],
)
def test_a_next_page_of_another_repository_is_refused(target: str) -> None:
    with pytest.raises(RegistryUnreachable, match="its next page is of another repository, 'https://registry"):
        next_page(f'<{target}>; rel="next"', PAGE)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", False),
        (" ", False),
        ('</v2/p>; rel="prev"', False),
        (f'<{LIST}?last=b>; rel="next"', False),
        ("</v2/x?last=b>; rel=next", False),
        ("garbage", True),
        (f"{LIST}?last=b", True),
        (f'{LIST}?last=b; rel="next"', True),
        ('<>; rel="next"', True),
        ("< >", True),
        ("<https://[broken>", True),
        ('<https://registry.example.com:notaport/>; rel="next"', True),
        ('<https://registry.example.com:99999/>; rel="next"', True),
    ],
)
def test_what_nobody_understands_is_no_link(header: str, expected: bool) -> None:
    assert is_senseless(header, PAGE) is expected
    if expected:
        assert next_page(header, PAGE) is None


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, False),
        (7, False),
        (30, False),
        (999, False),
        (1001, False),
        (5000, False),  # more than was asked for: this server knows no pages
        (10, True),
        (20, True),
        (50, True),
        (100, True),
        (1000, True),
    ],
)
def test_a_page_without_a_link_may_be_cut_off(count: int, expected: bool) -> None:
    assert may_be_cut_off(count, 1000) is expected
