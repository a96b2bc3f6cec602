from __future__ import annotations

import pytest
from msgspec import Struct

from promote.config.settings import CommitSettings, Settings
from promote.config.unbuilt import UNBUILT
from tests.config.loading import mistakes

# A file for each type, with a place for one more key.
FILES: dict[type[Struct], str] = {
    Settings: "%s",
    CommitSettings: "commit: {%s}",
}
KEYS = [(kind, key) for kind, keys in UNBUILT.keys.items() for key in sorted(keys)]


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_11_5_a_key_that_is_not_built_yet_is_refused(kind: type[Struct], key: str) -> None:
    text = FILES[kind] % f"{key}: [x]"
    line = text.count("\n") + 1
    column = text.splitlines()[-1].index(f"{key}: [x]") + 1
    assert mistakes(text) == [f"{line}:{column}: `{key}` is known, but this version does not build it yet"]


def test_an_unbuilt_key_that_is_misspelt_is_told_its_name() -> None:
    assert mistakes("notfy: []") == ["1:1: unknown key `notfy`, did you mean `notify`?"]
