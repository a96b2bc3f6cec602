from __future__ import annotations

import time

import pytest

from promote.config.load import load
from promote.errors import ConfigError
from tests.config.loading import loaded, mistakes

APP = "apps: {web: {image: ghcr.io/acme/web}}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: 2", ["1:10: expected 1, found a number"]),
        ("version: '1'", ["1:10: expected 1, found a string"]),
        ("version: yes", ["1:10: expected 1, found a string"]),
        ("- version: 1", ["1:1: expected a mapping, found a list"]),
        ("version:1", ["1:1: expected a mapping, found a string"]),
        ("# version:", ["1:1: is empty; expected a mapping"]),
        ("---\n# version:", ["2:11: expected a mapping, found nothing"]),
        ("version: 1\n---\nversion: 1", ["2:1: a second document begins here; expected one"]),
        ("version: 1\nversion: 1", ["2:1: `version` stands here twice, first in line 1"]),
        ("app: {}", ["1:1: unknown key `app`, did you mean `apps`?"]),
        ("enviroments: {}", ["1:1: unknown key `enviroments`, did you mean `environments`?"]),
        (
            "registries: {ghcr.io: {xyz: 1}}",
            [
                "1:24: unknown key `xyz`; known here: ca, client_cert, client_key, layout, mirror, "
                "password, plain_http, token_hosts, username",
            ],
        ),
        ('"a\\nb": 1', ["1:1: expected a name as key"]),
        ("? [a]\n: b", ["1:3: expected a plain key"]),
        ("'': b", ["1:1: expected a name as key"]),
        ("apps: [web]", ["1:7: expected a mapping, found a list"]),
        ("apps: web", ["1:7: expected a mapping, found a string"]),
        ("apps:", ["1:6: expected a mapping, found nothing"]),
        ("apps: {web: }", ["1:13: expected a mapping, found nothing"]),
        ("apps: {web: {images: {a: b}}}", ["1:22: expected a list of strings, found a mapping"]),
        (
            "apps: {web: {images: [a, [b], {c: d}]}}",
            ["1:26: expected a string, found a list", "1:31: expected a string, found a mapping"],
        ),
        ("apps: {web: {image: [a]}}", ["1:21: expected a string, found a list"]),
        ("apps: {web: {image: ~}}", ["1:21: expected a string, found nothing"]),
        ('apps: {web: {image: "a\\x01"}}', ["1:21: holds a control character"]),
        ("apps: {web: {image: !foo a}}", ["1:26: the tag `!foo` means nothing here; write the value alone"]),
        (
            "apps: {web: {image: !!int 1}}",
            ["1:27: the tag `tag:yaml.org,2002:int` means nothing here; write the value alone"],
        ),
        (
            "apps: {web: {image: a, pin: Tag}}",
            ["1:29: expected one of keep, tag, digest, both, found `Tag`, did you mean `tag`?"],
        ),
        ("apps: {web: {image: a, pin: 7}}", ["1:29: expected one of keep, tag, digest, both, found `7`"]),
        ("apps: {web: {image: a, path: {b: c}}}", ["1:30: expected a string or a list of strings, found a mapping"]),
        ("registries: {ghcr.io: {plain_http: 'true'}}", ["1:36: expected true or false, found a string"]),
        ("apps: {web: {image: a, policy: {semver: ''}}}", ["1:41: expected a string with a length of at least 1"]),
        ("environments: {dev: {}}", ["1:21: `path` is missing; expected a string or a list of strings"]),
        (
            "apps: {web: {<<: {image: a}}}",
            [
                "1:13: one of `image`, `images` is missing",
                "1:14: merge keys (<<) are not read here; write the keys out",
            ],
        ),
        ("apps: {web: {image: *nope}}", ["1:21: the alias `*nope` has no single anchor before it"]),
        ("apps: &a {web: *a}", ["1:16: the alias `*a` has no single anchor before it"]),
        (
            "apps: {a: {image: &i x}, b: {image: *i, path: b}, c: {image: &i y}}",
            ["1:37: the alias `*i` has no single anchor before it"],
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(text: str, told: list[str]) -> None:
    assert mistakes(text) == told


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("numeric", "1:32: expected a mapping, found a string"),
        ("{}", "1:32: nothing says how tags are ranked; add semver: RANGE or order: numeric"),
        (
            "{order: semver}",
            "1:40: expected one of numeric, alphabetical, created or a mapping such as {semver: RANGE}, "
            "{calver: FORMAT} or {digest: TAG}, found `semver`",
        ),
        ("{order: {}}", "1:40: an order is exactly one of semver, calver, digest, and none is given"),
        ("{order: {calvr: YYYY}}", "1:41: unknown key `calvr`, did you mean `calver`?"),
        (
            "{order: {calver: YYYY.MM}, prereleases: true}",
            "1:32: prereleases says nothing with the format YYYY.MM; add MODIFIER to its end",
        ),
        ("{order: numeric, min_age: 30}", "1:58: '30' has no unit; write 30s, 30m, 30h or 30d"),
        (
            "{order: numeric, platforms: [arm64]}",
            "1:60: 'arm64' is no platform; write its system and architecture, such as linux/arm64",
        ),
        # What takes it was not said: its values and what stands below it are not among the keys.
        ("{numeric: true}", "1:33: unknown key `numeric`, did you mean `order: numeric`?"),
        ("{order: numeric, match: '^1'}", "1:49: unknown key `match`, did you mean `filter: {match: …}`?"),
        ("{order: created, min_ag: 2h}", "1:49: unknown key `min_ag`, did you mean `min_age`?"),
        ("{order: numeric, semver: '*'}", "1:32: semver and order both say how tags are ranked; keep one of them"),
    ],
)
def test_a_mistake_of_a_policy_is_told_at_its_mark(policy: str, told: str) -> None:
    assert mistakes(f"apps: {{web: {{image: a, policy: {policy}}}}}") == [told]


