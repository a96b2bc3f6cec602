"""Git's own wildcards, as `.gitattributes` has them: `wildmatch.c` with WM_PATHNAME, as a regular expression.

They are not the globs of promote.yaml: a set `[a-z]` and a backslash mean something, and `**` only between slashes.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache

_SPECIAL = re.compile(rb"[*?\[\\]")
_CLASSES = {
    b"alnum": string.ascii_letters + string.digits,
    b"alpha": string.ascii_letters,
    b"blank": " \t",
    b"cntrl": "".join(map(chr, (*range(32), 127))),
    b"digit": string.digits,
    b"graph": "".join(map(chr, range(33, 127))),
    b"lower": string.ascii_lowercase,
    b"print": "".join(map(chr, range(32, 127))),
    b"punct": string.punctuation,
    b"space": " \t\n\v\f\r",
    b"upper": string.ascii_uppercase,
    b"xdigit": string.hexdigits,
}


class _NoPatternError(ValueError):
    """A pattern that Git takes for one that matches nothing."""


@lru_cache(maxsize=10_000)
def compiled(pattern: bytes) -> re.Pattern[bytes] | None:
    """What a whole path must match, or None for a pattern that matches nothing."""
    first = _SPECIAL.search(pattern)
    # Git compares what stands before the first wildcard by itself, so a ** behind it counts as one behind a slash.
    head = len(pattern) if first is None else first.start()
    out = [re.escape(pattern[:head])]
    at = head
    try:
        while at < len(pattern):
            char = pattern[at : at + 1]
            if char == b"*":
                piece, at = _stars(pattern, at, bounded=at == head or pattern[at - 1 : at] == b"/")
            elif char == b"?":
                piece, at = b"[^/]", at + 1
            elif char == b"[":
                piece, at = _set(pattern, at + 1)
            elif char == b"\\":
                if at + 1 == len(pattern):
                    return None
                piece, at = re.escape(pattern[at + 1 : at + 2]), at + 2
            else:
                piece, at = re.escape(char), at + 1
            out.append(piece)
    except _NoPatternError:
        return None
    return re.compile(b"".join(out) + rb"\Z", re.DOTALL)


def _stars(pattern: bytes, at: int, *, bounded: bool) -> tuple[bytes, int]:
    end = at
    while pattern[end : end + 1] == b"*":
        end += 1
    behind = pattern[end : end + 2]
    if end - at == 1 or not bounded or (behind and behind[:1] != b"/" and behind != b"\\/"):
        return b"[^/]*", end
    if behind[:1] == b"/":
        return b"(?:.*/)?", end + 1
    return b".*", end


def _set(pattern: bytes, at: int) -> tuple[bytes, int]:
    """The set that begins behind its bracket, as the bytes that it takes; never a slash."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    start = at
    taken: set[int] = set()
    before: int | None = None
    while at == start or pattern[at : at + 1] != b"]":
        if at >= len(pattern):
            raise _NoPatternError
        char = pattern[at]
        if char == ord("\\"):
            at += 1
            if at >= len(pattern):
                raise _NoPatternError
            taken.add(pattern[at])
            before = pattern[at]
        elif char == ord("-") and before is not None and at + 1 < len(pattern) and pattern[at + 1] != ord("]"):
            at += 1
            if pattern[at] == ord("\\"):
                at += 1
                if at >= len(pattern):
                    raise _NoPatternError
            taken.update(range(before, pattern[at] + 1))
            before = None
        elif pattern[at : at + 2] == b"[:" and (found := _class(pattern, at + 2)) is not None:
            chars, at = found
            taken.update(chars)
            before = None
        else:
            taken.add(char)
            before = char
        at += 1
    if not negated:
        taken.discard(ord("/"))
    else:
        taken = set(range(256)) - taken - {ord("/")}
    inside = b"".join(b"\\x%02x" % byte for byte in sorted(taken))
    return (b"[" + inside + b"]" if taken else b"(?!)"), at + 1


def _class(pattern: bytes, at: int) -> tuple[bytes, int] | None:
    """The bytes of `[:name:]` and where its last bracket stands; None where the bracket is one of the set's own."""
    end = pattern.find(b"]", at)
    if end < 0:
        raise _NoPatternError
    if pattern[end - 1 : end] != b":" or end - 1 < at:
        return None
    name = pattern[at : end - 1]
    if name not in _CLASSES:
        raise _NoPatternError
    return _CLASSES[name].encode(), end
