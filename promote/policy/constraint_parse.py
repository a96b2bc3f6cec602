"""The language of ranges: `^1.4`, `~1.2.3`, `>=1.1 <2`, `1.2 - 1.4`, `1.x || 3.*`, `>=1.4-0`.

Its meaning is that of the Go library behind Flux, Argo CD Image Updater, Kargo and Helm (Masterminds/semver v3), by
its table of examples. Two things are decided here: `^*` and `<=*` admit every release, as that library's documents
say, and `!=*`, `>*` and `<*` are refused, since no version could satisfy them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from promote.policy.constraint import Group, Range, Test, Within, Without, WithoutPatches
from promote.policy.version_key import Key, floor, is_prerelease, just_above, parse_key

MAX_LENGTH = 512
MAX_TESTS = 64

_OPERATOR = re.compile(r">=|=>|<=|=<|!=|~>|[=<>~^]")
_SPACE = re.compile(r"\s*", re.ASCII)
_HYPHEN = re.compile(r"\s+-\s+", re.ASCII)
_JOINT = re.compile(r"\s*,\s*|\s+", re.ASCII)
_OR = re.compile(r"\s*\|\|\s*", re.ASCII)
_PART = r"(?:[0-9]+|[xX*])"
_OPERAND = re.compile(
    rf"v?({_PART})(?:\.({_PART}))?(?:\.({_PART}))?(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


@dataclass(frozen=True, slots=True)
class Operand:
    """A version with wildcards: `fixed` of its three numbers are given, the others stand as 0 in `key`."""

    key: Key
    fixed: int

    @property
    def above(self) -> Key | None:
        """The bound above everything that begins with the fixed numbers; None where nothing is fixed."""
        major, minor, _, _ = self.key
        if self.fixed == 0:
            return None
        if self.fixed == 1:
            return floor(major + 1, 0, 0)
        return floor(major, minor + 1, 0) if self.fixed == 2 else just_above(self.key)


def _tilde(operand: Operand) -> Test:
    major, minor, patch, _ = operand.key
    if operand.fixed < 3:
        return Within(operand.key, operand.above)
    # ~0.0.0 has always meant "anything" in the Go library.
    return Within(operand.key, None if major == minor == patch == 0 else floor(major, minor + 1, 0))


def _caret(operand: Operand) -> Test:
    major, minor, patch, _ = operand.key
    if operand.fixed == 0:
        return Within(operand.key)
    if major > 0 or operand.fixed == 1:
        return Within(operand.key, floor(major + 1, 0, 0))
    if minor > 0 or operand.fixed == 2:
        return Within(operand.key, floor(0, minor + 1, 0))
    return Within(operand.key, floor(0, 0, patch + 1))


def _equal(operand: Operand) -> Test:
    return Within(operand.key, just_above(operand.key)) if operand.fixed == 3 else _tilde(operand)


def _not_equal(operand: Operand) -> Test:
    if operand.fixed == 1:
        return Without(floor(operand.key[0], 0, 0), floor(operand.key[0] + 1, 0, 0))
    if operand.fixed == 2:
        return WithoutPatches(operand.key)
    return Without(operand.key, just_above(operand.key))


def _greater(operand: Operand) -> Test:
    return Within(operand.above)


def _less(operand: Operand) -> Test:
    return Within(None, operand.key)


def _at_least(operand: Operand) -> Test:
    return Within(operand.key)


def _at_most(operand: Operand) -> Test:
    return Within(None, operand.above)


_TESTS: Mapping[str, Callable[[Operand], Test]] = {
    "": _equal,
    "=": _equal,
    "!=": _not_equal,
    ">": _greater,
    "<": _less,
    ">=": _at_least,
    "=>": _at_least,
    "<=": _at_most,
    "=<": _at_most,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}
_EMPTY_ON_ANY = frozenset({"!=", ">", "<"})


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def fail(self, what: str, place: int | None = None) -> NoReturn:
        column = (self.place if place is None else place) + 1
        raise ValueError(f"the range {self.text!r} is wrong at column {column}: {what}")

    def take(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.place)
        if found is None:
            return None
        self.place = found.end()
        return found.group()

    def at_end(self) -> bool:
        return self.place == len(self.text)

    def operand(self) -> Operand:
        found = _OPERAND.match(self.text, self.place)
        if found is None:
            here = "the range ends" if self.at_end() else f"{self.text[self.place]!r} stands"
            self.fail(f"{here} where a version such as 1.2.3, 1.4 or 1.x belongs")
        *parts, before, _ = found.groups()
        numbers: list[str] = []
        for part in parts:
            if part is None or part in "xX*":
                break
            numbers.append(part)
        key = parse_key(".".join([*numbers, "0", "0", "0"][:3]) + (before or ""))
        if key is None:
            self.fail(f"{found.group()!r} is not a semantic version")
        self.place = found.end()
        return Operand(key, len(numbers))


def _member(reader: _Reader) -> list[tuple[Operand, Test]]:
    start = reader.place
    operator = reader.take(_OPERATOR) or ""
    reader.take(_SPACE)
    first = reader.operand()
    if operator in _EMPTY_ON_ANY and first.fixed == 0:
        reader.fail(f"no version satisfies {operator!r} with a wildcard", start)
    if not operator and reader.take(_HYPHEN) is not None:
        last = reader.operand()
        return [(first, _at_least(first)), (last, _at_most(last))]
    return [(first, _TESTS[operator](first))]


def _group(reader: _Reader) -> Group:
    members = _member(reader)
    while not reader.at_end() and _OR.match(reader.text, reader.place) is None:
        if reader.take(_JOINT) is None:
            reader.fail(f"{reader.text[reader.place]!r} cannot follow here; separate by a space, a comma or '||'")
        members += _member(reader)
    return Group(tuple(test for _, test in members), any(is_prerelease(operand.key) for operand, _ in members))


def parse_range(text: str) -> Range:
    """The range that `text` is; ValueError, with the column where it goes wrong, where it is none."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a range of {len(text)} characters is too long: at most {MAX_LENGTH}")
    written = text.strip()
    if not written:
        raise ValueError("the range is empty: '*' admits every release")
    reader = _Reader(written)
    groups = [_group(reader)]
    while reader.take(_OR) is not None:
        groups.append(_group(reader))
    tests = sum(len(group.tests) for group in groups)
    if tests > MAX_TESTS:
        raise ValueError(f"a range of {tests} comparisons is too long: at most {MAX_TESTS}")
    return Range(" ".join(written.split()), tuple(groups))