def test_a_bad_range_and_a_bad_expression_are_told_at_their_own_values() -> None:
    told = mistakes(
        """
        apps:
          web:
            image: ghcr.io/acme/web
            policy:
              prereleases: true
              semver: "^^1"
          api:
            image: ghcr.io/acme/api
            policy:
              order: {semver: "what"}
              filter: {allow: ["*"], match: "("}
          job:
            image: ghcr.io/acme/job
            policy: {semver: "^^1", filter: {match: ")"}, direction: up}
        """
    )
    assert [each.split(" ")[0] for each in told] == ["6:15:", "10:23:", "11:37:", "14:22:", "14:45:", "14:62:"]
    assert "not a regular expression" in told[2]


def test_an_allow_that_allows_nothing_is_a_mistake_and_no_default() -> None:
    assert mistakes("apps: {web: {image: a, policy: {order: numeric, filter: {match: a, allow: []}}}}") == [
        "1:75: allow is empty, and so no tag could be a candidate; name a glob in it, or leave it out"
    ]


def test_a_missing_version_is_told_and_the_rest_is_looked_at() -> None:
    with pytest.raises(ConfigError) as caught:
        load("promote.yaml", b"apps: {web: {image: 'a b'}}", environ={})
    assert [str(each) for each in caught.value.mistakes] == [
        "promote.yaml:1:1: `version` is missing; expected 1",
        "promote.yaml:1:21: the image `a b` is no image repository; expected one like ghcr.io/acme/web",
    ]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    assert mistakes(
        """
        version: 1
        apps:
          web: {imag: ghcr.io/acme/web, image: ghcr.io/acme/web}
        environments:
          dev: {path: ../dev}
          test: {path: test, from: dve}
        targets:
          - {app: wbe, file: values.yaml, path: image.tag}
        commit: {author: me}
        """
    ) == [
        "3:9: unknown key `imag`, did you mean `image`?",
        "5:15: the path `../dev` leads out of the repository",
        "6:28: there is no environment `dve`, did you mean `dev`?",
        "8:11: there is no app `wbe`, did you mean `web`?",
        "9:18: `me` is no author; expected one like Promote <promote@example.com>",
    ]


def test_an_item_with_a_mistake_leaves_the_others_their_places() -> None:
    assert mistakes(
        """
        targets:
          - {app: [], file: a, path: b}
          - {app: nope, file: a, path: b}
        environments:
          dev: {path: [[], /abs]}
        """
    ) == [
        "2:11: expected a string, found a list",
        "3:11: there is no app `nope`",
        "5:16: expected a string, found a list",
        "5:20: the path `/abs` is absolute; paths begin at the repository's root",
    ]


def test_columns_count_characters_and_leave_the_byte_order_mark_out() -> None:
    data = "\ufeff{version: 1, commit: {message: 'é😀', xauthor: b}}".encode()
    with pytest.raises(ConfigError) as caught:
        load("promote.yaml", data, environ={})
    assert [(each.line, each.column) for each in caught.value.mistakes] == [(1, 38)]


