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
            ["1:34: the var `x` must be one path segment: no `/`, no wildcard, not empty, at most 255 characters"],
        ),
        (
            f"apps: {{web: {{image: a, vars: {{x: {'a' * 256}}}}}}}",
            ["1:34: the var `x` must be one path segment: no `/`, no wildcard, not empty, at most 255 characters"],
        ),
        (
            "apps: {web: {image: a, vars: {x: ..}}}",
            ["1:34: the var `x` must be one path segment: no `/`, no wildcard, not empty, at most 255 characters"],
        ),
        (
            "apps: {web: {image: a, vars: {x: '*'}}}",
            ["1:34: the var `x` must be one path segment: no `/`, no wildcard, not empty, at most 255 characters"],
        ),
        (
            "apps: {web: {image: a, vars: {x-y: b}}}",
            ["1:36: the var `x-y` is no name for a placeholder: letters, digits and `_`, beginning with a letter"],
        ),
        (
            "apps: {web: {image: a, imagepolicy: web}}",
            ["1:37: the imagepolicy `web` is no policy; expected namespace:name"],
        ),
        (
            "apps: {web: {image: a, imagepolicy: 'ns:web:tag'}}",
            ["1:37: the imagepolicy `ns:web:tag` is no policy; expected namespace:name"],
        ),
        (
            "apps: {web: {image: a, imagepolicy: 'NS:web'}}",
            ["1:37: the imagepolicy `NS:web` is no policy; expected namespace:name"],
        ),
        (
            "apps: {web: {image: a, imagepolicy: 'ns:{app}'}}",
            ["1:37: the imagepolicy `ns:{app}` holds braces; only {app} in a family is filled in here"],
        ),
        (
            "apps: {w-*: {image: 'a/{app}', imagepolicy: 'ns:web'}}",
            ["1:45: the imagepolicy `ns:web` must hold {app} once: it is what the members of a family differ in"],
        ),
        (
            "apps: {w-*: {image: 'a/{app}', imagepolicy: 'ns:{app}-{environment}'}}",
            ["1:45: the imagepolicy `ns:{app}-{environment}` holds braces; only {app} in a family is filled in here"],
        ),
        (
            "apps: {web: {image: a, refs: github.com/acme/web}}",
            ["1:30: expected a list of strings, found a string"],
        ),
        *(
            (
                f"apps: {{web: {{image: a, refs: ['{ref}']}}}}",
                [f"1:31: the ref `{ref}` is no repository as host/path; expected one like github.com/acme/web"],
            )
            for ref in (
                "https://github.com/acme/web",
                "github.com/acme/web//deploy",
                "github.com/acme/web?ref=v1",
                "git@github.com:acme/web",
                "github.com",
                "github.com/../web",
                "",
            )
        ),
        (
            "apps: {web: {image: a, refs: [github.com/acme/web.git]}}",
            ["1:31: the ref `github.com/acme/web.git` ends with `.git`; leave that out"],
        ),
        (
            "apps: {w-*: {image: 'a/{app}', refs: [github.com/acme/web]}}",
            ["1:39: the ref `github.com/acme/web` must hold {app} once: it is what the members of a family differ in"],
        ),
        # environments
        (
            "environments: {dev: {path: a, within: 'a['}}",
            ["1:39: `a[` is no YAML path: column 2 of the path 'a[' cannot be read"],
        ),
        ("environments: {dev: {path: a, within: ''}}", ["1:39: `` is no YAML path: the path is empty"]),
        (
            "environments: {dev: {path: a, within: 'x[name={app}]'}}",
            ["1:39: unknown placeholder `{app}`; known here: environment"],
        ),
        *(
            (
                f"environments: {{dev: {{path: [a, b], override: '{file}'}}}}",
                [f"1:46: the path `{file}` is no path of one file"],
            )
            for file in ("b/*.yaml", "!b/x.yaml", "b/", ".")
        ),
        (
            "environments: {dev: {path: [a, b], override: ../x.yaml}}",
            ["1:46: the path `../x.yaml` leads out of the repository"],
        ),
        (
            "environments: {dev: {path: [a, b], override: b/images}}",
            ["1:46: the path `b/images` must end with .yaml or .yml: no other file is looked into"],
        ),
        (
            "environments: {dev: {path: [a, b], override: '{x}/x.yaml'}}",
            ["1:46: unknown placeholder `{x}`; known here: app, environment"],
        ),
        (
            "environments: {dev: {path: [a, b], override: c/x.yaml}}",
            ["1:46: the file `c/x.yaml` is in none of the paths of `dev`; add it to `path`, as the last"],
        ),
        (
            "environments: {dev: {path: [a, b, '!b/old'], override: 'b/old/{environment}.yaml'}}",
            ["1:56: the file `b/old/dev.yaml` is in none of the paths of `dev`; add it to `path`, as the last"],
        ),
        (
            "environments: {dev: {path: [a, b], ignore: ['**/x.yaml'], override: b/x.yaml}}",
            ["1:69: the file `b/x.yaml` is in none of the paths of `dev`; add it to `path`, as the last"],
        ),
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
        (
            "environments: {dev: {path: 'x/{a}{b}-{c}{a}/y', vars: {a: a, b: b, c: c}}}",
            ["1:28: the path `x/{a}{b}-{c}{a}/y` holds more than 3 placeholders in one segment"],
        ),
        (
            "environments: {'{a}{b}{c}{d}': {path: '{a}/{b}/{c}/{d}'}}",
            ["1:16: `{a}{b}{c}{d}` holds more than 3 placeholders"],
        ),
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
        (
            "environments: {dev: {path: a, from: [dev]}}",
            ["1:37: expected a string or {all: [ENV, …]} or {any: [ENV, …]}, found a list"],
        ),
        ("environments: {dev: {path: a, from: prod}}", ["1:37: there is no environment `prod`; known here: dev"]),
        (
            "environments: {dev: {path: a}, b: {path: b, source: none, from: dev}}",
            ["1:45: `source` and `from` both say whence versions come; keep one of them"],
        ),
        (
            "environments: {dev: {path: a, source: none, auto: true}}",
            ["1:45: `auto` has nothing to bring in where `source: none` leaves that to `set`; drop one of them"],
        ),
        (
            "defaults: {source: none}\nenvironments: {a: {path: a, auto: true}, b: {path: b, from: a, auto: true}}",
            ["2:29: `auto` has nothing to bring in where `source: none` leaves that to `set`; drop one of them"],
        ),
        (
            "environments: {'a-{x}': {path: '{x}'}, b: {path: b, from: 'a-{x}'}}",
            ["1:59: `{x}` is no placeholder of `b`; for all that folders make, write {all: […]} or {any: […]}"],
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
        ("apps: {w: {image: a}}\ntargets: [{app: w, file: a}]", ["2:11: one of `path`, `regex` is missing"]),
        (
            "apps: {w: {image: a}}\ntargets: [{app: w, file: a, path: b, regex: '(?P<tag>x)'}]",
            ["2:11: only one of `path`, `regex` may be given"],
        ),
        (
            "apps: {w: {image: a}}\ntargets: [{app: w, file: a, regex: '(?P<tag>x'}]",
            ["2:36: `(?P<tag>x` is no regular expression: missing ), unterminated subpattern at position 0"],
        ),
        (
            f"apps: {{w: {{image: a}}}}\ntargets: [{{app: w, file: a, regex: '(?P<tag>{'x' * 999})'}}]",
            [f"2:36: `(?P<tag>{'x' * 52}…` is longer than 1,000 characters"],
        ),
        (
            "apps: {w: {image: a}}\ntargets: [{app: w, file: a, regex: '^TAG=(.+)$'}]",
            ["2:36: `^TAG=(.+)$` needs a group that says what is written: (?P<tag>…) or (?P<digest>…)"],
        ),
        (
            "apps: {w: {image: a}}\ntargets: [{app: w, file: a, regex: '{envrionment}=(?P<tag>x{2,3})'}]",
            ["2:36: unknown placeholder `{envrionment}`, did you mean `environment`?"],
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
        ("registries: {a.io: {client_cert: ''}}", ["1:34: expected a file of a PEM certificate"]),
        ("registries: {a.io: {client_key: k.pem}}", ["1:21: `client_key` needs a `client_cert` beside it"]),
        (
            "registries: {a.io: {client_cert: c.pem, plain_http: true}}",
            ["1:21: `client_cert` says nothing with `plain_http: true`; leave out one of them"],
        ),
        (
            "registries: {a.io: {username: u, password: {env: PROMOTE_X}, mirror: b.io}}",
            ["1:21: `username` says nothing beside `mirror`; leave out one of them"],
        ),
        (
            "registries: {a.io: {mirror: b.io, layout: x}}",
            ["1:35: `layout` says nothing beside `mirror`; leave out one of them"],
        ),
        ("registries: {a.io: {mirror: a.io/x}}", ["1:29: a registry cannot be its own mirror"]),
        ("registries: {index.docker.io: {mirror: docker.io}}", ["1:40: a registry cannot be its own mirror"]),
        (
            "registries: {a.io: {mirror: b.io/x}, b.io: {mirror: c.io}}",
            ["1:29: `b.io` has a mirror itself; name the one that is to be asked"],
        ),
        *(
            (
                f"registries: {{a.io: {{mirror: '{text}'}}}}",
                [f"1:29: `{text}` is no registry; expected one like harbor.example.com/dockerhub"],
            )
            for text in ("", "mirror", "https://b.io", "b.io/", "b.io/X", "b.io/../x", "b.io//x", "b.io/x?a", "u@b.io")
        ),
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
        ({"a": ["b"]}, ()),
        ({"a": ["b", "c"], "b": ["c"], "c": []}, ()),
        ({"a": ["a"]}, (("a", "a"),)),
        ({"a": ["b"], "b": ["a"], "c": ["c"]}, (("a", "b", "a"), ("c", "c"))),
        ({"x": ["b"], "a": ["b"], "b": ["a"]}, (("a", "b", "a"),)),
        ({"a": ["b", "c"], "b": [], "c": ["d", "b", "a"], "d": ["c"]}, (("c", "d", "c"), ("a", "c", "a"))),
    ],
)
def test_cycles(edges: dict[str, list[str]], circles: tuple[tuple[str, ...], ...]) -> None:
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


