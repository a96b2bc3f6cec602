"""`rewrite`: images as an environment calls them (SEMANTICS 5.4), and the pin that a policy brings (5.3)."""

from __future__ import annotations

import pytest

from promote.config.registry_name import canonical_prefix
from promote.config.rewrite import Rewrite
from promote.image import parse_repository
from tests.config.loading import loaded, mistakes


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", None),
        ("/", None),
        ("ghcr.io//acme/", None),
        ("ghcr.io/acme:1.0", None),
        ("https://ghcr.io/acme/", None),
        ("GHCR.io/Acme/", None),
        ("ghcr.io", "ghcr.io"),
        ("ghcr.io/", "ghcr.io"),
        ("GHCR.io/acme/", "ghcr.io/acme"),
        ("localhost:5000/", "localhost:5000"),
        ("acme/", "docker.io/acme"),
        ("index.docker.io/library/", "docker.io/library"),
        ("nginx", "docker.io/library/nginx"),
        ("ghcr.io/acme/web", "ghcr.io/acme/web"),
    ],
)
def test_5_4_prefixes_are_compared_by_what_they_mean(text: str, canonical: str | None) -> None:
    assert canonical_prefix(text) == canonical


@pytest.mark.parametrize(
    ("rules", "image", "here"),
    [
        # What no rule fits, by whole segments, is called as ever.
        ({"ghcr.io/acme/": "prod.example.com/acme/"}, "ghcr.io/acme-labs/web", "ghcr.io/acme-labs/web"),
        ({"ghcr.io/acme/": "prod.example.com/acme/"}, "nginx", "docker.io/library/nginx"),
        ({}, "ghcr.io/acme/web", "ghcr.io/acme/web"),
        ({"ghcr.io/acme/": "prod.example.com/acme/"}, "ghcr.io/acme/web", "prod.example.com/acme/web"),
        ({"ghcr.io/": "prod.example.com/ghcr/"}, "ghcr.io/acme/web", "prod.example.com/ghcr/acme/web"),
        ({"docker.io/": "prod.example.com/hub/"}, "nginx", "prod.example.com/hub/library/nginx"),
        ({"nginx": "prod.example.com/nginx"}, "index.docker.io/nginx", "prod.example.com/nginx"),
        # The longest that fits, in whatever order they are written.
        ({"ghcr.io/": "a.io/", "ghcr.io/acme/": "b.io/", "ghcr.io/acme/web": "c.io/w"}, "ghcr.io/acme/web", "c.io/w"),
        ({"ghcr.io/": "a.io/", "ghcr.io/acme/": "b.io/"}, "ghcr.io/acme/web", "b.io/web"),
    ],
)
def test_5_4_an_image_is_called_otherwise_in_a_mirror(rules: dict[str, str], image: str, here: str) -> None:
    repository = parse_repository(image)
    assert repository is not None
    assert str(Rewrite.of(rules).repository(repository)) == here


CONFIG = """
apps:
  web: {images: [ghcr.io/acme/web, ghcr.io/acme/web-migrate], policy: {semver: "*"}}
  "svc-*": {image: "ghcr.io/acme/{app}"}
defaults: {rewrite: {ghcr.io/acme/: test.example.com/acme/}}
environments:
  dev: {path: dev, rewrite: {}}
  test: {path: test, from: dev}
  prod:
    path: prod
    from: test
    rewrite: {ghcr.io/acme/: prod.example.com/}
    apps: {web: {image: ghcr.io/acme/web2}}
"""


def test_5_4_each_environment_has_its_own_names_and_families_too() -> None:
    config = loaded(CONFIG)
    assert [[*map(str, config.app_in(name, "web").repositories)] for name in config.environments] == [
        ["ghcr.io/acme/web", "ghcr.io/acme/web-migrate"],
        ["test.example.com/acme/web", "test.example.com/acme/web-migrate"],
        ["prod.example.com/web2"],
    ]
    assert [str(config.app_in(name, "svc-a").repositories[0]) for name in config.environments] == [
        "ghcr.io/acme/svc-a",
        "test.example.com/acme/svc-a",
        "prod.example.com/svc-a",
    ]
    assert config.app_in("prod", "svc-*").patterns == ("prod.example.com/{app}",)
    assert config.app_in("prod", "svc-a").originals == config.app("svc-a").repositories