def test_a_plain_scalar_where_a_string_belongs_is_its_own_text() -> None:
    config = loaded(
        """
        apps:
          web: {image: ghcr.io/acme/web, vars: {a: 1.10, b: yes, c: 0x10, d: 'x'}}
        """
    )
    assert dict(config.apps["web"].vars) == {"a": "1.10", "b": "yes", "c": "0x10", "d": "x"}


def test_an_alias_repeats_a_value() -> None:
    config = loaded(
        """
        apps:
          web: {image: ghcr.io/acme/web, policy: &p {semver: "^1"}}
          api: {image: ghcr.io/acme/api, policy: *p}
        """
    )
    assert config.apps["api"].policy == config.apps["web"].policy is not None


def test_an_alias_bomb_is_one_mistake_in_bounded_time() -> None:
    lines = ["version: 1", "environments:", "  a: {path: &p0 [x, x, x, x, x, x, x, x, x, x]}"]
    many = ", ".join(f"e{place}: *e" for place in range(900))
    lines += [f"  b: &e {{path: [{', '.join(['y'] * 50)}]}}", *(f"  {each}" for each in many.split(", "))]
    began = time.monotonic()
    assert mistakes("\n".join(lines)) == ["4:59: aliases repeat more than 10000 values"]
    assert time.monotonic() - began < 5


def test_nested_aliases_that_would_grow_for_ever_are_not_followed() -> None:
    lines = ["version: 1", "a0: &a0 [x, x]"]
    lines += [f"a{place}: &a{place} [{', '.join([f'*a{place - 1}'] * 10)}]" for place in range(1, 60)]
    lines.append("apps: {web: {image: nginx, aliases: *a59}}")
    told = mistakes("\n".join(lines))
    assert told[0] == "2:1: unknown key `a0`, did you mean `apps`?" or "unknown key `a0`" in told[0]
    assert any("expected a string, found a list" in each for each in told)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff", "promote.yaml:1:1: is not UTF-8"),
        (b"version: 1\napps: {web: {image: a\xc3}}\n", "promote.yaml:2:22: is not UTF-8"),
        (b"version: 1\x00", "promote.yaml:1:11: holds a character that YAML does not allow"),
        (b"[" * 900, "promote.yaml:1:201: is nested deeper than 200 levels"),
        (b"- " * 100_000, "promote.yaml:1:401: is nested deeper than 200 levels"),
        (b"version: " + b"1" * 10_000_000, "promote.yaml:1:1: is larger than 1 MiB"),
        (b"version: " + b"1" * 1_000_000, "promote.yaml:1:10: expected 1, found a string"),
        (b"version: 1\napps: {", "promote.yaml:2:8: is not YAML"),
        (b"\n\tversion: 1", "promote.yaml:2:1: is not YAML"),
        (b"", "promote.yaml:1:1: is empty; expected a mapping"),
    ],
    ids=["not-utf8", "cut-utf8", "nul", "deep-flow", "deep-block", "huge", "long", "cut", "tab", "empty"],
)
def test_hostile_input_is_one_clear_mistake(data: bytes, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load("promote.yaml", data, environ={})
    assert len(caught.value.mistakes) == 1
    assert str(caught.value).startswith(told)


def test_more_mistakes_than_anybody_reads_are_counted() -> None:
    began = time.monotonic()
    told = mistakes("\n".join(f"key{place}: 1" for place in range(50_000)))
    assert len(told) == 101
    assert told[-1].endswith("and 49900 more mistakes after these")
    assert time.monotonic() - began < 10


def test_a_file_name_cannot_break_a_message() -> None:
    with pytest.raises(ConfigError) as caught:
        load(b"pro\nmote.yaml", b"", environ={})
    assert str(caught.value).startswith("pro\\x0amote.yaml:1:1: ")


def test_a_thousand_apps_load_in_a_moment() -> None:
    lines = ["version: 1", "apps:"]
    lines += [f"  app{n}: {{image: ghcr.io/acme/app{n}, policy: {{semver: '^1.4'}}}}" for n in range(1000)]
    lines += ["environments:", "  dev: {path: 'apps/{app}'}", "  test: {path: test, from: dev}"]
    began = time.monotonic()
    assert len(loaded("\n".join(lines)).apps) == 1000
    assert time.monotonic() - began < 5