@pytest.mark.parametrize(
    "environment",
    [
        "dev: {path: [base, 'envs/{environment}'], override: 'envs/{environment}/images.yaml'}",
        "dev: {path: [base, './envs/dev/'], override: './envs/dev/images.yaml'}",
        "dev: {path: [base, 'envs/{zone}'], vars: {zone: a}, override: envs/a/images.yaml}",
        "dev: {path: 'envs/**', override: envs/dev/images.yaml}",
        "dev: {path: envs/dev/images.yaml, override: envs/dev/images.yaml}",
        # Which files these are is known when the apps and folders are.
        "dev: {path: [base, 'apps/{app}/dev'], override: 'apps/{app}/dev/images.yaml'}",
        "dev: {path: [base, 'apps/{app}/dev'], override: apps/web/dev/images.yaml}",
        "'dev-{zone}': {path: ['envs/{zone}'], override: 'other/{environment}.yaml'}",
    ],
)
def test_3_2_an_override_that_lies_in_a_layer_is_no_mistake(environment: str) -> None:
    assert mistakes(f"apps: {{web: {{image: a}}}}\nenvironments: {{{environment}}}") == []


def test_2_6_two_apps_with_one_policy_are_told_once_and_where_an_environment_makes_it_so() -> None:
    text = """
        apps:
          web: {image: a, imagepolicy: "ns:web"}
          api: {image: b, imagepolicy: "ns:web"}
          job: {image: c}
        environments:
          dev: {path: dev, apps: {web: {pin: tag, imagepolicy: "ns:dev"}, job: {imagepolicy: "ns:web"}}}
          test: {path: test, apps: {job: {imagepolicy: "ns:job"}}}
        """
    assert mistakes(text) == [
        "3:32: `ns:web` is claimed by the app `web` too (line 2)",
        "6:86: `ns:web` is claimed by the app `api` too (line 3)",
    ]


def test_2_1_a_ref_belongs_to_one_app_unless_paths_tell_them_apart() -> None:
    text = "apps: {a: {image: a, refs: [g.io/x/y]%s}, b: {image: b, refs: [g.io/x/y]%s}}"
    assert [each.split(" is ")[0] for each in mistakes(text % ("", ""))] == ["1:62: `g.io/x/y`"]
    assert mistakes(text % (", path: a", ", path: b")) == []


def test_a_quantifier_is_no_placeholder() -> None:
    target = "{app: w, file: f, regex: '(?P<tag>[0-9]{1,3}\\.x{2}y{,4})'}"
    assert mistakes(f"apps: {{w: {{image: a}}}}\ntargets: [{target}]") == []
