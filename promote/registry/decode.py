"""JSON from outside, read into types; what does not fit is a RegistryError that says what was expected."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from promote.decoder import decoder
from promote.errors import RegistryError, RegistryUnreachable

T = TypeVar("T")

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


class _Mistake(msgspec.Struct):
    code: str | int | None = None


class _Errors(msgspec.Struct):
    errors: list[_Mistake]


def media_type(content_type: str) -> str:
    """The media type of a Content-Type header, lower case and without parameters; "" where it has none."""
    found = _MEDIA_TYPE.match(content_type.strip())
    return found[0].lower() if found else ""


def decode(
    raw: bytes,
    kind: type[T],
    *,
    where: str,
    noun: str,
    content_type: str = "",
    unfit: type[RegistryError] = RegistryUnreachable,
) -> T:
    """`raw` as a `kind`; an `unfit` says that `where` did not give the `noun` that it should.

    The content type is only looked at for HTML: registries label JSON in many ways.
    """
    sent = media_type(content_type)
    if sent in ("text/html", "application/xhtml+xml"):
        raise unfit(
            f"answered with a web page, not {noun}", where=where, cure="check that this host is the registry itself"
        )
    try:
        return decoder(kind).decode(raw)
    # Depth is a RecursionError, and bytes that are not UTF-8 are a bare ValueError.
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, msgspec.MsgspecError) else "it is not well-formed JSON"
        kind_sent = f", sent as {sent}," if sent else ""
        raise unfit(
            f"what it holds{kind_sent} is not {noun}: {what}",
            where=where,
            cure="try again, or ask who runs the registry",
        ) from error


def error_codes(raw: bytes) -> tuple[str, ...] | None:
    """The codes of an error body (OCI distribution spec, "Error Codes"), or None where it is not one."""
    try:
        errors = decoder(_Errors).decode(raw).errors
    except (ValueError, RecursionError):
        return None
    # A code is shown to people: only what looks like one.
    codes = (str(error.code) for error in errors if error.code is not None)
    return tuple(code for code in codes if re.fullmatch(r"[A-Za-z0-9_ ]{1,40}", code))
