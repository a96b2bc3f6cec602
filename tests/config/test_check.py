from __future__ import annotations

import pytest

from promote.config.graph import cycles, overlap
from tests.config.loading import loaded, mistakes

IMAGE = "is no image repository; expected one like ghcr.io/acme/web"
NAME = "is no name: letters, digits, `.`, `_` and `-`"
BEGIN = ", beginning with a letter, a digit or `_`"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # apps
        ("apps: {web: {}}", ["1:13: one of `image`, `images` is missing"]),
        ("apps: {web: {image: a, images: [b]}}", ["1:13: only one of `image`, `images` may be given"]),
        ("apps: {web: {images: []}}", ["1:22: expected at least one image"]),
        (
            "apps: {web: {images: [a, docker.io/library/a]}}",
            ["1:26: the image `docker.io/library/a` stands here twice"],
        ),
        ("apps: {web: {image: GHCR.io/Acme/web}}", [f"1:21: the image `GHCR.io/Acme/web` {IMAGE}"]),
        (
            "apps: {web: {image: 'a:1.0'}}",
            ["1:21: the image `a:1.0` names a version; only the repository belongs here: a"],
        ),
        ("apps: {web: {image: ''}}", [f"1:21: the image `` {IMAGE}"]),
        ("apps: {'we b': {image: a}}", [f"1:8: `we b` {NAME}{BEGIN}"]),
        ("apps: {-web: {image: a}}", [f"1:8: `-web` {NAME}{BEGIN}"]),
        ("apps: {we/b: {image: a}}", [f"1:8: `we/b` {NAME}{BEGIN}"]),
        ("apps: {..: {image: a}}", [f"1:8: `..` {NAME}{BEGIN}"]),
        ("apps: {web: {image: a, aliases: ['']}}", ["1:34: an alias cannot be empty or hold a line break"]),
        ("apps: {web: {image: a, path: '!b'}}", ["1:30: takes nothing: every path begins with !"]),
        ("apps: {web: {image: a, path: '{x}'}}", ["1:30: unknown placeholder `{x}`; known here: app, environment"]),
        ("apps: {web: {image: a, vars: {app: x}}}", ["1:36: the var `app` cannot be named so: {app} is promote's own"]),
        (
            "apps: {web: {image: a, vars: {x: a/b}}}",
            ["1:34: the var `x` must be one path segment: no `/`, no wildcard, not empty"],
        ),
        (
            "apps: {web: {image: a, vars: {x: ..}}}",
            ["1:34: the var `x` must be one path segment: no `/`, no wildcard, not empty"],
        ),
        (
            "apps: {web: {image: a, vars: {x: '*'}}}",
            ["1:34: the var `x` must be one path segment: no `/`, no wildcard, not empty"],
        ),
        (
            "apps: {web: {image: a, vars: {x-y: b}}}",
            ["1:36: the var `x-y` is no name for a placeholder: letters, digits and `_`, beginning with a letter"],
        ),
        # environments
        ("environments: {pro d: {path: a}}", [f"1:16: `pro d` {NAME}, and {{placeholder}}{BEGIN}"]),
        (
            "environments: {'a{app}': {path: '{app}'}}",
            ["1:16: `a{app}` cannot hold {app} or {environment}: no folder tells their value"],
        ),
        (
            "environments: {'a-{x}': {path: a}}",
            ["1:32: no path holds the placeholders of `a-{x}`: nothing tells its folders"],
        ),
        ("environments: {dev: {path: []}}", ["1:28: takes nothing: it needs one path without a leading !"]),
        ("environments: {dev: {path: ['!a']}}", ["1:28: takes nothing: it needs one path without a leading !"]),
        ("environments: {dev: {path: ''}}", ["1:28: the path `` is empty; the whole repository is `.`"]),
        ("environments: {dev: {path: a/../../b}}", ["1:28: the path `a/../../b` leads out of the repository"]),
        (
            "environments: {dev: {path: '!../b'}}",
            [
                "1:28: the path `!../b` leads out of the repository",
                "1:28: takes nothing: it needs one path without a leading !",
            ],
        ),
        (
            "environments: {dev: {path: ~root}}",
            ["1:28: the path `~root` is absolute; paths begin at the repository's root"],
        ),
        (
            "environments: {dev: {path: 'a\\b'}}",
            ["1:28: the path `a\\b` holds a backslash; segments are separated by /"],
        ),
        ('environments: {dev: {path: "a\\nb"}}', ["1:28: the path `a\\nb` holds a line break"]),
        ("environments: {dev: {path: '{a,b}'}}", ["1:28: the path `{a,b}` holds a brace that is no {placeholder}"]),
        ("environments: {dev: {path: '{ap}/x'}}", ["1:28: unknown placeholder `{ap}`, did you mean `app`?"]),
        (
            "environments: {dev: {path: a, ignore: [/b]}}",
            ["1:40: the path `/b` is absolute; paths begin at the repository's root"],
        ),
        (
            "environments: {dev: {path: a, ignore: ['!b']}}",
            ["1:40: the path `!b` needs no !: what stands here is left out anyway"],
        ),
        (
            "environments: {dev: {path: a, ignore: ['{z}']}}",
            ["1:40: unknown placeholder `{z}`; known here: app, environment"],
        ),
        (
            "environments: {dev: {path: a, from: dev}}",
            ["1:37: environments take from each other in a circle: dev → dev"],
        ),
        ("environments: {dev: {path: a, from: [dev]}}", ["1:37: expected a string, found a list"]),
        ("environments: {dev: {path: a, from: prod}}", ["1:37: there is no environment `prod`; known here: dev"]),
        (
            "environments: {dev: {path: a}, b: {path: b, source: none, from: dev}}",
            ["1:45: `source` and `from` both say whence versions come; keep one of them"],
        ),
        (
            "environments: {'a-{x}': {path: '{x}'}, b: {path: b, from: 'a-{x}'}}",
            ["1:59: `{x}` is no placeholder of `b`"],
        ),
        (
            "environments: {dev: {path: a, shared_with: [tset]}, test: {path: b}}",
            ["1:45: there is no environment `tset`, did you mean `test`?"],
        ),
        ("defaults: {shared_with: [x]}", ["1:26: there is no environment `x`"]),
        ("environments: {dev: {path: a, branch: -x}}", ["1:39: `-x` is no branch name"]),
        ("environments: {dev: {path: a, branch: a..b}}", ["1:39: `a..b` is no branch name"]),
        ("environments: {dev: {path: a, branch: a b}}", ["1:39: `a b` is no branch name"]),
        ('environments: {dev: {path: a, branch: "a\\nb"}}', ["1:39: `a\\nb` is no branch name"]),
        ("environments: {dev: {path: a, branch: x.lock}}", ["1:39: `x.lock` is no branch name"]),
        (
            "environments: {dev: {path: a, repo: --upload-pack=x}}",
            ["1:37: `repo` is no repository: expected a URL or a path"],
        ),
        ("defaults: {branch: -x}", ["1:20: `-x` is no branch name"]),
        ("environments: {dev: {path: a, apps: {web: {pin: tag}}}}", ["1:38: there is no app `web`"]),
        # targets
        ("targets: [{app: web, file: a, path: b}]", ["1:17: there is no app `web`"]),
        ("targets: [{file: a, path: b}]", ["1:11: `app` is missing; expected a string"]),
        (
            "apps: {w: {image: a}}\ntargets: [{app: w, file: ../a, path: b}]",
            ["2:26: the path `../a` leads out of the repository"],
        ),
        (
            "apps: {w: {image: a}}\ntargets: [{app: w, file: '!a', path: b}]",
            ["2:26: the path `!a` cannot begin with !"],
        ),
        (
            "apps: {w: {image: a}}\ntargets: [{app: w, file: a, path: 'b['}]",
            ["2:35: `b[` is no YAML path: column 2 of the path 'b[' cannot be read"],
        ),
        (
            "apps: {w: {image: a}}\ntargets: [{app: w, file: '{f}', path: '{g'}]",
            [
                "2:26: unknown placeholder `{f}`; known here: app, environment",
                "2:39: `{g` holds a brace that is no {placeholder}",
            ],
        ),
        # registries
        ("registries: {acme/web: {}}", ["1:14: `acme/web` is no registry's host; expected one like ghcr.io"]),
        (
            "registries: {docker.io: {}, index.docker.io: {}}",
            ["1:29: `index.docker.io` is the same registry as `docker.io`"],
        ),
        ("registries: {a.io: {username: x}}", ["1:21: `username` needs a `password` beside it"]),
        ("registries: {a.io: {password: {env: PROMOTE_X}}}", ["1:21: `password` needs a `username` beside it"]),
        (
            "registries: {a.io: {username: u, password: {env: PROMOTE_X}, plain_http: true}}",
            ["1:62: a password is never sent without TLS; leave out one of them"],
        ),
        (
            "registries: {a.io: {ca: x.pem, plain_http: true}}",
            ["1:21: `ca` says nothing with `plain_http: true`; leave out one of them"],
        ),
        ("registries: {a.io: {ca: ''}}", ["1:25: expected a file of PEM certificates"]),
        ("registries: {a.io: {token_hosts: [b.io, 'b.io:1']}}", ["1:41: `b.io:1` is no host's name without a port"]),
        ("registries: {a.io: {layout: ' '}}", ["1:29: expected the path of a folder"]),
        ("registries: {a.io: {layout: x, ca: y}}", ["1:32: `ca` says nothing beside `layout`; leave out one of them"]),
        # commit
        (
            "commit: {author: Promote}",
            ["1:18: `Promote` is no author; expected one like Promote <promote@example.com>"],
        ),
        ("commit: {message: ' '}", ["1:19: expected a template, found nothing but space"]),
        ("commit: {group: env}", ["1:17: expected one of run, environment, app, found `env`"]),
    ],
)
def test_what_does_not_fit_is_told_where_it_stands(text: str, told: list[str]) -> None:
    assert mistakes(text) == told


