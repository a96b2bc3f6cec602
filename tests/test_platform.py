from __future__ import annotations

import pytest

from promote.platform import parse_platform, spell


@pytest.mark.parametrize("text", ["", "linux", "amd64", "/", "linux/", "linux/arm/v7/x", "linux/a b", "linux/arm64\n"])
def test_what_is_no_platform(text: str) -> None:
    with pytest.raises(ValueError, match="is no platform; write its system and architecture, such as linux/arm64"):
        parse_platform(text)


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/7", "linux/arm/v7"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("Windows/AMD64", "windows/amd64"),
        ("macos/arm64", "darwin/arm64"),
        ("linux/s390x", "linux/s390x"),
    ],
)
def test_one_machine_has_one_spelling(text: str, spelt: str) -> None:
    assert parse_platform(text) == spelt
    assert parse_platform(spelt) == spelt


@pytest.mark.parametrize(("system", "architecture"), [("", "amd64"), ("linux", ""), ("", "")])
def test_half_a_platform_is_none(system: str, architecture: str) -> None:
    assert spell(system, architecture) == ""
