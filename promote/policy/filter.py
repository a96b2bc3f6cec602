"""Which tags may be candidates at all, and which part of a tag is ranked."""

from __future__ import annotations

import fnmatch
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from promote.image import is_tag
from promote.policy.selection import Rejected

MAX_PATTERN = 1_000
MAX_TEXT = 1_000

# cosign's attachments, and the fallback for registries without the referrers API (OCI distribution spec, "Referrers
# Tag Schema"): both name another image's digest.
_ATTACHMENT = re.compile(r"sha(?:256|512)-(?:[0-9a-f]{64,}|[0-9a-f]+\.(?:sig|att|sbom))\Z")
_PLACEHOLDER = re.compile(r"\{(\w+)\}|\$\{(\w+)\}|\$(\w+)", re.ASCII)
_NOT_A_TAG = Rejected("not a valid tag")
_ATTACHED = Rejected("a signature, attestation or other attachment of an image")

# Literal pieces, and the groups between them by their number.
Template = tuple[str | int, ...]


def shown(tag: str) -> str:
    """The tag as it may be printed: one that is not valid is escaped, and cut where it is longer than any tag."""
    if is_tag(tag):
        return tag
    escaped = tag[:128].encode("unicode_escape").decode("ascii")
    return f"{escaped}… (longer than any tag)" if len(tag) > 128 else escaped


def _legible(pattern: str) -> str:
    return pattern if pattern.isprintable() else repr(pattern)


def _expression(pattern: str) -> re.Pattern[str]:
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"match is {len(pattern)} characters long: at most {MAX_PATTERN}")
    try:
        with warnings.catch_warnings():
            # "Possible nested set": a note to those who port patterns, nothing that a user could act on.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(pattern)
    except re.error as exc:
        where = "" if exc.pos is None else f" at column {exc.pos + 1}"
        raise ValueError(f"match {pattern!r} is not a regular expression: {exc.msg}{where}") from exc
    except (RecursionError, OverflowError) as exc:
        raise ValueError("match is nested too deep or repeats too often") from exc


def _template(text: str, expression: re.Pattern[str]) -> Template:
    if len(text) > MAX_PATTERN:
        raise ValueError(f"extract is {len(text)} characters long: at most {MAX_PATTERN}")
    out: list[str | int] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        out.append(text[end : found.start()])
        end = found.end()
        name = next(group for group in found.groups() if group is not None)
        # The length is bounded since a number of any length is no group's.
        number = int(name) if name.isdigit() and len(name) < 4 else expression.groupindex.get(name, -1)
        if not 0 <= number <= expression.groups:
            known = ", ".join([*(f"{{{n}}}" for n in range(1, expression.groups + 1)), *expression.groupindex])
            raise ValueError(f"extract {text!r} names the group {name!r}; match has {known or 'no groups'}")
        out.append(number)
    out.append(text[end:])
    if any(char in piece for piece in out if isinstance(piece, str) for char in "{}$"):
        raise ValueError(f"extract {text!r} has a lone brace or dollar sign; a group is written {{name}}, {{1}} or $1")
    return tuple(piece for piece in out if piece != "")


def _globs(patterns: Sequence[str], key: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    for pattern in patterns:
        if not pattern or len(pattern) > MAX_PATTERN:
            raise ValueError(f"{key} holds a glob that is empty or longer than {MAX_PATTERN} characters")
    return tuple((_legible(pattern), re.compile(fnmatch.translate(pattern))) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled `filter:`; without any key it lets every tag of an image through, whole."""

    expression: re.Pattern[str] | None = None
    template: Template | None = None
    allow: tuple[tuple[str, re.Pattern[str]], ...] = ()
    ignore: tuple[tuple[str, re.Pattern[str]], ...] = ()

    @classmethod
    def compile(
        cls, match: str | None, extract: str | None, allow: Sequence[str] = (), ignore: Sequence[str] = ()
    ) -> Filter:
        """The filter of these settings; ValueError says which of them is wrong."""
        if match is None and extract is not None:
            raise ValueError("extract takes groups of match, and there is no match")
        expression = None if match is None else _expression(match)
        template = None if expression is None or extract is None else _template(extract, expression)
        return cls(expression, template, _globs(allow, "allow"), _globs(ignore, "ignore"))

    def read(self, tag: str) -> str | Rejected:
        """The text by which `tag` is ranked, or why it has none; `allow` and `ignore` are not asked (see `why_not`)."""
        if not is_tag(tag):
            return _NOT_A_TAG
        if _ATTACHMENT.match(tag) is not None:
            return _ATTACHED
        if self.expression is None:
            return tag
        found = self.expression.search(tag)
        if found is None:
            return Rejected(f"does not match {_legible(self.expression.pattern)}")
        if self.template is None:
            return tag
        text = "".join(piece if isinstance(piece, str) else found[piece] or "" for piece in self.template)
        return text if len(text) <= MAX_TEXT else Rejected(f"extract makes more than {MAX_TEXT} characters of it")

    def why_not(self, tag: str) -> str | None:
        """Why `allow` or `ignore` keeps `tag` from being a candidate, or None."""
        for glob, pattern in self.ignore:
            if pattern.match(tag) is not None:
                return f"ignored by {glob}"
        if self.allow and not any(pattern.match(tag) is not None for _, pattern in self.allow):
            return f"not among the allowed {', '.join(glob for glob, _ in self.allow)}"
        return None
