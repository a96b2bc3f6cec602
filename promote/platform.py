"""Platforms of images in one spelling: `linux/amd64`, `linux/arm/v7`.

One spelling for one machine, as containerd has it (platforms/database.go): what a builder leaves out means the common
variant, so that a platform that is asked for is the one that an image names otherwise.
"""

from __future__ import annotations

import re

_SYSTEMS = {"macos": "darwin"}
_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "i386": "386",
    "armhf": "arm",
    "armel": "arm",
}
# By what is written for architecture and variant, the variant in our spelling.
_VARIANTS = {
    ("amd64", "v1"): "",
    ("arm64", "8"): "",
    ("arm64", "v8"): "",
    ("arm", ""): "v7",
    ("arm", "5"): "v5",
    ("arm", "6"): "v6",
    ("arm", "7"): "v7",
    ("arm", "8"): "v8",
}
_WORD = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")


def spell(system: str, architecture: str, variant: str = "") -> str:
    """The platform of these three in its one spelling; "" where the system or the architecture is not said."""
    if not system or not architecture:
        return ""
    system, written, variant = system.lower(), architecture.lower(), variant.lower()
    if written == "armel":
        variant = "v6"
    known = _ARCHITECTURES.get(written, written)
    return "/".join(filter(None, (_SYSTEMS.get(system, system), known, _VARIANTS.get((known, variant), variant))))


def parse_platform(text: str) -> str:
    """The platform that a person wrote, in its one spelling; ValueError where it is none."""
    words = text.lower().split("/")
    if len(words) not in (2, 3) or any(_WORD.match(word) is None for word in words):
        raise ValueError(f"{text[:60]!r} is no platform; write its system and architecture, such as linux/arm64")
    return spell(*words)