ENDS = "; expected a registry or namespace that ends with / too"


@pytest.mark.parametrize(
    ("rewrite", "told"),
    [
        ("{'': b.io/}", "1:51: expected a name as key"),
        ("{a.io//: b.io/}", "1:51: `a.io//` is no registry, namespace or image; one is like ghcr.io/acme/"),
        ("{a.io/: b.io}", f"1:58: `b.io` cannot stand for `a.io/`{ENDS}"),
        ("{a.io/x: b.io/}", "1:59: `b.io/` cannot stand for `a.io/x`; expected one without a final /"),
        ("{a.io/: 'B/C/'}", f"1:58: `B/C/` cannot stand for `a.io/`{ENDS}"),
        ("{a.io/: b.io/, A.io/: c.io/}", "1:65: `A.io/` is the same as `a.io/`"),
        ("{nginx: docker.io/library/nginx}", "1:58: `docker.io/library/nginx` is what it is called anyway"),
        ("[a.io/]", "1:50: expected a mapping, found a list"),
    ],
)
def test_what_is_no_rewrite(rewrite: str, told: str) -> None:
    assert mistakes(f"environments: {{production: {{path: prod, rewrite: {rewrite}}}}}") == [told]


def test_2_1_two_images_must_not_become_one() -> None:
    text = "apps: {a: {image: x.io/n/web}, b: {image: y.io/n/web}}\nenvironments:\n  prod: {path: p, rewrite: %s}"
    both = "{x.io/: m.io/, y.io/: m.io/}"
    assert mistakes(text % both) == ["3:28: `y.io/n/web` and `x.io/n/web` are both `m.io/n/web` in `prod`"]
    assert mistakes(text % "{x.io/: m.io/x/, y.io/: m.io/y/}") == []


@pytest.mark.parametrize(
    ("app", "pin"),
    [
        ("policy: {order: {digest: main}}", "digest"),
        ("policy: {order: {digest: main}}, pin: keep", "keep"),
        ("policy: {order: {digest: main}}, pin: both", "both"),
        ("policy: {semver: '*'}", "keep"),
        ("pin: tag", "tag"),
    ],
)
def test_5_3_what_follows_a_digest_pins_it_unless_it_says_otherwise(app: str, pin: str) -> None:
    assert loaded(f"apps: {{web: {{image: a, {app}}}}}").app("web").pin == pin


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("apps: {w: {image: a, pin: tag, policy: {order: {digest: main}}}}", "1:27"),
        ("apps: {w: {image: a, policy: {order: {digest: main}}}}\ndefaults: {pin: tag}", "1:30"),
        (
            "apps: {w: {image: a, pin: tag, policy: {semver: '*'}}}\n"
            "environments: {dev: {path: d, apps: {w: {policy: {order: {digest: main}}}}}}",
            "2:50",
        ),
    ],
)
def test_a_digest_is_not_followed_where_none_is_written(text: str, told: str) -> None:
    assert mistakes(text) == [f"{told}: `pin: tag` writes no digest, and a digest is all that this policy follows"]


def test_11_1_immutable_tags_are_overridden_as_any_key() -> None:
    config = loaded(
        """
        apps: {a: {image: a, immutable_tags: false}, b: {image: b}}
        defaults: {immutable_tags: true}
        environments: {dev: {path: d, apps: {b: {immutable_tags: false}}}}
        """
    )
    assert [config.app(name).immutable_tags for name in "ab"] == [False, True]
    assert [config.app_in("dev", name).immutable_tags for name in "ab"] == [False, False]
