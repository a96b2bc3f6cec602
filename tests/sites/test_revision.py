from __future__ import annotations

import pytest

from promote.sites.revision import repository_of
from tests.sites.objects import barred, found, fragments, rewritten

FILE = b"kustomization.yaml"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("github.com/acme/web", "github.com/acme/web"),
        ("https://github.com/acme/web//deploy/base", "github.com/acme/web/deploy/base"),
        ("https://github.com/acme/web.git//deploy?ref=v1", "github.com/acme/web.git/deploy"),
        ("https://user:token@github.com/acme/web", "github.com/acme/web"),
        ("ssh://git@github.com/acme/web", "github.com/acme/web"),
        ("ssh://git@github.com:22/acme/web", "github.com:22/acme/web"),
        ("git@github.com:acme/web.git//x", "github.com/acme/web.git/x"),
        ("git::https://github.com/acme/web/", "github.com/acme/web"),
        ("../base", "../base"),
    ],
)
def test_where_a_url_leads(url: str, place: str) -> None:
    assert repository_of(url) == place


@pytest.mark.parametrize(
    "item",
    [
        "../base?ref=1.0",
        "https://github.com/acme/web//deploy",
        "https://github.com/acme/webshop//deploy?ref=1.0",
        "https://github.com/other/web//deploy?ref=1.0",
        "https://github.com/acme/web//deploy?version=1.0",
        # Written in another way than it means: not ours to splice.
        "https://github.com/acme/web//deploy?ref=1%2e0",
        "[https://github.com/acme/web?ref=1.0]",
    ],
)
def test_what_is_no_revision_of_the_app(item: str) -> None:
    assert found(f"resources:\n- {item}\n", FILE) == []


@pytest.mark.parametrize("key", ["resources", "bases", "components"])
@pytest.mark.parametrize(
    "item",
    [
        "https://github.com/acme/web//deploy?ref=%s",
        "'https://github.com/acme/web//deploy?timeout=9s&ref=%s&submodules=false'",
        "git@github.com:acme/web.git//deploy?ref=%s",
        "GitHub.com/Acme/web/deploy?ref=%s#x",
    ],
)
def test_the_ref_of_a_remote_resource(key: str, item: str) -> None:
    text = f"{key}:\n- {item % 'v1.0.0'} # c\n"
    assert found(text, FILE) == ["revision - v1.0.0 -"]
    assert [each.app for each in fragments(text, FILE)] == ["web"]
    assert rewritten(text, "v2.0.0", FILE) == text.replace("v1.0.0", "v2.0.0")


def test_11_6_a_revision_that_cannot_be_edited_bars_its_app() -> None:
    (bar,) = barred("resources: [&x 'https://github.com/acme/web?ref=1.0', *x]\n", FILE)[:1]
    assert (bar.code, bar.app) == ("anchor", "web")
