from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from promote.config.load import implicit, load
from promote.config.scope import claims_of
from promote.config.settings import CommitSettings
from promote.errors import ConfigError, Mistake, UsageError
from promote.image import Repository
from promote.policy.settings import PolicySettings
from promote.sites.wanted import Wanted
from tests.config.loading import loaded, mistakes

FULL = """
version: 1
apps:
  web:
    images: [ghcr.io/acme/web, ghcr.io/acme/web-migrate]
    aliases: [web]
    path: "apps/web/**"
    vars: {dir: web-frontend}
    policy:
      filter: {match: '^main-(?P<n>\\d+)-[0-9a-f]{7}$', extract: '{n}', allow: ['main-*'], ignore: ['*-rc*']}
      direction: asc
      order: numeric
    pin: keep
    imagepolicy: flux-system:web-prod
    refs: [github.com/acme/web]
  "*": {image: "ghcr.io/acme/{app}", imagepolicy: "flux-system:{app}", refs: ["github.com/acme/{app}"]}
defaults: {deliver: commit, vars: {dir: other}}
environments:
  dev:
    path: ["charts/{app}/values.yaml", "clusters/dev/**", "!clusters/dev/old"]
    source: registry
    apps: {web: {policy: {semver: ">=1.4-0"}}}
  test:
    path: clusters/test
    from: dev
    ignore: ["**/generated/**"]
    shared_with: [dev]
    override: clusters/test/images.yaml
    within: "environments.{environment}"
  prod: {repo: "https://git.example.com/acme/prod-env.git", branch: main, path: ., from: test}
targets:
  - {app: web, file: "values/{environment}.yaml", path: web.image.tag}
  - {app: "*", file: "image-tags/{environment}/{app}", path: image_tag}
  - {app: web, file: "deploy/{environment}.env", regex: '^WEB_TAG=(?P<tag>\\S+)$'}
registries:
  registry.example.com: {username: ci, password: {env: PROMOTE_REGISTRY_PASSWORD}, ca: ca.pem, plain_http: false}
  offline.example.com: {layout: images}
commit:
  message: "{{ environment }}: {{ summary }}"
  author: "Promote <promote@example.com>"
  group: environment
"""

TWO = """
apps:
  web: {image: nginx}
  api: {image: docker.io/library/nginx}
environments: {dev: {path: dev}}
"""


def test_the_whole_of_a_file_becomes_values() -> None:
    config = loaded(FULL)
    assert list(config.apps) == ["web", "*"]
    web = config.apps["web"]
    assert [str(each) for each in web.repositories] == ["ghcr.io/acme/web", "ghcr.io/acme/web-migrate"]
    assert (web.aliases, web.path, web.pin, dict(web.vars)) == (
        ("web",),
        ("apps/web/**",),
        "keep",
        {"dir": "web-frontend"},
    )
    assert (web.imagepolicy, web.refs) == ("flux-system:web-prod", ("github.com/acme/web",))
    assert isinstance(web.policy, PolicySettings)
    assert web.policy.kind == "numeric"
    dev, test, prod = config.environments.values()
    assert dev.layers == ("charts/{app}/values.yaml", "clusters/dev/**")
    assert dev.excludes == ("clusters/dev/old",)
    assert (dev.source, dev.from_, dev.deliver, dict(dev.vars)) == ("registry", None, "commit", {"dir": "other"})
    assert (test.source, test.from_, test.shared_with, test.ignore) == (
        "environment",
        "dev",
        ("dev",),
        ("**/generated/**",),
    )
    assert (prod.repo, prod.branch, prod.layers) == ("https://git.example.com/acme/prod-env.git", "main", (".",))
    assert (test.override, test.within) == ("clusters/test/images.yaml", "environments.{environment}")
    assert (dev.override, dev.within) == (None, None)
    assert [(each.app, each.path, each.regex) for each in config.targets] == [
        ("web", "web.image.tag", None),
        ("*", "image_tag", None),
        ("web", None, r"^WEB_TAG=(?P<tag>\S+)$"),
    ]
    assert list(config.registries) == ["registry.example.com", "offline.example.com"]
    assert config.commit == CommitSettings("{{ environment }}: {{ summary }}", "Promote <promote@example.com>")
    assert dev.at == (18, 3)
    assert config.message_at == "promote.yaml:38:3"


