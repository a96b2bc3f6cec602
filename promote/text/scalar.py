"""How a value is spelled, so that every reader of YAML reads the same string back; and what a spelling means.

Measured: `0B1` and `0O7` are strings to PyYAML and ruamel and integers to Go; kustomize reads `y` and `on` as booleans;
`1.10`, `0e1`, `553640e6`, `1_000` and `2024-06-27` are numbers or dates to one reader or another. So nothing is tested
for being a number: a value is written plain only where its shape is known to be a string everywhere.
"""

from __future__ import annotations

import re

from promote.text.document import Scalar
from promote.text.part import Part, Style

_PLAIN = re.compile(
    r"""
    v?[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9._+-]*        # 1.2.3, v1.2.3-rc.1
    | [0-9]+(?:\.[0-9]+)*-[A-Za-z][A-Za-z0-9._-]*   # 1.25-alpine: a letter behind the first dash, so no date
    | [A-Za-z][A-Za-z0-9._-]*                      # main-41-0a1b2c3
      (?: / [A-Za-z0-9][A-Za-z0-9._-]* )*           # ghcr.io/acme/web
    | sha(?:256|512):[0-9a-f]+                     # a digest
    """,
    re.VERBOSE,
)
_WORDS = frozenset(
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nil", "none", "nan", "inf", "infinity"]
)
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_INNER = re.compile(r"[A-Za-z0-9._:@/+-]+\Z")

# What a reader of YAML 1.1, of 1.2 or Go may take for a number or a point in time, once underscores are left out.
_NUMBER = re.compile(
    r"""
    (?:
        [-+]? (?:
            0[bB][01]* | 0[oO][0-7]* | 0[xX][0-9a-fA-F]*
          | 0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*[pP][-+]?[0-9]*
          | (?: [0-9]+\.?[0-9]* | \.[0-9]* ) (?: [eE][-+]?[0-9]+ )?
          | [0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?            # 1:30 counts in sixties
          | \.(?:inf|Inf|INF)
        )?
      | \.(?:nan|NaN|NAN)
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}
        (?: (?: [Tt] | [ \t]+ ) [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2} (?: \.[0-9]* )?
            (?: [ \t]*(?: Z | [-+][0-9]{1,2}(?::?[0-9]{2})? ) )? )?
    )\Z
    """,
    re.VERBOSE,
)
_BOOLEAN = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
_MISREAD = frozenset(
    ["", "~", "=", "<<", *_BOOLEAN, *(word.capitalize() for word in _BOOLEAN), *(word.upper() for word in _BOOLEAN)]
)

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


class UnwritableError(ValueError):
    """A value that cannot be written where it is wanted."""


def is_plain_safe(value: str) -> bool:
    """Whether every reader takes `value`, without quotes, for the same string."""
    return _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS


def is_misread(text: str) -> bool:
    """Whether some reader takes `text`, without quotes, for something else than that string."""
    if text in _MISREAD:
        return True
    return text[0] in "+-.0123456789" and _NUMBER.match(text.replace("_", "")) is not None


def stands(part: Part, value: str) -> bool:
    """Whether `value` stands there already and every reader takes it for that string: nothing is to be written."""
    return part.insert is None and part.value == value and not (part.style == "plain" and is_misread(value))


def spell(value: str, style: Style) -> bytes:
    """The bytes of `value` in the style that was found, or in double quotes where plain is not safe.

    Raises UnwritableError for a value that cannot be written on one line in that style.
    """
    if _FORBIDDEN.search(value) is not None:
        raise UnwritableError("holds a control character")
    if style == "inner":
        if _INNER.match(value) is None:
            raise UnwritableError("cannot stand inside another value")
        return value.encode()
    if style == "single":
        return b"'" + value.replace("'", "''").encode() + b"'"
    if style == "plain" and is_plain_safe(value):
        return value.encode()
    return b'"' + value.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


def meaning(scalar: Scalar) -> str | int | float | bool | None:
    """What a scalar means by the core schema of YAML 1.2 (section 10.3), without octal and hexadecimal numbers."""
    text = scalar.value
    if scalar.style != "plain" or scalar.tag == "tag:yaml.org,2002:str":
        return text
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if len(text) <= 300 and _INTEGER.match(text):
        return int(text)
    if len(text) <= 300 and _FLOAT.match(text):
        return float(text)
    return text
