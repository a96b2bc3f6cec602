"""Signed manifests, whose digest leaves out the signature (distribution, "Image Manifest Version 2, Schema 1").

They are refused, but as what they are: their content never has its digest, and that alone would look like a mishap.
"""

from __future__ import annotations

import base64
import binascii

import msgspec


class _Version(msgspec.Struct, rename={"schema": "schemaVersion"}):
    schema: int


class _Signature(msgspec.Struct):
    protected: str


class _Signed(msgspec.Struct):
    signatures: list[_Signature]


class _Protected(msgspec.Struct, rename={"length": "formatLength", "tail": "formatTail"}):
    length: int
    tail: str


# Made here, by one thread (see `decode`).
_VERSION = msgspec.json.Decoder(_Version)
_SIGNED = msgspec.json.Decoder(_Signed)
_PROTECTED = msgspec.json.Decoder(_Protected)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed_payload(raw: bytes) -> bytes | None:
    """What the signature in `raw` says that it signs, or None where there is none; it proves nothing about `raw`."""
    try:
        signatures = _SIGNED.decode(raw).signatures
        if not signatures:
            return None
        protected = _PROTECTED.decode(_decoded(signatures[0].protected))
        return raw[: max(0, protected.length)] + _decoded(protected.tail)
    except (ValueError, RecursionError, binascii.Error):
        return None


def is_schema_1(payload: bytes) -> bool:
    """Whether `payload` calls itself a manifest of schema 1."""
    try:
        return _VERSION.decode(payload).schema == 1
    except (ValueError, RecursionError):
        return False
