from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from promote.policy import POLICIES, build
from promote.policy.conditions import Conditions
from promote.policy.settings import SHORT_FORMS, OrderSettings, PolicySettings, parse_short


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ({}, "nothing says how tags are ranked"),
        ({"filter": {"match": "a"}}, "nothing says how tags are ranked"),
        ({"semver": "*", "order": "numeric"}, "semver and order both say"),
        ({"semver": None}, "Expected `str`, got `null`"),
        ({"semver": ""}, "length >= 1"),
        ({"semver": 1.4}, "Expected `str`, got `float`"),
        ({"semver": ">=1 <<"}, "at column 6"),
        ({"order": {"semver": "^^1"}}, r"at column 2.*\$\.order"),
        ({"order": "numbric"}, r"Invalid enum value 'numbric' - at `\$\.order`"),
        ({"order": "calver"}, r"Invalid enum value 'calver' - at `\$\.order`"),
        ({"order": {}}, "exactly one of semver, calver, digest, and none is given"),
        ({"order": {"calver": "YYYY", "digest": "a"}}, "exactly one of .* and calver and digest is given"),
        ({"order": {"calver": "YYYY.PATCH"}}, r"has PATCH, which is no token.*did you mean MICRO\?.*\$\.order"),
        ({"order": {"digest": "not a tag"}}, "'not a tag' is no valid one"),
        ({"order": {"digest": "a"}, "prereleases": True}, "only semver and calver know them"),
        ({"order": {"digest": "a"}, "direction": "desc"}, "direction says nothing with the order digest"),
        ({"order": {"digest": "a"}, "filter": {"allow": ["a"]}}, "filter says nothing with the order digest"),
        ({"order": "created", "filter": {"match": "(a)", "extract": "{1}"}}, "extract says nothing with"),
        ({"order": "created", "prereleases": True}, "only semver and calver know them"),
        ({"order": {"calver": "YYYY.MICRO"}, "prereleases": True}, "format YYYY.MICRO; add MODIFIER to its end"),
        ({"order": "numeric", "prereleases": True}, "only semver and calver know them"),
        ({"semver": "*", "min_age": "soon"}, "'soon' is no duration"),
        ({"semver": "*", "min_age": "30"}, "'30' has no unit"),
        ({"semver": "*", "min_age": 30}, "Expected `str`"),
        ({"semver": "*", "platforms": ["arm64"]}, "'arm64' is no platform"),
        ({"order": "numeric", "direction": "up"}, r"\$\.direction"),
        ({"semver": "*", "colour": 1}, "unknown field `colour`"),
        ({"semver": "*", "filter": {"matches": "a"}}, r"unknown field `matches` - at `\$\.filter`"),
        ({"semver": "*", "filter": {"match": "("}}, r"not a regular expression.*\$\.filter"),
        ({"semver": "*", "filter": {"extract": "{n}"}}, "there is no match"),
        ({"semver": "*", "filter": {"allow": []}}, r"array.*length >= 1 - at `\$\.filter\.allow`"),
    ],
)
def test_wrong_settings_are_refused(raw: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert(raw, PolicySettings)


@pytest.mark.parametrize(
    ("raw", "kind", "argument"),
    [
        ({"semver": "^1.4"}, "semver", "^1.4"),
        ({"order": {"semver": "^1.4"}, "prereleases": True}, "semver", "^1.4"),
        ({"order": "numeric", "direction": "desc"}, "numeric", ""),
        ({"order": {"calver": "YYYY.0M-MODIFIER"}, "prereleases": True}, "calver", "YYYY.0M-MODIFIER"),
        ({"order": "alphabetical", "direction": "desc"}, "alphabetical", ""),
        ({"order": "created", "direction": "desc", "filter": {"match": "^main-"}}, "created", ""),
        ({"order": {"digest": "stable"}, "platforms": ["linux/arm64"], "min_age": "2h"}, "digest", "stable"),
        (
            {
                "filter": {"match": r"^main-(?P<n>\d+)$", "extract": "{n}", "allow": ["main-*"], "ignore": ["*-rc*"]},
                "prereleases": False,
                "direction": "asc",
                "order": "numeric",
            },
            "numeric",
            "",
        ),
    ],
)
def test_settings_are_read(raw: dict[str, Any], kind: str, argument: str) -> None:
    settings = msgspec.convert(raw, PolicySettings)
    assert (settings.kind, settings.argument) == (kind, argument)
    assert hash(settings) == hash(msgspec.convert(raw, PolicySettings))
    build(settings)


def test_5_1_there_is_no_default_policy() -> None:
    with pytest.raises(msgspec.ValidationError, match="nothing says how tags are ranked"):
        msgspec.convert({}, PolicySettings)


def test_every_key_has_a_description() -> None:
    definitions = msgspec.json.schema(PolicySettings)["$defs"]
    keys = {f"{name}.{key}": value for name, kind in definitions.items() for key, value in kind["properties"].items()}
    assert len(keys) == 14
    assert [key for key, value in keys.items() if not value.get("description", "").endswith(".")] == []


def test_every_policy_has_a_short_form() -> None:
    assert SHORT_FORMS.keys() == POLICIES.keys()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no policy ''; there are semver:RANGE, calver:FORMAT, numeric, alphabetical, created, digest:TAG"),
        ("semver", "semver needs a range"),
        ("semver:", "semver needs a range"),
        ("semver:^^1", "at column 2"),
        ("numeric:", "numeric takes nothing after it"),
        ("numeric:7", "numeric takes nothing after it, and '7' stands there"),
        ("calver", "calver needs a format"),
        ("calver:YYYY.PATCH", "has PATCH, which is no token"),
        ("digest:", "digest needs the tag to follow"),
        ("digest:not a tag", "is no valid one"),
        ("created:now", "created takes nothing after it, and 'now' stands there"),
        ("semvr:^1", "digest:TAG; did you mean semver:RANGE?"),
        ("create", "did you mean created?"),
        ("numerical", "did you mean numeric?"),
        ("x" * 10_000, "there is no policy"),
    ],
)
def test_a_wrong_short_form_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as caught:
        parse_short(text)
    assert len(str(caught.value)) < 220


def test_short_forms_are_read() -> None:
    assert parse_short("semver:^1.2") == PolicySettings(order=OrderSettings(semver="^1.2"))
    assert parse_short(" semver: >=1.2 <2 ") == PolicySettings(order=OrderSettings(semver=">=1.2 <2"))
    assert parse_short("calver:YYYY.0M.MICRO") == PolicySettings(order=OrderSettings(calver="YYYY.0M.MICRO"))
    assert parse_short("digest: stable") == PolicySettings(order=OrderSettings(digest="stable"))
    assert parse_short("numeric") == PolicySettings(order="numeric")
    assert parse_short("alphabetical") == PolicySettings(order="alphabetical")
    assert parse_short("created") == PolicySettings(order="created")


def test_what_images_must_be_like_is_spelt_one_way() -> None:
    settings = PolicySettings(semver="*", platforms=("linux/arm64/v8", "linux/aarch64", "Linux/x86_64"), min_age="1h")
    assert settings.conditions == Conditions(("linux/arm64", "linux/amd64"), timedelta(hours=1))