def test_where_the_words_of_pull_requests_stand_is_known() -> None:
    config = loaded(
        "apps: {web: {image: acme/web}}\n"
        "defaults:\n  pull_request:\n    title: a\n    body: b\n"
        "environments:\n  dev: {path: dev}\n  prod: {path: prod, pull_request: {body: c}}\n"
    )
    dev, prod = config.environment("dev"), config.environment("prod")
    assert (dev.title_at, dev.body_at) == ("promote.yaml:4:5", "promote.yaml:5:5")
    assert prod.body_at == "promote.yaml:8:37"


def test_no_value_can_be_changed() -> None:
    config = loaded(FULL)
    with pytest.raises(TypeError):
        config.apps["web"] = config.apps["*"]  # type: ignore[index]
    with pytest.raises(TypeError):
        config.apps["web"].vars["x"] = "y"  # type: ignore[index]


def test_2_1_images_are_compared_canonically_and_one_app_may_claim_each() -> None:
    told = mistakes(TWO)
    assert told == [
        "3:16: `docker.io/library/nginx` is claimed by the app `web` too (line 2); "
        "give each of them a `path` that tells them apart"
    ]


def test_2_1_an_explicit_app_wins_over_a_family_and_its_images_are_no_members() -> None:
    config = loaded(FULL)
    wanted = Wanted(claims_of(config, config.environment("dev")))
    assert wanted.apps_of(Repository("ghcr.io", "acme/web"), b"apps/web/x.yaml") == ("web",)
    assert wanted.apps_of(Repository("ghcr.io", "acme/api"), b"x.yaml") == ("api",)
    assert config.family_of("web") is None
    assert config.app("api").repositories == (Repository("ghcr.io", "acme/api"),)


def test_2_1_two_families_that_could_mean_one_app_are_refused() -> None:
    told = mistakes('apps: {"web-*": {image: "a/{app}"}, "*-api": {image: "b/{app}"}}')
    assert told == ["1:37: the families `web-*` and `*-api` can mean the same app; let their names differ"]


def test_2_2_an_alias_belongs_to_one_app() -> None:
    told = mistakes("apps: {a: {image: a, aliases: [x]}, b: {image: b, aliases: [x]}}")
    assert [each.split(" is ")[0] for each in told] == ["1:61: `x`"]


@pytest.mark.parametrize(
    ("paths", "count"),
    [(("", ""), 1), ((", path: a", ""), 1), (("", ", path: b"), 1), ((", path: a", ", path: b"), 0)],
)
def test_2_4_several_apps_may_use_one_image_where_paths_tell_them_apart(paths: tuple[str, str], count: int) -> None:
    text = TWO.replace("image: nginx", f"image: nginx{paths[0]}").replace("library/nginx", f"library/nginx{paths[1]}")
    assert len(mistakes(text)) == count


def test_2_4_a_path_in_every_environment_tells_apps_apart_too() -> None:
    text = TWO.replace("path: dev", "path: dev, apps: {web: {path: dev/web}, api: {path: dev/api}}")
    assert mistakes(text) == []


def test_2_5_any_key_of_an_app_may_be_overridden_for_one_environment() -> None:
    config = loaded(FULL)
    here, there = config.app_in("dev", "web"), config.app_in("test", "web")
    assert here.policy is not None
    assert here.policy.argument == ">=1.4-0"
    assert there == config.apps["web"]
    assert (here.repositories, here.aliases, here.path) == (there.repositories, there.aliases, there.path)


