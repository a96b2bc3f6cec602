"""Formats of calendar versions: `YYYY.0M.MICRO`, `YY.MM-MODIFIER`, `YYYYMMDD`.

The tokens are those of https://calver.org; everything else stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, NoReturn

MAX_LENGTH = 100

Quantity = Literal["year", "month", "week", "day", "major", "minor", "micro", "modifier"]
CALENDAR: tuple[Quantity, ...] = ("year", "month", "week", "day")


@dataclass(frozen=True, slots=True)
class Token:
    """A token: what it counts, and its pattern with something between it and the next number, and without."""

    quantity: Quantity
    apart: str
    joined: str = ""


_TWO = "[0-9]{2}"
_PART = "[0-9A-Za-z-]+"
TOKENS = {
    "YYYY": Token("year", "[1-9][0-9]{3}", "[1-9][0-9]{3}"),
    "YY": Token("year", "[0-9]{1,3}", _TWO),
    "0Y": Token("year", "[0-9]{2,3}", _TWO),
    "MM": Token("month", "[0-9]{1,2}", _TWO),
    "0M": Token("month", _TWO, _TWO),
    "WW": Token("week", "[0-9]{1,2}", _TWO),
    "0W": Token("week", _TWO, _TWO),
    "DD": Token("day", "[0-9]{1,2}", _TWO),
    "0D": Token("day", _TWO, _TWO),
    "MAJOR": Token("major", "[0-9]+"),
    "MINOR": Token("minor", "[0-9]+"),
    "MICRO": Token("micro", "[0-9]+"),
    "MODIFIER": Token("modifier", rf"{_PART}(?:\.{_PART})*", rf"[A-Za-z][0-9A-Za-z-]*(?:\.{_PART})*"),
}
# What people write for a token, where it is not close to its name.
_MEANT = {"PATCH": "MICRO", "BUILD": "MICRO", "YEAR": "YYYY", "MONTH": "0M", "WEEK": "0W", "DAY": "0D"}
_LONGEST_FIRST = "|".join(sorted(TOKENS, key=len, reverse=True))
_PIECE = re.compile(rf"(?P<token>{_LONGEST_FIRST})|(?P<word>[A-Z]+)|(?P<literal>(?:(?!{_LONGEST_FIRST})[^A-Z])+)")
_LITERAL = re.compile(r"[a-z0-9._-]+\Z")


@dataclass(frozen=True, slots=True)
class Format:
    """A compiled format, and as `written`.

    `pattern` has one group a token, in the order of `names`; `ranked` are the places of these groups from the one that
    counts most on, without the modifier's.
    """

    written: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    ranked: tuple[int, ...]

    @property
    def has_modifier(self) -> bool:
        return "MODIFIER" in self.names


def _fail(written: str, what: str) -> NoReturn:
    raise ValueError(f"the calver format {written!r} {what}")


def _pieces(written: str) -> list[str]:
    pieces: list[str] = []
    for found in _PIECE.finditer(written):
        word, literal = found["word"], found["literal"]
        if word is not None:
            close = [_MEANT[word]] if word in _MEANT else get_close_matches(word, TOKENS, n=1, cutoff=0.5)
            meant = f"; did you mean {close[0]}?" if close else ""
            _fail(written, f"has {word}, which is no token; there are {', '.join(TOKENS)}{meant}")
        if literal is not None and _LITERAL.match(literal) is None:
            odd = next(char for char in literal if _LITERAL.match(char) is None)
            _fail(written, f"has {odd!r}; beside tokens it may hold lower-case letters, digits, '.', '_' and '-'")
        pieces.append(found.group())
    return pieces


def _check_quantities(written: str, names: Sequence[str]) -> None:
    said: dict[str, str] = {}
    for name in names:
        quantity = TOKENS[name].quantity
        if quantity in said:
            _fail(written, f"says the {quantity} twice, by {said[quantity]} and by {name}; keep one of them")
        said[quantity] = name
    if set(said) <= {"modifier"}:
        _fail(written, "counts nothing; write it with tokens such as YYYY.0M.MICRO")
    if "month" in said and "week" in said:
        _fail(written, f"has {said['month']} and {said['week']}; a year is counted by months or by weeks, keep one")
    for inner, outer, cure in (("month", "year", "YYYY"), ("week", "year", "YYYY"), ("day", "month", "0M")):
        if inner in said and outer not in said:
            _fail(written, f"has {said[inner]} without a {outer}, and so no order in time; add {cure}")


def _is_number(piece: str | None) -> bool:
    return piece in TOKENS and piece != "MODIFIER"


def _check_neighbours(written: str, piece: str, following: str | None) -> None:
    if following is None:
        return
    unbounded = next((each for each in (piece, following) if TOKENS.get(each, TOKENS["MM"]).joined == ""), None)
    if unbounded is not None and _is_number(piece) and _is_number(following):
        beside = following if unbounded == piece else piece
        _fail(written, f"has {unbounded} directly beside {beside}: nothing tells where it ends; put '.' between them")
    for number, other, touching in ((piece, following, following[0]), (following, piece, piece[-1])):
        if _is_number(number) and other not in TOKENS and touching.isdigit():
            _fail(written, f"has the digit {touching} directly beside {number}; put '.' between them")


def _expression(pieces: Sequence[str]) -> str:
    out = "v?" if pieces[0] in TOKENS else ""
    last = len(pieces) - 1
    for n, piece in enumerate(pieces):
        before, after = pieces[n - 1] if n else None, pieces[n + 1] if n < last else None
        if piece == "MODIFIER":
            token = TOKENS[piece]
            # Optional, with the separator before it.
            inner = f"({token.joined})" if _is_number(before) else f"{re.escape(before or '')}({token.apart})"
            out += f"(?:{inner})?"
        elif piece in TOKENS:
            token = TOKENS[piece]
            out += f"({token.joined if _is_number(before) or _is_number(after) else token.apart})"
        elif after != "MODIFIER":
            out += re.escape(piece)
    return out


def parse_format(written: str) -> Format:
    """The format that `written` is; ValueError names the token that is wrong, and what to write instead."""
    if len(written) > MAX_LENGTH:
        raise ValueError(f"a calver format of {len(written)} characters is too long: at most {MAX_LENGTH}")
    pieces = _pieces(written)
    names = tuple(piece for piece in pieces if piece in TOKENS)
    _check_quantities(written, names)
    for n, piece in enumerate(pieces):
        _check_neighbours(written, piece, pieces[n + 1] if n + 1 < len(pieces) else None)
    if "MODIFIER" in names and pieces[-1] != "MODIFIER":
        _fail(written, "has something after MODIFIER, which reads to the end of the tag; move MODIFIER there")
    # DD.MM.YYYY is chronological too: the calendar's places stay, and hold its quantities from the greatest down.
    numbers = [n for n, name in enumerate(names) if name != "MODIFIER"]
    places = [names.index(name) for quantity in CALENDAR for name in names if TOKENS[name].quantity == quantity]
    in_time = iter(places)
    ranked = tuple(next(in_time) if n in places else n for n in numbers)
    return Format(written, re.compile(rf"{_expression(pieces)}\Z", re.ASCII), names, ranked)