def test_a_circle_of_environments_is_named_in_order_and_once() -> None:
    told = mistakes(
        """
        environments:
          dev: {path: dev}
          a: {path: a, from: c}
          b: {path: b, from: a}
          c: {path: c, from: b}
          d: {path: d, from: c}
        """
    )
    assert told == ["3:22: environments take from each other in a circle: a → c → b → a"]


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    told = mistakes("environments: {dev: {path: a, repo: 'https://me:hunter2@git.example.com/x.git'}}")
    assert told == ["1:37: `repo` holds a password; leave it out and let Git's credential helpers know it"]


def test_loopback_may_have_a_password_without_tls() -> None:
    assert mistakes("registries: {'127.0.0.1:5000': {username: u, password: {env: PROMOTE_X}, plain_http: true}}") == []


def test_two_images_in_an_override_are_one_too_many() -> None:
    told = mistakes(
        """
        apps: {web: {image: a}}
        environments: {dev: {path: a, apps: {web: {image: b, images: [c]}}}}
        """
    )
    assert told == ["2:54: only one of `image`, `images` may be given"]


def test_a_var_that_one_app_lacks_is_told() -> None:
    text = """
        apps:
          web: {image: ghcr.io/acme/web, vars: {dir: frontend}}
          api: {image: ghcr.io/acme/api}
        environments:
          dev: {path: "apps/{dir}/dev"}
        """
    assert mistakes(text) == ["5:15: `{dir}` has no value for the app `api`"]
    assert mistakes(text.replace('dev"}', 'dev", vars: {dir: other}}')) == []