def test_2_5_an_override_may_take_a_policy_away() -> None:
    config = loaded(
        """
        apps: {web: {image: a, policy: {semver: "*"}}}
        environments: {dev: {path: dev, apps: {web: {policy: ~, image: b}}}}
        """
    )
    assert config.app_in("dev", "web").policy is None
    assert [str(each) for each in config.app_in("dev", "web").repositories] == ["docker.io/library/b"]


def test_5_1_defaults_make_nothing_automatic_that_set_alone_feeds() -> None:
    config = loaded(
        """
        defaults: {auto: true}
        environments:
          dev: {path: dev}
          hand: {path: hand, source: none}
          test: {path: test, from: hand}
        """
    )
    assert [name for name, each in config.environments.items() if each.auto] == ["dev", "test"]
    below = loaded(
        """
        defaults: {auto: true, source: none}
        environments: {dev: {path: dev}, test: {path: test, from: dev}}
        """
    )
    assert [name for name, each in below.environments.items() if each.auto] == ["test"]


def test_11_1_an_override_replaces_whole_keys_over_the_app_over_defaults() -> None:
    config = loaded(
        """
        apps:
          web: {image: a, vars: {x: "1", y: "2"}, policy: {order: numeric, filter: {allow: [a]}}}
          api: {image: b}
          off: {image: c, policy: ~, pin: tag}
        defaults: {policy: {semver: "^1"}, pin: digest, ignore: [a], vars: {p: q}}
        environments:
          dev: {path: dev, ignore: [b], apps: {web: {vars: {x: "3"}, policy: {order: numeric}, pin: both}}}
          test: {path: test, vars: {}}
        """
    )
    web = config.app_in("dev", "web")
    assert dict(web.vars) == {"x": "3"}
    assert web.policy is not None
    assert web.policy.filter.allow is UNSET
    assert web.pin == "both"
    api, off = config.app_in("dev", "api"), config.app_in("dev", "off")
    assert api.policy is not None
    assert (api.policy.argument, api.pin) == ("^1", "digest")
    assert (off.policy, off.pin) == (None, "tag")
    assert config.environment("dev").ignore == ("b",)
    assert config.environment("test").ignore == ("a",)
    assert dict(config.environment("dev").vars) == {"p": "q"}
    assert dict(config.environment("test").vars) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '"*": {image: ghcr.io/acme}',
            "1:21: the image `ghcr.io/acme` must hold {app} once: it is what the members of a family differ in",
        ),
        (
            '"*": {image: "a/{app}/{app}"}',
            "1:21: the image `a/{app}/{app}` must hold {app} once: it is what the members of a family differ in",
        ),
        ('"*": {image: "{app}.io/a"}', "1:21: the image `{app}.io/a` holds {app} in the registry's name"),
        (
            '"*": {image: "a/A{app}"}',
            "1:21: the image `a/A{app}` is no image repository with {app} in it; expected one like ghcr.io/acme/{app}",
        ),
        (
            '"*": {image: "a/{app}", aliases: [x]}',
            "1:42: a family cannot have aliases: they would mean all its members",
        ),
        ('"****": {image: "a/{app}"}', "1:8: `****` holds more than 3 *"),
        (
            'web: {image: "a/{app}"}',
            "1:21: the image `a/{app}` is a pattern; only an app whose key has a * may have one",
        ),
    ],
)
def test_11_2_a_family_has_a_star_in_its_key_and_app_in_its_image(text: str, told: str) -> None:
    assert mistakes(f"apps: {{{text}}}") == [told]


def test_11_2_what_a_family_says_of_policies_and_refs_is_filled_for_each_member() -> None:
    config = loaded(FULL.replace("apps: {web:", 'apps: {"*": {imagepolicy: "dev:{app}", refs: []}, web:'))
    api, there = config.app("api"), config.app_in("dev", "api")
    assert (api.imagepolicy, api.refs) == ("flux-system:api", ("github.com/acme/api",))
    assert (there.imagepolicy, there.refs) == ("dev:api", ())


