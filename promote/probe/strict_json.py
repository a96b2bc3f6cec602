"""JSON as RFC 8259 has it, and no further: of what readers take differently nothing is taken at all."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value of JSON")


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:60]!r} stands twice in one object, and which counts is for each reader")
        found[key] = value
    return found


def read(body: bytes) -> Any:
    """The value of a text of JSON, with each number as it is written: 1.10 is not 1.1.

    ValueError, saying what and where, for what is not UTF-8 (a byte order mark is passed over), a number that JSON has
    not, a key that stands twice, and what is nested too deeply to be read.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ValueError(f"byte {exc.start + 1} is not UTF-8") from exc
    try:
        return json.loads(
            text, parse_float=str, parse_int=str, parse_constant=_refuse_constant, object_pairs_hook=_mapping
        )
    except json.JSONDecodeError as exc:
        what = exc.msg[:1].lower() + exc.msg[1:]
        raise ValueError(f"line {exc.lineno}, column {exc.colno}: {what}") from exc
    except RecursionError as exc:
        raise ValueError("it is nested too deeply") from exc
