"""Every key that the design names is read: what nothing obeys would have to be refused (SEMANTICS 11.5)."""

from __future__ import annotations

import pytest

from tests.config.loading import mistakes

_DEV = "dev: {path: dev}"


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        ("%s", "version apps defaults environments targets registries git forge commit notify"),
        ("apps: {w: {image: a, %s}}", "images aliases path imagepolicy refs policy pin immutable_tags vars"),
        (
            f"environments: {{{_DEV}, e: {{path: e, %s}}}}",
            "from auto gates verify limits timezone ignore shared_with override within rewrite forge pull_request",
        ),
        ("commit: {%s}", "via author committer sign signing_key message group"),
    ],
)
def test_11_5_no_key_of_the_design_is_unknown(where: str, keys: str) -> None:
    for key in keys.split():
        told = mistakes(where % f"{key}: []")
        assert not any("unknown key" in each and f"`{key}`" in each for each in told), told


def test_11_5_a_key_that_nobody_knows_is_refused_and_told_its_name() -> None:
    assert mistakes("environments: {dev: {path: dev, gate: []}}") == ["1:33: unknown key `gate`, did you mean `gates`?"]
