"""What promote.yaml says of notifications."""

from __future__ import annotations

import pytest

from tests.config.loading import loaded, mistakes

DEV = "environments: {dev: {path: dev}, prod-eu: {path: prod}}\n"
SECRET = "{env: PROMOTE_S}"


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("x", "2:10: expected a mapping, found a string"),
        ("{}", "2:10: one of `slack`, `teams`, `webhook` is missing"),
        ("{slack: {url: {env: PROMOTE_S}}, teams: {url: {env: PROMOTE_S}}}", "2:10: only one of `slack`, `teams`"),
        ("{slack: {}}", "`url` is missing"),
        ("{slack: {url: https://hooks.example.com/c4n4ry}}", "2:24: expected {env: NAME}"),
        ("{slack: {url: {env: HOME}}}", "2:30: `HOME` may not be named"),
        ("{teams: {url: {env: HOME}}}", "2:30: `HOME` may not be named"),
        ("{webhook: {url: {file: /etc/passwd}}}", "2:33: `/etc/passwd` may not be named"),
        ("{webhook: {url: {env: PROMOTE_S}, secret: {env: HOME}}}", "2:58: `HOME` may not be named"),
        ("{webhook: {url: {env: PROMOTE_S}, headers: {X-A: {env: HOME}}}}", "2:65: `HOME` may not be named"),
        ("{webhook: {url: {env: PROMOTE_S}, headers: {'X A': {env: PROMOTE_S}}}}", "`X A` is no name of a header"),
        ("{webhook: {url: {env: PROMOTE_S}, headers: {HOST: {env: PROMOTE_S}}}}", "`HOST` is written by promote"),
        (
            "{webhook: {url: {env: PROMOTE_S}, headers: {X: {env: PROMOTE_S}, x: {env: PROMOTE_S}}}}",
            "`x` stands here twice",
        ),
        ("{slack: {url: {env: PROMOTE_S}}, on: [promotion]}", "2:48: expected one of promoted"),
        ("{slack: {url: {env: PROMOTE_S}}, on: []}", "2:47: expected at least one of promoted"),
        ("{slack: {url: {env: PROMOTE_S}}, environments: []}", "2:57: expected the name of an environment"),
        ("{slack: {url: {env: PROMOTE_S}}, environments: [pord-eu]}", "2:58: there is no environment `pord-eu`"),
        ("{slack: {url: {env: PROMOTE_S}, channel: x}}", "unknown key `channel`"),
    ],
)
def test_what_cannot_be_said(item: str, says: str) -> None:
    (told,) = mistakes(f"{DEV}notify: [{item}]")
    assert says in told
    assert "c4n4ry" not in told


def test_too_many_targets() -> None:
    items = ", ".join([f"{{slack: {{url: {SECRET}}}}}"] * 21)
    assert mistakes(f"notify: [{items}]") == ["1:1: more than 20 targets stand here"]


def test_what_is_not_said() -> None:
    assert loaded("apps: {}").notify == ()
    (one,) = loaded(f"notify: [{{slack: {{url: {SECRET}}}}}]").notify
    assert one.on == ("promoted", "refused", "failed")


@pytest.mark.parametrize("pattern", ["dev", "prod-*", "*"])
def test_what_can_be_said(pattern: str) -> None:
    config = loaded(
        f"{DEV}notify:\n"
        f"  - {{teams: {{url: {SECRET}}}, on: [waiting-changed], environments: ['{pattern}']}}\n"
        f"  - {{webhook: {{url: {SECRET}, headers: {{Authorization: {SECRET}}}, secret: {SECRET}}}}}\n"
    )
    assert config.notify[0].on == ("waiting-changed",)
    assert config.notify[0].environments == [pattern]


@pytest.mark.parametrize("pattern", ["web", "web*", "svc-*", "svc-c*", "*-cart", "svc-cart"])
def test_apps_and_members_of_families_can_be_named(pattern: str) -> None:
    apps = "apps: {web: {image: ghcr.io/a/web}, 'svc-*': {image: 'ghcr.io/a/{app}'}}\n"
    told = f"{apps}notify: [{{slack: {{url: {SECRET}}}, apps: ['{pattern}']}}]"
    assert mistakes(told) == []
    assert loaded(told).notify[0].apps == [pattern]


def test_what_a_template_stands_for_is_not_known_yet() -> None:
    environments = "environments: {'pr-{n}': {path: 'envs/pr-{n}'}}"
    assert mistakes(f"{environments}\nnotify: [{{slack: {{url: {SECRET}}}, environments: [x]}}]") == []