def test_11_2_members_of_a_family_take_its_keys_and_overrides() -> None:
    config = loaded(
        """
        apps: {"svc-*": {images: ["acme/{app}", "acme/{app}-job"], pin: tag}}
        environments:
          dev: {path: dev, apps: {"svc-*": {pin: digest}, svc-b: {pin: both}}}
        """
    )
    a, b = config.app_in("dev", "svc-a"), config.app_in("dev", "svc-b")
    assert [str(each) for each in a.repositories] == ["docker.io/acme/svc-a", "docker.io/acme/svc-a-job"]
    assert (a.name, a.family, a.is_family, a.pin, b.pin) == ("svc-a", "svc-*", False, "digest", "both")
    assert config.app_in("dev", "svc-*").pin == "digest"
    assert config.app("svc-a").pin == "tag"
    with pytest.raises(UsageError, match="there is no app 'job'"):
        config.app("job")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("prd", "there is no environment 'prd'; did you mean `prod`?"),
        ("x", "there is no environment 'x'; there are: dev, prod, test"),
        ("x-*", "there is no environment 'x-*'; there are: dev, prod, test"),
        (
            "web",
            "there is no environment 'web'; there are: dev, prod, test; "
            "web is an app: --app web, of a command that has it",
        ),
    ],
)
def test_an_unknown_environment_is_told_with_those_there_are(name: str, told: str) -> None:
    config = loaded(FULL)
    with pytest.raises(UsageError) as caught:
        config.choose([name])
    assert str(caught.value) == told


def test_of_many_environments_only_some_are_told() -> None:
    config = loaded(FULL)
    many = replace(config, environments={f"e{n:04d}": config.environments["dev"] for n in range(1000)})
    with pytest.raises(UsageError) as caught:
        many.environment("x")
    assert caught.value.cure.startswith("there are: e0000, e0001, ")
    assert caught.value.cure.endswith(", e0019, and 980 more")


def test_1_3_arguments_may_be_globs() -> None:
    config = loaded(FULL)
    assert [each.name for each in config.choose(["test", "*d*"])] == ["dev", "test", "prod"]
    assert config.choose([]) == ()


def test_without_a_file_an_environment_is_a_folder() -> None:
    config = implicit("envs/dev/")
    assert [(name, each.layers, each.source) for name, each in config.environments.items()] == [
        ("envs/dev", ("envs/dev",), "none")
    ]


@pytest.mark.parametrize("folder", ["", "/etc", "../x", "a/../b", "!a", "-x", "a*", "{app}", "a\nb", "~/x"])
def test_without_a_file_what_is_no_folder_is_refused(folder: str) -> None:
    with pytest.raises(UsageError, match=r"without a promote\.yaml it is a folder"):
        implicit(folder)


def read(data: bytes) -> tuple[Mistake, ...]:
    try:
        load("promote.yaml", data, environ={})
    except ConfigError as exc:
        return exc.mistakes or (Mistake("", 0, 0, ""),)
    return ()


PIECES = st.sampled_from(
    [
        "",
        "{",
        "}",
        "[",
        "]",
        ":",
        ": ",
        "\n",
        "  ",
        "- ",
        "*",
        "&a ",
        "*a",
        "!",
        "'",
        '"',
        "#",
        "~",
        "..",
        "{app}",
        "|\n",
        "\x00",
        "é",
        "<<: ",
    ]
)
CHANGES = st.lists(st.tuples(st.integers(0, len(FULL)), st.integers(0, 30), PIECES), min_size=1, max_size=4)


@given(CHANGES)
@settings(max_examples=300, deadline=None)
def test_a_changed_file_is_read_or_told_to_be_wrong_and_nothing_else(changes: list[tuple[int, int, str]]) -> None:
    text = FULL
    for start, length, piece in changes:
        text = text[:start] + piece + text[start + length :]
    told = read(text.encode())
    places = [(each.line, each.column) for each in told]
    assert places == sorted(places)
    assert all(line >= 1 and column >= 1 for line, column in places)


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_told_to_be_wrong(data: bytes) -> None:
    assert all(each.what for each in read(data))
