from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from promote.policy import POLICIES, build
from promote.policy.settings import SHORT_FORMS, UNBUILT, UNBUILT_ORDERS, PolicySettings, parse_short


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
        ({"order": "numeric", "prereleases": True}, "only semver knows them"),
        ({"order": "numeric", "direction": "up"}, r"\$\.direction"),
        ({"semver": "*", "colour": 1}, "unknown field `colour`"),
        ({"semver": "*", "filter": {"matches": "a"}}, r"unknown field `matches` - at `\$\.filter`"),
        ({"semver": "*", "filter": {"match": "("}}, r"not a regular expression.*\$\.filter"),
        ({"semver": "*", "filter": {"extract": "{n}"}}, "there is no match"),
    ],
)
def test_wrong_settings_are_refused(raw: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert(raw, PolicySettings)


@pytest.mark.parametrize("key", sorted(UNBUILT))
def test_11_5_a_known_key_that_is_not_built_is_refused(key: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=f"unknown field `{key}`"):
        msgspec.convert({"semver": "*", key: "2h"}, PolicySettings)


@pytest.mark.parametrize("order", sorted(UNBUILT_ORDERS))
def test_11_5_a_known_order_that_is_not_built_is_refused(order: str) -> None:
    for raw in (order, {order: "x"}):
        with pytest.raises(msgspec.ValidationError, match=r"\$\.order"):
            msgspec.convert({"order": raw}, PolicySettings)
    with pytest.raises(ValueError, match="known but not built yet; there are semver:RANGE, numeric"):
        parse_short(order)


@pytest.mark.parametrize(
    ("raw", "kind", "range_"),
    [
        ({"semver": "^1.4"}, "semver", "^1.4"),
        ({"order": {"semver": "^1.4"}, "prereleases": True}, "semver", "^1.4"),
        ({"order": "numeric", "direction": "desc"}, "numeric", None),
        (
            {
                "filter": {"match": r"^main-(?P<n>\d+)$", "extract": "{n}", "allow": ["main-*"], "ignore": ["*-rc*"]},
                "prereleases": False,
                "direction": "asc",
                "order": "numeric",
            },
            "numeric",
            None,
        ),
    ],
)
def test_settings_are_read(raw: dict[str, Any], kind: str, range_: str | None) -> None:
    settings = msgspec.convert(raw, PolicySettings)
    assert (settings.kind, settings.range) == (kind, range_)
    assert hash(settings) == hash(msgspec.convert(raw, PolicySettings))
    build(settings)


def test_5_1_there_is_no_default_policy() -> None:
    with pytest.raises(msgspec.ValidationError, match="nothing says how tags are ranked"):
        msgspec.convert({}, PolicySettings)


def test_every_key_has_a_description() -> None:
    definitions = msgspec.json.schema(PolicySettings)["$defs"]
    keys = {f"{name}.{key}": value for name, kind in definitions.items() for key, value in kind["properties"].items()}
    assert len(keys) == 10
    assert [key for key, value in keys.items() if not value.get("description", "").endswith(".")] == []


def test_every_policy_has_a_short_form() -> None:
    assert SHORT_FORMS.keys() == POLICIES.keys()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no policy ''; there are semver:RANGE, numeric"),
        ("semver", "semver needs a range"),
        ("semver:", "semver needs a range"),
        ("semver:^^1", "at column 2"),
        ("numeric:", "numeric takes nothing after it"),
        ("numeric:7", "numeric takes nothing after it, and '7' stands there"),
        ("semvr:^1", "there is no policy 'semvr'; there are semver:RANGE, numeric; did you mean semver:RANGE?"),
        ("numerical", "did you mean numeric?"),
        ("x" * 10_000, "there is no policy"),
    ],
)
def test_a_wrong_short_form_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as caught:
        parse_short(text)
    assert len(str(caught.value)) < 200


def test_short_forms_are_read() -> None:
    assert parse_short("semver:^1.2") == PolicySettings(semver="^1.2")
    assert parse_short(" semver: >=1.2 <2 ") == PolicySettings(semver=">=1.2 <2")
    assert parse_short("numeric") == PolicySettings(order="numeric")
