"""Words of the command line that mean apps."""

from __future__ import annotations

import pytest

from promote.config.named import apps_named, wish
from promote.errors import UsageError
from tests.config.loading import loaded

CONFIG = (
    "version: 1\n"
    'apps: {"svc-*": {image: "ghcr.io/acme/{app}"}, svc-old: {image: ghcr.io/old}, web: {image: ghcr.io/acme/web}}\n'
    'environments: {dev: {path: "apps/{app}/dev"}}\n'
)

RUNNING = ("web", "svc-old", "svc-mail", "svc-chat", "svc-cart")


@pytest.mark.parametrize(
    ("word", "says"),
    [
        # It went for a member of that name, which no file has: a KeyError further down.
        ("svc-x*", "'svc-x*' is a glob, and fits no app of promote.yaml and no member of svc-* that runs here; look"),
        ("svc-?", "no member of svc-* that runs here"),
        ("svc-[ab]", "no member of svc-* that runs here"),
        ("wbe", "there is no app 'wbe'; did you mean `web`?"),
        ("x*", "there is no app 'x*'"),
    ],
)
def test_1_3_what_means_no_app(word: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        apps_named(loaded(CONFIG), [word], lambda: RUNNING)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("words", "apps"),
    [
        ([], ()),
        (["w*"], ("web",)),
        (["svc-cart", "web", "w*"], ("svc-cart", "web")),
        (["ghcr.io/acme/web"], ("web",)),
        (["ghcr.io/acme/svc-mail"], ("svc-mail",)),
        (["svc-o*"], ("svc-old",)),
        (["svc-c*"], ("svc-cart", "svc-chat")),
        (["svc-*"], ("svc-old", "svc-cart", "svc-chat", "svc-mail")),
        (["svc-chat", "svc-c*"], ("svc-chat", "svc-cart")),
    ],
)
def test_1_3_what_means_apps(words: list[str], apps: tuple[str, ...]) -> None:
    assert apps_named(loaded(CONFIG), words, lambda: RUNNING) == apps


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (CONFIG, ["web", "svc-cart", "ghcr.io/acme/svc-mail"]),
        (CONFIG.replace('"svc-*": {image: "ghcr.io/acme/{app}"}, ', ""), ["w*"]),
    ],
)
def test_what_runs_is_only_looked_at_for_a_glob_that_may_mean_members(config: str, words: list[str]) -> None:
    def never() -> list[str]:
        raise AssertionError("files are read for nothing")

    assert len(apps_named(loaded(config), words, never)) == len(words)


@pytest.mark.parametrize(
    ("word", "cure"),
    [
        ("web", "'web' is no version to set; write web=TAG"),
        ("1.8.0", "'1.8.0' is no version to set; ENV comes first: write ENV dev=1.8.0"),
        ("v2", "'v2' is no version to set; ENV comes first: write ENV dev=v2"),
        ("web=", "'web=' is no version to set; write APP=TAG, APP=TAG@sha256:DIGEST or an image as registry/name:TAG"),
        ("ghcr.io/acme/web", "write APP=TAG, "),
        ("we b", "write APP=TAG, "),
    ],
)
def test_what_is_no_version_says_what_is_missing(word: str, cure: str) -> None:
    with pytest.raises(UsageError) as caught:
        wish("dev", word)
    assert cure in str(caught.value)
