"""A host in the name of an environment variable: `PROMOTE_GIT_GIT_EXAMPLE_COM_8443_TOKEN`."""

from __future__ import annotations

import re

_OTHER = re.compile(r"[^A-Z0-9]")
_PORT = re.compile(r":[0-9]+\Z")
_ADDRESS = 4  # numbers in an IPv4 address


def unique_part(host: str) -> str | None:
    """How `host`, with its port where it has one, is written in a variable's name: as no other host is.

    A dot and a colon are `_`, a dash is `__`. None where that would be another host: no name in DNS ends with a
    number or holds a `_`.
    """
    labels = _PORT.sub("", host).split(".")
    is_address = len(labels) == _ADDRESS and all(label.isdigit() for label in labels)
    if "_" in host or (labels[-1].isdigit() and not is_address):
        return None
    return part(host.replace("-", "__"))


def part(host: str) -> str:
    """As `unique_part`, but a dash is `_` too: so it may be another host's."""
    return _OTHER.sub("_", host.upper())