def test_a_var_that_one_environment_lacks_is_told() -> None:
    told = mistakes(
        """
        apps: {web: {image: ghcr.io/acme/web, path: "{zone}/**"}}
        environments:
          dev: {path: dev, vars: {zone: a}}
          test: {path: test}
        """
    )
    assert told == ["1:45: `{zone}` has no value in the environment `test`"]


def test_too_many_environments_are_one_mistake() -> None:
    lines = ["environments:", *(f"  e{place}: {{path: a}}" for place in range(1_001))]
    assert mistakes("\n".join(lines)) == ["1:1: more than 1000 environments stand here"]


@pytest.mark.parametrize(
    ("edges", "circles"),
    [
        ({}, ()),
        ({"a": "b"}, ()),
        ({"a": "a"}, (("a", "a"),)),
        ({"a": "b", "b": "a", "c": "c"}, (("a", "b", "a"), ("c", "c"))),
        ({"x": "a", "a": "b", "b": "a"}, (("a", "b", "a"),)),
    ],
)
def test_cycles(edges: dict[str, str], circles: tuple[tuple[str, ...], ...]) -> None:
    assert cycles(edges) == circles


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [
        ("*", "*", True),
        ("web-*", "*-api", True),
        ("web-*", "job-*", False),
        ("a*b", "a", False),
        ("a*b", "ab", True),
        ("*", "", True),
        ("a*", "*b*c", True),
        ("a*d", "*b*c", False),
    ],
)
def test_overlap(a: str, b: str, *, both: bool) -> None:
    assert overlap(a, b) is both
    assert overlap(b, a) is both


def test_nothing_but_a_version_is_a_configuration() -> None:
    assert dict(loaded("version: 1").apps) == {}
