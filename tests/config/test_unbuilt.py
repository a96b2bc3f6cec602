from __future__ import annotations

import pytest
from msgspec import Struct

from promote.config.settings import (
    AppSettings,
    DefaultSettings,
    EnvironmentSettings,
    OverrideSettings,
    Settings,
)
from promote.config.unbuilt import UNBUILT
from tests.config.loading import mistakes

# A file for each type, with a place for one more key.
FILES: dict[type[Struct], str] = {
    Settings: "%s",
    AppSettings: "apps: {w: {image: a, %s}}",
    OverrideSettings: "apps: {w: {image: a}}\nenvironments: {dev: {path: dev, apps: {w: {%s}}}}",
    EnvironmentSettings: "environments: {dev: {path: dev, %s}}",
    DefaultSettings: "defaults: {%s}",
}
KEYS = [(kind, key) for kind, keys in UNBUILT.keys.items() for key in sorted(keys)]
VALUES = [
    (kind, key, word) for kind, keys in UNBUILT.values.items() for key, words in keys.items() for word in sorted(words)
]


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_11_5_a_key_that_is_not_built_yet_is_refused(kind: type[Struct], key: str) -> None:
    text = FILES[kind] % f"{key}: [x]"
    line = text.count("\n") + 1
    column = text.splitlines()[-1].index(f"{key}: [x]") + 1
    assert mistakes(text) == [f"{line}:{column}: `{key}` is known, but this version does not build it yet"]


@pytest.mark.parametrize(("kind", "key", "word"), VALUES)
@pytest.mark.parametrize("form", ["{word}", "{{{word}: x}}"])
def test_11_5_a_value_that_is_not_built_yet_is_refused(kind: type[Struct], key: str, word: str, form: str) -> None:
    value = form.format(word=word)
    told = mistakes(FILES[kind] % f"{key}: {value}")
    if (key, value) in {("from", "all"), ("from", "any")}:
        # A word there is an environment's name.
        assert told[0].endswith(f"there is no environment `{value}`; known here: dev")
    else:
        assert [each.split(": ", 1)[1] for each in told] == [
            f"`{key}: {word}` is known, but this version does not build it yet"
        ]


def test_an_unbuilt_key_that_is_misspelt_is_told_its_name() -> None:
    assert mistakes("environments: {dev: {path: dev, gate: []}}") == ["1:33: unknown key `gate`, did you mean `gates`?"]
